//! Customers, enrolled in memory: their records are then written to a server, as if they had been enrolled there.

use core::time::Duration;

use countersign::account::ExternalVerification;
use countersign::delivered::Destination;
use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::limits::{Quota, QuotaScope};
use countersign::otp::{OtpKey, Totp};
use countersign::password::{Password, PasswordHash, PasswordRules};
use countersign::recovery::RecoveryCodes;
use countersign::store::memory::MemoryStore;
use countersign::store::{Entry, Key, Replaced, Store};
use countersign::time::ManualClock;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Context, FactorClass, Outcome, SecretBytes,
    Settings, Strength, Subject, Timestamp, Verifier,
};

/// The ring of all processes of a measurement. It guards nothing.
fn keyring() -> Keyring {
    Keyring::new(
        RootKey::from_bytes(1, [1; 32]).unwrap(),
        LongTermSecret::from_bytes(1, [2; 32]).unwrap(),
    )
}

/// Without a quota of blocks that refuses an order.
pub fn settings() -> Settings {
    let endless = Quota::new(1_000_000_000, Duration::from_secs(3_600)).unwrap();
    tight_settings().with_quota(QuotaScope::Block, endless)
}

/// With the quotas that the library comes with.
pub fn tight_settings() -> Settings {
    Settings::new("bank", keyring()).unwrap()
}

/// Customers by number, on some side of a measurement.
pub fn subject(side: &str, number: u64) -> Subject {
    Subject::new("bank", &format!("{side}-{number}")).unwrap()
}

/// The app of every customer: so a code of any of them is at hand.
pub fn app() -> Totp {
    Totp::from(OtpKey::new(SecretBytes::from(b"12345678901234567890".to_vec())).unwrap())
}

pub fn attested() -> Attempt {
    let external = ExternalVerification::new("counter", FactorClass::Possession, Strength::Full);
    Attempt::External(external.unwrap())
}

/// A telephone: the line is the last four digits, all before is the block.
pub fn phone(block: u64, line: u64) -> Destination {
    Destination::phone(&format!("+62812{:04}{:04}", block % 10_000, line % 10_000)).unwrap()
}

/// Enrols customers, ten minutes before the measurement: a code of now is new to all of them.
pub struct Desk {
    verifier: Verifier<MemoryStore>,
    now: i64,
    password: Change,
}

const STEP: i64 = 30;

impl Desk {
    pub fn new() -> Self {
        let settings = settings();
        let mut permit = settings.hash_pool().permit().unwrap();
        let (typed, rules) = (
            Password::typed("eleven purple elephants"),
            PasswordRules::multi_factor(),
        );
        let cost = settings.hash_pool().cost();
        let hash = PasswordHash::enrol(&typed, &rules, settings.keyring(), cost, &mut permit);
        drop(permit);
        let now = Timestamp::now().unwrap().unix() as i64 - 600;
        let clock = ManualClock::new(Timestamp::from_unix(now).unwrap());
        Self {
            verifier: Verifier::new(MemoryStore::new(), settings).with_clock(clock),
            now,
            password: Change::SetPassword(hash.unwrap()),
        }
    }

    /// Returns the record of a customer with an app.
    pub fn with_app(&self, subject: &Subject) -> Entry {
        self.enrol(subject, &self.app_of_before())
    }

    /// Returns the record of a customer with a telephone.
    pub fn with_phone(&self, subject: &Subject, phone: Destination) -> Entry {
        self.enrol(subject, &[Change::SetPhone(phone)])
    }

    /// Returns the record of a customer with a password, an app, a telephone and ten recovery codes, who has signed in by two
    /// factors today.
    pub fn typical(&self, subject: &Subject, number: u64) -> Entry {
        let store = MemoryStore::new();
        let verifier = self.verifier.on(&store);
        let visit = Context::begin(Channel::Web).unwrap();
        let entry = self.enrol(subject, &self.app_of_before());
        let key = Key::of(subject);
        assert_eq!(store.replace(&key, None, &entry).unwrap(), Replaced::Stored);
        let phone = Change::SetPhone(phone(number / 10_000, number));
        for change in [&self.password, &phone] {
            let changed = verifier.change(subject, change, &Authority::Host, &visit);
            assert_eq!(changed.unwrap(), Changed::Done);
        }
        let count = RecoveryCodes::DEFAULT_COUNT;
        let printed = verifier.generate_recovery_codes(subject, count, &Authority::Host, &visit);
        drop(printed.unwrap());
        for attempt in [attested(), Attempt::Totp(self.code(0))] {
            let outcome = verifier.check(subject, &attempt, &visit).unwrap();
            assert!(matches!(outcome, Outcome::Accepted(_)));
        }
        store.load(&key).unwrap().unwrap()
    }

    fn app_of_before(&self) -> [Change; 2] {
        [Change::AddTotp(app()), Change::ConfirmTotp(self.code(STEP))]
    }

    /// The app's code of so many seconds before.
    fn code(&self, before: i64) -> Code {
        let then = Timestamp::from_unix(self.now - before).unwrap();
        Code::typed(app().code_at(then).expose_text())
    }

    fn enrol(&self, subject: &Subject, changes: &[Change]) -> Entry {
        let store = MemoryStore::new();
        let verifier = self.verifier.on(&store);
        let desk = Context::begin(Channel::Counter).unwrap();
        verifier.create(subject, &desk).unwrap();
        for change in changes {
            let changed = verifier.change(subject, change, &Authority::Host, &desk);
            assert_eq!(changed.unwrap(), Changed::Done);
        }
        store.load(&Key::of(subject)).unwrap().unwrap()
    }
}
