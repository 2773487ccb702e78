//! Orders of codes: a kind, a purpose, and a route.

use minicbor::{Decode, Encode};

use super::destination::{Destination, Route};
use crate::code::{Alphabet, CodeShape};
use crate::context::Channel;
use crate::error::Error;
use crate::factor::Factor;
use core::time::Duration;

/// The kind of a delivered code: who may see it.
///
/// ```
/// use countersign::{Factor, delivered::Kind};
/// assert_eq!(Kind::Private.factor(), Factor::PrivateCode);
/// assert!(Kind::Private.digits() > Kind::Spoken.digits());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a code is either told or it is not"
)]
pub enum Kind {
    /// The customer types it into a device of their own, and tells it to nobody.
    #[n(0)]
    Private,
    /// The customer reads it to an agent, or keys it in on a phone.
    #[n(1)]
    Spoken,
}

impl Kind {
    /// Returns the factor of such a code, if its purpose is to authenticate.
    #[must_use]
    pub const fn factor(self) -> Factor {
        match self {
            Self::Private => Factor::PrivateCode,
            Self::Spoken => Factor::SpokenCode,
        }
    }

    /// Returns the number of digits: eight where they are typed, six where they are read aloud (SP 800-63B-4 3.1.3.2
    /// requires six).
    #[must_use]
    pub const fn digits(self) -> u8 {
        match self {
            Self::Private => 8,
            Self::Spoken => 6,
        }
    }

    /// Whether a code of this kind belongs on this channel.
    pub(super) const fn belongs_on(self, channel: Channel) -> bool {
        match self {
            Self::Private => !channel.reveals_to_host(),
            Self::Spoken => channel.reveals_to_host(),
        }
    }
}

/// The purpose of a delivered code. A code for one purpose never serves another.
///
/// ```
/// assert_eq!(countersign::delivered::Purpose::default(), countersign::delivered::Purpose::Authenticate);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum Purpose {
    /// To verify the customer. E-mail is not allowed (SP 800-63B-4 3.1.3.1).
    #[default]
    #[n(0)]
    Authenticate,
    /// To let a customer back in who has lost an authenticator (SP 800-63B-4 4.2.1.2).
    #[n(1)]
    Recover,
    /// To show that an address is the customer's, before it is used. It is not evidence.
    #[n(2)]
    ConfirmAddress,
    /// To link a new device to the account, before an authenticator is added there (SP 800-63B-4 4.1.2.2).
    #[n(3)]
    BindAuthenticator,
}

/// An order of a code: its kind, its purpose, its route, and its destination.
///
/// The constructors decide which orders there are. So no e-mail that authenticates can be ordered (SP 800-63B-4 3.1.3.1).
///
/// | order | goes to | counts for | in |
/// |---|---|---|---|
/// | [`spoken`](Self::spoken), [`private`](Self::private) | the telephone | 10 minutes | its interaction |
/// | [`recover`](Self::recover) by SMS or voice | the telephone | 10 minutes | its interaction |
/// | [`recover`](Self::recover) by e-mail | the e-mail address | 24 hours | any interaction |
/// | [`recover`](Self::recover) by post | the postal address that the host keeps | 21 days | any interaction |
/// | [`binding`](Self::binding) | the telephone | 10 minutes | any interaction |
/// | [`binding_on_screen`](Self::binding_on_screen) | the screen of the session that orders | 10 minutes | any interaction |
/// | [`confirm`](Self::confirm) | the new address | as by that route to recover | as by that route to recover |
///
/// A code by e-mail or post outlives the call in which it was ordered. So a subject has one for each purpose and route, of
/// eight digits or more. A subject has one code that binds, of 40 bits or more. There is one other code for each interaction
/// and purpose.
///
/// ```
/// use countersign::delivered::{CodeOrder, Kind, Purpose, Route};
/// let order = CodeOrder::recover(Kind::Spoken, Route::Email);
/// assert_eq!((order.kind(), order.purpose(), order.route()), (Kind::Spoken, Purpose::Recover, Route::Email));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeOrder {
    kind: Kind,
    purpose: Purpose,
    route: Route,
    shape: Option<CodeShape>,
    /// The address that is to be confirmed.
    to: Option<Destination>,
}

