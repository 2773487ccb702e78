//! What an outcome adds to the record: less than the margin that is written whatever the outcome (pitfall B40).

use crate::support::timed::TimedContext;
use std::ops::ControlFlow;

use countersign::{
    Attempt, Authority, Change, Changed, Channel, Code, Factor, FactorClass, SecretBytes, Settings,
    Strength, Transaction,
    account::ExternalVerification,
    delivered::{CodeOrder, Destination, Issued, Kind, Route},
    knowledge::{AnswerBlocklist, MemorableWord, WordKey, WordLetters},
    otp::{
        Hotp, OtpKey,
        ocra::{Ocra, OcraResponse, OcraState, OcraTask},
    },
    password::{Password, PasswordHash, PasswordRules, Pin, PinHash, PinRules},
    transition::{CommitResult, Saved},
};

use crate::inside::support::host::*;
use crate::inside::support::token;
use crate::support::maya;

/// What a write has in reserve beyond the record of before, as the format says; one byte of it is the version's.
const MARGIN: usize = 64 - 1;
const WORD: &str = "Nightingale";
const SUITE: &str = "OCRA-1:HOTP-SHA256-8:C-QN08-T1M";

/// An interaction for each attempt, so that none has shown anything.
const CALLS: u8 = 16;

fn with_words() -> Settings {
    let key = WordKey::new(&keyring(1), "bank").unwrap();
    settings().with_memorable_words(key)
}

fn device() -> Ocra {
    let secret = SecretBytes::from(vec![7; 32]);
    Ocra::new(SUITE.parse().unwrap(), secret).unwrap()
}

fn email() -> Destination {
    Destination::email("maya@fern.example").unwrap()
}

/// A subject with every authenticator there is.
pub struct Customer {
    pub row: Row,
    saved: Vec<String>,
}

impl Customer {
    pub fn new() -> Self {
        let mut row = Row::new(with_words());
        let ctx = agent(NOW - 60, 200);
        row.create(&ctx);
        let settings = row.settings.clone();
        let mut permit = settings.hash_pool().permit().unwrap();
        let (ring, cost) = (settings.keyring(), settings.hash_pool().cost());
        let password = Password::typed("brass kettle on tuesday");

        let pin = Pin::typed("739204");
        let key = WordKey::new(ring, "bank").unwrap();
        let word = MemorableWord::enrol(WORD, &AnswerBlocklist::new(), &maya(), &key).unwrap();
        for change in [
            Change::AddTotp(totp(7)),
            Change::ConfirmTotp(Code::typed(&right_code(&totp(7), NOW - 60))),
            Change::AddHotp(token(), 0),
            Change::ConfirmHotp(Code::typed(token().code_at(0).expose_text())),
            Change::SetOcra(device().into()),
            Change::SetWord(word),
            Change::SetPassword(
                PasswordHash::enrol(
                    &password,
                    &PasswordRules::single_factor(),
                    ring,
                    cost,
                    &mut permit,
                )
                .unwrap(),
            ),
            Change::SetPin(
                PinHash::enrol(&pin, &PinRules::new(), ring, cost, &mut permit).unwrap(),
            ),
            Change::SetPhone(phone()),
            Change::SetEmail(email()),
        ] {
            assert_eq!(row.change(&change, &ctx), Changed::Done);
        }
        drop(permit);
        let change = Change::SetQuestions(enrolled_answers(&settings));
        assert_eq!(row.change(&change, &ctx), Changed::Done);
        let step = row
            .account()
            .generate_recovery_codes(16, &Authority::Host, &ctx);
        let sheet = row.commit(step.unwrap(), Ending::Stored).told.unwrap();
        let codes = sheet.outcome.codes().iter();
        let saved = codes.map(|code| code.expose_text().to_owned()).collect();
        Self { row, saved }
    }

    pub fn sent(&mut self, order: &CodeOrder, ctx: &TimedContext) -> Code {
        let step = self.row.account().issue(order, ctx).unwrap();
        let told = self.row.commit(step, Ending::Stored).told.unwrap();
        let Issued::Ready(delivery) = told.outcome else {
            panic!("sent")
        };
        Code::typed(&delivery.send(|_, code| code.to_owned()).unwrap())
    }

    fn response(&mut self, state: &OcraState, ctx: &TimedContext) -> OcraResponse {
        let order = OcraTask::authenticate();
        let step = self.row.account().challenge(&order, ctx).unwrap();
        let told = self.row.commit(step, Ending::Stored).told.unwrap();
        let Issued::Ready(dialog) = told.outcome else {
            panic!("asked")
        };
        let shown = device().respond(state, dialog.question(), ctx.now());
        match shown.unwrap().commit(|_| Saved::<()>::Stored) {
            Ok(CommitResult::Stored(text)) => OcraResponse::typed(text.expose_text()),
            _ => panic!("stored"),
        }
    }

    fn letters(&self) -> WordLetters {
        let positions = self.row.account().word_prompt().unwrap().positions();
        WordLetters::typed(&positions.map(|place| WORD[usize::from(place) - 1..][..1].to_owned()))
    }

