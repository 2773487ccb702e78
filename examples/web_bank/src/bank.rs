//! The bank: a verifier, a policy, seals and tables.

use std::sync::Arc;

use countersign::delivered::{CodeOrder, Destination, Issued, Phrases, Wording};
use countersign::field::{FieldCipher, Keyring};
use countersign::knowledge::{
    AnswerBlocklist, AnswerHashes, Answers, Catalogue, Question, QuestionId,
};
use countersign::limits::Limits;
use countersign::otp::{KeyUri, Totp};
use countersign::password::{Password, PasswordHash, PasswordRules};
use countersign::time::Clock as _;
use countersign::{
    AsyncVerifier, Attempt, Authority, Change, Code, Context, Decision, Error, Factor, Outcome,
    Policy, Request, Settings, Subject, Timestamp, Transaction, account::Lock,
    account::TypicalEnrolment,
};

use crate::alarms::Alarms;
use crate::args::Options;
use crate::bookings::Bookings;
use crate::clock::{BankClock, hour};
use crate::failure::{Failure, causes};
use crate::metrics::Prometheus;
use crate::page::BANK;
use crate::session::{Seals, Visit};
use crate::store::Records;
use crate::tables::Tables;
use crate::{demo, keys};

/// A value that is sealed for one realm opens in no other.
pub(crate) const REALM: &str = "fern";
/// Customers and agents are verified by one verifier. Their numbers tell them apart, and each has pages of its own.
const CUSTOMERS: &str = "C-";
const AGENTS: &str = "A-";
const POLICY: &str = include_str!("policy.toml");

pub(crate) struct Bank {
    pub(crate) verifier: AsyncVerifier<Records, Alarms>,
    pub(crate) policy: Policy,
    pub(crate) catalogue: Catalogue,
    pub(crate) seals: Seals,
    pub(crate) tables: Tables,
    pub(crate) bookings: Bookings,
    pub(crate) prometheus: Arc<Prometheus>,
    wording: Wording,
    names: FieldCipher,
    clock: BankClock,
}

/// A customer or an agent to enrol.
pub(crate) struct Newcomer {
    pub(crate) name: String,
    pub(crate) password: Password,
    /// Agents have none: nobody calls them.
    pub(crate) contact: Option<Contact>,
}

/// The ways to verify a customer on a call.
pub(crate) struct Contact {
    pub(crate) phone: String,
    pub(crate) answers: Answers,
}

/// Returns the customer of a number; none, if it has the form of none.
pub(crate) fn customer(number: &str) -> Option<Subject> {
    numbered(CUSTOMERS, number)
}

/// Returns the agent of a number; none, if it has the form of none.
pub(crate) fn agent(number: &str) -> Option<Subject> {
    numbered(AGENTS, number)
}

