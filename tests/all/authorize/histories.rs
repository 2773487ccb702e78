//! Random histories of two records and two keyrings, beside a model of facts.

use super::*;
use countersign::Factor;
use countersign::delivered::{CodeOrder, Destination, Issued};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Create,
    Erase,
    /// The host verifies the customer, for a payment of that number or for none.
    Show(Option<u8>),
    Approve(Option<u8>),
    End,
    /// Evidence of before is void.
    Void,
    Authorize(Option<u8>),
    /// By an approval, for a payment of that number or for none.
    Raise(Option<u8>),
    /// Orders a code, and keeps it.
    Order,
    /// Gives a code that was kept, of any record and interaction.
    Give(usize),
    Wait(i64),
}

fn any_op() -> impl Strategy<Value = (usize, u8, Op)> {
    let number = || prop_oneof![Just(None), (0..2_u8).prop_map(Some)];
    let op = prop_oneof![
        1 => Just(Op::Create),
        1 => Just(Op::Erase),
        5 => number().prop_map(Op::Show),
        2 => number().prop_map(Op::Approve),
        1 => Just(Op::End),
        1 => Just(Op::Void),
        6 => number().prop_map(Op::Authorize),
        3 => number().prop_map(Op::Raise),
        2 => Just(Op::Order),
        2 => (0..6_usize).prop_map(Op::Give),
        2 => prop_oneof![1..400_i64, Just(900), Just(86_400)].prop_map(Op::Wait),
    ];
    (0..4_usize, 1..3_u8, op)
}

const RULES: &str = r#"
    version = 1
    grant_lifetime = 300
    tiers = ["only"]
    [action."a".every_tier]
    any = [{ all = [{ factor = "external", external_verifier = "desk", class = "possession", max_age = 900 }] }]
    [action."raise".every_tier]
    any = [{ all = [{ approvals = 1, max_age = 900 }] }]
"#;

/// One life of a record, as plain facts.
#[derive(Default)]
struct Life {
    /// Interaction, payment, second, and whether it has served without a payment.
    shown: Vec<(u8, Option<u8>, i64, bool)>,
    /// Payment, second.
    approved: Vec<(Option<u8>, i64)>,
    /// Action, payment, second.
    carried_out: Vec<(&'static str, u8, i64)>,
}

impl Life {
    /// Whether the record still knows that it was carried out: for 25 hours, longer than any evidence counts.
    fn is_carried_out(&self, action: &'static str, of: Option<u8>, now: i64) -> bool {
        let mut all = self.carried_out.iter();
        all.any(|(by, what, at)| *by == action && Some(*what) == of && now - at <= 25 * 3_600)
    }

    /// What asking for `a` says. For a payment it is carried out once. Without one, a piece serves once.
    fn asks(&mut self, call: u8, of: Option<u8>, now: i64) -> Said {
        if self.is_carried_out("a", of, now) {
            return Said::No(DenyReason::CarriedOut);
        }
        let mut counting = self.shown.iter_mut().filter(|(of_call, bound, at, _)| {
            *of_call == call && now - at <= 900 && (bound.is_none() || *bound == of)
        });
        let Some(of) = of else {
            let left = counting.find(|piece| !piece.3);
            return left.map_or(Said::StepUp, |piece| {
                piece.3 = true;
                Said::Yes
            });
        };
        if counting.next().is_none() {
            return Said::StepUp;
        }
        self.carried_out.push(("a", of, now));
        Said::Yes
    }

