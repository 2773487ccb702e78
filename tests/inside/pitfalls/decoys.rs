//! Unknown names have enrolled what customers have, as often as they have it: nobody tells them by what is offered.

use crate::support::timed::{TimedContext, TimedVerifier};
use std::collections::BTreeMap;

use crate::inside::own_table::Account;
use crate::inside::support::bank::*;
use countersign::store::memory::MemoryStore;
use countersign::store::{Key, Store};
use countersign::{
    Attempt, Authority, Change, Channel, Code, Decision, Factor, Interaction, Outcome, Policy,
    Request, Settings, Subject, Timestamp, Transaction,
    account::TypicalEnrolment,
    delivered::{CodeOrder, Destination, Issued, Kind, Route},
    knowledge::{
        AnswerBlocklist, AnswerHashes, Answers, Catalogue, MemorableWord, Question, QuestionId,
        WordKey, WordLetters,
    },
    otp::{
        Hotp, OtpKey, Totp,
        ocra::{Ocra, OcraResponse, OcraSuite, OcraTask},
    },
    password::{PasswordHash, PinHash},
};

const NOW: i64 = OPENING;
const DAY: i64 = 86_400;
const NAMES: u32 = 1_000;

/// What customers have: each share with what all of them have, and what some have beside.
type Profile = (u8, &'static [Factor], &'static [(Factor, u8)]);

const BANK: [Profile; 5] = [
    (
        40,
        &[Factor::Password, Factor::Totp],
        &[(Factor::RecoveryCode, 60)],
    ),
    (25, &[Factor::Password], &[(Factor::IssuedRecoveryCode, 50)]),
    (
        24,
        &[Factor::SpokenCode, Factor::Questions, Factor::Word],
        &[(Factor::Totp, 30), (Factor::Pin, 50)],
    ),
    (10, &[Factor::Hotp, Factor::Ocra], &[]),
    (1, &[], &[]),
];
const PASSWORD_SHOP: [Profile; 1] = [(100, &[Factor::Password], &[])];

const POLICY: &str = r#"
version = 1
grant_lifetime = 300
tiers = ["only"]
[action."login".every_tier]
any = [
  { all = [{ factor = "password", max_age = 600 }, { class = "possession", max_age = 600 }] },
  { all = [{ factor = "password", max_age = 600 }] },
]
[action."call".every_tier]
any = [
  { all = [{ factor = "questions", max_age = 900 }, { factor = "spoken_code", max_age = 300 }] },
  { all = [{ factor = "memorable_word", max_age = 900 }, { factor = "pin", max_age = 900 }] },
  { all = [{ classes = 2, max_age = 900 }] },
]
[action."recover".every_tier]
any = [
  { all = [{ factor = "recovery_code", max_age = 600 }] },
  { all = [{ factor = "issued_recovery_code", max_age = 600 }] },
]
[action."token".every_tier]
any = [
  { all = [{ factor = "ocra", max_age = 600 }] },
  { all = [{ factor = "hotp", max_age = 600 }] },
  { all = [{ factor = "totp", max_age = 600 }] },
]
"#;
const ACTIONS: [&str; 5] = ["login", "call", "recover", "token", "unheard.of"];

fn typical(profiles: &[Profile]) -> TypicalEnrolment {
    let with = |typical: TypicalEnrolment, (factor, percent): &(Factor, u8)| {
        typical.with_sometimes(*factor, *percent).unwrap()
    };
    let profile = |typical: TypicalEnrolment, (share, all, some): &Profile| {
        let typical = typical.with_profile(*share, all).unwrap();
        some.iter().fold(typical, with)
    };
    profiles.iter().fold(TypicalEnrolment::new(), profile)
}

fn questions() -> Catalogue {
    let question = |number| Question::text(QuestionId::new(number), &format!("No. {number}?"));
    Catalogue::new(2, (1..=4).map(|number| question(number).unwrap())).unwrap()
}

fn plain_settings() -> Settings {
    let suite = |text: &str| -> OcraSuite { text.parse().unwrap() };
    Settings::new("bank", keyring())
        .unwrap()
        .with_hash_pool(stretch())
        .with_catalogue(questions())
        .with_memorable_words(word_key())
        .with_ocra(
            suite("OCRA-1:HOTP-SHA256-6:QN08"),
            suite("OCRA-1:HOTP-SHA256-8:QH64"),
        )
        .unwrap()
}