impl CodeOrder {
    /// The lifetime of a code by telephone (SP 800-63B-4 3.1.3.2 and 4.2.1.2).
    pub const BY_PHONE: Duration = Duration::from_secs(10 * 60);
    /// The lifetime of a binding code by any route (SP 800-63B-4 4.1.2.2).
    pub const BINDING: Duration = Duration::from_secs(10 * 60);
    /// The lifetime of a code by e-mail (SP 800-63B-4 4.2.1.2).
    pub const BY_EMAIL: Duration = Duration::from_secs(24 * 3_600);
    /// The lifetime of a code by post (SP 800-63B-4 4.2.1.2).
    pub const BY_POST: Duration = Duration::from_secs(21 * 86_400);
    /// The least number of possibilities of a code that counts in every interaction. Several of them may be open beside a
    /// code that is bound to an interaction. Together they must not make guessing easier.
    pub const LEAST_SPACE_UNBOUND: u64 = 100_000_000;
    /// The least number of possibilities of a binding code that is typed beside an identifier: 40 bits (SP 800-63B-4
    /// 4.1.2.2).
    pub const LEAST_SPACE_BINDING: u64 = 1 << 40;

    /// Orders a code by SMS that the customer reads to an agent, or keys in on a phone.
    #[must_use]
    pub const fn spoken() -> Self {
        Self::of(Kind::Spoken, Purpose::Authenticate, Route::Sms)
    }

    /// Orders a code by SMS that the customer types into a device of their own.
    ///
    /// On a channel that [reveals it to the host](Channel::reveals_to_host), such as an agent's, it is denied and voided,
    /// even if it is right. Order a [`spoken`](Self::spoken) code for such a channel.
    #[must_use]
    pub const fn private() -> Self {
        Self::of(Kind::Private, Purpose::Authenticate, Route::Sms)
    }

    /// Orders a recovery code to an address of the account (SP 800-63B-4 4.2.1.2).
    ///
    /// Evidence from it is of [`Factor::IssuedRecoveryCode`]. It counts only beside other evidence.
    #[must_use]
    pub const fn recover(kind: Kind, route: Route) -> Self {
        Self::of(kind, Purpose::Recover, route)
    }

    /// Orders a code to an address that is not the account's yet. [`Change::ConfirmAddress`](crate::Change::ConfirmAddress)
    /// with that code makes it so.
    #[must_use]
    pub const fn confirm(kind: Kind, to: Destination) -> Self {
        let route = to.route();
        Self {
            kind,
            purpose: Purpose::ConfirmAddress,
            route,
            shape: None,
            to: Some(to),
        }
    }

    /// Orders a binding code by SMS (SP 800-63B-4 4.1.2.2), to add an authenticator on another device. A verified session
    /// orders it, and the customer types it into the other device. It has eight symbols of base 32, which are 40 bits.
    ///
    /// [`Verifier::issue`](crate::Verifier::issue) draws one only for an interaction with evidence that is more than weak.
    /// The code is void with that evidence. The host's policy first decides whether the session may add an authenticator at all
    /// (4.1.2.1). Evidence from the code is of [`Factor::BindingCode`], which counts as no factor. A policy names it for
    /// `authenticator.add`.
    ///
    /// E-mail and post are not allowed (4.1.2.2). A call is not either: letters are hard to understand there. There is no
    /// code of 112 bits that finds its subject by itself. An account always knows its subject, because the device names it.
    ///
    /// ```
    /// use core::time::Duration;
    /// use countersign::delivered::{CodeOrder, Kind, Route};
    /// let order = CodeOrder::binding();
    /// assert_eq!((order.kind(), order.route()), (Kind::Private, Route::Sms));
    /// assert_eq!(order.shape().space(), CodeOrder::LEAST_SPACE_BINDING);
    /// assert_eq!(order.lifetime(), Duration::from_secs(10 * 60));
    /// ```
    ///
    /// No other route can be ordered:
    ///
    /// ```compile_fail
    /// let order = countersign::delivered::CodeOrder::binding(countersign::delivered::Route::Email);
    /// ```
    #[must_use]
    pub const fn binding() -> Self {
        Self::of(Kind::Private, Purpose::BindAuthenticator, Route::Sms)
    }

