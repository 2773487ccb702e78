//! Issuing a code: drawn, kept as a keyed hash, handed over once the record is stored.

use core::fmt;

use super::decoy;
use super::outcome::lock;
use super::record::{Budget, IssueCount};
use super::{Account, Draft, Sealed, Told};
use crate::context::Context;
use crate::delivered::{Destination, Issue, Kind, Message, OpenCode, Purpose, Route, Surroundings};
use crate::error::Error;
use crate::event::Happened;
use crate::evidence::Lock;
use crate::secret::{MacKey, SecretText};
use crate::throttle::Admission;
use crate::time::{Lifetime, Timestamp};
use crate::transition::Transition;

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

/// A code on its way. For an unknown subject, or one without an address to send it to, it is empty and looks the same.
///
/// ```
/// fn send(delivery: countersign::Delivery) {
///     delivery.send(|to, code| println!("SMS to {}: your code is {code}", to.address()));
/// }
/// ```
pub struct Delivery {
    order: Issue,
    hint: String,
    now: Timestamp,
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

    /// How long the code counts from now on, for the message: less than at first, if it is sent again.
    ///
    /// ```
    /// fn show(delivery: &countersign::Delivery) -> u32 { delivery.lifetime().as_seconds() / 60 }
    /// ```
    #[must_use]
    pub fn lifetime(&self) -> Lifetime {
        self.expires.since(self.now)
    }

    /// Of which kind the code is: the message says who may see it.
    ///
    /// ```
    /// fn warning(delivery: &countersign::Delivery) -> &'static str {
    ///     match delivery.kind() {
    ///         countersign::Kind::Private => "never tell it to anyone",
    ///         countersign::Kind::Spoken => "read it to us only if you called us",
    ///     }
    /// }
    /// ```
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.order.kind()
    }

    /// What the code is for: the message says so.
    ///
    /// ```
    /// fn is_recovery(delivery: &countersign::Delivery) -> bool { delivery.purpose() == countersign::Purpose::Recover }
    /// ```
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.order.purpose()
    }

    /// How it travels.
    ///
    /// ```
    /// fn is_call(delivery: &countersign::Delivery) -> bool { delivery.route() == countersign::Route::Voice }
    /// ```
    #[must_use]
    pub const fn route(&self) -> Route {
        self.order.route()
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

    /// The same with the [`Message`] that carries the code: from `from`, the host's name as customers know it, of this kind,
    /// for this purpose, with the time that is left.
    ///
    /// # Errors
    /// As [`Message::new`].
    ///
    /// ```
    /// use countersign::{Delivery, Error, SecretText, Transaction, Wording};
    /// fn send(delivery: Delivery, payment: &Transaction, english: &Wording) -> Result<Option<(String, SecretText)>, Error> {
    ///     let written = delivery.write("Fern Bank", |to, message| {
    ///         let text = message.for_transaction(payment)?.text(english)?;
    ///         Ok((to.address().to_owned(), text))
    ///     })?;
    ///     written.transpose()
    /// }
    /// ```
    pub fn write<'m, R>(
        self,
        from: &str,
        carrier: impl FnOnce(&Destination, Message<'m>) -> R,
    ) -> Result<Option<R>, Error> {
        let (kind, purpose, lifetime) = (self.kind(), self.purpose(), self.lifetime());
        let Some((to, code)) = self.parcel else {
            return Ok(None);
        };
        let message = Message::new(kind, purpose, from, &code, lifetime)?;
        Ok(Some(carrier(&to, message)))
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
    /// Issues a code. A code in the same place is replaced; the count of wrong tries is not (SP 800-63B-4 3.1.3.2).
    ///
    /// The same order again, while its code is open, hands out the same code with its old expiry and its old counts: a second
    /// message does not make the first one wrong (pitfall B30). Not before 30 seconds have passed, and charged
    /// like any other. An order that differs in anything (kind, route, shape, transaction, address) gets a new code, and so
    /// does one that comes in the last two minutes of the old one, which nobody could read and type in time.
    ///
    /// Where nobody can receive it, the same is done, and an empty [`Delivery`] comes back.
    ///
    /// A binding code is drawn for interactions only that hold evidence of the last hour that is more than weak; to all others the
    /// answer is [`Lock::Closed`], whoever they are about, and nothing is counted.
    ///
    /// What is counted here is the subject's own budget. A host with a table of its own counts destinations and blocks of
    /// numbers with a [`Quota`](crate::Quota) each, before this; the [`Verifier`](crate::Verifier) does it by itself.
    ///
    /// # Errors
    /// Misuse, if the shape of the code does not fit its route, or the route its purpose or the channel; else as
    /// [`check`](Self::check).
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
        order.expect_fit(ctx.channel())?;
        let mut draft = self.draft(ctx)?;
        let factor = order.factor();
        let addressee = draft.addressee(order)?;
        let room = match draft.make_room(order, ctx) {
            Ok(room) => room,
            Err(wait) => {
                return draft.tell(ctx, Happened::IssueRefused { factor }, Issued::Wait(wait));
            }
        };
        let vouched = draft.next.holds_evidence(ctx.interaction());
        let key = draft.next.code_key();
        let around = draft.around(&key);
        let (open, text) = match room {
            Room::Again(mut open) => {
                open.send_again(vouched, ctx.now());
                let text = open.text(&around)?;
                (open, text)
            }
            Room::Free => OpenCode::draw(order, addressee.real.is_some(), vouched, &around, ctx)?,
        };
        let expires = open.expires();
        draft.next.codes.push(open);
        let sent = addressee.real.is_some();
        let delivery = Delivery {
            order: order.clone(),
            hint: addressee.hint,
            now: ctx.now(),
            expires,
            parcel: addressee.real.map(|to| (to, text)),
        };
        draft.step(
            ctx,
            Happened::Issued { factor, sent },
            Issued::Sent(delivery),
        )
    }
}

