//! E-mail addresses: how people write them, and which parts count.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use zeroize::Zeroizing;

use super::characters::{is_blank, is_invisible, is_readable, trimmed};
use super::label;

/// RFC 5321 4.5.3.1.1, and 4.5.3.1.3 without its brackets.
const MAX_LOCAL: usize = 64;
pub(crate) const MAX_WHOLE: usize = 254;
/// Full-width letters, of three bytes, become plain ones of one.
const MAX_TYPED: usize = 4 * MAX_WHOLE;
/// Parentheses, quotes, lists and `<address>` are written with these (RFC 5322 3.2.3).
const SPECIAL: &str = "()<>[]:;,\\\"";

const WHOLE: &str = "must be one address of 254 bytes at most";
const NO_AT: &str =
    "must have an `@` between its name and its domain; `(at)` and the like are not read as one";
const LOCAL: &str =
    "must hold 1 to 64 bytes before the `@`, without spaces, quotes, brackets, commas and controls";
const LITERAL: &str = "must have a domain name behind the `@`, not an IP address";
const LABEL: &str = "must have a domain of labels of 1 to 63 bytes each between its dots";
const SINGLE: &str = "must have a full domain name behind the `@`, as in `example.com`";
const LETTERS: &str =
    "must have a domain of letters, digits and hyphens, no hyphen first, last, or third and fourth";
const TOO_LONG: &str = "must have a domain of 253 bytes at most";
#[cfg(feature = "idna")]
const IDNA: &str = "must have a domain name that is valid by IDNA 2008";
#[cfg(not(feature = "idna"))]
const IDNA: &str = "must have a domain in ASCII; the feature `idna` reads domains in other scripts";

/// Returns the address to keep: the part before the `@` as given, but for width, and the domain as its A-labels.
pub(crate) fn address(given: &str) -> Result<Zeroizing<String>, &'static str> {
    let given = trimmed(given, MAX_TYPED).ok_or(WHOLE)?;
    let mut plain = Zeroizing::new(String::with_capacity(given.len().saturating_mul(2)));
    given
        .chars()
        .flat_map(full_width)
        .for_each(|letter| plain.push(letter));
    let (local, domain) = plain.split_once('@').ok_or(NO_AT)?;
    let mut address = Zeroizing::new(String::with_capacity(MAX_TYPED));
    for letter in local.chars().filter(|letter| !is_invisible(*letter)).nfc() {
        address.push(letter);
    }
    let is_local = (1..=MAX_LOCAL).contains(&address.len())
        && !address.starts_with(is_mark)
        && address
            .chars()
            .all(|letter| is_readable(letter) && !is_blank(letter) && !SPECIAL.contains(letter));
    if !is_local {
        return Err(LOCAL);
    }
    address.push('@');
    address.push_str(&host(domain)?);
    if address.len() > MAX_WHOLE {
        return Err(WHOLE);
    }
    Ok(address)
}

/// Returns the spelling of an [`address`] by which it is compared: letter case before the `@` does not count.
///
/// PRECIS' case-mapped user names (RFC 8265 3.3) take the same steps: width, small letters, NFC. Case folding would go
/// further, and join ß with ss. The two small sigmas are one letter.
pub(crate) fn folded(address: &str) -> Zeroizing<String> {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let mut form = Zeroizing::new(String::with_capacity(address.len().saturating_mul(3)));
    let small = |letter: char| {
        letter
            .to_lowercase()
            .map(|letter| if letter == 'ς' { 'σ' } else { letter })
    };
    local
        .nfc()
        .flat_map(small)
        .nfc()
        .for_each(|letter| form.push(letter));
    form.push('@');
    form.push_str(domain);
    form
}