fn settings_for(profiles: &[Profile]) -> Settings {
    let settings = plain_settings().with_decoy_limit(u32::MAX).unwrap();
    settings.with_typical_enrolment(typical(profiles)).unwrap()
}

fn word_key() -> WordKey {
    WordKey::new(&keyring(), "bank").unwrap()
}

fn at(unix: i64) -> Timestamp {
    Timestamp::from_unix(unix).unwrap()
}

/// A new interaction.
fn ctx(now: i64, channel: Channel) -> TimedContext {
    TimedContext::new(at(now), channel, Interaction::begin().unwrap())
}

/// Numbers by chance, the same ones in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn percent(&mut self, percent: u8) -> bool {
        self.below(100) < u64::from(percent)
    }
}

/// What takes a computation to enrol: each set of answers once.
struct Enrolled {
    answers: Vec<AnswerHashes>,
    password: PasswordHash,
    pin: PinHash,
}

impl Enrolled {
    fn new() -> Self {
        let (ring, stretch) = (keyring(), stretch());
        let mut permit = stretch.permit().unwrap();
        let sets = (1..=4).map(|without| {
            let answered = (1..=4).filter(|number| *number != without);
            let given = answered.fold(Answers::new(), |given, number| {
                given.and(QuestionId::new(number), &format!("Answer {number}"))
            });
            AnswerHashes::enrol(&given, &ring, stretch.cost(), &mut permit).unwrap()
        });
        Self {
            answers: sets.collect(),
            // Nobody has to give them here.
            password: PasswordHash::decoy(&ring, stretch.cost()).unwrap(),
            pin: PinHash::decoy(&ring, stretch.cost()).unwrap(),
        }
    }
}