/// Where a code goes, or seems to.
pub(super) struct Addressee {
    pub(super) real: Option<Destination>,
    hint: String,
}

/// Where a code finds its place.
pub(super) enum Room {
    /// It is the one that is open there. It was taken out.
    Again(OpenCode),
    /// There is room for a new one.
    Free,
}

impl Draft<'_> {
    /// Where this order goes. For whoever cannot be reached something is made up that looks the same.
    pub(super) fn addressee(&self, order: &Issue) -> Result<Addressee, Error> {
        let (settings, subject) = (&self.account.settings, &self.account.subject);
        let real = match (order.to(), order.route()) {
            (Some(to), _) => Some(to.clone()),
            (None, Route::Sms | Route::Voice) => self.next.phone(),
            (None, Route::Email) => self.next.email(),
            (None, Route::Post) => Some(Destination::post()),
            (None, Route::Screen) => Some(Destination::screen()),
        };
        let hint = match (&real, order.route()) {
            (Some(to), _) => to.hint(),
            (None, Route::Email) => decoy::email(settings, subject)?.hint(),
            (None, _) => decoy::phone(settings, subject)?.hint(),
        };
        let real = real.filter(|_| !self.next.decoy);
        Ok(Addressee { real, hint })
    }

    /// Charges the issue, and frees the place it goes to.
    pub(super) fn make_room(&mut self, order: &Issue, ctx: &Context) -> Result<Room, Lock> {
        let now = ctx.now();
        if self.next.frozen || !self.may_order(order, ctx) {
            return Err(Lock::Closed);
        }
        if let Some(lock) = lock(self.admit_issue(order, ctx)) {
            return Err(lock);
        }
        let key = self.next.code_key();
        let around = self.around(&key);
        let same = self
            .next
            .codes
            .iter()
            .position(|open| open.is_same(order, &around, ctx));
        let cooled_down = same
            .and_then(|place| self.next.codes.get(place))
            .map_or(now, OpenCode::cooled_down);
        if cooled_down > now {
            return Err(Lock::Until(cooled_down));
        }
        self.charge_issue(ctx)?;
        let lasts = now.plus(Message::SHORTEST);
        let in_time = |place: &usize| {
            let open = self.next.codes.get(*place);
            open.is_some_and(|open| open.expires() >= lasts)
        };
        if let Some(place) = same.filter(in_time) {
            return Ok(Room::Again(self.next.codes.remove(place)));
        }
        // One place for each interaction and purpose: a new code replaces its own, never another's (pitfall B36).
        self.next
            .codes
            .retain(|open| !open.is_in_place_of(order, ctx));
        if self.next.codes.len() < MOST_OPEN {
            return Ok(Room::Free);
        }
        let codes = &self.next.codes;
        // A letter under way is the last to go.
        let displaced = codes
            .iter()
            .position(|open| !open.is_vouched() && open.is_bound())
            .or_else(|| codes.iter().position(|open| !open.is_vouched()));
        match displaced.filter(|_| self.next.holds_evidence(ctx.interaction())) {
            Some(place) => {
                self.next.codes.remove(place);
                Ok(Room::Free)
            }
            None => {
                let ends = self.next.codes.iter().map(OpenCode::expires);
                Err(Lock::Until(ends.min().unwrap_or(now)))
            }
        }
    }

    /// Whether this interaction may order that: what binds is for one that was verified, whoever it is about (SP 800-63B-4
    /// 4.1.2.2).
    fn may_order(&self, order: &Issue, ctx: &Context) -> bool {
        order.purpose() != Purpose::BindAuthenticator || self.next.holds_a_factor(ctx.interaction())
    }

    /// Whether a code may be issued while wrong tries are counted. What is to be bound anew must be reached by a code even
    /// where the factor is disabled.
    fn admit_issue(&mut self, order: &Issue, ctx: &Context) -> Admission {
        let lane = self.next.lane(ctx.interaction(), Budget::Delivered);
        let limits = self.account.settings.limits_of(Budget::Delivered);
        let throttle = self.next.throttle(Budget::Delivered);
        if order.purpose() == Purpose::ConfirmAddress {
            throttle.admit_binding(lane, ctx.now(), &limits)
        } else {
            throttle.admit(lane, ctx.now(), &limits)
        }
    }

    /// Counts one more code to this subject, if there may be one.
    fn charge_issue(&mut self, ctx: &Context) -> Result<(), Lock> {
        let now = ctx.now();
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
        Ok(())
    }

    /// What this account's codes are checked against, beside their text.
    pub(super) fn around<'k>(&'k self, key: &'k MacKey) -> Surroundings<'k> {
        Surroundings {
            key,
            subject: self.account.subject.store_key(),
        }
    }
}