    /// Orders a binding code for the screen of the session that orders it. That is a page or an app, and not a call, where
    /// an agent would see it. Its [`Delivery`](crate::delivered::Delivery) has a destination without an address.
    #[must_use]
    pub const fn binding_on_screen() -> Self {
        Self::of(Kind::Private, Purpose::BindAuthenticator, Route::Screen)
    }

    const fn of(kind: Kind, purpose: Purpose, route: Route) -> Self {
        Self {
            kind,
            purpose,
            route,
            shape: None,
            to: None,
        }
    }

    /// Sends the code by a call that reads it, if it goes to a telephone. A letter stays a letter. A binding code has
    /// letters, so no call reads it.
    ///
    /// ```
    /// use countersign::delivered::{CodeOrder, Route};
    /// assert_eq!(CodeOrder::spoken().by_voice().route(), Route::Voice);
    /// ```
    #[must_use]
    pub fn by_voice(mut self) -> Self {
        if self.route == Route::Sms && self.purpose != Purpose::BindAuthenticator {
            self.route = Route::Voice;
        }
        self
    }

    /// Sets another shape than the digits of the kind.
    ///
    /// Issuing refuses a shape that does not fit. A spoken or read code has no letters. A code by e-mail or post has
    /// 100,000,000 possibilities or more, and a binding code 40 bits or more.
    ///
    /// ```
    /// use countersign::{delivered::CodeOrder, text::CodeShape};
    /// let order = CodeOrder::spoken().with_shape(CodeShape::digits_and_check(6)?);
    /// assert_eq!(order.shape().length(), 7);
    /// # Ok::<(), countersign::Error>(())
    /// ```
    #[must_use]
    pub const fn with_shape(mut self, shape: CodeShape) -> Self {
        self.shape = Some(shape);
        self
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Returns the purpose.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Returns the route.
    #[must_use]
    pub const fn route(&self) -> Route {
        self.route
    }

    /// Returns the shape of the code. By default it has as many digits as the kind says, and eight by e-mail and post. A
    /// binding code has eight symbols of base 32.
    ///
    /// ```
    /// use countersign::delivered::{CodeOrder, Kind, Route};
    /// assert_eq!(CodeOrder::spoken().shape().length(), 6);
    /// assert_eq!(CodeOrder::recover(Kind::Spoken, Route::Post).shape().length(), 8);
    /// ```
    #[must_use]
    pub const fn shape(&self) -> CodeShape {
        match (self.shape, self.purpose, self.kind) {
            (Some(shape), ..) => shape,
            (None, Purpose::BindAuthenticator, _) => CodeShape::BINDING,
            (None, _, Kind::Spoken) if self.is_bound() => CodeShape::SIX_DIGITS,
            (None, ..) => CodeShape::EIGHT_DIGITS,
        }
    }

    /// Returns how long the code counts (SP 800-63B-4 3.1.3.2, 4.2.1.2).
    #[must_use]
    pub const fn lifetime(&self) -> Duration {
        lifetime(self.purpose, self.route)
    }

    /// The factor of the code.
    pub(crate) const fn factor(&self) -> Factor {
        factor(self.kind, self.purpose)
    }

    /// Whether the code counts in its own interaction only.
    pub(crate) const fn is_bound(&self) -> bool {
        is_bound(self.purpose, self.route)
    }

    /// The address that the code confirms, if the order is for that.
    pub(crate) const fn to(&self) -> Option<&Destination> {
        self.to.as_ref()
    }

    /// Refuses a shape that does not fit the route, and a screen that others see or that is not for this purpose.
    pub(crate) fn expect_fit(&self, channel: Channel) -> Result<(), Error> {
        let binds = self.purpose == Purpose::BindAuthenticator;
        if self.route == Route::Screen && !binds {
            let rule =
                "must not be the screen of the session that orders, except for a binding code";
            return Err(Error::misuse("route", rule));
        }
        if self.route == Route::Screen && channel.reveals_to_host() {
            let rule = "must be the customer's own, to show a binding code";
            return Err(Error::misuse("screen", rule));
        }
        if binds && self.shape().space() < Self::LEAST_SPACE_BINDING {
            let rule = "must have 40 bits or more for a binding code";
            return Err(Error::misuse("code shape", rule));
        }
        let by_ear = self.kind == Kind::Spoken && self.is_bound() || self.route == Route::Voice;
        if by_ear && self.shape().alphabet() == Alphabet::Crockford {
            let rule = "must be digits if it is spoken: many letters sound alike";
            return Err(Error::misuse("code shape", rule));
        }
        if !self.is_bound() && self.shape().space() < Self::LEAST_SPACE_UNBOUND {
            let rule = "must have 100,000,000 possibilities or more by e-mail and post";
            return Err(Error::misuse("code shape", rule));
        }
        Ok(())
    }
}

/// Whether a code counts in its own interaction only. A code that authenticates does, and one that arrives at once. A code
/// for another device does not.
pub(super) const fn is_bound(purpose: Purpose, route: Route) -> bool {
    match purpose {
        Purpose::Authenticate => true,
        Purpose::BindAuthenticator => false,
        Purpose::Recover | Purpose::ConfirmAddress => route.is_restricted(),
    }
}

pub(super) const fn lifetime(purpose: Purpose, route: Route) -> Duration {
    match (purpose, route) {
        (Purpose::BindAuthenticator, _) => CodeOrder::BINDING,
        (Purpose::Authenticate, _) | (_, Route::Sms | Route::Voice | Route::Screen) => {
            CodeOrder::BY_PHONE
        }
        (_, Route::Email) => CodeOrder::BY_EMAIL,
        (_, Route::Post) => CodeOrder::BY_POST,
    }
}

pub(super) const fn factor(kind: Kind, purpose: Purpose) -> Factor {
    match purpose {
        Purpose::Recover => Factor::IssuedRecoveryCode,
        Purpose::BindAuthenticator => Factor::BindingCode,
        Purpose::Authenticate | Purpose::ConfirmAddress => kind.factor(),
    }
}

#[cfg(test)]
mod tests {
    use core::iter;