    fn raises(&mut self, of: Option<u8>, now: i64) -> Said {
        if self.is_carried_out("raise", of, now) {
            return Said::No(DenyReason::CarriedOut);
        }
        let place = self
            .approved
            .iter()
            .position(|(for_what, at)| *for_what == of && now - at <= 900);
        let Some(place) = place else {
            return Said::StepUp;
        };
        self.approved.remove(place);
        if let Some(of) = of {
            self.carried_out.push(("raise", of, now));
        }
        Said::Yes
    }
}

fn place(number: usize) -> (TimedVerifier<MemoryStore>, Subject) {
    let subject = if number.is_multiple_of(2) {
        "C-1"
    } else {
        "C-2"
    };
    let verifier = TimedVerifier::new(MemoryStore::new(), settings(1 + (number / 2) as u8));
    (verifier, Subject::new("bank", subject).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Two keyrings, each with two subjects in a store of its own. The interactions have the same ids everywhere.
    #[test]
    fn only_what_this_record_has_seen_in_this_life_counts(ops in prop::collection::vec(any_op(), 1..80)) {
        let policy = Policy::from_toml(RULES).unwrap();
        let places: Vec<_> = (0..4).map(place).collect();
        let mut lives: Vec<Option<Life>> = (0..4).map(|_| None).collect();
        let (mut now, mut codes) = (0, Vec::new());
        for (which, number, op) in ops {
            now += 1;
            let ((verifier, subject), life) = (&places[which], &mut lives[which]);
            let second = now;
            let ctx = |of: Option<u8>| match of {
                Some(of) => call(second, number).for_transaction(&payment(&format!("TX-{of}"))),
                None => call(second, number),
            };
            let request = |action: &str| Request::new(action).handled_by(Agent::new("tom").unwrap());
            match op {
                Op::Create => {
                    let made = verifier.create(subject, &ctx(None)).is_ok();
                    prop_assert_eq!(made, life.is_none());
                    if made {
                        *life = Some(Life::default());
                        let phone = Change::SetPhone(Destination::phone("+6281234567834").unwrap());
                        let _ = verifier.change(subject, &phone, &Authority::Host, &ctx(None)).unwrap();
                    }
                }
                Op::Erase => {
                    prop_assert_eq!(verifier.erase(subject).unwrap(), life.is_some());
                    *life = None;
                }
                Op::Show(of) => {
                    let desk = verified("desk", Strength::Full);
                    let desk = match of {
                        Some(of) => desk.for_transaction(&payment(&format!("TX-{of}"))),
                        None => desk,
                    };
                    let outcome = verifier.check(subject, &Attempt::External(desk), &ctx(of)).unwrap();
                    prop_assert_eq!(matches!(outcome, Outcome::Accepted(_)), life.is_some());
                    if let Some(life) = life {
                        life.shown.retain(|piece| (piece.0, piece.1) != (number, of));
                        life.shown.push((number, of, now, false));
                    }
                }
                Op::Approve(of) => {
                    let (agent, lasts) = (Agent::new("eve").unwrap(), Duration::from_secs(900));
                    let told = verifier.approve(subject, &agent, "raise", lasts, &ctx(of));
                    prop_assert_eq!(told.is_ok(), life.is_some());
                    if let Some(life) = life {
                        life.approved.retain(|(for_what, _)| *for_what != of);
                        life.approved.push((of, now));
                    }
                }
                Op::End => {
                    verifier.end(subject, &ctx(None)).unwrap();
                    if let Some(life) = life {
                        life.shown.retain(|piece| piece.0 != number);
                    }
                    codes.retain(|(_, held): &(Code, (usize, u8))| *held != (which, number));
                }
                Op::Void => {
                    for change in [Change::Suspend, Change::Resume] {
                        let told = verifier.change(subject, &change, &Authority::Host, &ctx(None));
                        prop_assert_eq!(told.is_ok(), life.is_some());
                    }
                    if let Some(life) = life {
                        life.shown.clear();
                        life.approved.clear();
                    }
                }
                Op::Authorize(of) => {
                    let told = verifier.authorize(&policy, &request("a"), subject, &ctx(of)).unwrap();
                    // No typical enrolment shows a desk, so an unknown name is told what a known one is.
                    let expected = life.as_mut().map_or(Said::StepUp, |life| life.asks(number, of, now));
                    prop_assert_eq!(said(&told), expected, "{:?}", op);
                }
                Op::Raise(of) => {
                    let told = verifier.authorize(&policy, &request("raise"), subject, &ctx(of)).unwrap();
                    let expected = life.as_mut().map_or(Said::StepUp, |life| life.raises(of, now));
                    prop_assert_eq!(said(&told), expected, "{:?}", op);
                }
                Op::Order => {
                    if let Issued::Ready(delivery) = verifier.issue(subject, &CodeOrder::private(), &ctx(None)).unwrap()
                        && let Some(code) = delivery.send(|_, code| Code::typed(code))
                    {
                        codes.push((code, (which, number)));
                    }
                }
                Op::Give(back) => {
                    // A code of another record, keyring or interaction is never accepted.
                    let Some((code, of)) = codes.iter().rev().nth(back) else { continue };
                    let outcome = verifier.check(subject, &Attempt::Delivered(code.clone()), &ctx(None)).unwrap();
                    if let Outcome::Accepted(evidence) = outcome {
                        prop_assert_eq!(*of, (which, number));
                        prop_assert_eq!(evidence.factor(), Factor::PrivateCode);
                        prop_assert!(life.is_some());
                    }
                }
                Op::Wait(seconds) => now += seconds,
            }
            let held = verifier.evidence(subject, &call(now, number)).unwrap();
            let held = held.iter().filter(|one| one.factor() == Factor::External).count();
            let known = life.as_ref().map_or(0, |life| {
                life.shown.iter().filter(|piece| piece.0 == number && now - piece.2 <= 86_400).count()
            });
            prop_assert_eq!(held, known);
        }
    }
}