/// Enrols a customer by one of the profiles.
fn enrol(
    verifier: &TimedVerifier<&MemoryStore>,
    whom: &Subject,
    profiles: &[Profile],
    enrolled: &Enrolled,
    chance: &mut Chance,
) {
    let ctx = ctx(NOW - DAY, Channel::Counter);
    verifier.create(whom, &ctx).unwrap();
    let change = |change: &Change| {
        let _ = verifier
            .change(whom, change, &Authority::Host, &ctx)
            .unwrap();
    };
    let mut place = chance.below(100);
    let mut profiles = profiles.iter();
    let (_, all, some) = loop {
        let profile = profiles.next().unwrap();
        match place.checked_sub(u64::from(profile.0)) {
            Some(rest) => place = rest,
            None => break profile,
        }
    };
    let also = some.iter().filter(|(_, percent)| chance.percent(*percent));
    let factors: Vec<Factor> = all
        .iter()
        .copied()
        .chain(also.map(|(factor, _)| *factor))
        .collect();
    for factor in factors {
        match factor {
            Factor::Totp => {
                let app = Totp::generate().unwrap();
                change(&Change::AddTotp(app.clone()));
                let code = app.code_at(ctx.now());
                change(&Change::ConfirmTotp(Code::typed(code.expose_text())));
            }
            Factor::Hotp => {
                let token = Hotp::from(OtpKey::generate().unwrap());
                change(&Change::AddHotp(token.clone(), 0));
                let code = token.code_at(0);
                change(&Change::ConfirmHotp(Code::typed(code.expose_text())));
            }
            Factor::Ocra => {
                let suite: OcraSuite = "OCRA-1:HOTP-SHA256-6:QN08".parse().unwrap();
                let secret = suite.fresh_secret().unwrap();
                change(&Change::SetOcra(Ocra::new(suite, secret).unwrap().into()));
            }
            Factor::SpokenCode => {
                let number = format!("+62812{:07}", chance.below(10_000_000));
                change(&Change::SetPhone(Destination::phone(&number).unwrap()));
            }
            Factor::IssuedRecoveryCode => {
                let first = char::from(b'a' + u8::try_from(chance.below(26)).unwrap());
                let to = format!("{first}.{}@fern.example", chance.below(1_000));
                change(&Change::SetEmail(Destination::email(&to).unwrap()));
            }
            Factor::Questions => {
                let set = usize::try_from(chance.below(4)).unwrap();
                change(&Change::SetQuestions(enrolled.answers[set].clone()));
            }
            Factor::Word => {
                let length = usize::try_from(8 + chance.below(6)).unwrap();
                let word = &"kobvasteumirn"[..length];
                let enrolled =
                    MemorableWord::enrol(word, &AnswerBlocklist::new(), whom, &word_key());
                let word = enrolled.unwrap();
                change(&Change::SetWord(word));
            }
            Factor::Password => change(&Change::SetPassword(enrolled.password.clone())),
            Factor::Pin => change(&Change::SetPin(enrolled.pin.clone())),
            Factor::RecoveryCode => {
                let _ = verifier
                    .generate_recovery_codes(whom, 10, &Authority::Host, &ctx)
                    .unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
}

/// What a policy decides for whoever has shown nothing yet.
fn decided(
    verifier: &TimedVerifier<&MemoryStore>,
    policy: &Policy,
    whom: &Subject,
    now: i64,
) -> String {
    let ctx = ctx(now, Channel::Agent);
    let status = verifier.status(whom, &ctx).unwrap();
    let each = ACTIONS.map(|action| {
        match policy.decide(&Request::new(action), &[], &status, &ctx, ctx.now()) {
            Decision::Allow(_) => "allow".to_owned(),
            Decision::StepUp(ways) => {
                let way = |way: &countersign::policy::StepUpOption| {
                    let asks = way
                        .requirements()
                        .iter()
                        .map(|ask| format!("{:?}", ask.factors()));
                    asks.collect::<Vec<_>>().join("+")
                };
                ways.iter().map(way).collect::<Vec<_>>().join(" or ")
            }
            denied @ Decision::Deny(_) => denied.to_string(),
        }
    });
    each.join("; ")
}

/// Digits and letters that differ from name to name are made one.
fn shape(hint: &str) -> String {
    let one = |letter: char| match letter {
        '0'..='9' => '0',
        letter if letter.is_alphabetic() => 'a',
        letter => letter,
    };
    hint.chars().map(one).collect()
}

/// What a stranger, or the host's screen, sees of one name; each in an interaction of its own. Looked at closely, it is tried
/// as well.
fn seen(
    verifier: &TimedVerifier<&MemoryStore>,
    policy: &Policy,
    whom: &Subject,
    now: i64,
    closely: bool,
) -> Vec<(&'static str, String)> {
    let mut seen = vec![("decided", decided(verifier, policy, whom, now))];
    let call = || ctx(now, Channel::Agent);
    let status = verifier.status(whom, &call()).unwrap();
    let factors = Factor::ALL.into_iter();
    let enrolled: Vec<_> = factors
        .filter(|factor| status.is_enrolled(*factor))
        .collect();
    seen.push(("enrolled", format!("{enrolled:?}")));
    let rest = (
        status.recovery_codes(),
        status.is_word_due(),
        status.epoch(),
        status.is_suspended(),
    );
    seen.push(("rest", format!("{rest:?}")));
    seen.push((
        "prompts",
        format!("{:?}", verifier.prompts(whom, &call()).unwrap()),
    ));
    seen.push((
        "letters",
        verifier.word_prompt(whom, &call()).unwrap().to_string(),
    ));

    let payment = Transaction::new("TX-1").unwrap();
    for (name, task) in [
        ("login asked", OcraTask::authenticate()),
        ("signature asked", OcraTask::sign(payment.digest())),
    ] {
        let ctx = call();
        let told = match verifier.challenge(whom, &task, &ctx).unwrap() {
            Issued::Ready(dialog) => {
                let length = dialog.question().as_str().len();
                let lasts = dialog.expires() - ctx.now();
                format!("{length} {lasts:?} {}", dialog.answer().is_some())
            }
            Issued::RateLimited(lock) => format!("{lock:?}"),
        };
        seen.push((name, told));
        if name == "login asked" {
            let attempt = Attempt::Ocra(OcraResponse::typed("0000000"));
            let outcome = verifier.check(whom, &attempt, &ctx).unwrap();
            seen.push(("response", format!("{outcome:?}")));
        }
    }
    for (name, order, channel) in [
        ("spoken", CodeOrder::spoken(), Channel::Agent),
        (
            "e-mail",
            CodeOrder::recover(Kind::Private, Route::Email),
            Channel::Device,
        ),
        ("private", CodeOrder::private(), Channel::Device),
        (
            "letter",
            CodeOrder::recover(Kind::Private, Route::Post),
            Channel::Device,
        ),
    ]
    .into_iter()
    .take(if closely { 4 } else { 2 })
    {
        let told = match verifier.issue(whom, &order, &ctx(now, channel)).unwrap() {
            Issued::Ready(delivery) => {
                format!("{} {:?}", shape(delivery.hint()), delivery.lifetime())
            }
            Issued::RateLimited(lock) => format!("{lock:?}"),
        };
        seen.push((name, told));
    }
    if !closely {
        return seen;
    }
    let code = || Code::typed("not a code");
    for (name, attempt) in [
        ("totp", Attempt::Totp(code())),
        ("hotp", Attempt::Hotp(code())),
        ("delivered", Attempt::Delivered(code())),
        ("recovery", Attempt::Recovery(code())),
        ("word", Attempt::Word(WordLetters::typed(&["?"; 3]))),
    ] {
        // Until the app is locked, and others once.
        for _ in 0..if name == "totp" { 6 } else { 1 } {
            let told = verifier.check(whom, &attempt, &call()).unwrap();
            assert!(!matches!(told, Outcome::Accepted(_)));
            let locked = matches!(told, Outcome::Locked(_));
            seen.push((name, format!("locked: {locked}")));
        }
    }
    let again = verifier.word_prompt(whom, &call()).unwrap().to_string();
    seen.push(("letters again", again));
    seen.push(("decided again", decided(verifier, policy, whom, now)));
    seen
}

type Counts = BTreeMap<(&'static str, String), u32>;

/// Fails if two counts of a thousand differ by more than chance does: by six standard deviations.
fn expect_alike(known: &Counts, unknown: &Counts) {
    let keys = known.keys().chain(unknown.keys());
    for key in keys {
        let of = |counts: &Counts| counts.get(key).copied().unwrap_or(0);
        let (a, b) = (of(known), of(unknown));
        let most = 36 * (a + b);
        let most = if a + b < 12 { 144 } else { most };
        assert!(
            a.abs_diff(b).pow(2) <= most,
            "{key:?}: {a} known, {b} unknown"
        );
    }
}

/// A bank with so many customers, and what it sees of them and of as many unknown names.
fn observed(profiles: &[Profile], names: u32) -> [(Counts, Lengths); 2] {
    let policy = Policy::from_toml(POLICY).unwrap();
    let store = MemoryStore::new();
    let verifier = TimedVerifier::new(&store, settings_for(profiles));
    let (enrolled, mut chance) = (Enrolled::new(), Chance(7));
    let mut both: [(Counts, Lengths); 2] = Default::default();
    for number in 0..names {
        let [customer, nobody] = ["C", "N"].map(|kind| subject(&format!("{kind}-{number}")));
        enrol(&verifier, &customer, profiles, &enrolled, &mut chance);
        // How many decoys are stored in a minute is another matter.
        let now = NOW + i64::from(number);
        for (whom, (counts, lengths)) in [customer, nobody].iter().zip(&mut both) {
            // One in four closely: a test has little time.
            let seen = seen(&verifier, &policy, whom, now, number % 4 == 0);
            let entry = store.load(&Key::of(whom)).unwrap().unwrap();
            lengths
                .entry(seen[1].1.clone())
                .or_default()
                .push(entry.bytes().len());
            for observed in seen {
                *counts.entry(observed).or_insert(0) += 1;
            }
        }
    }
    both
}

/// The lengths of records, by what their owners have enrolled.
type Lengths = BTreeMap<String, Vec<usize>>;

#[test]
fn b48_a_thousand_unknown_names_look_like_a_thousand_customers() {
    let [(known, known_lengths), (unknown, unknown_lengths)] = observed(&BANK, NAMES);
    expect_alike(&known, &unknown);
    // Something was seen: several answers to what differs among customers.
    for name in ["decided", "enrolled", "prompts", "letters"] {
        let answers = known.keys().filter(|(of, _)| *of == name).count();
        assert!(answers > 1, "{name}: {answers}");
    }
    for (has, known) in known_lengths {
        let mean = |lengths: &[usize]| lengths.iter().sum::<usize>() / lengths.len();
        if let Some(unknown) = unknown_lengths.get(&has) {
            let (known, unknown) = (mean(&known), mean(unknown));
            // Less than the step of lengths.
            assert!(known.abs_diff(unknown) < 128, "{has}: {known} {unknown}");
        }
    }
}

#[test]
fn b48_in_a_password_shop_nobody_is_told_by_a_decision() {
    let [(known, _), (unknown, _)] = observed(&PASSWORD_SHOP, 40);
    for name in ["decided", "enrolled", "rest", "decided again", "private"] {
        let only = |counts: &Counts| {
            let of = counts.iter().filter(|((of, _), _)| *of == name);
            of.map(|((_, told), count)| (told.clone(), *count))
                .collect::<Vec<_>>()
        };
        assert_eq!(only(&known).len(), 1, "{name}");
        assert_eq!(only(&known), only(&unknown), "{name}");
    }
}

/// A verifier over this store, as another process opens it.
fn process(store: &MemoryStore, settings: Settings) -> TimedVerifier<&MemoryStore> {
    TimedVerifier::new(store, settings)
}

/// What one name is offered, without a trace in the store.
fn offered(
    verifier: &TimedVerifier<&MemoryStore>,
    policy: &Policy,
    name: u32,
    now: i64,
) -> Vec<String> {
    let nobody = subject(&format!("N-{name}"));
    let ctx = ctx(now, Channel::Agent);
    let status = verifier.status(&nobody, &ctx).unwrap();
    vec![
        decided(verifier, policy, &nobody, now),
        format!("{:?}", verifier.prompts(&nobody, &ctx).unwrap()),
        verifier.word_prompt(&nobody, &ctx).unwrap().to_string(),
        format!("{:?} {}", status.recovery_codes(), status.epoch()),
    ]
}

#[test]
fn b48_an_unknown_name_keeps_what_it_has() {
    const NAMES: u32 = 60;
    let policy = Policy::from_toml(POLICY).unwrap();
    let store = MemoryStore::new();
    let settings = || settings_for(&BANK);
    let all = |verifier: &TimedVerifier<&MemoryStore>, now| {
        let each = (0..NAMES).map(|name| offered(verifier, &policy, name, now));
        each.collect::<Vec<_>>()
    };
    let verifier = process(&store, settings());
    let first = all(&verifier, NOW);
    // In another process, over another store, in another order.
    let elsewhere = MemoryStore::new();
    let other = process(&elsewhere, settings());
    for name in (0..NAMES).rev() {
        assert_eq!(offered(&other, &policy, name, NOW), first[name as usize]);
    }
    // With a decoy, after its time, and once it was purged.
    for name in 0..NAMES {
        let wrong = Attempt::Recovery(Code::typed("not a code"));
        let nobody = subject(&format!("N-{name}"));
        let ctx = ctx(NOW, Channel::Agent);
        let _ = verifier.check(&nobody, &wrong, &ctx).unwrap();
    }
    assert_eq!(all(&verifier, NOW + 60), first);
    assert_eq!(all(&verifier, NOW + 31 * DAY), first);
    let purged = verifier.purge(at(NOW + 60 * DAY)).unwrap();
    assert_eq!(purged, NAMES as usize);
    assert_eq!(all(&verifier, NOW + 60 * DAY), first);
    assert_eq!(all(&process(&store, settings()), NOW + 90 * DAY), first);
    // Another secret draws otherwise.
    let other = countersign::field::LongTermSecret::from_bytes(1, [9; 32]).unwrap();
    let root = countersign::field::RootKey::from_bytes(1, [1; 32]).unwrap();
    let ring = countersign::field::Keyring::new(root, other);
    let settings = Settings::new("bank", ring.clone()).unwrap();
    let settings = settings
        .with_catalogue(questions())
        .with_memorable_words(WordKey::new(&ring, "bank").unwrap());
    let bank: Vec<Profile> = BANK
        .iter()
        .filter(|(share, ..)| *share != 10)
        .copied()
        .collect();
    let bank: Vec<Profile> = [bank, vec![(10, &[Factor::Hotp], &[])]].concat();
    let settings = settings.with_typical_enrolment(typical(&bank)).unwrap();
    assert_ne!(all(&process(&store, settings), NOW), first);
}

#[test]
fn b48_other_settings_draw_anew_where_no_decoy_stands() {
    let policy = Policy::from_toml(POLICY).unwrap();
    let store = MemoryStore::new();
    let wrong = Attempt::Totp(Code::typed("not a code"));
    let touched = subject("N-1");
    let before = process(&store, settings_for(&BANK));
    let ctx = ctx(NOW, Channel::Agent);
    let _ = before.check(&touched, &wrong, &ctx).unwrap();
    let was = offered(&before, &policy, 1, NOW);
    let after = process(&store, settings_for(&PASSWORD_SHOP));
    let passwords_only = |name, now| {
        let nobody = subject(&format!("N-{name}"));
        let status = after
            .status(&nobody, &self::ctx(now, Channel::Agent))
            .unwrap();
        let factors = Factor::ALL.into_iter();
        let has = factors.filter(|factor| status.is_enrolled(*factor));
        let nobodys = [Factor::External, Factor::BindingCode];
        has.filter(|factor| !nobodys.contains(factor))
            .eq([Factor::Password])
    };
    assert!((2..50).all(|name| passwords_only(name, NOW)));
    // A customer's does not change overnight either.
    assert_eq!(offered(&after, &policy, 1, NOW + DAY), was);
    assert!(passwords_only(1, NOW + 31 * DAY));
}

#[test]
fn b48_an_enrolment_that_cannot_be_is_refused_with_the_way_out() {
    let of = |factors: &[Factor]| TypicalEnrolment::new().with_profile(100, factors);
    let password = || of(&[Factor::Password]).unwrap();
    let rule = |error: countersign::Error| {
        assert!(error.is_misuse());
        error.to_string()
    };
    for factor in [Factor::External, Factor::BindingCode] {
        let text = rule(of(&[Factor::Totp, factor]).unwrap_err());
        assert!(text.contains(&format!("`{factor}`")), "{text}");
        let text = rule(password().with_sometimes(factor, 50).unwrap_err());
        assert!(text.contains("nobody enrols it"), "{text}");
    }
    for percent in [0, 100, 101, 255] {
        let text = rule(password().with_sometimes(Factor::Pin, percent).unwrap_err());
        assert!(text.contains("1 to 99 percent"), "{text}");
    }
    let telephone = of(&[Factor::SpokenCode, Factor::PrivateCode]).unwrap();
    let text = rule(telephone.with_sometimes(Factor::SpokenCode, 5).unwrap_err());
    assert!(text.contains("once in a profile"), "{text}");
    let plain = || Settings::new("bank", keyring()).unwrap();
    let none = TypicalEnrolment::new();
    let text = rule(plain().with_typical_enrolment(none.clone()).unwrap_err());
    assert!(text.contains("TypicalEnrolment::with_profile"), "{text}");
    let text = rule(none.with_sometimes(Factor::Pin, 50).unwrap_err());
    assert!(text.contains("TypicalEnrolment::with_profile"), "{text}");
    let of_shares = |shares: &[u8]| {
        let passwords = |typical: TypicalEnrolment, share: &u8| {
            typical.with_profile(*share, &[Factor::Password])
        };
        shares.iter().try_fold(TypicalEnrolment::new(), passwords)
    };
    for shares in [
        &[99][..],
        &[101],
        &[50, 51],
        &[0, 100],
        &[100, 0],
        &[0],
        &[255; 9],
    ] {
        let typical = of_shares(shares);
        let refused = typical.and_then(|typical| plain().with_typical_enrolment(typical).map(drop));
        let text = rule(refused.unwrap_err());
        assert!(text.contains("sum to 100"), "{text}");
    }
    assert!(of_shares(&[1; 101]).is_err());
    let hundred = of_shares(&[1; 100]).unwrap();
    assert!(plain().with_typical_enrolment(hundred).is_ok());

    for (factor, way) in [
        (Factor::Questions, "Settings::with_catalogue"),
        (Factor::Word, "Settings::with_memorable_words"),
        (Factor::Ocra, "Settings::with_ocra"),
    ] {
        let some = of_shares(&[99, 1]).unwrap();
        let named = some.with_sometimes(factor, 1).unwrap();
        let text = rule(plain().with_typical_enrolment(named.clone()).unwrap_err());
        assert!(text.contains(way), "{text}");
        assert!(plain_settings().with_typical_enrolment(named).is_ok());
    }
    // Nothing is refused later: every factor there is can be drawn, and told.
    let nobodys = [Factor::External, Factor::BindingCode];
    let factors = Factor::ALL.into_iter();
    let all: Vec<_> = factors.filter(|factor| !nobodys.contains(factor)).collect();
    let everything = of(&all).unwrap();
    let settings = plain_settings().with_typical_enrolment(everything).unwrap();
    let ctx = ctx(NOW, Channel::Agent);
    let nobody = Account::unknown(&settings, &subject("N-1"), ctx.now()).unwrap();
    let status = nobody.status(&ctx);
    assert!(all.iter().all(|factor| status.is_enrolled(*factor)));
    assert_eq!(status.recovery_codes(), Some(10));
}