    use super::super::places::MOST_UNBOUND;
    use super::*;
    use crate::limits::throttle::Limits;

    const KINDS: [Kind; 2] = [Kind::Private, Kind::Spoken];
    const ROUTES: [Route; 4] = [Route::Sms, Route::Voice, Route::Email, Route::Post];

    /// Every order that the constructors make.
    fn orders() -> Vec<CodeOrder> {
        let to = [
            Destination::phone("+6281234567834").unwrap(),
            Destination::email("maya@example.com").unwrap(),
            Destination::post(),
        ];
        let mut all = vec![
            CodeOrder::spoken(),
            CodeOrder::private(),
            CodeOrder::binding(),
            CodeOrder::binding_on_screen(),
        ];
        for kind in KINDS {
            all.extend(ROUTES.map(|route| CodeOrder::recover(kind, route)));
            all.extend(to.clone().map(|to| CodeOrder::confirm(kind, to)));
        }
        let voice: Vec<CodeOrder> = all.iter().cloned().map(CodeOrder::by_voice).collect();
        all.extend(voice);
        all
    }

    #[test]
    fn d03_no_order_authenticates_by_e_mail_or_post() {
        for order in orders() {
            let by_phone = matches!(order.route(), Route::Sms | Route::Voice);
            assert!(
                order.purpose() != Purpose::Authenticate || by_phone,
                "{order:?}"
            );
        }
    }

    #[test]
    fn n18_lifetimes_by_route() {
        for order in orders() {
            let minutes = match order.route() {
                Route::Sms | Route::Voice | Route::Screen => 10,
                Route::Email => 24 * 60,
                Route::Post => 21 * 24 * 60,
            };
            assert_eq!(
                order.lifetime(),
                Duration::from_secs(minutes * 60),
                "{order:?}"
            );
        }
    }

