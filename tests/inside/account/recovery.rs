//! Recovery codes through the account: printed once, each good once, counted, and never shut for good.

use std::ops::ControlFlow;

use crate::inside::own_table::Account;
use countersign::{
    Attempt, Authority, Change, Changed, Code, Error, Factor, FactorClass, Outcome, Strength,
    Timestamp,
    account::Status,
    recovery::{RecoveryCodeList, RecoveryCodes},
};
use proptest::prelude::*;

use crate::inside::support::host::*;
use crate::support::maya;

fn print(row: &mut Row, count: u8, now: u64) -> RecoveryCodeList {
    let ctx = agent(now, 200);
    let step = row
        .account()
        .generate_recovery_codes(count, &Authority::Host, &ctx);
    let told = row.commit(step.unwrap(), Ending::Stored).told;
    told.unwrap().outcome
}

fn with_list(count: u8) -> (Row, Vec<String>) {
    let mut row = Row::new(settings());
    row.create(&agent(NOW - 60, 200));
    let list = print(&mut row, count, NOW - 60);
    (row, texts(&list))
}

fn texts(list: &RecoveryCodeList) -> Vec<String> {
    let codes = list.codes().iter();
    codes.map(|code| code.expose_text().to_owned()).collect()
}

fn saved(text: &str) -> Attempt {
    Attempt::Recovery(Code::typed(text))
}

fn wrong(number: usize) -> Attempt {
    saved(&format!("{number:028}"))
}

fn try_at(row: &mut Row, text: &str, now: u64) -> Said {
    kind(&row.check(&saved(text), &agent(now, 1)))
}

fn status(row: &Row) -> Status {
    row.account().status(&agent(NOW, 1))
}

fn refused(row: &Row, count: u8) -> Error {
    let ctx = agent(NOW, 1);
    let printed = row
        .account()
        .generate_recovery_codes(count, &Authority::Host, &ctx);
    printed.map(drop).unwrap_err()
}

#[test]
fn n06_a_code_of_the_list_counts_once_however_it_is_typed() {
    let (mut row, codes) = with_list(10);
    let ctx = agent(NOW, 1);
    let Outcome::Accepted(evidence) = row.check(&saved(&codes[3]), &ctx) else {
        panic!("the fourth code")
    };
    assert_eq!(evidence.factor(), Factor::RecoveryCode);
    assert_eq!(evidence.class(), FactorClass::Possession);
    assert_eq!(evidence.strength(), Strength::Full);
    assert_eq!(evidence.channel(), ctx.channel());
    for spelling in [
        codes[3].clone(),
        codes[3].replace('-', ""),
        codes[3].to_lowercase(),
        codes[3].replace('0', "O").replace('1', "l"),
    ] {
        assert_eq!(try_at(&mut row, &spelling, NOW), Said::Denied);
    }
    let typed = codes[0].to_lowercase().replace('-', " ");
    assert_eq!(try_at(&mut row, &typed, NOW), Said::Accepted);
}

#[test]
fn b61_a_code_of_the_list_counts_however_it_is_pasted() {
    let wide = |letter: char| match letter {
        '0'..='9' | 'A'..='Z' => char::from_u32(u32::from(letter) + 0xfee0).unwrap(),
        other => other,
    };
    let (mut row, codes) = with_list(5);
    for (code, pasted) in codes.iter().zip([
        codes[0].replace('-', "\u{3000}"),
        codes[1].replace('-', "\u{2014}"),
        format!("\u{feff}{}\u{200f}\r\n", codes[2].replace('-', "\u{ad}")),
        codes[3].chars().map(wide).collect(),
        format!(
            "\u{2068}{}\u{2069}",
            codes[4].replace('-', " \u{2212}\u{2009}")
        ),
    ]) {
        assert_eq!(try_at(&mut row, &pasted, NOW), Said::Accepted, "{pasted:?}");
        // And it is the same code: no spelling of it counts twice.
        assert_eq!(try_at(&mut row, code, NOW), Said::Denied, "{pasted:?}");
    }
}

#[test]
fn n17_what_is_left_is_told_and_a_new_list_voids_the_old_one() {
    let (mut row, codes) = with_list(4);
    for (used, code) in codes.iter().enumerate().take(3) {
        assert_eq!(status(&row).recovery_codes(), Some(4 - used));
        assert_eq!(try_at(&mut row, code, NOW), Said::Accepted);
    }
    assert!(status(&row).recovery_codes().unwrap() <= RecoveryCodes::RENEW_AT);
    let fresh = print(&mut row, 10, NOW);
    assert_eq!(fresh.created(), at(NOW));
    assert_eq!(
        try_at(&mut row, &codes[3], NOW),
        Said::Denied,
        "on old paper"
    );
    assert_eq!(try_at(&mut row, &texts(&fresh)[9], NOW), Said::Accepted);
}

#[test]
fn n17_a_new_list_voids_what_the_old_one_has_shown() {
    let mut row = Row::new(settings());
    row.create(&agent(NOW - 60, 200));
    let epoch = |row: &Row| status(row).epoch();
    let codes = texts(&print(&mut row, 2, NOW));
    assert_eq!(epoch(&row), 0, "there was none");
    let Outcome::Accepted(shown) = row.check(&saved(&codes[0]), &agent(NOW, 1)) else {
        panic!("right")
    };
    print(&mut row, 2, NOW);
    assert!(shown.epoch() < epoch(&row));
}