/// Returns a domain name as its A-labels, in small letters, without the last dot; or the rule that it breaks.
pub(crate) fn host(given: &str) -> Result<String, &'static str> {
    const MAX_DOMAIN: usize = 253;
    const MAX_LABEL: usize = 63;
    // Signs that are pasted with a name and are not part of it. Joiners may be: IDNA says where.
    let seen: String = given
        .chars()
        .filter(|letter| matches!(letter, '\u{200c}' | '\u{200d}') || !is_invisible(*letter))
        .collect();
    let name = seen.strip_suffix('.').unwrap_or(&seen);
    if name.starts_with('[') {
        return Err(LITERAL);
    }
    let ascii = to_ascii(name)?;
    if !readable(&ascii).split('.').all(label::is_label) {
        return Err(IDNA);
    }
    let mut last = "";
    for label in ascii.split('.') {
        if !(1..=MAX_LABEL).contains(&label.len()) {
            return Err(LABEL);
        }
        let is_plain = label
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        let is_reserved = label.get(2..4) == Some("--") && !label.starts_with(PUNYCODE);
        if !is_plain || is_reserved || label.starts_with('-') || label.ends_with('-') {
            return Err(LETTERS);
        }
        last = label;
    }
    if ascii.len() > MAX_DOMAIN {
        return Err(TOO_LONG);
    }
    if last.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(LITERAL);
    }
    if last == ascii {
        return Err(SINGLE);
    }
    Ok(ascii)
}

/// Returns the domain as its readers write it, from its A-labels.
pub(crate) fn readable(domain: &str) -> Cow<'_, str> {
    #[cfg(feature = "idna")]
    if domain.contains(PUNYCODE) {
        use idna::uts46::{AsciiDenyList, Hyphens, Uts46};
        let (name, valid) =
            Uts46::new().to_unicode(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
        if valid.is_ok() {
            return name;
        }
    }
    Cow::Borrowed(domain)
}

/// How a label in another script begins (RFC 5890 2.3.2.1).
const PUNYCODE: &str = "xn--";

/// Returns the A-labels of a name. Their length and letters are not checked yet.
///
/// Plain ASCII is its own form, in every build and for every version of Unicode.
fn to_ascii(name: &str) -> Result<String, &'static str> {
    let small = name.to_ascii_lowercase();
    if small.is_ascii() && !(cfg!(feature = "idna") && small.contains(PUNYCODE)) {
        return Ok(small);
    }
    #[cfg(feature = "idna")]
    {
        use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
        Uts46::new()
            .to_ascii(
                name.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::Check,
                DnsLength::Ignore,
            )
            .map(Cow::into_owned)
            .map_err(|_| IDNA)
    }
    #[cfg(not(feature = "idna"))]
    Err(IDNA)
}

/// Replaces full-width and half-width forms by their plain letters, and the full stops of East Asia by dots. Keyboards
/// there type them for `@`, letters and dots (PRECIS' width mapping, RFC 8265 3.3.1; IDNA's dots, RFC 3490 3.1).
fn full_width(letter: char) -> impl Iterator<Item = char> {
    let plain = match letter {
        '\u{3002}' | '\u{ff61}' | '\u{fe52}' => '.',
        '\u{fe6b}' => '@',
        other => other,
    };
    let is_wide = matches!(plain, '\u{ff01}'..='\u{ffee}');
    let wide = Some(plain).filter(|_| is_wide);
    let other = Some(plain).filter(|_| !is_wide);
    wide.into_iter().nfkd().chain(other)
}