    #[test]
    fn n07_every_order_has_six_digits_or_more_and_what_outlives_the_call_eight() {
        for order in orders() {
            let least = if order.is_bound() {
                1_000_000
            } else {
                CodeOrder::LEAST_SPACE_UNBOUND
            };
            assert!(order.shape().space() >= least, "{order:?}");
            assert!(order.expect_fit(Channel::Device).is_ok(), "{order:?}");
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let letters = CodeShape::crockford(8).unwrap();
        let six = CodeShape::digits(6).unwrap();
        let refused = |order: CodeOrder| order.expect_fit(Channel::Device).unwrap_err().to_string();
        assert!(
            refused(CodeOrder::spoken().with_shape(letters))
                .starts_with("code shape: must be digits")
        );
        let called = CodeOrder::private().by_voice().with_shape(letters);
        assert!(refused(called).starts_with("code shape: must be digits"));
        let mailed = CodeOrder::recover(Kind::Private, Route::Email).with_shape(six);
        assert!(refused(mailed).starts_with("code shape: must have 100,000,000"));
        for order in [
            CodeOrder::private().with_shape(letters),
            CodeOrder::recover(Kind::Spoken, Route::Post).with_shape(letters),
            CodeOrder::spoken().with_shape(CodeShape::digits_and_check(6).unwrap()),
        ] {
            assert!(order.expect_fit(Channel::Device).is_ok(), "{order:?}");
        }
    }

    #[test]
    fn n16_a_binding_code_has_40_bits_or_more_and_goes_by_no_e_mail_letter_or_call() {
        let refused =
            |order: CodeOrder, channel| order.expect_fit(channel).unwrap_err().to_string();
        for order in [CodeOrder::binding(), CodeOrder::binding_on_screen()] {
            assert_eq!(order.shape().space(), 1 << 40);
            assert_eq!(order.lifetime(), Duration::from_secs(10 * 60));
            assert!(!order.is_bound());
            let called = order.clone().by_voice();
            assert!(matches!(called.route(), Route::Sms | Route::Screen));
            for short in [
                CodeShape::crockford(7).unwrap(),
                CodeShape::digits(10).unwrap(),
                CodeShape::digits_and_check(9).unwrap(),
            ] {
                let told = refused(order.clone().with_shape(short), Channel::Device);
                assert!(told.starts_with("code shape: must have 40 bits"), "{told}");
            }
            let longer = order.with_shape(CodeShape::crockford(23).unwrap());
            assert!(longer.expect_fit(Channel::Device).is_ok());
        }
        for channel in [Channel::Agent, Channel::Keypad, Channel::Counter] {
            let told = refused(CodeOrder::binding_on_screen(), channel);
            assert!(
                told.starts_with("screen: must be the customer's own"),
                "{told}"
            );
            assert!(CodeOrder::binding().expect_fit(channel).is_ok());
        }
    }

    #[test]
    fn only_a_binding_code_is_shown_to_whoever_orders_it() {
        let orders = KINDS.map(|kind| CodeOrder::recover(kind, Route::Screen));
        let confirms = KINDS.map(|kind| CodeOrder::confirm(kind, Destination::screen()));
        for order in orders.into_iter().chain(confirms) {
            let error = order.expect_fit(Channel::Device).unwrap_err().to_string();
            assert!(
                error.starts_with("route: must not be the screen"),
                "{error}"
            );
        }
    }

    /// The codes that may match at once in one interaction, on one channel, for one purpose: the code that is bound to it, at its
    /// shortest, and one by e-mail and one by post at their shortest. (The others are of another kind, purpose or
    /// interaction, and match nothing here.)
    #[test]
    fn p01_open_codes_stay_hard_to_guess_under_every_limit_that_can_be_set() {
        let (bound, unbound) = ((1, 1_000_000), (1, CodeOrder::LEAST_SPACE_UNBOUND));
        // By e-mail and by post: those that were ordered without evidence, plain or not, and one that was ordered with it.
        let letters = 2 * (2 * MOST_UNBOUND + 1);
        let worst = || iter::once(bound).chain(iter::repeat_n(unbound, letters));
        let longest = Limits::new(10, Limits::SHORTEST_WAIT, Limits::LONGEST_WAIT, 100, 200);
        for limits in [
            Limits::nist(),
            Limits::psd2(),
            Limits::pci(),
            longest.unwrap(),
        ] {
            assert_eq!(limits.within_bounds(worst()), Some(limits));
        }
        // With purposes told apart by nothing there were two short ones, and ten tries at them too many.
        let ten = Limits::pci();
        assert_ne!(ten.within_bounds(worst().chain([bound])), Some(ten));
    }
}
