//! Issuing a code: drawn, kept as a keyed hash, handed over once the record is stored.

use crate::account::decoy;
use crate::account::outcome::lock;
use crate::account::record::budget::Budget;
use crate::account::record::state::IssueCount;
use crate::account::{Account, Draft, Recorded, Sealed};
use crate::context::Context;
use crate::delivered::{
    CodeContext, CodeOrder, Delivery, Destination, Issued, OpenCode, Purpose, Route, make_place,
};
use crate::error::Error;
use crate::event::EventKind;
use crate::limits::throttle::{Admission, Lane};
use crate::secret::MacKey;
use crate::status::Lock;
use crate::transition::Transition;
use core::time::Duration;

/// At most this many codes are issued to a subject in [`ISSUE_WINDOW`].
const MOST_ISSUED: u8 = 8;
/// So many of them go to interactions without evidence: strangers leave the customer half (pitfalls B39, B41).
const MOST_ANONYMOUS: u8 = MOST_ISSUED / 2;
/// See [`MOST_ISSUED`].
const ISSUE_WINDOW: Duration = Duration::from_secs(15 * 60);

impl Account {
    /// Issues a code. The count of wrong tries stands (SP 800-63B-4 3.1.3.2).
    ///
    /// The same order again, while its code is open, hands out the same code with its old expiry and its old counts: a second
    /// message does not make the first one wrong (pitfall B30). Not before 30 seconds have passed, and charged
    /// like any other. An order that differs in anything (kind, route, shape, transaction, address) gets a new code, and so
    /// does one that comes when the old one could not arrive and be typed in time: in its last two minutes, or for a letter in
    /// its last seven days.
    ///
    /// A new code replaces an open one in two cases only (pitfall B42). A code that counts in its own interaction gives way to a
    /// different order of that interaction and purpose. A code that counts in every interaction, such as a letter, gives way
    /// to a different order of its purpose and route from an interaction that holds evidence. Such an order without evidence
    /// gets a code of its own beside it, or waits: four are open for a purpose and route, and four more with a transaction or an
    /// address to confirm.
    ///
    /// A subject is sent 8 codes in 15 minutes. Interactions without evidence get 4 of them at most (pitfall B41).
    ///
    /// Where nobody can receive it, the same is done, and an empty [`Delivery`] comes back.
    ///
    /// A binding code is drawn for interactions only that hold evidence of the last hour that is more than weak; to all others the
    /// answer is [`Lock::Indefinite`], whoever they are about, and nothing is counted.
    ///
    /// What is counted here is the subject's own budget. A host with a table of its own counts destinations and blocks of
    /// numbers with a [`Quota`](crate::limits::Quota) each, before this: [`Quota::charge_anonymous`](crate::limits::Quota::charge_anonymous)
    /// for interactions without evidence, and for addresses that the account is yet to confirm. The [`Verifier`](crate::Verifier) does it by itself.
    ///
    /// # Errors
    /// Misuse, if the shape of the code does not fit its route, or the route its purpose or the channel; else as
    /// [`check`](Self::check).
    ///
    /// ```
    /// # use countersign::{Channel, Context, Interaction, Settings, Subject, Timestamp, account::Account, delivered::{CodeOrder, Issued}, transition::{CommitResult, Saved}};
    /// # use countersign::field::{Keyring, LongTermSecret, RootKey};
    /// # let settings = Settings::new("bank", Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?))?;
    /// # let ctx = Context::new(Timestamp::now()?, Channel::Agent, Interaction::begin()?);
    /// # let subject = Subject::new("bank", "C-1042")?;
    /// # let mut bytes = Vec::new();
    /// # let step = Account::create(&settings, &subject, None, &ctx)?;
    /// # step.commit(|sealed| { bytes = sealed.entry().bytes().to_vec(); Saved::<()>::Stored }).unwrap();
    /// let account = Account::open(&settings, &subject, &bytes, 0)?;
    /// let told = account.issue(&CodeOrder::spoken(), &ctx)?.commit(|_| Saved::<()>::Stored).unwrap();
    /// let CommitResult::Stored(told) = told else { panic!("stored") };
    /// let Issued::Sent(delivery) = told.outcome else { panic!("the first of the day") };
    /// assert!(delivery.send(|_, _| ()).is_none(), "nobody has enrolled a telephone");
    /// # Ok::<(), countersign::Error>(())
    /// ```
    pub fn issue(
        &self,
        order: &CodeOrder,
        ctx: &Context,
    ) -> Result<Transition<Recorded<Issued>, Sealed>, Error> {
        order.expect_fit(ctx.channel())?;
        let mut draft = self.draft(ctx)?;
        let factor = order.factor();
        let addressee = draft.addressee(order)?;
        let room = match draft.make_room(order, ctx) {
            Ok(room) => room,
            Err(wait) => {
                return draft.tell(
                    ctx,
                    EventKind::IssueRefused { factor },
                    Issued::RateLimited(wait),
                );
            }
        };
        let ordered_with_evidence = draft.next.holds_evidence(ctx.interaction());
        let key = draft.next.code_key();
        let around = draft.around(&key);
        let (open, text) = match room {
            Room::Again(mut open) => {
                open.send_again(ordered_with_evidence, ctx.now());
                let text = open.text(&around)?;
                (open, text)
            }
            Room::Free => OpenCode::draw(
                order,
                addressee.real.is_some(),
                ordered_with_evidence,
                &around,
                ctx,
            )?,
        };
        let expires = open.expires();
        draft.next.codes.push(open);
        let sent = addressee.real.is_some();
        let delivery = Delivery {
            order: order.clone(),
            binding: ctx.transaction_digest(),
            hint: addressee.hint,
            now: ctx.now(),
            expires,
            parcel: addressee.real.map(|to| (to, text)),
        };
        draft.step(
            ctx,
            EventKind::Issued { factor, sent },
            Issued::Sent(delivery),
        )
    }
}

