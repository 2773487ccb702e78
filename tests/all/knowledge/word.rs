//! Memorable words, from enrolment until they are worn out.

use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::{
    Channel, Error,
    knowledge::{AnswerBlocklist, MemorableWord, WordKey, WordLetters},
    transition::{CommitResult, Saved, Verdict},
};
use proptest::prelude::*;

use crate::support::questions::{keyring, subject};

fn key() -> WordKey {
    WordKey::new(&keyring(), "bank").unwrap()
}

fn enrol(text: &str) -> Result<MemorableWord, Error> {
    let known = AnswerBlocklist::new()
        .and_known("Maya Wijayakusuma")
        .and_common("Liverpool FC");
    MemorableWord::enrol(text, &known, &subject("C-1042"), &key())
}

/// A word as it is stored, and its letters as its owner counts them.
struct Owner {
    word: MemorableWord,
    letters: Vec<&'static str>,
}

impl Owner {
    fn of(text: &str, letters: &'static str) -> Self {
        let word = enrol(text).unwrap();
        let letters: Vec<&str> = letters.split(' ').collect();
        assert_eq!(
            usize::from(word.letters()),
            letters.len(),
            "{text} {letters:?}"
        );
        Self { word, letters }
    }

    fn nightingale() -> Self {
        Self::of("Nightingale", "n i g h t i n g a l e")
    }

    /// The letters that are asked for now.
    fn right(&self) -> Vec<&'static str> {
        let positions = self.word.prompt().positions();
        positions
            .map(|position| self.letters[usize::from(position) - 1])
            .to_vec()
    }

    #[track_caller]
    fn gives(&mut self, letters: &[&str], channel: Channel) -> Verdict {
        let step = self.word.check(
            &WordLetters::typed(letters),
            &subject("C-1042"),
            &key(),
            channel,
        );
        let told = step.unwrap().commit(|next| {
            self.word = next.clone();
            Saved::<()>::Stored
        });
        match told.unwrap() {
            CommitResult::Stored(verdict) => verdict,
            CommitResult::Conflict => panic!("it was stored"),
        }
    }

    #[track_caller]
    fn is_right(&mut self, channel: Channel) {
        let right = self.right();
        assert_eq!(self.gives(&right, channel), Verdict::Accepted, "{right:?}");
    }
}

#[test]
fn letters_are_those_that_their_reader_counts() {
    for (text, letters) in [
        ("Nightingale", "n i g h t i n g a l e"),
        ("NIGHTINGALE", "N I G H T I N G A L E"),
        ("Weiße Brücke", "w e i ß e b r u c k e"),
        ("O’Brien-Łódź", "o b r i e n l ó d z"),
        ("Ægir’s Bær ok", "æ g i r s b æ r o k"),
        ("Достоевский", "д о с т о е в с к и й"),
        ("महात्मा गाधी मार्ग एक", "म हा त्मा गा धी मा र्ग ए क"),
        ("กินข้าวแล้วหรือยัง", "กิ น ข้ า ว แ ล้ ว ห รื อ ยั ง"),
        ("東京特許許可局局長", "東 京 特 許 許 可 局 局 長"),
        ("한글날에는서울로", "한 글 날 에 는 서 울 로"),
        ("مدرسة النهضة", "م د ر س ة ا ل ن ه ض ة"),
        ("C-1042 Route 66", "c 1 0 4 2 r o u t e 6 6"),
        ("e\u{301}clair fou", "e c l a i r f o u"),
    ] {
        let mut owner = Owner::of(text, letters);
        for _ in 0..5 {
            owner.is_right(Channel::Device);
        }
    }
}

#[test]
fn b11_one_wrong_letter_makes_the_whole_wrong() {
    let mut owner = Owner::nightingale();
    let right = owner.right();
    for place in 0..3 {
        for wrong in [
            "z",
            "",
            "ni",
            "\0",
            "\u{301}",
            "…",
            "\u{1f600}",
            &"n".repeat(1 << 20),
        ] {
            let mut given = right.clone();
            given[place] = wrong;
            assert_eq!(
                owner.gives(&given, Channel::Device),
                Verdict::Wrong,
                "{wrong:.20?}"
            );
        }
    }
    let more = [right.clone(), right.clone()].concat();
    for given in [&right[..2], &[], &more, &["", "", ""]] {
        assert_eq!(owner.gives(given, Channel::Device), Verdict::Wrong);
    }
    owner.is_right(Channel::Device);
}

#[test]
fn b28_the_same_letters_are_asked_until_they_are_given_rightly() {
    let mut owner = Owner::nightingale();
    let asked = owner.word.prompt();
    for channel in [Channel::Device, Channel::Agent, Channel::Keypad] {
        assert_eq!(owner.gives(&["x", "y", "z"], channel), Verdict::Wrong);
        assert_eq!(owner.word.prompt(), asked);
    }
    owner.is_right(Channel::Device);
    assert_ne!(owner.word.prompt(), asked);
}