fn is_mark(letter: char) -> bool {
    letter.general_category_group() == GeneralCategoryGroup::Mark
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[track_caller]
    fn form(given: &str) -> String {
        folded(&address(given).unwrap_or_else(|rule| panic!("{given}: {rule}")))
            .as_str()
            .to_owned()
    }

    #[track_caller]
    fn is(given: &str, kept: &str) {
        assert_eq!(
            address(given).as_ref().map(|kept| kept.as_str()),
            Ok(kept),
            "{given}"
        );
        assert_eq!(
            address(kept).as_ref().map(|kept| kept.as_str()),
            Ok(kept),
            "{given} again"
        );
    }

    #[test]
    fn b61_an_address_is_kept_as_mail_is_sent_to_it() {
        for (given, kept) in [
            ("maya＠example.com", "maya@example.com"),
            ("+maya＠example.com", "+maya@example.com"),
            ("ｍａｙａ＠ｅｘａｍｐｌｅ．ｃｏｍ", "maya@example.com"),
            ("maya﹫example﹒com", "maya@example.com"),
            ("maya@example。com", "maya@example.com"),
            ("maya@example｡co．id", "maya@example.co.id"),
            ("maya。sari＠example。com。", "maya.sari@example.com"),
            (
                "\u{feff}\u{202a}maya@example.com\u{202c}\r\n",
                "maya@example.com",
            ),
            ("ma\u{200e}ya@exam\u{ad}ple.com", "maya@example.com"),
            ("\u{3000}Maya@EXAMPLE.com. ", "Maya@example.com"),
            ("a.@example.com", "a.@example.com"),
            ("..x..@example.com", "..x..@example.com"),
            ("Zoe\u{308}@example.com", "Zoë@example.com"),
            ("ｶﾞ@example.com", "ガ@example.com"),
            (
                "o'brien+bank/2=x@example.com",
                "o'brien+bank/2=x@example.com",
            ),
            ("x👍@example.com", "x👍@example.com"),
            ("maya@bücher.example", "maya@xn--bcher-kva.example"),
            ("maya@BU\u{308}CHER.example", "maya@xn--bcher-kva.example"),
            ("maya@XN--BCHER-KVA.example", "maya@xn--bcher-kva.example"),
            ("maya@weiß.example", "maya@xn--wei-7ka.example"),
            ("maya@WEIẞ.example", "maya@xn--wei-7ka.example"),
            ("maya@weiss.example", "maya@weiss.example"),
            ("maya@βόλος.example", "maya@xn--nxasmm1c.example"),
            ("maya@пример.рф", "maya@xn--e1afmkfd.xn--p1ai"),
            ("maya@例え。テスト", "maya@xn--r8jz45g.xn--zckzah"),
            ("maya@ﾃｽﾄ.example", "maya@xn--zckzah.example"),
            ("maya@𝐞xample.com", "maya@example.com"),
            ("maya@نامه\u{200c}ای.com", "maya@xn--mgba3gch31f060k.com"),
            ("maya@نامهای.com", "maya@xn--mgba3gch31f.com"),
            ("maya@xn--p1ai.x--y", "maya@xn--p1ai.x--y"),
        ] {
            is(given, kept);
        }
    }

    /// An account is found by the form, and budgets are counted by it.
    #[test]
    fn b61_two_mailboxes_or_hosts_are_never_one() {
        for (one, other) in [
            ("straße@example.com", "strasse@example.com"),
            ("a²@example.com", "a2@example.com"),
            ("①@example.com", "1@example.com"),
            ("ﬁn@example.com", "fin@example.com"),
            ("ĳ@example.com", "ij@example.com"),
            ("㎏@example.com", "kg@example.com"),
            ("𝐚@example.com", "a@example.com"),
            ("ſam@example.com", "sam@example.com"),
            ("mıke@example.com", "mike@example.com"),
            ("MİKE@example.com", "mike@example.com"),
            ("ŉ@example.com", "ʼn@example.com"),
            ("½@example.com", "1⁄2@example.com"),
            ("x@weiß.example", "x@weiss.example"),
            ("x@βόλος.example", "x@βόλοσ.example"),
            ("x@نامه\u{200c}ای.com", "x@نامهای.com"),
            ("x.y@example.com", "xy@example.com"),
            ("x+y@example.com", "x@example.com"),
            ("é@example.com", "e@example.com"),
        ] {
            assert_ne!(form(one), form(other), "{one} {other}");
        }
        for (one, other) in [
            ("STRAẞE@example.com", "straße@EXAMPLE.com"),
            ("ΜΆΡΙΟΣ@example.com", "μάριος@example.com"),
            ("ＭＡＹＡ＠example.com", "maya@example.com"),
            ("Zoe\u{308}@example.com", "ZOË@example.com"),
            ("x@WEISS.example", "x@weiss.example"),
            ("x@bücher.example", "x@xn--bcher-kva.example."),
        ] {
            assert_eq!(form(one), form(other), "{one} {other}");
        }
    }

    #[test]
    fn b61_domains_that_no_mail_reaches_are_refused_with_their_rule() {
        let label = "a".repeat(63);
        let whole = [label.as_str(); 4].join(".");
        let long_label = format!("x@{label}a.com");
        let long_script = format!("x@{}.com", "ü".repeat(60));
        let long = format!("x@{whole}");
        let huge = format!("x@{}", "ü.".repeat(1 << 20));
        for (given, rule) in [
            ("x@", LABEL),
            ("x@.", LABEL),
            ("x@a..com", LABEL),
            ("x@.com", LABEL),
            ("x@a.com..", LABEL),
            ("x@a。。com", LABEL),
            ("x@\u{ad}.com", LABEL),
            (&long_label, LABEL),
            ("x@-a.com", LETTERS),
            ("x@a-.com", LETTERS),
            ("x@ab--c.com", LETTERS),
            ("x@a_b.com", LETTERS),
            ("x@a b.com", LETTERS),
            ("x@a@b.com", LETTERS),
            ("x@a.com, y@b.com", LETTERS),
            ("x@a.com\r\nbcc: y@b.com", LETTERS),
            ("x@a\0.com", LETTERS),
            ("x@localhost", SINGLE),
            ("x@com.", SINGLE),
            ("x@192.0.2.1", LITERAL),
            ("x@[192.0.2.1]", LITERAL),
            ("x@[IPv6:::1]", LITERAL),
            ("x@1.0x7f", LITERAL),
            ("x@xn--.com", IDNA),
            ("x@xn--a.com", IDNA),
            ("x@xn--abc-.com", IDNA),
            ("x@xn--zzzzzzzzzzzzzzzz99999.com", IDNA),
            ("x@\u{301}a.com", IDNA),
            ("x@ü-.com", IDNA),
            ("x@-ü.com", IDNA),
            ("x@üb--c.com", IDNA),
            ("x@ü_b.com", IDNA),
            ("x@ü b.com", IDNA),
            ("x@a\u{200d}b.com", IDNA),
            ("x@ü\u{378}.com", IDNA),
            ("x@אa.com", IDNA),
            ("x@۔.com", IDNA),
            ("x@a۔b.com", IDNA),
            ("x@i❤.com", IDNA),
            ("x@👍.com", IDNA),
            ("x@xn--yp8h.com", IDNA),
            ("x@√2.com", IDNA),
            ("x@example۔com", IDNA),
            ("x@a։com", IDNA),
            ("x@ü.com＠b.com", IDNA),
            (&long_script, LABEL),
            (&long, TOO_LONG),
            (&huge, WHOLE),
        ] {
            let refused = address(given).err();
            assert_eq!(refused, Some(rule), "{given:.40}");
        }
    }

    #[test]
    fn b61_names_that_are_none_are_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let huge = format!("{}@example.com", "a".repeat(1 << 20));
        for given in ["", "maya", "maya(at)example.com", "maya at example.com"] {
            assert_eq!(address(given).err(), Some(NO_AT), "{given}");
        }
        for given in [
            "@",
            "@example.com",
            "\u{200b}@example.com",
            "a b@example.com",
            "a,b@example.com",
            "<a@example.com>",
            "\"a\"@example.com",
            "mailto:a@example.com",
            "a\0@example.com",
            "a\n@example.com",
            "\u{301}@example.com",
            "\u{e000}@example.com",
            "\u{378}@example.com",
            "a\u{3000}b@example.com",
            &long,
            &huge,
        ] {
            let rule = address(given).unwrap_err();
            assert!([WHOLE, LOCAL].contains(&rule), "{given:.40}: {rule}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_kept_again(given in "[a-zA-ZäßİΣｍ.+\u{301}]{1,9}[@＠][a-zA-ZßüΣ。．.-]{1,12}|\\PC{1,9}@\\PC{1,9}\\.\\PC{1,4}") {
            if let Ok(kept) = address(&given) {
                is(&kept, &kept);
                let domain = kept.rsplit_once('@').unwrap().1;
                prop_assert!(domain.is_ascii() && domain == domain.to_ascii_lowercase());
                prop_assert_eq!(folded(&folded(&kept)), folded(&kept));
                prop_assert_eq!(host(&readable(domain)).unwrap(), domain);
            }
        }
    }
}
