//! Statements of SECURITY.md on what a record remembers: where its memory ends.

use super::*;
use countersign::Decision;
use countersign::account::RedeemRefusal;
use countersign::store::{Entry, Key, Replaced};

const DAY: i64 = 86_400;

/// Writes an older entry over the present one, as whoever restores a backup does.
fn puts_back(store: &MemoryStore, older: &Entry) {
    let key = Key::of(&anna());
    let present = store.load(&key).unwrap().unwrap();
    let replaced = store.replace(&key, Some(&present.version()), older);
    assert!(matches!(replaced, Ok(Replaced::Stored)));
}

#[test]
fn b60_a_database_that_is_put_back_brings_evidence_back_for_a_day_at_most() {
    let store = Arc::new(MemoryStore::new());
    let bank = bank_over(&store);
    let rent = payment("TX-1");
    let paying = |seconds| call(seconds, 1).for_transaction(&rent);
    confirms(&bank, &rent, &paying(0));
    let backup = store.load(&Key::of(&anna())).unwrap().unwrap();
    assert_eq!(says(&bank, "payment.send", &paying(1)), Said::Yes);
    bank.end(&anna(), &call(2, 1)).unwrap();
    assert!(bank.evidence(&anna(), &call(3, 1)).unwrap().is_empty());

    puts_back(&store, &backup);
    assert_eq!(bank.evidence(&anna(), &call(DAY, 1)).unwrap().len(), 1);
    assert!(
        bank.evidence(&anna(), &call(DAY + 1, 1))
            .unwrap()
            .is_empty()
    );
    // That the payment was carried out is forgotten, too.
    assert_eq!(says(&bank, "payment.send", &paying(4)), Said::Yes);
}

#[test]
fn b60_a_payment_that_is_confirmed_again_after_25_hours_is_carried_out_again() {
    let bank = bank();
    let rent = payment("TX-1");
    let confirmed = |seconds| {
        let ctx = call(seconds, 1).for_transaction(&rent);
        confirms(&bank, &rent, &ctx);
        says(&bank, "payment.send", &ctx)
    };
    assert_eq!(confirmed(0), Said::Yes);
    assert_eq!(
        confirmed(25 * 3_600),
        Said::No(DenyReason::CarriedOut),
        "the mark outlives evidence"
    );
    assert_eq!(confirmed(25 * 3_600 + 1), Said::Yes);
}

#[test]
fn b60_a_grant_in_hand_outlives_a_sign_out_and_no_suspension() {
    for suspends in [false, true] {
        let bank = bank();
        gives_code(&bank, &call(0, 1));
        let request = Request::new("address.change");
        let decision = bank.decide(&policy(), &request, &anna(), &call(1, 1));
        let Decision::Allow(grant) = decision.unwrap() else {
            panic!("it is enough")
        };
        bank.end(&anna(), &call(2, 1)).unwrap();
        if suspends {
            for change in [Change::Suspend, Change::Resume] {
                let by = Authority::Host;
                let changed = bank.change(&anna(), &change, &by, &call(3, 1)).unwrap();
                assert_eq!(changed, Changed::Done);
            }
        }
        let refused = bank.redeem(&grant, &call(4, 1)).unwrap().err();
        assert_eq!(refused, suspends.then_some(RedeemRefusal::Voided));
    }
}
