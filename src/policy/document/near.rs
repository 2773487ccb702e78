//! The known name that was probably meant, and how names are written in a message.

use crate::factor::Factor;

/// Returns the end of a message: empty, if no known name looks like the word.
pub(crate) fn did_you_mean(word: &str, known: &[&str]) -> String {
    suggestion(nearest(word, known.iter().copied(), usize::MAX))
}

/// Returns the end of a message that suggests a name, if there is one.
pub(crate) fn suggestion(meant: Option<impl AsRef<str>>) -> String {
    meant.map_or_else(String::new, |meant| {
        format!("; did you mean `{}`?", meant.as_ref())
    })
}

/// Returns the known name that is nearest to a word, if one is near. At most `most` are compared letter by letter.
pub(crate) fn nearest<T: AsRef<str>>(
    word: &str,
    known: impl IntoIterator<Item = T>,
    most: usize,
) -> Option<T> {
    if word.len() > LONGEST_TYPO {
        return None;
    }
    let slips = |known: &str| known.len().max(word.len()) / 3;
    known
        .into_iter()
        .filter(|known| {
            let known = known.as_ref();
            // A distance is never less than the difference of the lengths.
            known.len() <= LONGEST_NEAR && known.len().abs_diff(word.len()) <= slips(known)
        })
        .take(most)
        .filter_map(|known| {
            let distance = strsim::osa_distance(word, known.as_ref());
            let is_near = (1..=slips(known.as_ref())).contains(&distance);
            is_near.then_some((distance, known))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Returns the end of a message on a word that is not a factor: the factor that others call so, or the nearest one.
pub(crate) fn did_you_mean_factor(word: &str) -> String {
    let meant = match word.to_ascii_lowercase().as_str() {
        "sms" | "text" | "phone" | "call" | "code" => "`private_code` or `spoken_code`",
        "app" | "otp" | "authenticator" | "authenticator_app" => "`totp`",
        "token" => "`hotp` or `ocra`",
        "webauthn" | "fido" | "fido2" | "passkey" | "voice" | "face" | "fingerprint"
        | "biometric" | "biometrics" => "`external`, with `external_verifier` and `class`",
        "email" | "mail" | "letter" | "post" => "`issued_recovery_code`",
        "backup_code" | "backup_codes" | "recovery" => "`recovery_code`",
        "kba" | "answers" | "security_questions" => "`questions`",
        "word" => "`memorable_word`",
        "pwd" | "passphrase" => "`password`",
        "approval" | "supervisor" => "`approvals = 1` in the place of `factor`",
        _ => return did_you_mean(word, &Factor::ALL.map(Factor::name)),
    };
    format!("; did you mean {meant}?")
}

/// Returns a name of the host or the document, escaped and cut.
pub(crate) fn escaped(name: &str) -> String {
    let letters = name.chars().take(MOST_SHOWN);
    letters.flat_map(char::escape_debug).collect()
}

/// In bytes: a longer word is not a slip.
const LONGEST_TYPO: usize = 64;
/// In bytes: a longer name is not compared.
const LONGEST_NEAR: usize = 128;
/// In characters.
const MOST_SHOWN: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b57_the_nearest_is_found_and_a_stranger_is_none() {
        let known = ["payment.send", "payment.read", "balance.read"];
        for (word, meant) in [
            ("paymnet.send", Some("payment.send")),
            ("balanceread", Some("balance.read")),
            ("payment.send", Some("payment.read")),
            ("address.change", None),
            ("", None),
            (&"payment.send".repeat(6), None),
        ] {
            assert_eq!(nearest(word, known, usize::MAX), meant, "{word}");
        }
        assert_eq!(
            did_you_mean("lwo", &["low", "high"]),
            "; did you mean `low`?"
        );
    }

    #[test]
    fn b57_every_word_for_a_factor_names_one_that_there_is() {
        for (word, meant) in [
            ("sms", "`private_code` or `spoken_code`"),
            ("OTP", "`totp`"),
            (
                "webauthn",
                "`external`, with `external_verifier` and `class`",
            ),
            ("email", "`issued_recovery_code`"),
            ("pasword", "`password`"),
            ("supervisor", "`approvals = 1` in the place of `factor`"),
        ] {
            let text = did_you_mean_factor(word);
            assert_eq!(text, format!("; did you mean {meant}?"));
            let named = text.split('`').nth(1).unwrap_or_default();
            assert!(
                named.parse::<Factor>().is_ok() || named == "approvals = 1",
                "{named}"
            );
        }
        assert_eq!(did_you_mean_factor("zebra"), "");
        assert_eq!(did_you_mean_factor(&"sms".repeat(1 << 20)), "");
    }

    #[test]
    fn b57_what_is_far_by_its_length_is_not_compared() {
        let known = ["a-name-that-is-much-longer", "lowest", "low"];
        assert_eq!(nearest("lwo", known, 1), Some("low"));
    }

    #[test]
    fn what_is_shown_is_on_one_line_and_cut() {
        assert_eq!(escaped("a\nb\u{202e}"), "a\\nb\\u{202e}");
        assert_eq!(escaped(&"x".repeat(10 << 20)).len(), 128);
    }
}
