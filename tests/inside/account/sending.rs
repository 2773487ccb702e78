//! Any history of orders and codes, of every purpose and route, with evidence and without, against a model of what may be open;
//! and the block alone.
use crate::support::timed::TimedContext;
use std::collections::HashSet;

use crate::inside::support::host::*;
use std::ops::ControlFlow;

use crate::support::maya;
use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Factor, FactorClass, Outcome, SecretBytes,
    Strength, Transaction,
    account::{ExternalVerification, Lock},
    audit::{EventKind, Reason},
    delivered::{
        CodeOrder, DeliveredCode, DeliveredState, Destination, Issued, Kind, Phrases, Purpose,
        Route, Wording,
    },
    text::CodeShape,
    transition::{CommitResult, Saved, Verdict},
};
use proptest::prelude::*;

/// What can be ordered.
const ORDERS: usize = 16;
/// So many calls there are: as many as are remembered with what they have shown.
const CALLS: u8 = 4;

fn order(number: usize) -> CodeOrder {
    let checked = CodeShape::digits_and_check(6).unwrap();
    let letters = CodeShape::crockford(8).unwrap();
    let address = Destination::email("maya@new.example").unwrap();
    let phone = Destination::phone("+15550100199").unwrap();
    match number {
        0 => CodeOrder::spoken(),
        1 => CodeOrder::private(),
        2 => CodeOrder::spoken().with_shape(checked),
        3 => CodeOrder::spoken().by_voice().with_shape(checked),
        4 => CodeOrder::private().with_shape(letters),
        5 => CodeOrder::recover(Kind::Spoken, Route::Sms),
        6 => CodeOrder::recover(Kind::Private, Route::Voice),
        7 => CodeOrder::recover(Kind::Spoken, Route::Email),
        8 => CodeOrder::recover(Kind::Private, Route::Email).with_shape(letters),
        9 => CodeOrder::confirm(Kind::Spoken, address),
        10 => CodeOrder::confirm(Kind::Private, phone),
        11 => CodeOrder::recover(Kind::Spoken, Route::Post),
        12 => CodeOrder::recover(Kind::Private, Route::Post),
        13 => CodeOrder::recover(Kind::Spoken, Route::Post).with_shape(letters),
        14 => CodeOrder::confirm(Kind::Spoken, Destination::post()),
        _ => CodeOrder::confirm(Kind::Spoken, phone).by_voice(),
    }
}

/// For how many seconds a code must count to be sent again.
fn in_time(order: &CodeOrder) -> u64 {
    if order.lifetime() > core::time::Duration::from_secs(7 * 86_400) {
        7 * 86_400
    } else {
        120
    }
}

fn outlives_its_call(order: &CodeOrder) -> bool {
    matches!(order.route(), Route::Email | Route::Post)
}

/// A code that was sent, as far as a host can know.
#[derive(Clone, Debug)]
struct Sent {
    number: usize,
    text: String,
    order: CodeOrder,
    call: u8,
    bound: Option<u8>,
    expires: u64,
    at: u64,
    wrong: u8,
    misheard: u8,
    /// Whether an order with evidence asked for it.
    known: bool,
}

impl Sent {
    fn is_in_place_of(&self, order: &CodeOrder, call: u8) -> bool {
        self.order.purpose() == order.purpose()
            && outlives_its_call(&self.order) == outlives_its_call(order)
            && if outlives_its_call(order) {
                self.order.route() == order.route()
            } else {
                self.call == call
            }
    }

    fn is_tried(&self, purpose: Purpose, at: &Place) -> bool {
        self.order.purpose() == purpose && (outlives_its_call(&self.order) || self.call == at.call)
    }

    fn is_right(&self, purpose: Purpose, at: &Place) -> bool {
        let spoken = self.order.kind() == Kind::Spoken;
        self.is_tried(purpose, at)
            && spoken == at.channel.reveals_to_host()
            && (self.bound.is_none() || self.bound == at.bound)
    }

    fn has_check_digit(&self) -> bool {
        self.order.shape().alphabet().has_check_digit()
    }
}

#[derive(Clone, Copy, Debug)]
struct Place {
    call: u8,
    channel: Channel,
    bound: Option<u8>,
}