#[test]
fn b28_what_people_hear_wears_the_word_out() {
    let mut owner = Owner::nightingale();
    owner.is_right(Channel::Keypad);
    owner.is_right(Channel::Device);
    assert_eq!(owner.word.exposed_letters(), 0, "machines do not count");
    assert_eq!(
        owner.gives(&["x", "y", "z"], Channel::Agent),
        Verdict::Wrong
    );
    assert_eq!(owner.word.exposed_letters(), 3);
    assert_eq!(
        owner.gives(&["x", "y", "z"], Channel::Agent),
        Verdict::Wrong
    );
    assert_eq!(
        owner.word.exposed_letters(),
        3,
        "a stranger's rubbish wears out what stands, and no more"
    );
    let mut due_at = None;
    for _ in 0..1_000 {
        if owner.word.is_exhausted() {
            break;
        }
        owner.is_right(Channel::Counter);
        if owner.word.is_renewal_due() {
            due_at.get_or_insert(owner.word.exposed_letters());
        }
    }
    assert!(
        due_at.is_some_and(|heard| (6..=8).contains(&heard)),
        "{due_at:?}"
    );
    assert_eq!(owner.word.exposed_letters(), 11);
    let right = owner.right();
    assert_eq!(owner.gives(&right, Channel::Device), Verdict::Exhausted);
    assert_eq!(
        owner.gives(&["x", "y", "z"], Channel::Device),
        Verdict::Exhausted
    );
}

#[test]
fn weak_words_are_refused_with_the_rule_and_not_repeated() {
    let long = "zyzzyvas".repeat(1 << 17);
    for (text, rule) in [
        ("Zyzzyva", "must hold 8 to 24 letters or digits"),
        ("Zyz zy-v’a!", "must hold 8 to 24 letters or digits"),
        (
            "Zyzzyvabcdefghijklmnopqrs",
            "must hold 8 to 24 letters or digits",
        ),
        ("zyzzyvzyzzyv", "must hold five different letters"),
        (
            "zyzzyva\0abcd",
            "must not hold control, private-use or unassigned characters",
        ),
        (
            "zyzzyva\u{378}abcd",
            "must not hold control, private-use or unassigned characters",
        ),
        ("...", "must hold a letter or a digit"),
        ("", "must hold a letter or a digit"),
        (
            "\u{1f600}\u{1f468}\u{200d}\u{1f469}",
            "must hold a letter or a digit",
        ),
        ("\u{301}\u{302}", "must hold a letter or a digit"),
        (&long, "must hold 256 bytes at most"),
        ("LiverpoolFC", "must not be a common answer"),
        ("elementary school", "must not be a common answer"),
        ("Wijayakusuma", "must not be what is known of the subject"),
        (
            "maya wijayakusuma",
            "must not be what is known of the subject",
        ),
        (
            "東京特許許可局局長大阪京都神戸名古屋札",
            "must need 56 bytes at most, and each of its letters 24",
        ),
    ] {
        let error = enrol(text).unwrap_err();
        assert!(error.is_misuse());
        assert_eq!(
            error.to_string(),
            format!("memorable word: {rule}"),
            "{text:.40}"
        );
    }
    assert!(enrol("東京特許許可局局長大阪京都神戸名古屋").is_ok());
}

#[test]
fn b15_b33_every_word_is_as_long_as_any_other_and_unreadable() {
    let [first, second] = ["Nightingale", "Wolkenkuckucksheim"].map(|text| enrol(text).unwrap());
    let bytes = |word: &MemorableWord| minicbor::to_vec(word).unwrap();
    assert_eq!(bytes(&first).len(), bytes(&second).len());
    assert_eq!(bytes(&first).len(), 3 + 64 + 77 + 9);
    let found = bytes(&first)
        .windows(5)
        .any(|part| part.eq_ignore_ascii_case(b"night"));
    assert!(!found, "it can be read");
    assert_ne!(bytes(&first), bytes(&enrol("Nightingale").unwrap()));
}

#[test]
fn b16_nothing_of_a_word_is_shown() {
    let word = enrol("Nightingale").unwrap();
    assert_eq!(format!("{word:?}"), "MemorableWord(..)");
    assert_eq!(
        format!("{:?}", WordLetters::typed(&["n", "i", "\0"])),
        "WordLetters(3)"
    );
}

