//! The bank, which a host brings along: a store, keys, a policy, and code that does nothing without a redeemed grant.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use countersign::store::sqlite::SqliteStore;
use countersign::{
    Context, Error, Factor, Interaction, Policy, Redeemed, Settings, Subject, Timestamp,
    Transaction, Verifier,
    account::TypicalEnrolment,
    audit::{Audit, Event},
    delivered::{Phrases, Wording},
    knowledge::QuestionId,
    limits::Limits,
};

use crate::Result;
use crate::clock;
use crate::files::Tables;

/// Its name, as its customers know it.
pub(crate) const NAME: &str = "Harbour Bank";
/// A value that is sealed for one realm opens in no other.
pub(crate) const REALM: &str = "harbour";
/// The rules, in a file of their own: they are read and changed by people who do not read this.
pub(crate) const POLICY: &str = include_str!("policy.toml");
/// The bank's questions. A customer enrols all three, and is asked two.
pub(crate) const QUESTIONS: [(QuestionId, &str); 3] = [
    (QuestionId::new(1), "What was your first pet called?"),
    (QuestionId::new(2), "Which street did you grow up in?"),
    (QuestionId::new(3), "In which city were you born?"),
];
const ASKED: u8 = 2;

pub(crate) fn question(id: QuestionId) -> &'static str {
    let found = QUESTIONS.into_iter().find(|(known, _)| *known == id);
    found.map_or("?", |(_, text)| text)
}

/// Returns the lines of the policy that rule on an action.
pub(crate) fn rule(action: &str) -> impl Iterator<Item = &'static str> {
    let heading = format!("[action.\"{action}\"");
    POLICY
        .lines()
        .skip_while(move |line| !line.starts_with(&heading))
        .take_while(|line| !line.is_empty())
}

pub(crate) struct Bank {
    pub(crate) verifier: Verifier<SqliteStore, Trail>,
    pub(crate) policy: Policy,
    pub(crate) trail: Trail,
    /// The wording of its messages.
    pub(crate) wording: Wording,
    pub(crate) tables: Tables,
}

impl Bank {
    /// Opens the database and its keys, or makes both.
    ///
    /// `settings.json` says these settings for C. A desk in another language has to have the same.
    pub(crate) fn open(database: &Path) -> Result<Self> {
        let store = SqliteStore::open(database)?;
        let (tables, keyring) = Tables::open(database, REALM)?;
        let settings = Settings::new(REALM, keyring)?
            .with_limits(Limits::psd2())
            .with_questions(&QUESTIONS.map(|(id, _)| id), ASKED)?
            .with_typical_enrolment(customers()?)?;
        let trail = Trail::default();
        Ok(Self {
            verifier: Verifier::new(store, settings).with_audit(trail.clone()),
            policy: Policy::from_toml(POLICY)?,
            trail,
            wording: Wording::new(&Phrases::ENGLISH)?,
            tables,
        })
    }

    pub(crate) fn with_clock(self, clock: &clock::Clock) -> Self {
        let verifier = self.verifier.with_clock(clock.shared());
        Self { verifier, ..self }
    }

    /// Returns whether a name is a customer's, by the bank's own table. To the library an unknown subject looks like any other.
    pub(crate) fn knows(&self, somebody: &Subject, ctx: &Context) -> Result<bool> {
        // Read all the same: a record under another key must be an error before anything is written.
        self.verifier.status(somebody, ctx)?;
        Ok(self.tables.address(somebody)?.is_some())
    }

    // Each of these takes a redeemed grant by value: no caller can then skip the policy, or act twice.

    pub(crate) fn read_balance(&self, redeemed: Redeemed, wish: &Wish) -> Result<&str> {
        wish.expect(redeemed, "balance.read")?;
        Ok("1,204.50")
    }

    pub(crate) fn change_address(&self, redeemed: Redeemed, wish: &Wish) -> Result<()> {
        let redeemed = wish.expect(redeemed, "address.change")?;
        self.tables.set_address(redeemed.subject(), &wish.what)
    }

    pub(crate) fn replace_card(&self, redeemed: Redeemed, wish: &Wish) -> Result<()> {
        wish.expect(redeemed, "card.replace")?;
        Ok(())
    }
}

/// The usual enrolment of the bank's customers, counted in its own table. An unknown number has it as well, so that
/// a caller cannot find out which numbers are customers'.
fn customers() -> Result<TypicalEnrolment> {
    let by_telephone = &[Factor::Questions, Factor::SpokenCode][..];
    let with_app = [by_telephone, &[Factor::Totp]].concat();
    Ok(TypicalEnrolment::new()
        .with_profile(80, &with_app)?
        .with_profile(20, by_telephone)?)
}

/// A wish of a customer: carried out once, with a reference of the bank's own.
pub(crate) struct Wish {
    customer: Subject,
    /// Returns its name in the policy.
    pub(crate) action: &'static str,
    /// Returns its name in the message with the code: "is your code to ..".
    pub(crate) words: String,
    what: String,
    reference: String,
}

impl Wish {
    pub(crate) fn new(
        customer: &Subject,
        action: &'static str,
        verb: &str,
        what: &str,
        now: Timestamp,
    ) -> Result<Self> {
        // Two orders of one second are two. A real bank counts its orders.
        let [a, b, c, d, ..] = Interaction::begin()?.to_bytes();
        let reference = format!("{}-{a:02X}{b:02X}{c:02X}{d:02X}", clock::reference(now)?);
        Ok(Self {
            customer: customer.clone(),
            action,
            words: format!("{verb} {what} (reference {reference})"),
            what: what.to_owned(),
            reference,
        })
    }

    /// Returns the transaction of a code for this wish: the words that its message shows. Change one letter, and the code is wrong.
    pub(crate) fn transaction(&self) -> Result<Transaction> {
        Ok(Transaction::new(&self.reference)?.with("action", &self.words)?)
    }

    /// Returns the redeemed grant, if it is for this action and for just this wish of this customer.
    fn expect(&self, redeemed: Redeemed, action: &str) -> Result<Redeemed> {
        Ok(redeemed.expect_transaction(action, &self.customer, &self.transaction()?)?)
    }
}

/// The audit trail. This one keeps the last event, to print it. A bank writes it to a log.
#[derive(Clone, Default)]
pub(crate) struct Trail(Rc<RefCell<Option<Event>>>);

impl Trail {
    pub(crate) fn last(&self) -> Option<Event> {
        self.0.borrow_mut().take()
    }
}

impl Audit for Trail {
    fn write(&self, event: &Event) -> std::result::Result<(), Error> {
        self.0.replace(Some(event.clone()));
        Ok(())
    }
}