impl Place {
    fn ctx(&self, now: u64) -> TimedContext {
        let ctx = TimedContext::new(at(now), self.channel, call(self.call));
        match self.bound {
            None => ctx,
            Some(number) => {
                ctx.for_transaction(&Transaction::new(&format!("TX-{number}")).unwrap())
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Issue(usize),
    /// The host has seen the customer: evidence in this call.
    Show,
    /// A code that was sent before, counted from the last, for a purpose.
    Offer(usize, Purpose),
    /// The same with another last symbol.
    Mangled(usize, Purpose),
    Guess(u32, Purpose),
    Forward(u64),
    Back(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Right,
    Denied,
    InvalidCheckDigit,
    Locked(Option<u64>),
}

/// What a call has shown, as far as the account remembers.
#[derive(Clone, Copy, Debug)]
struct Shown {
    call: u8,
    at: u64,
    /// Something else than a code.
    in_person: bool,
}

/// Codes of a quarter of an hour.
#[derive(Clone, Copy, Debug, Default)]
struct Issued15 {
    since: u64,
    all: u8,
    anonymous: u8,
}

struct World {
    row: Row,
    clock: u64,
    seen: u64,
    open: Vec<Sent>,
    shown: Vec<Shown>,
    issued: Issued15,
    went_back: bool,
    phone: Destination,
    email: Destination,
    sent: Vec<(String, usize)>,
    orders: Vec<Sent>,
    accepted: HashSet<usize>,
    next: usize,
}

impl World {
    fn new() -> Self {
        let mut row = Row::new(settings());
        let ctx = agent(NOW, 9);
        row.create(&ctx);
        let email = Destination::email("maya@example.com").unwrap();
        for change in [Change::SetPhone(phone()), Change::SetEmail(email.clone())] {
            assert_eq!(row.change(&change, &ctx), Changed::Done);
        }
        Self {
            row,
            clock: NOW,
            seen: NOW,
            open: Vec::new(),
            shown: Vec::new(),
            issued: Issued15::default(),
            went_back: false,
            phone: phone(),
            email,
            sent: Vec::new(),
            orders: Vec::new(),
            accepted: HashSet::new(),
            next: 0,
        }
    }

    fn run(&mut self, op: &Op, place: &Place) {
        match op {
            Op::Issue(number) => self.issue(&order(*number), place),
            Op::Show => self.show(place),
            Op::Offer(which, purpose) => {
                if let Some((text, _)) = self.sent.iter().rev().nth(*which).cloned() {
                    self.offer(&text, *purpose, place);
                }
            }
            Op::Mangled(which, purpose) => {
                if let Some((mut text, _)) = self.sent.iter().rev().nth(*which).cloned() {
                    let last = text.pop().unwrap();
                    text.push(if last == '7' { '8' } else { '7' });
                    self.offer(&text, *purpose, place);
                }
            }
            Op::Guess(number, purpose) => self.offer(&format!("{number:06}"), *purpose, place),
            Op::Forward(seconds) => self.clock += seconds,
            Op::Back(seconds) => {
                self.clock -= seconds;
                self.went_back = true;
            }
        }
    }

    /// What the passing of time does to what is open, once a step is stored.
    fn see(&mut self) {
        let now = self.clock;
        if now + 120 < self.seen {
            self.open.clear();
            self.shown.clear();
            self.seen = now;
        }
        self.shown
            .retain(|shown| now.saturating_sub(shown.at) <= 3_600);
        self.seen = self.seen.max(now);
        self.open.retain(|sent| {
            let longest = sent.order.lifetime().as_secs() + 120;
            now < sent.expires && sent.expires <= now + longest
        });
    }

    fn shows(&mut self, call: u8, in_person: bool) {
        let before = self
            .shown
            .iter()
            .any(|shown| shown.call == call && shown.in_person);
        self.shown.retain(|shown| shown.call != call);
        self.shown.push(Shown {
            call,
            at: self.clock,
            in_person: in_person || before,
        });
    }

    /// Whether a call holds evidence; and whether it holds evidence that is no code.
    fn holds(&self, call: u8) -> (bool, bool) {
        let mut of_the_call = self.shown.iter().filter(|shown| shown.call == call);
        let shown = of_the_call.next();
        (shown.is_some(), shown.is_some_and(|shown| shown.in_person))
    }

    fn show(&mut self, place: &Place) {
        let seen = Attempt::External(
            ExternalVerification::new("counter", FactorClass::Possession, Strength::Full).unwrap(),
        );
        self.see();
        let outcome = self.row.check(&seen, &place.ctx(self.clock));
        assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
        self.shows(place.call, true);
    }

    /// Until when an order has to wait for its place, by the rule; none, if there is one.
    fn waits_for_place(&self, order: &CodeOrder, place: &Place) -> Option<u64> {
        let (known, _) = self.holds(place.call);
        let same = |sent: &&Sent| {
            sent.is_in_place_of(order, place.call)
                && sent.order == *order
                && sent.bound == place.bound
        };
        let cooled_down = self.open.iter().filter(same).map(|sent| sent.at + 30).max();
        if let Some(cooled_down) = cooled_down.filter(|until| *until > self.clock) {
            return Some(cooled_down);
        }
        if self
            .open
            .iter()
            .filter(same)
            .any(|sent| self.clock + in_time(order) <= sent.expires)
        {
            return None;
        }
        let (most, beside): (usize, Vec<&Sent>) = if outlives_its_call(order) {
            // What anybody can make up waits by itself: transactions, and addresses.
            let is_plain = |bound: Option<u8>, order: &CodeOrder| {
                let by_email = order.route() == Route::Email;
                bound.is_none() && !(by_email && order.purpose() == Purpose::ConfirmAddress)
            };
            let plain = is_plain(place.bound, order);
            let in_place = |sent: &&Sent| {
                !sent.known
                    && sent.is_in_place_of(order, place.call)
                    && is_plain(sent.bound, &sent.order) == plain
            };
            let in_place = self.open.iter().filter(in_place);
            (if known { usize::MAX } else { 4 }, in_place.collect())
        } else {
            let others = |sent: &&Sent| {
                !outlives_its_call(&sent.order)
                    && sent.known == known
                    && !sent.is_in_place_of(order, place.call)
            };
            (8, self.open.iter().filter(others).collect())
        };
        let is_full = beside.len() >= most;
        beside
            .iter()
            .map(|sent| sent.expires)
            .min()
            .filter(|_| is_full)
    }

    /// Whether a wrong try of what the order is for would be refused now: what confirms an address has a count of its own.
    fn is_locked(&self, order: &CodeOrder, place: &Place) -> bool {
        let mut copy = self.row.clone();
        if order.purpose() == Purpose::ConfirmAddress {
            let change = Change::ConfirmAddress(Code::typed(""));
            let step = copy
                .account()
                .change(&change, &Authority::Host, &place.ctx(self.clock));
            let done = copy.commit(step.unwrap(), Ending::Stored);
            return matches!(done.told.unwrap().outcome, Changed::Locked(_));
        }
        let outcome = copy.check(&delivered(""), &place.ctx(self.clock));
        matches!(outcome, Outcome::Locked(_))
    }

    /// Counts one more code, as 8 in 15 minutes and 4 of them without evidence; whether there was one.
    fn charges(&mut self, known: bool) -> bool {
        let (now, issued) = (self.clock, &mut self.issued);
        issued.since = issued.since.min(now);
        if issued.since + 900 <= now {
            *issued = Issued15 {
                since: now,
                ..Issued15::default()
            };
        }
        if issued.all >= 8 || !known && issued.anonymous >= 4 {
            return false;
        }
        issued.all += 1;
        issued.anonymous += u8::from(!known);
        true
    }

    fn issue(&mut self, order: &CodeOrder, place: &Place) {
        let (now, ctx) = (self.clock, place.ctx(self.clock));
        let before = (self.open.clone(), self.seen, self.shown.clone());
        self.see();
        let (known, _) = self.holds(place.call);
        let waits = self.waits_for_place(order, place);
        let step = self.row.account().issue(order, &ctx).unwrap();
        let done = self.row.commit(step, Ending::Stored);
        let delivery = match done.told.unwrap().outcome {
            Issued::Ready(delivery) => delivery,
            Issued::RateLimited(lock) => {
                assert_ne!(lock, Lock::Indefinite);
                // Nothing that was counted, so the copy is thrown away.
                let issued = self.issued;
                let spent = waits.is_none() && !self.charges(known);
                self.issued = issued;
                let explained = waits.is_some() || spent || self.is_locked(order, place);
                assert!(
                    explained || self.went_back,
                    "{order:?} at {place:?}: {:?}",
                    self.open
                );
                if !done.wrote {
                    (self.open, self.seen, self.shown) = before;
                }
                return;
            }
        };
        assert_eq!(waits, None, "{order:?} at {place:?}: {:?}", self.open);
        assert!(self.charges(known) || self.went_back, "{:?}", self.issued);
        assert_eq!(delivery.kind(), order.kind());
        assert_eq!(delivery.purpose(), order.purpose());
        assert_eq!(delivery.route(), order.route());
        let expires = delivery.expires().unix();
        let text = delivery.send(|_, text| text.to_owned()).unwrap();
        let same = |sent: &Sent| {
            sent.is_in_place_of(order, place.call)
                && sent.order == *order
                && sent.bound == place.bound
        };
        let lasts = |sent: &Sent| same(sent) && now + in_time(order) <= sent.expires;
        let again = self.open.iter().position(lasts);
        let again = again.map(|found| self.open.remove(found));
        // An own code of the call gives way; what outlives its call gives way to a different order with evidence, and to
        // nothing else.
        self.open.retain(|sent| {
            !sent.is_in_place_of(order, place.call)
                || outlives_its_call(order) && (!known || same(sent))
        });
        if let Some(mut sent) = again {
            assert_eq!((&text, expires), (&sent.text, sent.expires));
            sent.at = now;
            sent.known |= known;
            self.open.push(sent);
            return;
        }
        assert_eq!(expires, now + order.lifetime().as_secs());
        assert_eq!(text.len(), order.shape().length());
        self.next += 1;
        self.sent.push((text.clone(), self.next));
        let sent = Sent {
            number: self.next,
            text,
            order: order.clone(),
            call: place.call,
            bound: place.bound,
            expires,
            at: now,
            wrong: 0,
            misheard: 0,
            known,
        };
        self.orders.push(sent.clone());
        self.open.push(sent);
    }

    /// Every code that was ever sent is good where it belongs, if it is open by the rule; else it is not.
    fn expect_each_open_code_is_good(&mut self) {
        self.see();
        for sent in self.orders.iter().rev().take(12) {
            let channel = match sent.order.kind() {
                Kind::Spoken => Channel::Agent,
                Kind::Private => Channel::Device,
            };
            let place = Place {
                call: sent.call,
                channel,
                bound: sent.bound,
            };
            let mut copy = Self {
                row: self.row.clone(),
                open: self.open.clone(),
                shown: self.shown.clone(),
                sent: Vec::new(),
                orders: Vec::new(),
                accepted: HashSet::new(),
                phone: self.phone.clone(),
                email: self.email.clone(),
                ..*self
            };
            copy.show(&place);
            copy.offer(&sent.text, sent.order.purpose(), &place);
        }
    }

    fn offer(&mut self, text: &str, purpose: Purpose, place: &Place) {
        let ctx = place.ctx(self.clock);
        let code = Code::typed(text);
        let (told, wrote) = match purpose {
            Purpose::ConfirmAddress => self.confirm(code, &ctx),
            Purpose::Recover => self.check(&Attempt::IssuedRecoveryCode(code), &ctx),
            _ => self.check(&Attempt::Delivered(code), &ctx),
        };
        if let Told::Locked(release) = told {
            if wrote {
                self.see();
            }
            self.clock = release.unwrap_or(self.clock + 86_400);
            return;
        }
        self.see();
        let expected = self.expect(text, purpose, place);
        if expected == Told::Right && purpose != Purpose::ConfirmAddress {
            self.shows(place.call, false);
        }
        assert_eq!(
            told, expected,
            "{text} for {purpose:?} at {place:?}: {:?}",
            self.open
        );
    }

    fn check(&mut self, attempt: &Attempt, ctx: &TimedContext) -> (Told, bool) {
        let step = self.row.account().check(attempt, ctx).unwrap();
        let done = self.row.commit(step, Ending::Stored);
        let told = match done.told.unwrap().outcome {
            ControlFlow::Break(Outcome::Accepted(evidence)) => {
                let recovers = matches!(attempt, Attempt::IssuedRecoveryCode(_));
                assert_eq!(recovers, evidence.factor() == Factor::IssuedRecoveryCode);
                Told::Right
            }
            ControlFlow::Break(Outcome::Denied) => Told::Denied,
            ControlFlow::Break(Outcome::InvalidCheckDigit) => Told::InvalidCheckDigit,
            ControlFlow::Break(Outcome::Locked(Lock::Until(when))) => {
                Told::Locked(Some(when.unix()))
            }
            ControlFlow::Break(Outcome::Locked(Lock::Indefinite)) => Told::Locked(None),
            other => panic!("{other:?}"),
        };
        (told, done.wrote)
    }

    fn confirm(&mut self, code: Code, ctx: &TimedContext) -> (Told, bool) {
        let change = Change::ConfirmAddress(code);
        let step = self.row.account().change(&change, &Authority::Host, ctx);
        let done = self.row.commit(step.unwrap(), Ending::Stored);
        let told = match done.told.unwrap().outcome {
            Changed::Done => Told::Right,
            Changed::Denied => Told::Denied,
            Changed::InvalidCheckDigit => Told::InvalidCheckDigit,
            Changed::Locked(Lock::Until(when)) => Told::Locked(Some(when.unix())),
            Changed::Locked(Lock::Indefinite) => Told::Locked(None),
            other => panic!("{other:?}"),
        };
        (told, done.wrote)
    }

    /// What must be told, and what is open after it.
    fn expect(&mut self, text: &str, purpose: Purpose, place: &Place) -> Told {
        let heard = place.channel.reveals_to_host();
        let told = |sent: &Sent| sent.text == text && sent.order.kind() == Kind::Private && heard;
        let right = |sent: &Sent| sent.text == text && sent.is_right(purpose, place);
        let matches = self.open.iter().any(|sent| sent.text == text);
        let accepted: Vec<Sent> = self
            .open
            .iter()
            .filter(|sent| right(sent))
            .cloned()
            .collect();
        self.open.retain(|sent| !told(sent) && !right(sent));
        if let Some(sent) = accepted.first() {
            assert!(self.accepted.insert(sent.number), "{sent:?} twice");
            if purpose == Purpose::ConfirmAddress {
                self.confirmed(&sent.order);
            }
            return Told::Right;
        }
        let of_the_call = |sent: &&mut Sent| {
            sent.is_tried(purpose, place)
                && !outlives_its_call(&sent.order)
                && sent.has_check_digit()
                && sent.misheard < 3
        };
        let shape = CodeShape::digits_and_check(6).unwrap();
        if !matches
            && shape.has_wrong_check_digit(&Code::typed(text))
            && let Some(sent) = self.open.iter_mut().find(of_the_call)
        {
            sent.misheard += 1;
            return Told::InvalidCheckDigit;
        }
        // What strangers try at a letter is not held against it.
        let (_, counts) = self.holds(place.call);
        let tried = self.open.iter_mut().filter(|sent| {
            sent.is_tried(purpose, place) && (counts || !outlives_its_call(&sent.order))
        });
        tried.for_each(|sent| sent.wrong += 1);
        self.open.retain(|sent| {
            sent.wrong
                < if outlives_its_call(&sent.order) {
                    100
                } else {
                    5
                }
        });
        Told::Denied
    }

    /// The address of an order is the account's now. Another one than before ends what was shown.
    fn confirmed(&mut self, order: &CodeOrder) {
        let mine = match order.route() {
            Route::Email => Some((&mut self.email, "maya@new.example")),
            Route::Sms | Route::Voice => Some((&mut self.phone, "+15550100199")),
            _ => None,
        };
        if let Some((mine, new)) = mine {
            if mine.address() != new {
                self.shown.clear();
            }
            let parsed = Destination::phone(new).or_else(|_| Destination::email(new));
            *mine = parsed.unwrap();
            self.open.clear();
        }
    }
}

fn any_place() -> impl Strategy<Value = Place> {
    let channel = prop_oneof![
        4 => Just(Channel::Agent),
        1 => Just(Channel::Keypad),
        4 => Just(Channel::Device),
        1 => Just(Channel::Chat),
    ];
    let bound = prop_oneof![4 => Just(None), 1 => (1..3_u8).prop_map(Some)];
    (1..=CALLS, channel, bound).prop_map(|(call, channel, bound)| Place {
        call,
        channel,
        bound,
    })
}

fn any_op() -> impl Strategy<Value = Op> {
    let purpose = || {
        prop_oneof![
            Just(Purpose::Authenticate),
            Just(Purpose::Recover),
            Just(Purpose::ConfirmAddress)
        ]
    };
    prop_oneof![
        6 => (0..ORDERS).prop_map(Op::Issue),
        2 => Just(Op::Show),
        6 => (0..4_usize, purpose()).prop_map(|(which, purpose)| Op::Offer(which, purpose)),
        3 => (0..3_usize, purpose()).prop_map(|(which, purpose)| Op::Mangled(which, purpose)),
        1 => (0..1_000_000_u32, purpose()).prop_map(|(text, purpose)| Op::Guess(text, purpose)),
        3 => prop_oneof![1..31_u64, 100..700_u64, 900..4_000_u64, Just(86_000_u64)].prop_map(Op::Forward),
        1 => prop_oneof![1..120_u64, 121..9_000_u64].prop_map(Op::Back),
    ]
}

/// A crowd that orders: few kinds of orders, many calls, and time that passes by what the limits count in.
fn crowded() -> impl Strategy<Value = Vec<(Op, Place)>> {
    let orders = prop_oneof![
        Just(vec![7, 8]),
        Just(vec![11, 12, 13]),
        Just(vec![9, 14]),
        Just(vec![0, 5]),
        proptest::collection::vec(0..ORDERS, 3),
    ];
    let op = |orders: Vec<usize>| {
        let pass = prop_oneof![
            Just(30_u64),
            Just(119),
            Just(480),
            Just(600),
            Just(901),
            Just(86_400 - 100),
            Just(7 * 86_400 - 15),
            Just(21 * 86_400 - 100)
        ];
        prop_oneof![
            10 => proptest::sample::select(orders).prop_map(Op::Issue),
            2 => Just(Op::Show),
            5 => pass.prop_map(Op::Forward),
            1 => (1..110_u64).prop_map(Op::Back),
            1 => (0..4_usize).prop_map(|which| Op::Offer(which, Purpose::Recover)),
        ]
    };
    orders
        .prop_flat_map(move |orders| proptest::collection::vec((op(orders), any_place()), 20..120))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every order and every code, right, mangled or guessed, at any place and time.
    #[test]
    fn b42_any_history_of_orders_keeps_its_promises(events in proptest::collection::vec((any_op(), any_place()), 1..80)) {
        let mut world = World::new();
        for (op, place) in &events {
            world.run(op, place);
        }
        world.expect_each_open_code_is_good();
    }

    /// The same where many order the same few things.
    #[test]
    fn b42_any_crowd_of_orders_loses_no_code(events in crowded()) {
        let mut world = World::new();
        for (op, place) in &events {
            world.run(op, place);
        }
        world.expect_each_open_code_is_good();
    }

    /// Hostile bytes are refused or read, and what is read is no right code by chance.
    #[test]
    fn hostile_states_of_a_code_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [[1].as_slice(), &bytes].concat();
        if let Ok(state) = DeliveredState::from_bytes(&bytes) {
            let verdict = offer(&state, "493021");
            prop_assert_ne!(verdict.0, Verdict::Accepted);
        }
    }
}

// --- The block alone -----------------------------------------------------------------------------------------

fn codes() -> DeliveredCode {
    DeliveredCode::new(&SecretBytes::from(vec![7; 32]), &maya()).unwrap()
}

fn drawn(order: &CodeOrder) -> (DeliveredState, String) {
    let mut kept = None;
    let step = codes()
        .issue(order, &agent(NOW, 1), agent(NOW, 1).now())
        .unwrap();
    let told = step.commit(|state| {
        kept = Some(state.clone());
        Saved::<()>::Stored
    });
    match told {
        Ok(CommitResult::Stored(text)) => (kept.unwrap(), text.expose_text().to_owned()),
        _ => panic!("stored"),
    }
}

#[test]
fn p05_a_message_of_the_block_shows_the_transaction_of_its_code() {
    let english = Wording::new(&Phrases::ENGLISH).unwrap();
    let anna = Transaction::payment("TX-1", "Anna", "10", "PLN").unwrap();
    let mallory = Transaction::payment("TX-1", "Mallory", "9999", "PLN").unwrap();
    let call = agent(NOW, 1);
    let contexts = [None, Some(&anna), Some(&mallory)];
    let within = |at: u64, shown: Option<&Transaction>| match shown {
        Some(transaction) => agent(at, 1).for_transaction(transaction),
        None => agent(at, 1),
    };
    for bound in [None, Some(&anna)] {
        let mut kept = DeliveredState::default();
        let step = codes()
            .issue(
                &CodeOrder::spoken(),
                &within(NOW, bound),
                within(NOW, bound).now(),
            )
            .unwrap();
        let Ok(CommitResult::Stored(code)) = step.commit(|state| {
            kept = state.clone();
            Saved::<()>::Stored
        }) else {
            panic!("stored")
        };
        let is_of = |shown: Option<&Transaction>| {
            shown.map(Transaction::digest) == bound.map(Transaction::digest)
        };
        for given in contexts {
            let made = codes().message(
                &kept,
                "Fern Bank",
                &within(NOW + 120, given),
                within(NOW + 120, given).now(),
            );
            assert_eq!(made.is_ok(), is_of(given));
            if let Err(error) = &made {
                let rule = "context: must be bound to what the code was issued for: the same transaction, or none";
                assert_eq!(error.to_string(), rule);
                continue;
            }
            let made = made.unwrap().unwrap();
            for shown in contexts {
                let message = match shown {
                    Some(transaction) => made.clone().for_transaction(transaction).unwrap(),
                    None => made.clone(),
                };
                for way in [
                    message.text(&english),
                    message.email(&english),
                    message.voice(&english),
                ] {
                    assert_eq!(way.is_ok(), is_of(shown), "{bound:?} {shown:?}");
                }
                let Ok(text) = message.text(&english) else {
                    continue;
                };
                let text = text.expose_text();
                let digits = text.replace(' ', "");
                assert!(
                    digits.contains(code.expose_text()) && text.contains("for 8 minutes"),
                    "{text}"
                );
                let pays = text.contains("to pay 10 PLN to Anna");
                assert_eq!(pays, bound.is_some(), "{text}");
            }
        }
        let late = codes().message(
            &kept,
            "Fern Bank",
            &within(NOW + 500, bound),
            within(NOW + 500, bound).now(),
        );
        assert_eq!(
            late.unwrap_err().to_string(),
            "lifetime: must be two minutes or more"
        );
        let gone = codes().message(
            &kept,
            "Fern Bank",
            &within(NOW + 600, bound),
            within(NOW + 600, bound).now(),
        );
        assert!(gone.unwrap().is_none());
    }
    let none = codes().message(&DeliveredState::default(), "Fern Bank", &call, call.now());
    assert!(none.unwrap().is_none());
}

fn offer(state: &DeliveredState, text: &str) -> (Verdict, DeliveredState) {
    let mut kept = state.clone();
    let code = Code::typed(text);
    let step = codes().check(
        state,
        Purpose::Authenticate,
        &code,
        &agent(NOW + 1, 1),
        agent(NOW + 1, 1).now(),
    );
    let told = step.commit(|state| {
        kept = state.clone();
        Saved::<()>::Stored
    });
    match told {
        Ok(CommitResult::Stored(verdict)) => (verdict, kept),
        _ => panic!("stored"),
    }
}

#[test]
fn b13_the_block_takes_a_code_once() {
    let (state, text) = drawn(&CodeOrder::spoken());
    let (verdict, state) = offer(&state, &text);
    assert_eq!(verdict, Verdict::Accepted);
    assert_eq!(offer(&state, &text).0, Verdict::NothingOpen);
    assert!(codes().text(&state, at(NOW + 1)).unwrap().is_none());
}

#[test]
fn p01_the_block_voids_a_code_after_five_wrong_tries() {
    let (mut state, text) = drawn(&CodeOrder::spoken());
    for number in 0..5 {
        let (verdict, next) = offer(&state, &other_than(std::slice::from_ref(&text), number));
        assert_eq!(verdict, Verdict::Wrong);
        state = next;
    }
    assert_eq!(offer(&state, &text).0, Verdict::NothingOpen);
}

#[test]
fn b30_the_block_tells_the_same_text_again() {
    let (state, text) = drawn(&CodeOrder::spoken());
    let state = DeliveredState::from_bytes(&state.to_bytes()).unwrap();
    let again = |now| codes().text(&state, at(now)).unwrap();
    assert_eq!(again(NOW + 599).unwrap().expose_text(), text);
    assert!(again(NOW + 600).is_none());
    assert_eq!(state.expires().unwrap().unix(), NOW + 600);
}

#[test]
fn the_block_hears_what_is_told_and_what_is_misheard() {
    let (state, text) = drawn(&CodeOrder::private());
    let (verdict, state) = offer(&state, &text);
    assert_eq!(verdict, Verdict::PrivateCodeTold);
    assert!(!state.is_open(at(NOW)));

    let checked = CodeShape::digits_and_check(6).unwrap();
    let (state, text) = drawn(&CodeOrder::spoken().with_shape(checked));
    let mangled = format!("{}{}", &text[..6], if text.ends_with('9') { 0 } else { 9 });
    let (verdict, state) = offer(&state, &mangled);
    assert_eq!(verdict, Verdict::InvalidCheckDigit);
    assert_eq!(offer(&state, &text).0, Verdict::Accepted);
}

#[test]
fn another_key_or_subject_s_code_is_none() {
    let (state, text) = drawn(&CodeOrder::spoken());
    let check = |codes: DeliveredCode| {
        let code = Code::typed(&text);
        let step = codes.check(
            &state,
            Purpose::Authenticate,
            &code,
            &agent(NOW, 1),
            agent(NOW, 1).now(),
        );
        match step.commit(|_| Saved::<()>::Stored) {
            Ok(CommitResult::Stored(verdict)) => verdict,
            _ => panic!("stored"),
        }
    };
    let (key, other_key) = (
        SecretBytes::from(vec![7; 32]),
        SecretBytes::from(vec![8; 32]),
    );
    let other = countersign::Subject::new("bank", "C-1043").unwrap();
    assert_eq!(
        check(DeliveredCode::new(&other_key, &maya()).unwrap()),
        Verdict::Wrong
    );
    assert_eq!(
        check(DeliveredCode::new(&key, &other).unwrap()),
        Verdict::Wrong
    );
    assert_eq!(
        check(DeliveredCode::new(&key, &maya()).unwrap()),
        Verdict::Accepted
    );
    assert!(DeliveredCode::new(&SecretBytes::from(vec![7; 31]), &maya()).is_err());
}

/// Whoever can write the state and has not the key can put an earlier one back, and nothing else.
#[test]
fn b31_a_state_that_was_changed_is_refused_or_gains_nothing() {
    let transfer = Transaction::new("TX-1").unwrap();
    let ctx = agent(NOW, 1).for_transaction(&transfer);
    let mut bytes = Vec::new();
    let step = codes()
        .issue(&CodeOrder::spoken(), &ctx, ctx.now())
        .unwrap();
    let told = step.commit(|state| {
        bytes = state.to_bytes();
        Saved::<()>::Stored
    });
    let Ok(CommitResult::Stored(text)) = told else {
        panic!("stored")
    };
    let code = Code::typed(text.expose_text());
    let verdict = |bytes: &[u8], purpose, ctx: &TimedContext| {
        let state = DeliveredState::from_bytes(bytes).ok()?;
        match codes()
            .check(&state, purpose, &code, ctx, ctx.now())
            .commit(|_| Saved::<()>::Stored)
        {
            Ok(CommitResult::Stored(verdict)) => Some(verdict),
            _ => panic!("stored"),
        }
    };
    assert_eq!(
        verdict(&bytes, Purpose::Authenticate, &ctx),
        Some(Verdict::Accepted)
    );
    let elsewhere = [
        (Purpose::Authenticate, agent(NOW, 1)),
        (
            Purpose::Authenticate,
            agent(NOW, 2).for_transaction(&transfer),
        ),
        (
            Purpose::Authenticate,
            agent(NOW + 600, 1).for_transaction(&transfer),
        ),
        (Purpose::Recover, ctx),
        (Purpose::ConfirmAddress, ctx),
    ];
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            for (purpose, ctx) in &elsewhere {
                let verdict = verdict(&changed, *purpose, ctx);
                assert_ne!(verdict, Some(Verdict::Accepted), "byte {place}, bit {bit}");
            }
        }
        assert!(DeliveredState::from_bytes(&bytes[..place]).is_err());
    }
    assert!(DeliveredState::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
    assert!(DeliveredState::from_bytes(&vec![1; 10 << 20]).is_err());
}

#[test]
fn what_is_misheard_is_in_the_trail_and_charges_nothing() {
    let mut row = Row::new(settings());
    let ctx = agent(NOW, 1);
    row.create(&ctx);
    assert_eq!(row.change(&Change::SetPhone(phone()), &ctx), Changed::Done);
    let order = CodeOrder::spoken().with_shape(CodeShape::digits_and_check(6).unwrap());
    let step = row.account().issue(&order, &ctx).unwrap();
    assert!(row.commit(step, Ending::Stored).told.is_some());
    let before = row.entry.clone().unwrap();
    let left = row.tries_left(&delivered("999999"), &ctx);
    let step = row.account().check(&delivered("0000001"), &ctx).unwrap();
    let told = row.commit(step, Ending::Stored).told.unwrap();
    assert!(matches!(
        told.outcome,
        ControlFlow::Break(Outcome::InvalidCheckDigit)
    ));
    let factor = Factor::SpokenCode;
    assert_eq!(told.event.kind, EventKind::InvalidCheckDigit { factor });
    let after = row.entry.clone().unwrap();
    let changed = changed_fields(&row.settings, before.bytes(), after.bytes());
    assert_eq!(changed, [REVISION, CODES]);
    assert_eq!(row.tries_left(&delivered("999999"), &ctx), left);
    let step = row.account().check(&delivered("000000"), &ctx).unwrap();
    let told = row.commit(step, Ending::Stored).told.unwrap();
    let reason = Reason::Wrong;
    assert_eq!(
        told.event.kind,
        EventKind::Denied { factor, reason },
        "too short to be misheard"
    );
}
