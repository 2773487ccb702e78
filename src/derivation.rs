//! Every key, tag, digest and keyed draw of this crate: its formula, and the label that keeps it apart from the others.
//!
//! HMAC and HKDF are with SHA-256, digests are SHA-256. `|` joins. `length, x` is the length of x, then x. Numbers are
//! big-endian. Labels are in capitals; their texts are the constants below. A one-time code follows its RFC and has no label.
//!
//! | value | formula | file |
//! |---|---|---|
//! | purpose key of a root | HKDF(root, no salt, `KEYS`, suite (1), length (1), purpose, 0 (4)) | `field/derive.rs` |
//! | purpose key of a long-term secret | as of a root, with its generation: `PEPPER`, `DECOYS`, `INTERACTIONS`, `INDEX` and a purpose | `field/derive.rs` |
//! | purpose key of a subject's key | as of a root | `field/subject_key.rs` |
//! | check value of a purpose key | HMAC(key, `CHECK_VALUE`), first 4 bytes | `field/derive.rs` |
//! | message key, commitment | CMAC of `MESSAGE`, `COMMITMENT` and the nonce: `field/format.md` | `field/suite.rs` |
//! | key of a blind index | HMAC(key of `INDEX`, length, realm, length, table, length, column, length, form, bits (2)) | `field/blind_index.rs` |
//! | hash of an interaction's id | AES-256(key of `INTERACTIONS`, id) | `account/interaction_key.rs` |
//! | hash of an agent's name | AES-256(key of `INTERACTIONS`, first 16 bytes of the digest of `AGENT`, name) | `account/interaction_key.rs` |
//! | value of a blind index | HMAC(key of the index, canonical value), leading bits | `field/blind_index.rs` |
//! | store key of a subject | HMAC(realm, id) | `subject.rs` |
//! | store key of a count | HMAC(key of `DECOYS`, `ISSUED`, length (1), realm, scope, kind of address, address) | `account/` |
//! | keyed draw | HMAC(key, block (4), name), block after block | `random.rs` |
//! | names of decoy draws | store key of the subject, then nothing, `SECRET`, `QUESTIONS`, `PHONE`, `EMAIL`, `OCRA`, `ENROLLED` or `WORD` | `stand_in.rs` |
//! | name of a draw of questions to ask | `QUESTIONS`, number of the question / 4 | `knowledge/catalogue.rs` |
//! | text of a delivered code | keyed draw, named by `Mark::Text` and all that the code is for | `delivered/code.rs` |
//! | tag of a delivered code | HMAC(key, `Mark::Tag`, all that the code is for, text), first 16 bytes | `delivered/code.rs` |
//! | tag of a transaction | HMAC(key, `Mark::Bound`, challenge, digest of the transaction), first 16 bytes | `delivered/code.rs` |
//! | tag of a recovery code | HMAC(key, `RECOVERY_CODE`, id of the set, code), first 16 bytes | `recovery.rs` |
//! | hash of an answer, a password or a PIN | Argon2id(text, salt, key of `PEPPER`); before a PIN stands `PIN` | `hashing/pool.rs` |
//! | digest of a transaction | `TRANSACTION`, whether it is a payment, length, reference, length, name, length, value .. | `context/transaction.rs` |
//! | id of evidence | `EVIDENCE`, all that it says, first 16 bytes | `evidence.rs` |
//! | id of an approval | `APPROVAL`, all that it says, first 16 bytes | `grant/approval.rs` |
//! | mark of a transaction that was carried out | `CARRIED_OUT`, pseudonym of the record, length, action, digest of the transaction, first 7 bytes | `account/record/spent.rs` |
//! | mark of a piece that has served for an action | `SERVED`, id of the evidence, action, first 7 bytes | `account/record/spent.rs` |
//! | record of a mark of high water | `HIGH_WATER`, store key, pseudonym of the record, first 8 bytes | `verifier/rollback.rs` |
//! | id of a grant | `GRANT`, all that it says but its time, ids of evidence and approvals | `grant.rs` |
//!
//! Sealed values of the library's own are bound to a context of a label and a store key. The label is `ACCOUNT` for a record
//! and for a count, `WORD` for a memorable word, and `SUBJECT_KEY` for a subject's key.

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $text;)*

        #[cfg(test)]
        const ALL: &[&str] = &[$($text),*];
    };
}