#[test]
fn b20_a_word_opens_for_its_subject_and_under_its_key_alone() {
    let word = enrol("Nightingale").unwrap();
    let check = |word: &MemorableWord, who: &str, key: &WordKey| {
        word.check(
            &WordLetters::typed(&["a", "b", "c"]),
            &subject(who),
            key,
            Channel::Agent,
        )
        .map(|_| ())
    };
    assert!(check(&word, "C-1042", &key()).is_ok());
    let told = check(&word, "C-1043", &key()).unwrap_err();
    assert!(told.is_corrupt());
    assert!(
        told.to_string()
            .starts_with("the memorable word cannot be opened"),
        "{told}"
    );
    let other = Keyring::new(
        RootKey::generate(1).unwrap(),
        LongTermSecret::from_bytes(1, [2; 32]).unwrap(),
    );
    let other = WordKey::new(&other, "bank").unwrap();
    assert!(check(&word, "C-1042", &other).unwrap_err().is_corrupt());
    let shop = WordKey::new(&keyring(), "shop").unwrap();
    assert!(check(&word, "C-1042", &shop).unwrap_err().is_corrupt());
}

/// The sealed value in the bytes of a word. The state follows.
const SEALED: core::ops::Range<usize> = 3..144;

#[test]
fn b31_hostile_bytes_of_a_word_are_an_error() {
    let word = enrol("Nightingale").unwrap();
    let bytes = minicbor::to_vec(&word).unwrap();
    for length in 0..bytes.len() {
        assert!(
            minicbor::decode::<MemorableWord>(&bytes[..length]).is_err(),
            "cut at {length}"
        );
    }
    for bit in 24..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let is_sealed = bit / 8 < SEALED.end;
        let Ok(word) = minicbor::decode::<MemorableWord>(&flipped) else {
            assert!(!is_sealed, "bit {bit}");
            continue;
        };
        let step = word.check(
            &WordLetters::typed(&["a"]),
            &subject("C-1042"),
            &key(),
            Channel::Agent,
        );
        match step {
            Err(error) => assert!(is_sealed && error.is_corrupt(), "bit {bit}"),
            Ok(step) => drop((step, assert!(!is_sealed, "bit {bit}"))),
        }
    }
    for length in [0, 140, 142] {
        let parts = [vec![0; length], bytes[SEALED.end + 1..].to_vec()];
        let other = minicbor::to_vec(parts.map(minicbor::bytes::ByteVec::from)).unwrap();
        assert!(
            minicbor::decode::<MemorableWord>(&other).is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn a_rotation_moves_a_word_and_leaves_its_letters() {
    let mut owner = Owner::nightingale();
    let rotated = keyring()
        .rotated_to(RootKey::from_bytes(2, [9; 32]).unwrap())
        .unwrap();
    let new_key = WordKey::new(&rotated, "bank").unwrap();
    let moved = owner
        .word
        .resealed(&subject("C-1042"), &new_key)
        .unwrap()
        .unwrap();
    assert!(
        moved
            .resealed(&subject("C-1042"), &new_key)
            .unwrap()
            .is_none()
    );
    assert!(
        owner
            .word
            .resealed(&subject("C-1042"), &key())
            .unwrap()
            .is_none()
    );
    let right = WordLetters::typed(&owner.right());
    let step = moved.check(&right, &subject("C-1042"), &new_key, Channel::Agent);
    let told = step.unwrap().commit(|_| Saved::<()>::Stored).unwrap();
    assert!(matches!(told, CommitResult::Stored(Verdict::Accepted)));
    owner.is_right(Channel::Agent);
}

#[test]
fn b12_an_unknown_name_is_asked_for_the_same_letters_again() {
    let ring = keyring();
    let word_of = |name: &str| MemorableWord::for_unknown(&subject(name), &ring, &key()).unwrap();
    let mut prompts = std::collections::BTreeSet::new();
    let mut lengths = std::collections::BTreeSet::new();
    for name in (0..60).map(|number| format!("N-{number}")) {
        let (word, again) = (word_of(&name), word_of(&name));
        let bytes = minicbor::to_vec(&word).unwrap();
        assert_eq!(bytes.len(), 153);
        assert_eq!(
            bytes[SEALED.end..],
            minicbor::to_vec(&again).unwrap()[SEALED.end..]
        );
        let step = word.check(
            &WordLetters::typed(&["x", "y", ""]),
            &subject(&name),
            &key(),
            Channel::Agent,
        );
        let told = step.unwrap().commit(|_| Saved::<()>::Stored).unwrap();
        assert!(matches!(told, CommitResult::Stored(Verdict::Wrong)));
        prompts.insert(word.prompt().positions());
        lengths.insert(word.letters());
    }
    assert!(prompts.len() > 40, "{prompts:?}");
    assert!(
        lengths.len() >= 5 && lengths.iter().all(|letters| (8..=13).contains(letters)),
        "{lengths:?}"
    );
}

/// A word of which every position that is asked for is wanted.
fn asking(text: &str, wanted: impl Fn(u8) -> bool) -> MemorableWord {
    let enrolled = (0..10_000).map(|_| enrol(text).unwrap());
    let asks = |word: &MemorableWord| word.prompt().positions().into_iter().all(&wanted);
    enrolled.into_iter().find(asks).unwrap()
}

#[track_caller]
fn is_wrong(word: &MemorableWord, letters: &[&str]) {
    let who = subject("C-1042");
    let step = word.check(&WordLetters::typed(letters), &who, &key(), Channel::Device);
    let told = step.unwrap().commit(|_| Saved::<()>::Stored).unwrap();
    assert!(
        matches!(told, CommitResult::Stored(Verdict::Wrong)),
        "{letters:?}"
    );
}

#[test]
fn the_state_of_a_longer_word_makes_no_letters_right() {
    let short = minicbor::to_vec(enrol("Nightbird").unwrap()).unwrap();
    let long = asking("Wolkenkuckucksheimbewohn", |position| position > 9);
    let long = minicbor::to_vec(long).unwrap();
    let mixed = [&short[..SEALED.end], &long[SEALED.end..]].concat();
    let mixed: MemorableWord = minicbor::decode(&mixed).unwrap();
    for letter in ["", "…", "\0", "d"] {
        is_wrong(&mixed, &[letter; 3]);
    }
}

#[test]
fn what_is_longer_than_the_longest_letter_is_not_cut_to_it() {
    // Of 24 bytes, as many as a letter may have.
    let longest = "क\u{93e}\u{93f}\u{940}\u{941}\u{942}\u{943}\u{944}";
    let longer = format!("{longest}\u{945}");
    let mut owner = Owner::of(&format!("{longest}गजडदबमर"), "क ग ज ड द ब म र");
    owner.letters[0] = longest;
    while !owner.right().contains(&longest) {
        owner.is_right(Channel::Device);
    }
    let right = owner.right();
    let given: Vec<&str> = right
        .iter()
        .map(|letter| {
            if *letter == longest {
                longer.as_str()
            } else {
                letter
            }
        })
        .collect();
    is_wrong(&owner.word, &given);
    owner.is_right(Channel::Device);
    let error = enrol(&format!("{longer}गजडदबमर")).unwrap_err();
    assert!(
        error.to_string().ends_with("each of its letters 24"),
        "{error}"
    );
}

#[test]
fn b12_no_letters_are_right_for_an_unknown_name() {
    let word = MemorableWord::for_unknown(&subject("N-1"), &keyring(), &key()).unwrap();
    let letters = (b'a'..=b'z').map(|letter| char::from(letter).to_string());
    for letter in letters.chain(["\u{1}", "\0", ""].map(str::to_owned)) {
        let given = WordLetters::typed(&[&letter, &letter, &letter]);
        let step = word.check(&given, &subject("N-1"), &key(), Channel::Device);
        let told = step.unwrap().commit(|_| Saved::<()>::Stored).unwrap();
        let is_wrong = matches!(told, CommitResult::Stored(Verdict::Wrong));
        assert!(is_wrong, "{letter:?}");
    }
}

proptest! {
    #[test]
    fn right_letters_are_right_and_others_are_not(
        word in "[a-z]{8,24}", wrong in "[a-z]{3}", heard in prop::collection::vec(any::<bool>(), 1..8),
    ) {
        let Ok(sealed) = enrol(&word) else { return Ok(()) };
        let letters: Vec<char> = word.chars().collect();
        let mut owner = Owner { word: sealed, letters: Vec::new() };
        for by_a_person in heard {
            let channel = if by_a_person { Channel::Agent } else { Channel::Device };
            let before = owner.word.clone();
            let asked = before.prompt().positions().map(|position| letters[usize::from(position) - 1].to_string());
            let others: Vec<String> = wrong.chars().map(String::from).collect();
            if others != asked {
                let others: Vec<&str> = others.iter().map(String::as_str).collect();
                prop_assert_ne!(owner.gives(&others, channel), Verdict::Accepted);
                prop_assert_eq!(owner.word.prompt(), before.prompt());
            }
            let spent = owner.word.is_exhausted();
            let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
            let expected = if spent { Verdict::Exhausted } else { Verdict::Accepted };
            prop_assert_eq!(owner.gives(&asked, channel), expected);
            prop_assert!(owner.word.exposed_letters() >= before.exposed_letters());
        }
    }

    #[test]
    fn nothing_panics(text in any::<String>(), letters in prop::collection::vec(any::<String>(), 0..5)) {
        let _ = enrol(&text);
        let _ = WordLetters::typed(&letters);
    }
}