fn numbered(kind: &str, number: &str) -> Option<Subject> {
    let subject = Subject::new(REALM, number.trim()).ok()?;
    subject.id().starts_with(kind).then_some(subject)
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

impl Bank {
    /// Opens the bank: its folder, its keys, and its records. One copy of the program after the other does so.
    pub(crate) async fn open(options: &Options) -> Result<Self, Box<dyn std::error::Error>> {
        let in_memory = options.store == "memory";
        let file = options.data.join("bank.db");
        let mut lock = None;
        let keyring = if in_memory {
            keys::drawn()?
        } else {
            std::fs::create_dir_all(&options.data)?;
            let held = std::fs::File::create(options.data.join("bank.lock"))?;
            held.lock()?;
            lock = Some(held);
            keys::kept(&options.data.join("bank.key")).map_err(|error| error.to_string())?
        };
        let records = Records::open(&options.store, &file)
            .await
            .map_err(|error| causes(error.as_ref()))?;
        let bookings = Bookings::open(&options.store, &records)
            .await
            .map_err(|failure| failure.to_string())?;
        let tables = Tables::open((!in_memory).then_some(file.as_path()))?;
        let bank = Self::over(options, records, (tables, bookings), &keyring)?;
        demo::seed(&bank)
            .await
            .map_err(|failure| failure.to_string())?;
        drop(lock);
        Ok(bank)
    }

    fn over(
        options: &Options,
        records: Records,
        (tables, bookings): (Tables, Bookings),
        keyring: &Keyring,
    ) -> Result<Self, Error> {
        let path = options.clock.clone();
        let clock = path.map_or(BankClock::Machine, BankClock::File);
        let catalogue = catalogue()?;
        let usual = [
            Factor::Password,
            Factor::Totp,
            Factor::SpokenCode,
            Factor::Questions,
        ];
        let settings = Settings::new(REALM, keyring.clone())?
            .with_limits(Limits::psd2())
            .with_catalogue(catalogue.clone())
            .with_typical_enrolment(TypicalEnrolment::new().with_profile(100, &usual)?)?;
        let prometheus = Arc::new(Prometheus::new());
        let verifier = AsyncVerifier::new(records, settings)
            .with_audit(Alarms)
            .with_metrics(Arc::clone(&prometheus))
            .with_clock(clock.clone())
            .with_offload(|job| drop(tokio::task::spawn_blocking(job)));
        let policy = Policy::from_toml(POLICY)?;
        policy.requires(
            [
                "account.view",
                "payment.send",
                "desk.use",
                "card.block",
                "balance.tell",
                "api.balance",
                "api.statement",
            ],
            [],
        )?;
        Ok(Self {
            verifier,
            policy,
            catalogue,
            seals: Seals::new(keyring, options.is_behind_tls)?,
            tables,
            bookings,
            prometheus,
            wording: Wording::new(&Phrases::ENGLISH)?,
            names: FieldCipher::new(keyring, REALM, "people")?,
            clock,
        })
    }

    pub(crate) fn now(&self) -> Result<Timestamp, Error> {
        self.clock.now()
    }

    /// Decides on a page that may be read again and again.
    pub(crate) async fn may(
        &self,
        action: &str,
        subject: &Subject,
        ctx: &Context,
    ) -> Result<Decision, Error> {
        let request = Request::new(action);
        self.verifier
            .decide(&self.policy, &request, subject, ctx)
            .await
    }

    /// Checks an attempt. Returns the text for the page, if it was not right.
    pub(crate) async fn check(
        &self,
        subject: &Subject,
        attempt: Attempt,
        ctx: &Context,
        wrong: &'static str,
    ) -> Result<Result<(), String>, Error> {
        let outcome = self.verifier.check(subject, &attempt, ctx).await?;
        Ok(match outcome {
            Outcome::Accepted(_) => Ok(()),
            Outcome::Denied | Outcome::InvalidCheckDigit => Err(wrong.to_owned()),
            Outcome::Locked(lock) => Err(locked(lock, "Too many tries.")),
            Outcome::Busy { .. } => Err("One moment: please try again.".to_owned()),
        })
    }

    /// Sends a code to the telephone of the account. Returns the line for the page.
    pub(crate) async fn send_code(
        &self,
        subject: &Subject,
        order: &CodeOrder,
        payment: Option<&Transaction>,
        ctx: &Context,
    ) -> Result<Result<String, String>, Failure> {
        let delivery = match self.verifier.issue(subject, order, ctx).await? {
            Issued::Ready(delivery) => delivery,
            Issued::RateLimited(lock) => return Ok(Err(locked(lock, "A code was sent just now."))),
        };
        let hint = delivery.hint().to_owned();
        let written = delivery.write(BANK, |to, message| {
            let message = match payment {
                Some(payment) => message.for_transaction(payment)?,
                None => message,
            };
            let text = message.text(&self.wording)?;
            Ok::<_, Error>((to.address().to_owned(), text))
        })?;
        // A real host hands it to its gateway, and keeps no copy. Here it goes to the page of the telephones.
        if let Some((number, text)) = written.transpose()? {
            let now = self.now()?;
            let send = move |tables: &Tables| tables.send(&number, text.expose_text(), now);
            self.tables.call(send).await?;
        }
        Ok(Ok(format!("A code was sent to the telephone {hint}.")))
    }

    /// Enrols somebody, all but the first code of the app. Returns what the app scans.
    pub(crate) async fn enrol(
        &self,
        subject: &Subject,
        newcomer: Newcomer,
        app: Totp,
        visit: &Visit,
    ) -> Result<KeyUri, Failure> {
        let phone = match &newcomer.contact {
            Some(contact) => Some(Destination::phone(&contact.phone)?),
            None => None,
        };
        let name = self
            .names
            .seal(&name_of(subject), newcomer.name.as_bytes())?;
        let (settings, catalogue) = (self.verifier.settings().clone(), self.catalogue.clone());
        let number = subject.id().to_owned();
        let hashed =
            tokio::task::spawn_blocking(move || hashes(&settings, &catalogue, &number, &newcomer));
        let Some((password, answers)) = hashed.await.map_err(Failed::from)?? else {
            return Err(Failure::Broken("no permit for Argon2id came free".into()));
        };
        let ctx = visit.on_page();
        self.verifier.create(subject, &ctx).await?;
        let uri = app.key_uri(BANK, subject.id())?;
        let contact = answers.map(Change::SetQuestions);
        let changes = [Change::SetPassword(password), Change::AddTotp(app)]
            .into_iter()
            .chain(contact)
            .chain(phone.map(Change::SetPhone));
        for change in changes {
            let changed = self
                .verifier
                .change(subject, &change, &Authority::Host, &ctx);
            let _done = changed.await?;
        }
        let number = subject.id().to_owned();
        let add = move |tables: &Tables| tables.add_person(&number, &name);
        self.tables.call(add).await?;
        Ok(uri)
    }

    /// Returns the name of somebody, from the bank's own table.
    pub(crate) async fn name_of(&self, subject: &Subject) -> Result<Option<String>, Failure> {
        let number = subject.id().to_owned();
        let find = move |tables: &Tables| tables.name_of(&number);
        let Some(sealed) = self.tables.call(find).await? else {
            return Ok(None);
        };
        let opened = self.names.open(&name_of(subject), &sealed)?;
        Ok(Some(
            String::from_utf8_lossy(opened.expose_bytes()).into_owned(),
        ))
    }

    pub(crate) fn code(typed: &str) -> Code {
        Code::typed(typed)
    }
}

/// The place of a sealed name.
fn name_of(subject: &Subject) -> [&[u8]; 3] {
    [b"people", b"name", subject.id().as_bytes()]
}

/// Hashes the password, and the answers of a customer; none, if no permit came free.
fn hashes(
    settings: &Settings,
    catalogue: &Catalogue,
    number: &str,
    newcomer: &Newcomer,
) -> Result<Option<(PasswordHash, Option<AnswerHashes>)>, Error> {
    let rules = PasswordRules::multi_factor().with_context_word(number);
    let (pool, keys) = (settings.hash_pool(), settings.keyring());
    let Some(mut permit) = pool.permit_within(settings.permit_wait()) else {
        return Ok(None);
    };
    let (cost, permit) = (pool.cost(), &mut permit);
    let answers = match &newcomer.contact {
        Some(contact) => {
            let known = AnswerBlocklist::new()
                .and_known(&newcomer.name)
                .and_known(&contact.phone);
            Some(catalogue.enrol(&contact.answers, &known, keys, cost, permit)?)
        }
        None => None,
    };
    let password = PasswordHash::enrol(&newcomer.password, &rules, keys, cost, permit)?;
    Ok(Some((password, answers)))
}

/// The bank's questions. A customer answers all, and is asked two.
fn catalogue() -> Result<Catalogue, Error> {
    let text = |number, prompt| Question::text(QuestionId::new(number), prompt);
    let questions = [
        text(1, "What was the name of your first pet?")?,
        text(2, "In which street did you grow up?")?,
        text(3, "In which town were you born?")?,
    ];
    Catalogue::new(2, questions)
}

/// Says that something waits.
pub(crate) fn locked(lock: Lock, why: &str) -> String {
    match lock {
        Lock::Until(release) => format!("{why} Please try again at {}.", hour(release.unix())),
        Lock::Indefinite => format!("{why} Please call us."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A code over the telephone network is restricted (SP 800-63B-4 3.1.3.3), and this bank has nothing else that is for one
    /// payment.
    #[test]
    fn the_policy_has_one_known_flaw() -> Result<(), Error> {
        let findings = Policy::from_toml(POLICY)?.lint(&countersign::policy::Deployment::new())?;
        let texts: Vec<_> = findings.iter().map(ToString::to_string).collect();
        let known = "action.\"payment.send\".every_tier, alternative 1: takes restricted evidence, and the rule has no \
                     alternative without it: password, 15 minutes old; totp, 15 minutes old; \
                     private_code, 5 minutes old, for this transaction";
        assert_eq!(texts, [known]);
        Ok(())
    }
}