    /// Right and wrong attempts of every kind, each in a call of its own, with the moment and the channel.
    pub fn attempts(&mut self) -> Vec<(Attempt, Attempt, TimedContext)> {
        let mut number = 0;
        let mut ctx = |channel| {
            number += 1;
            TimedContext::new(at(NOW), channel, call(number))
        };
        let heard = [(); 9].map(|()| ctx(Channel::Agent));
        let typed = [(); 2].map(|()| ctx(Channel::Device));
        let nothing = || Code::typed("");
        let hotp = |counter| Code::typed(token().code_at(counter).expose_text());
        let totp = |now| Code::typed(&right_code(&totp(7), now));
        let spoken = self.sent(&CodeOrder::spoken(), &heard[4]);
        let private = self.sent(&CodeOrder::private(), &typed[0]);
        let recover = CodeOrder::recover(Kind::Private, Route::Email);
        let recover = self.sent(&recover, &typed[1]);
        let state = OcraState::stored(0, 0, 0);
        let response = self.response(&state, &heard[5]);
        let external_verifier = "counter";
        let seen =
            ExternalVerification::new(external_verifier, FactorClass::Possession, Strength::Full)
                .unwrap();
        let pair = |first, second| Attempt::HotpPair(hotp(first), hotp(second));
        let ahead = Attempt::TotpPair(totp(NOW), totp(NOW + 30));
        let no_letters = WordLetters::typed(&["x", "y", "z"]);
        let no_response = OcraResponse::typed("");
        let delivered = Attempt::Delivered;
        let rights = [
            (Attempt::Totp(totp(NOW)), Attempt::Totp(nothing())),
            (ahead, Attempt::TotpPair(nothing(), nothing())),
            (Attempt::Hotp(hotp(3)), Attempt::Hotp(nothing())),
            (pair(999, 1_000), Attempt::HotpPair(nothing(), nothing())),
            (delivered(spoken), delivered(nothing())),
            (Attempt::Ocra(response), Attempt::Ocra(no_response)),
            (
                Attempt::Recovery(Code::typed(&self.saved[0])),
                Attempt::Recovery(nothing()),
            ),
            (Attempt::Word(self.letters()), Attempt::Word(no_letters)),
            (Attempt::External(seen.clone()), Attempt::External(seen)),
            (delivered(private), delivered(nothing())),
            (
                Attempt::IssuedRecoveryCode(recover),
                Attempt::IssuedRecoveryCode(nothing()),
            ),
        ];
        let ctxs = heard.into_iter().chain(typed);
        let all = rights.into_iter().zip(ctxs);
        all.map(|((right, wrong), ctx)| (right, wrong, ctx))
            .collect()
    }
}

/// The record of a customer who has everything, with codes and a question open, and something shown.
pub fn full_record() -> Vec<u8> {
    let mut customer = Customer::new();
    let shown = customer.attempts().swap_remove(0);
    let told = customer.row.check(&shown.0, &shown.2);
    assert_eq!(kind(&told), Said::Accepted);
    customer.row.entry.unwrap().bytes().to_vec()
}

/// The length of the record proper, without what fills it up.
fn length(row: &Row) -> usize {
    let plain = plain_text(&row.settings, row.entry.as_ref().unwrap().bytes());
    let mut decoder = minicbor::Decoder::new(&plain[1..]);
    decoder.skip().unwrap();
    decoder.position()
}

/// Writes one attempt, to a copy: what was told at once, by how much the record grew, and how long it is sealed.
fn written(row: &Row, attempt: &Attempt, ctx: &TimedContext) -> (Option<Said>, usize, usize) {
    let mut copy = row.clone();
    let step = copy.account().check(attempt, ctx).unwrap();
    let told = copy.commit(step, Ending::Stored).told.unwrap();
    let said = match &told.outcome {
        ControlFlow::Break(outcome) => Some(kind(outcome)),
        ControlFlow::Continue(_) => None,
    };
    let grown = length(&copy).saturating_sub(length(row));
    (said, grown, copy.entry.unwrap().bytes().len())
}

#[track_caller]
fn expect_alike(row: &Row, right: &Attempt, wrong: &Attempt, ctx: &TimedContext) {
    let (said, grown, sealed) = written(row, right, ctx);
    assert_eq!(said, Some(Said::Accepted), "{right:?}");
    assert!(grown <= MARGIN, "{right:?} adds {grown}");
    let (_, grown, like) = written(row, wrong, ctx);
    assert!(grown <= MARGIN, "{wrong:?} adds {grown}");
    assert_eq!(sealed, like, "{right:?}");
}

#[test]
fn b40_no_outcome_adds_more_than_the_margin() {
    let mut customer = Customer::new();
    for (right, wrong, ctx) in customer.attempts() {
        expect_alike(&customer.row, &right, &wrong, &ctx);
    }
}