/// Where a code goes, or seems to.
pub(in crate::account) struct Addressee {
    pub(in crate::account) real: Option<Destination>,
    hint: String,
}

/// Where a code finds its place.
pub(in crate::account) enum Room {
    /// It is the one that is open there. It was taken out.
    Again(OpenCode),
    /// There is room for a new one.
    Free,
}

impl Draft<'_> {
    /// Where this order goes. For whoever cannot be reached something is made up that looks the same.
    pub(in crate::account) fn addressee(&self, order: &CodeOrder) -> Result<Addressee, Error> {
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

    /// Whether an order goes to where the account has its codes sent: it names no address, or one that is confirmed. The
    /// host's own means of delivery are everybody's.
    pub(in crate::account) fn is_own(&self, to: Option<&Destination>) -> bool {
        to.is_none_or(|to| {
            let is_address = to.is_phone() || to.is_email();
            !is_address
                || self.next.phone().as_ref() == Some(to)
                || self.next.email().as_ref() == Some(to)
        })
    }

    /// Charges the issue, and makes its place. An order that has to wait costs nothing, and leaves every code as it is.
    pub(in crate::account) fn make_room(
        &mut self,
        order: &CodeOrder,
        ctx: &Context,
    ) -> Result<Room, Lock> {
        if self.next.suspended || !self.may_order(order, ctx) {
            return Err(Lock::Indefinite);
        }
        if let Some(lock) = lock(self.admit_issue(order, ctx)) {
            return Err(lock);
        }
        let ordered_with_evidence = self.next.holds_evidence(ctx.interaction());
        let mut codes = self.next.codes.clone();
        let key = self.next.code_key();
        let again = make_place(
            &mut codes,
            order,
            ordered_with_evidence,
            &self.around(&key),
            ctx,
        );
        let again = again.map_err(Lock::Until)?;
        self.charge_issue(self.next.order_lane(ctx.interaction()))?;
        self.next.codes = codes;
        Ok(again.map_or(Room::Free, Room::Again))
    }

    /// Whether this interaction may order that: what binds is for one that was verified, whoever it is about (SP 800-63B-4
    /// 4.1.2.2).
    fn may_order(&self, order: &CodeOrder, ctx: &Context) -> bool {
        order.purpose() != Purpose::BindAuthenticator || self.next.holds_a_factor(ctx.interaction())
    }

    /// Whether a code may be issued while wrong tries are counted. What is to be bound anew must be reached by a code even
    /// where the factor is disabled.
    fn admit_issue(&mut self, order: &CodeOrder, ctx: &Context) -> Admission {
        let limits = self.account.settings.limits_of(Budget::Delivered);
        let at = self.next.moment(ctx.now());
        let lane = self.next.lane(ctx.interaction(), Budget::Delivered);
        let throttle = self.next.throttle(Budget::Delivered);
        if order.purpose() == Purpose::ConfirmAddress {
            throttle.admit_binding(lane, &at, &limits)
        } else {
            throttle.admit(lane, &at, &limits)
        }
    }

    /// Counts one more code to this subject, if there may be one.
    fn charge_issue(&mut self, lane: Lane) -> Result<(), Lock> {
        // The window goes by steady time: a clock that is set back and comes right neither ends it nor makes it longer.
        let clock = *self.next.steady();
        let issued = &mut self.next.issued;
        let window = ISSUE_WINDOW.as_secs();
        if clock.time() >= issued.since.saturating_add(window) {
            *issued = IssueCount {
                since: clock.time(),
                ..IssueCount::default()
            };
        }
        let window_ends = clock.reading(issued.since.saturating_add(window));
        let is_open = lane == Lane::Anonymous;
        if issued.count >= MOST_ISSUED || is_open && issued.anonymous >= MOST_ANONYMOUS {
            return Err(Lock::Until(window_ends));
        }
        issued.count = issued.count.saturating_add(1);
        issued.anonymous = issued.anonymous.saturating_add(u8::from(is_open));
        Ok(())
    }

    /// What this account's codes are checked against, beside their text.
    pub(in crate::account) fn around(&self, key: &MacKey) -> CodeContext<'_> {
        CodeContext {
            key: key.ready(),
            subject: self.account.subject.store_key(),
        }
    }
}
