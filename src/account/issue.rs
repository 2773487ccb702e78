//! Issuing a code: drawn, kept as a keyed hash, handed over once the record is stored.

use core::fmt;

use super::decoy;
use super::outcome::lock;
use super::record::{Budget, IssueCount};
use super::{Account, Draft, Sealed, Told};
use crate::context::Context;
use crate::delivered::{Destination, Kind, OpenCode, Purpose, Surroundings};
use crate::error::Error;
use crate::event::Happened;
use crate::evidence::Lock;
use crate::secret::SecretText;
use crate::time::{Lifetime, Timestamp};
use crate::transition::Transition;

/// A code that is wanted: of which kind, for what.
///
/// ```
/// use countersign::{Issue, Kind};
/// assert_eq!(Issue::spoken().kind(), Kind::Spoken);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Issue {
    kind: Kind,
    purpose: Purpose,
}

impl Issue {
    /// A code to be read to an agent, or keyed in on a phone.
    ///
    /// ```
    /// let order = countersign::Issue::spoken();
    /// ```
    #[must_use]
    pub const fn spoken() -> Self {
        Self {
            kind: Kind::Spoken,
            purpose: Purpose::Authenticate,
        }
    }

    /// A code to be typed into the customer's own device.
    ///
    /// ```
    /// let order = countersign::Issue::private();
    /// ```
    #[must_use]
    pub const fn private() -> Self {
        Self {
            kind: Kind::Private,
            purpose: Purpose::Authenticate,
        }
    }

    /// Of which kind.
    ///
    /// ```
    /// assert_eq!(countersign::Issue::private().kind(), countersign::Kind::Private);
    /// ```
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

/// What became of the wish for a code.
///
/// ```
/// use countersign::{Issued, Lock};
/// fn say(issued: &Issued) -> String {
///     match issued {
///         Issued::Sent(delivery) => format!("a code is on its way to {}", delivery.hint()),
///         Issued::Wait(Lock::Until(when)) => format!("the next one at {}", when.unix()),
///         Issued::Wait(Lock::Closed) => "no codes for this account".to_owned(),
///     }
/// }
/// ```
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "it is sent or it is not")]
pub enum Issued {
    /// Drawn and stored: send it.
    Sent(Delivery),
    /// Not now.
    Wait(Lock),
}

/// A code on its way. For an unknown subject, or one without a telephone, it is empty and looks the same.
///
/// ```
/// fn send(delivery: countersign::Delivery) {
///     delivery.send(|to, code| println!("SMS to {}: your code is {code}", to.address()));
/// }
/// ```
pub struct Delivery {
    hint: String,
    expires: Timestamp,
    parcel: Option<(Destination, SecretText)>,
}

impl Delivery {
    /// Where it goes, as far as an agent may see.
    ///
    /// ```
    /// fn show(delivery: &countersign::Delivery) -> String { format!("sent to {}", delivery.hint()) }
    /// ```
    #[must_use]
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// Until when the code counts.
    ///
    /// ```
    /// fn show(delivery: &countersign::Delivery) -> u64 { delivery.expires().unix() }
    /// ```
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// Hands destination and code to whoever sends it, if there is anything to send. The code is wiped afterwards.
    ///
    /// ```
    /// fn send(delivery: countersign::Delivery) -> Option<String> {
    ///     delivery.send(|to, code| format!("{}: {code}", to.address()))
    /// }
    /// ```
    pub fn send<R>(self, carrier: impl FnOnce(&Destination, &str) -> R) -> Option<R> {
        self.parcel
            .map(|(to, code)| carrier(&to, code.expose_text()))
    }
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Delivery({})", self.hint)
    }
}

/// At most this many codes are open at once.
const MOST_OPEN: usize = 8;
/// At most this many codes are issued to a subject in [`ISSUE_WINDOW`].
const MOST_ISSUED: u8 = 5;
/// So many more go to interactions that hold evidence: a stranger's orders leave the customer some (pitfall B39).
const KEPT_FOR_KNOWN: u8 = 3;
/// See [`MOST_ISSUED`].
const ISSUE_WINDOW: Lifetime = Lifetime::minutes(15);