labels! {
    /// Begins the info of every purpose key.
    KEYS = "countersign";
    /// Makes a wrong key of a known number noticed.
    CHECK_VALUE = "check value";

    /// The purpose and the context of account records and counts of issued codes.
    ACCOUNT = "account";
    /// The purpose of memorable words.
    MEMORABLE_WORD = "memorable word";
    /// The purpose of wrapped keys of subjects.
    SUBJECT_KEYS = "subject keys";
    /// The long-term purpose of hashes of answers, passwords and PINs.
    PEPPER = "pepper";
    /// The long-term purpose of decoys, and of the keys that counts are stored under.
    DECOYS = "decoys";
    /// Begins the long-term purpose of blind indexes.
    INDEX = "index ";
    /// Kept for evidence that goes to another trust domain.
    PASSPORT = "passport";
    /// The long-term purpose of hashes of interactions' ids.
    INTERACTIONS = "interactions";
    /// Begins the digest of an agent's name.
    AGENT = "agent";
    /// Kept for the audit trail.
    AUDIT = "audit";

    /// The context of a subject's wrapped key.
    SUBJECT_KEY = "subject key";
    /// The beginning of the store key of a count of issued codes.
    ISSUED = "issued";
    /// The context of a memorable word, and the letters that an unknown subject is asked for.
    WORD = "word";

    /// Draws the secrets of a decoy.
    SECRET = "secret";
    /// Draws the questions that are asked.
    QUESTIONS = "questions";
    /// Draws the telephone number of a decoy.
    PHONE = "phone";
    /// Draws the e-mail address of a decoy.
    EMAIL = "email";
    /// Draws the device of a decoy.
    OCRA = "ocra";
    /// Draws what a decoy has enrolled.
    ENROLLED = "enrolled";

    RECOVERY_CODE = "countersign recovery code 1\0";
    TRANSACTION = "countersign transaction 2\0";
    EVIDENCE = "countersign evidence 1\0";
    APPROVAL = "countersign approval 1\0";
    GRANT = "countersign grant 1\0";
    CARRIED_OUT = "countersign carried out 1\0";
    SERVED = "countersign served 1\0";
    HIGH_WATER = "countersign high water 1\0";
    /// Stands before the digits of a PIN. The form of no password holds it, so no PIN has the hash of a password.
    PIN = "PIN\0";
}

/// Separates the commitment's CMAC from that of the message key.
pub(crate) const COMMITMENT: [u8; 4] = *b"XCMT";
/// Stands in the CMAC of the message key (C2SP XAES-256-GCM).
pub(crate) const MESSAGE: u8 = b'X';

/// The first byte of a delivered code's tags and names. A keyed draw begins with a zero, a count's store key with a letter.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    Bound = 1,
    Tag = 2,
    Text = 3,
}

/// Returns the first bytes of a hash or a tag.
pub(crate) fn leading<const N: usize>(hash: impl AsRef<[u8]>) -> [u8; N] {
    let mut leading = [0; N];
    let bytes = leading.iter_mut().zip(hash.as_ref());
    bytes.for_each(|(slot, byte)| *slot = *byte);
    leading
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }

    /// The code of each file but this one, without comments and tests.
    fn codes() -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        sources(&root, &mut files);
        let own = |path: &PathBuf| path.ends_with("derivation.rs") || path.ends_with("tests.rs");
        files.retain(|path| !own(path));
        assert!(files.len() > 100, "the sources are not where they were");
        let read = |path: PathBuf| {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("\n#[cfg(test)]\n").next().unwrap();
            let lines = code.lines().filter(|line| !line.trim().starts_with("//"));
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
            (name.to_owned(), lines.collect::<Vec<_>>().join("\n"))
        };
        files.into_iter().map(read).collect()
    }

    #[test]
    fn no_two_labels_are_equal() {
        let different: BTreeSet<_> = ALL.iter().collect();
        assert_eq!(different.len(), ALL.len());
        // Beside an index's purpose no label may stand that begins like one.
        let starts = |label: &&&str| label.starts_with(INDEX);
        assert_eq!(ALL.iter().filter(starts).count(), 1);
    }

    #[test]
    fn no_label_is_written_elsewhere() {
        // The parameter of a key URI is no label.
        const NAMESAKES: [(&str, &str); 1] = [("otp/key_uri.rs", SECRET)];
        // Names of fields, factors and rules, too: these are looked for as bytes alone.
        const WORDS: [&str; 11] = [
            ACCOUNT,
            AGENT,
            MEMORABLE_WORD,
            AUDIT,
            ISSUED,
            WORD,
            SECRET,
            QUESTIONS,
            PHONE,
            EMAIL,
            OCRA,
        ];
        for (file, code) in codes() {
            for label in ALL {
                let text = label.replace('\0', "\\0");
                let mut spelled = vec![format!("b\"{text}\""), format!("\"{text}\".as_bytes()")];
                if !WORDS.contains(label) {
                    spelled.push(format!("\"{text}\""));
                }
                let is_written = spelled.iter().any(|spelled| code.contains(spelled));
                let is_namesake = NAMESAKES.contains(&(file.as_str(), label));
                assert!(!is_written || is_namesake, "{file} writes {label:?}");
            }
            let given = ["long_term_key(\"", "purpose_keys(\"", "derive(\""];
            assert!(given.iter().all(|call| !code.contains(call)), "{file}");
        }
    }

    #[test]
    fn each_file_that_derives_is_in_the_table() {
        let table = include_str!("derivation.rs")
            .split("\nmacro_rules!")
            .next()
            .unwrap();
        let named: Vec<&str> = table
            .split('`')
            .filter(|name| name.contains('/') || name.ends_with(".rs"))
            .collect();
        let derives = [
            "digest::Context::new",
            "hmac::Context::with_key",
            "hmac::sign(",
            "hkdf::Salt",
            "Keyed::new(",
        ];
        let mut found = 0;
        for (file, code) in codes() {
            if derives.iter().any(|call| code.contains(call)) && !file.starts_with("otp/") {
                assert!(
                    named.iter().any(|name| file.starts_with(name)),
                    "{file} derives, and is not in the table"
                );
                found += 1;
            }
        }
        assert!(found > 12, "derivations are not read any more: {found}");
    }
}