#[test]
fn n17_they_are_throttled_and_never_disabled() {
    let (mut row, codes) = with_list(2);
    let mut now = NOW;
    let mut wrongs = 0;
    // More wrong tries than would disable any other factor, or use up its month.
    while wrongs < 210 {
        match kind(&row.check(&wrong(wrongs), &agent(now, 1))) {
            Said::Denied => wrongs += 1,
            Said::Locked(Some(release)) => {
                assert!(release - now <= 30, "longer than a recovery code waits");
                now = release;
            }
            said => panic!("{said:?} after {wrongs}"),
        }
    }
    assert!(now >= NOW + 205 * 30, "they were not throttled");
    let Said::Locked(Some(release)) = try_at(&mut row, &codes[1], now) else {
        panic!("locked")
    };
    assert_eq!(try_at(&mut row, &codes[1], release), Said::Accepted);
}

#[test]
fn n17_five_wrong_ones_lock_and_a_right_one_is_not_looked_at() {
    let (mut row, codes) = with_list(1);
    for number in 0..5 {
        assert_eq!(
            kind(&row.check(&wrong(number), &agent(NOW, 1))),
            Said::Denied
        );
    }
    assert_eq!(
        try_at(&mut row, &codes[0], NOW),
        Said::Locked(Some(NOW + 30))
    );
    assert_eq!(try_at(&mut row, &codes[0], NOW + 30), Said::Accepted);
}

#[test]
fn b40_every_outcome_writes_as_much() {
    let (row, codes) = with_list(16);
    let written = |attempt: &Attempt| {
        let mut copy = row.clone();
        let step = copy.account().check(attempt, &agent(NOW, 1)).unwrap();
        assert!(copy.commit(step, Ending::Stored).wrote);
        copy.entry.unwrap().bytes().len()
    };
    let lengths = [saved(&codes[0]), saved(&codes[15]), wrong(7), saved("")];
    let lengths = lengths.map(|attempt| written(&attempt));
    assert!(
        lengths.iter().all(|length| *length == lengths[0]),
        "{lengths:?}"
    );
}

#[test]
fn what_is_no_code_of_the_list_is_denied() {
    let (mut row, codes) = with_list(1);
    let longer = format!("{}-0", codes[0]);
    let shorter = &codes[0][..codes[0].len() - 1];
    let huge = "7".repeat(1 << 20);
    for text in ["", "----", shorter, &longer] {
        assert_eq!(try_at(&mut row, text, NOW), Said::Denied, "{text:?}");
    }
    assert_eq!(try_at(&mut row, &huge, NOW), Said::Denied);
    assert_eq!(try_at(&mut row, &codes[0], NOW + 30), Said::Accepted);
}

#[test]
fn another_subject_s_code_is_denied() {
    let (_, codes) = with_list(1);
    let (mut other, _) = with_list(1);
    assert_eq!(try_at(&mut other, &codes[0], NOW), Said::Denied);
}

#[test]
fn a_list_is_printed_for_whoever_may_only() {
    let (mut row, codes) = with_list(1);
    for count in [0, 17, 255] {
        assert_eq!(
            refused(&row, count).to_string(),
            "recovery codes: must be 1 to 16"
        );
    }
    let ctx = agent(NOW, 1);
    assert_eq!(row.change(&Change::Suspend, &ctx), Changed::Done);
    assert_eq!(
        refused(&row, 10).to_string(),
        "subject: is suspended: resume it first"
    );
    assert_eq!(try_at(&mut row, &codes[0], NOW), Said::Denied);
    assert_eq!(row.change(&Change::Resume, &ctx), Changed::Done);
    assert_eq!(
        row.change(&Change::Remove(Factor::RecoveryCode), &ctx),
        Changed::Done
    );
    assert_eq!(try_at(&mut row, &codes[0], NOW), Said::Denied);
    assert_eq!(status(&row).recovery_codes(), None);

    let nobody = Account::unknown(&settings(), &maya(), Timestamp::from_unix(0).unwrap());
    let printed = nobody
        .unwrap()
        .generate_recovery_codes(10, &Authority::Host, &ctx);
    assert!(printed.map(drop).unwrap_err().is_misuse());
}

#[test]
fn b16_a_sheet_does_not_show_its_codes() {
    let (mut row, _) = with_list(1);
    let list = print(&mut row, 2, NOW);
    assert_eq!(format!("{list:?}"), "RecoveryCodeList(2 codes)");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Whatever is typed and however writes end: no code is accepted twice.
    #[test]
    fn b13_no_history_takes_a_code_twice(
        history in proptest::collection::vec((0_usize..6, 0_u8..4, 0_u64..40), 1..40),
    ) {
        let (mut row, codes) = with_list(4);
        let mut accepted = Vec::new();
        let mut now = NOW;
        for (which, ending, wait) in history {
            now += wait;
            let ending = match ending {
                0 => Ending::Failed,
                1 => Ending::Lost,
                2 => Ending::Conflict,
                _ => Ending::Stored,
            };
            let attempt = codes.get(which).map_or_else(|| wrong(which), |code| saved(code));
            let step = row.account().check(&attempt, &agent(now, 1)).unwrap();
            if let Some(told) = row.commit(step, ending).told
                && let ControlFlow::Break(Outcome::Accepted(_)) = told.outcome
            {
                prop_assert!(!accepted.contains(&which), "{which} twice");
                accepted.push(which);
            }
        }
    }
}