impl Account {
    /// Issues a code to the subject's telephone. A code of the same interaction and purpose is replaced; the count of
    /// wrong tries is not (SP 800-63B-4 3.1.3.2).
    ///
    /// Where nobody can receive it, the same is done, and an empty [`Delivery`] comes back.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Account, Channel, Committed, Context, Interaction, Issue, Issued, Saved, Settings, Subject, Timestamp};
    /// # use countersign::field::{Keyring, Root, StandingSecret};
    /// # let settings = Settings::new("bank", Keyring::new(Root::generate(1)?, StandingSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let told = account.issue(&Issue::spoken(), &ctx)?.commit(|_| Saved::<()>::Stored).unwrap();
    /// let Committed::Known(told) = told else { panic!("stored") };
    /// let Issued::Sent(delivery) = told.outcome else { panic!("the first of the day") };
    /// assert!(delivery.send(|_, _| ()).is_none(), "nobody has enrolled a telephone");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn issue(
        &self,
        order: &Issue,
        ctx: &Context,
    ) -> Result<Transition<Told<Issued>, Sealed>, Error> {
        let mut draft = self.draft(ctx)?;
        let factor = order.kind.factor();
        if let Err(wait) = draft.make_room(order, ctx) {
            return draft.tell(ctx, Happened::IssueRefused { factor }, Issued::Wait(wait));
        }
        let key = draft.next.code_key();
        let subject = self.subject.store_key();
        let around = Surroundings { key: &key, subject };
        let vouched = draft.next.holds_evidence(ctx.interaction());
        let (open, digits) = OpenCode::draw(order.kind, order.purpose, vouched, &around, ctx)?;
        let expires = open.expires();
        draft.next.codes.push(open);

        let real = draft.next.phone().filter(|_| !draft.next.decoy);
        let seeming = match draft.next.phone() {
            Some(phone) => phone,
            None => decoy::phone(&self.settings, &self.subject)?,
        };
        let sent = real.is_some();
        let delivery = Delivery {
            hint: seeming.hint(),
            expires,
            parcel: real.map(|to| (to, digits)),
        };
        draft.step(
            ctx,
            Happened::Issued { factor, sent },
            Issued::Sent(delivery),
        )
    }
}

impl Draft<'_> {
    /// Charges the issue, and frees the slot it goes to.
    fn make_room(&mut self, order: &Issue, ctx: &Context) -> Result<(), Lock> {
        let now = ctx.now();
        if self.next.frozen {
            return Err(Lock::Closed);
        }
        let lane = self.next.lane(ctx.interaction(), Budget::Delivered);
        let limits = self.account.settings.limits_of(Budget::Delivered);
        let admission = self
            .next
            .throttle(Budget::Delivered)
            .admit(lane, now, &limits);
        if let Some(lock) = lock(admission) {
            return Err(lock);
        }
        // A clock that was set back starts the window again, and keeps its count.
        self.next.issued.since = self.next.issued.since.min(now.unix());
        let IssueCount { since, count } = self.next.issued;
        let most = if self.next.holds_evidence(ctx.interaction()) {
            MOST_ISSUED.saturating_add(KEPT_FOR_KNOWN)
        } else {
            MOST_ISSUED
        };
        let window_ends = Timestamp::stored(since).plus(ISSUE_WINDOW);
        self.next.issued = if window_ends <= now {
            IssueCount {
                since: now.unix(),
                count: 1,
            }
        } else if count < most {
            IssueCount {
                since,
                count: count.saturating_add(1),
            }
        } else {
            return Err(Lock::Until(window_ends));
        };
        // One slot for each interaction and purpose: a new code replaces its own, never another's (pitfall B36).
        self.next
            .codes
            .retain(|open| !(open.is_of(ctx.interaction()) && open.purpose == order.purpose));
        if self.next.codes.len() < MOST_OPEN {
            return Ok(());
        }
        let displaced = self.next.codes.iter().position(|open| !open.vouched);
        match displaced.filter(|_| self.next.holds_evidence(ctx.interaction())) {
            Some(place) => {
                self.next.codes.remove(place);
                Ok(())
            }
            None => {
                let first_end = self
                    .next
                    .codes
                    .iter()
                    .map(OpenCode::expires)
                    .min()
                    .unwrap_or(now);
                Err(Lock::Until(first_end))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Attempt, Outcome, Settings, Step};
    use crate::code::Code;
    use crate::context::{Channel, Interaction};
    use crate::field::{Keyring, Root, StandingSecret};
    use crate::subject::Subject;
    use crate::transition::Saved;

    #[test]
    fn a_code_that_was_sent_to_nobody_is_no_evidence() {
        let keyring = Keyring::new(
            Root::generate(1).unwrap(),
            StandingSecret::generate(1).unwrap(),
        );
        let settings = Settings::new("bank", keyring).unwrap();
        let subject = Subject::new("bank", "C-1042").unwrap();
        let ctx = Context::new(
            Timestamp::from_unix(1_800_000_000).unwrap(),
            Channel::Agent,
            Interaction::begin().unwrap(),
        );
        let mut bytes = Vec::new();
        let created = Account::create(&settings, &subject, None, &ctx).unwrap();
        let stored = created.commit(|sealed| {
            bytes = sealed.entry().bytes().to_vec();
            Saved::<()>::Stored
        });
        assert!(stored.is_ok());
        let mut account = Account::open(&settings, &subject, &bytes, 0).unwrap();
        let key = account.record.code_key();
        let around = Surroundings {
            key: &key,
            subject: subject.store_key(),
        };
        let (open, digits) =
            OpenCode::draw(Kind::Spoken, Purpose::Authenticate, false, &around, &ctx).unwrap();
        account.record.codes.push(open);
        let guessed = Attempt::Delivered(Code::typed(digits.expose_text()));
        let (_, told) = account.check(&guessed, &ctx).unwrap().into_parts();
        assert!(matches!(told.outcome, Step::Known(Outcome::Denied)));
    }
}