#[test]
fn b40_nor_in_a_record_that_has_seen_a_lot() {
    let mut customer = Customer::new();
    // Four tries before, so that the next wrong one locks, in calls of their own; and more calls that have shown something.
    let attempts = customer.attempts();
    let external_verifier = "counter";
    let seen =
        ExternalVerification::new(external_verifier, FactorClass::Possession, Strength::Full)
            .unwrap();
    for number in 0..4 {
        for (_, wrong, _) in attempts.iter().filter(|(_, wrong, _)| is_guess(wrong)) {
            let stranger = agent(NOW, CALLS + number);
            let _ = customer.row.check(wrong, &stranger);
        }
        let known = agent(NOW, 100 + number);
        let told = customer.row.check(&Attempt::External(seen.clone()), &known);
        assert_eq!(kind(&told), Said::Accepted);
    }
    let mut alike = 0;
    for (right, wrong, ctx) in attempts {
        if written(&customer.row, &right, &ctx).0 == Some(Said::Accepted) {
            expect_alike(&customer.row, &right, &wrong, &ctx);
            alike += 1;
        }
    }
    assert!(alike >= 8, "only {alike}");
}

/// Evidence for a transaction holds its digest, and takes the place of the code that was given.
#[test]
fn b40_a_transaction_adds_no_more_either() {
    let payment = Transaction::payment("TX-1", "Anna", "99.50", "EUR").unwrap();
    let Customer { row, .. } = Customer::new();
    let ctx = agent(NOW, 1).for_transaction(&payment);
    for filled in (0..120).step_by(8) {
        let mut row = row.clone();
        let (local, label) = (1 + filled.min(60), 1 + filled.max(60) - 60);
        let address = format!("{}@{}.example", "m".repeat(local), "n".repeat(label));
        let change = Change::SetEmail(Destination::email(&address).unwrap());
        assert_eq!(row.change(&change, &ctx), Changed::Done);
        let mut customer = Customer { row, saved: vec![] };
        let code = Attempt::Delivered(customer.sent(&CodeOrder::spoken(), &ctx));
        let wrong = Attempt::Delivered(Code::typed(""));
        expect_alike(&customer.row, &code, &wrong, &ctx);
    }
}

fn is_guess(attempt: &Attempt) -> bool {
    !matches!(
        attempt,
        Attempt::External(_)
            | Attempt::TotpPair(..)
            | Attempt::HotpPair(..)
            | Attempt::IssuedRecoveryCode(_)
    )
}

/// The first write of a dear check does not know the verdict; that of a first code, and of an address, does.
#[test]
fn b40_what_confirms_adds_no_more_either() {
    let Customer { row, .. } = Customer::new();
    let ctx = agent(NOW, 1);
    let long = format!("{}@{}.example", "m".repeat(60), "n".repeat(60));
    let long = Destination::email(&long).unwrap();
    let order = CodeOrder::confirm(Kind::Spoken, long);
    let mut customer = Customer { row, saved: vec![] };
    let code = customer.sent(&order, &ctx);
    let mut row = customer.row;
    let key = OtpKey::new(SecretBytes::from(vec![9; 20])).unwrap();
    let another = Hotp::from(key.with_digits(8).unwrap());
    for add in [
        Change::AddTotp(totp(9)),
        Change::Remove(Factor::Hotp),
        Change::AddHotp(another.clone(), 65_000),
    ] {
        assert_eq!(row.change(&add, &ctx), Changed::Done);
    }
    let nothing = || Code::typed("");
    let counted = |counter| Code::typed(another.code_at(counter).expose_text());
    for (right, wrong) in [
        (
            Change::ConfirmAddress(code),
            Change::ConfirmAddress(nothing()),
        ),
        (
            Change::ConfirmTotp(Code::typed(&right_code(&totp(9), NOW))),
            Change::ConfirmTotp(nothing()),
        ),
        (
            Change::ConfirmHotpPair(counted(65_900), counted(65_901)),
            Change::ConfirmHotpPair(nothing(), nothing()),
        ),
    ] {
        let written = |change: &Change, then| {
            let mut copy = row.clone();
            assert_eq!(copy.change(change, &ctx), then);
            let grown = length(&copy).saturating_sub(length(&row));
            assert!(grown <= MARGIN, "{change:?} adds {grown}");
            copy.entry.unwrap().bytes().len()
        };
        let lengths = [
            written(&right, Changed::Done),
            written(&wrong, Changed::Denied),
        ];
        assert_eq!(lengths[0], lengths[1], "{right:?}");
    }
}

#[test]
fn b40_nor_does_the_length_tell_wherever_a_record_ends() {
    let Customer { row, .. } = Customer::new();
    let ctx = agent(NOW, 1);
    let right = typed(&right_code(&totp(7), NOW));
    for more in (0..120).step_by(4) {
        let (local, label) = (1 + more.min(60), 1 + more.max(60) - 60);
        let address = format!("{}@{}.example", "m".repeat(local), "n".repeat(label));
        let mut row = row.clone();
        let change = Change::SetEmail(Destination::email(&address).unwrap());
        assert_eq!(row.change(&change, &ctx), Changed::Done);
        expect_alike(&row, &right, &typed(""), &ctx);
    }
}
