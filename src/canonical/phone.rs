//! Telephone numbers: how people write them, and which of them cannot exist.
//!
//! ITU-T E.164 defines the digits after a `+`: the country code, then the number as it is dialled from abroad. Within a
//! country, most people dial a national (trunk) prefix in front of it, and many write that prefix behind the country
//! code, too. A message to such a number goes nowhere. The tables below are facts of two ITU lists: assigned country
//! codes, and dialling procedures. They were compared with version 9.0.33 of libphonenumber's metadata. Its example
//! numbers of fixed lines and mobiles are all accepted. None of them is accepted with the national prefix in front.
//!
//! This is a table of our own, and not a library with all number ranges. Those ranges change every week, and an old
//! copy would refuse numbers that people have. For that reason a length is checked only where it shows the prefix.

use core::ops::RangeInclusive;

use zeroize::Zeroizing;

use super::characters::{MAX_GROUPED, ascii_digit, is_grouping, trimmed};

/// The digits of a number: at most 15 (E.164), country code included. Numbers shorter than 7 are service numbers, not
/// people's.
pub(crate) const DIGITS: RangeInclusive<usize> = 7..=15;
/// The rule for a number of any plan, for an error's text.
pub(crate) const RULE: &str = "must begin with `+` and hold 7 to 15 digits";
const SIGNS: &str = "must hold digits behind its `+`: no letters, no extension, no other signs than spaces, dashes, brackets, stops and slashes";
const FROM_ABROAD: &str = "must be as dialled from abroad, without the national prefix: `+36 30 ..`, not `+36 06 30 ..` or `+36 (0)30 ..`";
const ASSIGNED: &str = "must begin with a country code that is assigned (ITU-T E.164)";
const LENGTH: &str = "must have as many digits as the numbers of its country";

/// Returns a telephone number in the form of E.164, or the rule that it breaks.
pub(crate) fn checked(given: &str) -> Result<Zeroizing<String>, &'static str> {
    let number = written(given)?;
    let (code, rest) = split(number.get(1..).unwrap_or_default());
    fits_plan(code, rest)?;
    Ok(number)
}

/// Returns the digits behind the `+`, whatever the plan of their country says.
pub(crate) fn written(given: &str) -> Result<Zeroizing<String>, &'static str> {
    let given = trimmed(given, MAX_GROUPED).ok_or(RULE)?;
    let mut number = Zeroizing::new(String::with_capacity(MAX_GROUPED));
    number.push('+');
    let mut before = ['+'; 2];
    let digits = given.strip_prefix(['+', '\u{ff0b}']).ok_or(RULE)?;
    for letter in digits.chars() {
        let sign = match letter {
            '(' | '\u{ff08}' => '(',
            ')' | '\u{ff09}' if before == ['(', '0'] => return Err(FROM_ABROAD),
            ')' | '\u{ff09}' => ')',
            other if is_grouping(other) => continue,
            other => {
                let digit = ascii_digit(other).ok_or(SIGNS)?;
                number.push(digit);
                digit
            }
        };
        before = [before[1], sign];
    }
    let count = number.len().saturating_sub(1);
    let fits = DIGITS.contains(&count) && !number.starts_with("+0");
    fits.then_some(number).ok_or(RULE)
}

/// Returns the numbers that a record may mean, as hosts keep them: with a national prefix behind the country code, or
/// dialled with `00`. They are for comparing only, because some of them cannot exist.
pub(crate) fn meant(given: &str) -> Vec<Zeroizing<String>> {
    let Some(given) = trimmed(given, MAX_GROUPED) else {
        return Vec::new();
    };
    let from_plus = given
        .split_once(['+', '\u{ff0b}'])
        .map(|(_, digits)| digits);
    let mut digits = Zeroizing::new(String::with_capacity(MAX_GROUPED));
    digits.extend(from_plus.unwrap_or(given).chars().filter_map(ascii_digit));
    let dialled = match (from_plus, digits.strip_prefix("00")) {
        (Some(_), None) => digits.as_str(),
        (_, Some(dialled)) => dialled,
        (None, None) => return Vec::new(),
    };
    let (code, mut rest) = split(dialled);
    let prefix = PLANS.iter().find(|plan| plan.code == code);
    let prefix = prefix.map_or('0', |plan| plan.prefix);
    let mut numbers = Vec::new();
    // `06` and `80` are the longest.
    for _ in 0..3 {
        let count = code.len().saturating_add(rest.len());
        if DIGITS.contains(&count) && fits_plan(code, rest).is_ok() {
            numbers.push(Zeroizing::new(["+", code, rest].concat()));
        }
        match rest.strip_prefix(['0', prefix]) {
            Some(shorter) => rest = shorter,
            None => break,
        }
    }
    numbers
}

/// Splits a number into the country code and the rest. 1 and 7 stand alone, some pairs are whole, and all others have
/// three digits (E.164).
pub(crate) fn split(digits: &str) -> (&str, &str) {
    let length = match digits.get(..2) {
        _ if digits.starts_with(['1', '7']) => 1,
        Some(pair) if PAIRS.contains(&pair) => 2,
        _ => 3,
    };
    digits.split_at_checked(length).unwrap_or((digits, ""))
}

fn fits_plan(code: &str, rest: &str) -> Result<(), &'static str> {
    let is_triple = |code: u16| TRIPLES.iter().any(|codes| codes.contains(&code));
    if code.len() == 3 && !code.parse().is_ok_and(is_triple) {
        return Err(ASSIGNED);
    }
    let zeros = || ZEROS.iter().filter(|(plan, _)| *plan == code);
    if rest.starts_with('0') && !zeros().any(|(_, zero)| rest.starts_with(zero)) {
        return Err(FROM_ABROAD);
    }
    let Some(plan) = PLANS.iter().find(|plan| plan.code == code) else {
        return Ok(());
    };
    let fits = plan.digits.contains(&rest.len());
    if rest.starts_with(plan.prefix) && !(fits && plan.prefix_may_begin) {
        return Err(FROM_ABROAD);
    }
    fits.then_some(()).ok_or(LENGTH)
}

/// A plan whose national prefix is not a lone zero. The length of its numbers shows the prefix.
struct Plan {
    code: &'static str,
    prefix: char,
    /// Whether numbers of people may begin with the prefix's digit.
    prefix_may_begin: bool,
    digits: RangeInclusive<usize>,
}

const fn plan(
    code: &'static str,
    prefix: char,
    prefix_may_begin: bool,
    digits: RangeInclusive<usize>,
) -> Plan {
    Plan {
        code,
        prefix,
        prefix_may_begin,
        digits,
    }
}

/// North America; the Marshall Islands; Russia and Kazakhstan; their neighbours, where 8 is or was the prefix; and
/// Hungary, whose prefix is 06.
const PLANS: [Plan; 17] = [
    plan("1", '1', false, 10..=10),
    plan("692", '1', false, 7..=7),
    plan("7", '8', true, 10..=10),
    plan("370", '8', true, 8..=8),
    plan("371", '8', true, 8..=8),
    plan("372", '8', true, 7..=8),
    plan("373", '8', true, 8..=8),
    plan("374", '8', true, 8..=8),
    plan("375", '8', false, 9..=9),
    plan("380", '8', true, 9..=9),
    plan("992", '8', true, 9..=9),
    plan("993", '8', false, 8..=8),
    plan("994", '8', true, 9..=9),
    plan("995", '8', true, 9..=9),
    plan("996", '8', true, 9..=9),
    plan("998", '8', true, 9..=9),
    plan("36", '6', true, 8..=9),
];

/// Numbers that begin with zero from abroad as well: by country code, and how they begin. The codes from 800 on belong
/// to no country, and have no prefix.
const ZEROS: [(&str, &str); 19] = [
    ("39", "0"),
    ("225", "0"),
    ("226", "0"),
    ("229", "01"),
    ("241", "0"),
    ("242", "0"),
    ("250", "06"),
    ("378", "0"),
    ("379", "0"),
    ("992", "0"),
    ("800", "0"),
    ("808", "0"),
    ("870", "0"),
    ("878", "0"),
    ("881", "0"),
    ("882", "0"),
    ("883", "0"),
    ("888", "0"),
    ("979", "0"),
];

/// The country codes of two digits.
const PAIRS: [&str; 44] = [
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47",
    "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65",
    "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// The assigned codes of three digits.
const TRIPLES: [RangeInclusive<u16>; 33] = [
    211..=213,
    216..=216,
    218..=218,
    220..=258,
    260..=269,
    290..=291,
    297..=299,
    350..=359,
    370..=383,
    385..=387,
    389..=389,
    420..=421,
    423..=423,
    500..=509,
    590..=599,
    670..=670,
    672..=683,
    685..=692,
    800..=800,
    808..=808,
    850..=850,
    852..=853,
    855..=856,
    870..=870,
    878..=878,
    880..=883,
    886..=886,
    888..=888,
    960..=968,
    970..=977,
    979..=979,
    992..=996,
    998..=998,
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the list of ITU-T E.164, from each of its zones.
    #[test]
    fn calling_codes_are_cut_where_they_end() {
        for (digits, code) in [
            ("15550100199", 1),
            ("74951234567", 1),
            ("201234567", 2),
            ("211234567", 3),
            ("27123456", 2),
            ("299123456", 3),
            ("351123456", 3),
            ("36123456", 2),
            ("379123456", 3),
            ("39061234", 2),
            ("420123456", 3),
            ("49301234", 2),
            ("506123456", 3),
            ("58123456", 2),
            ("599123456", 3),
            ("6281234567", 2),
            ("679123456", 3),
            ("800123456", 3),
            ("81312345", 2),
            ("852123456", 3),
            ("8613812345", 2),
            ("886123456", 3),
            ("95123456", 2),
            ("971123456", 3),
            ("98211234", 2),
            ("998123456", 3),
        ] {
            assert_eq!(split(digits).0.len(), code, "{digits}");
        }
    }

    #[track_caller]
    fn is(given: &str, number: &str) {
        assert_eq!(
            checked(given).as_ref().map(|number| number.as_str()),
            Ok(number),
            "{given}"
        );
    }

    #[test]
    fn b61_a_national_prefix_is_not_kept_behind_the_country_code() {
        for given in [
            "+36 06 30 123 4567",
            "+36 6 30 123 4567",
            "+7 8 495 123-45-67",
            "+7 (8495) 123-45-67-0",
            "+7 8 777 123 4567",
            "+1 1 555 010 0199",
            "+1 (1) 555 010-0199",
            "+1 055 501 0019",
            "+49 (030) 123456",
            "+49 030 123456",
            "+49 (0)30 123456",
            "+49 ( 0 ) 30 123456",
            "+４９（０３０）１２３４５６",
            "+٤٩ ٠٣٠ ١٢٣٤٥٦",
            "+44 (0) 20 7946 0018",
            "+44 07700 900142",
            "+33 06 12 34 56 78",
            "+61 0491 570 156",
            "+81 090-1234-5678",
            "+86 010 1234 5678",
            "+91 098765 43210",
            "+55 011 91234 5678",
            "+52 01 55 1234 5678",
            "+54 0 11 1234 5678",
            "+27 0 82 123 4567",
            "+62 0812 3456 7834",
            "+63 0917 123 4567",
            "+82 010 1234 5678",
            "+84 091 234 56 78",
            "+90 0532 123 45 67",
            "+98 0912 345 6789",
            "+353 01 234 5678",
            "+380 0 44 123 4567",
            "+380 8 044 123 4567",
            "+370 8 612 34567",
            "+370 0 612 34567",
            "+371 8 2 123 4567",
            "+375 8 029 123 45 67",
            "+375 80 29 123 45 67",
            "+993 8 12 123456",
            "+998 8 71 123 4567",
            "+996 0 312 123456",
            "+976 01 1 123456",
            "+692 1 247 1234",
            "+250 0788 123 456",
            "+34 0 612 345 678",
            "+45 020 12 34 56",
            "+65 0 9123 4567",
            "+39 (0)6 698 12345",
            "+1 011 44 20 7946",
            "+49 00 49 30 12345",
        ] {
            assert_eq!(checked(given), Err(FROM_ABROAD), "{given}");
        }
    }

    #[test]
    fn b61_a_zero_that_is_part_of_the_number_stays() {
        for (given, number) in [
            ("+39 06 698 12345", "+390669812345"),
            ("+39 02 1234 5678", "+390212345678"),
            ("+39 (06) 698 12345", "+390669812345"),
            ("+39 347 123 4567", "+393471234567"),
            ("+225 01 23 45 67 89", "+2250123456789"),
            ("+225 07 01 23 45 67", "+2250701234567"),
            ("+225 27 20 12 34 56", "+2252720123456"),
            ("+226 01 23 45 67", "+22601234567"),
            ("+229 01 95 12 34 56", "+2290195123456"),
            ("+241 06 03 12 34", "+24106031234"),
            ("+242 06 123 4567", "+242061234567"),
            ("+250 06 1234567", "+250061234567"),
            ("+378 0549 886377", "+3780549886377"),
            ("+992 00 123 4567", "+992001234567"),
            ("+881 012 345 678", "+881012345678"),
            ("+7 800 123 45 67", "+78001234567"),
            ("+7 812 123 45 67", "+78121234567"),
            ("+7 771 000 9998", "+77710009998"),
            ("+370 8 123 4567", "+37081234567"),
            ("+998 88 123 45 67", "+998881234567"),
            ("+36 1 234 5678", "+3612345678"),
            ("+36 66 123 456", "+3666123456"),
            ("+1 (555) 010-0199", "+15550100199"),
            ("+52 1 55 1234 5678", "+5215512345678"),
            ("+54 9 11 1234 5678", "+5491112345678"),
            ("+55 11 91234-5678", "+5511912345678"),
            ("+358 41 2345678", "+358412345678"),
            ("+44 20 7946 0018", "+442079460018"),
            ("+49 30 0123456", "+49300123456"),
            ("+852 5123 4567", "+85251234567"),
        ] {
            is(given, number);
        }
    }

    #[test]
    fn b61_numbers_of_no_country_and_of_no_length_are_refused() {
        for given in [
            "+999 0000 0012",
            "+210 1234567",
            "+259 123 4567",
            "+699 1234567",
            "+990 123 456 789",
        ] {
            assert_eq!(checked(given), Err(ASSIGNED), "{given}");
        }
        for given in [
            "+1 555 010 01990",
            "+1 555 0100",
            "+7 495 123",
            "+375 29 123 45 6",
            "+998 71 123 45 678",
        ] {
            assert_eq!(checked(given), Err(LENGTH), "{given}");
        }
        let long = format!("+49{}", "0".repeat(1 << 20));
        for given in ["", "+", "+49", "+0", "+00000000", "+1", "+٠٠", "＋", &long] {
            assert_eq!(checked(given), Err(RULE), "{given:.20}");
        }
        for given in [
            "++15550100199",
            "+1+5550100199",
            "+49x30123456",
            "+1 555 010 0199 ext. 5",
            "+1 555 010 0199,5",
        ] {
            assert_eq!(checked(given), Err(SIGNS), "{given}");
        }
    }

    proptest! {
        #[test]
        fn every_number_keeps_its_form(given in "\\+[0-9(). ٠-٩-]{5,24}|\\PC{0,20}") {
            if let Ok(number) = checked(&given) {
                is(&number, &number);
                prop_assert!(number.len() <= 16 && number[1..].bytes().all(|byte| byte.is_ascii_digit()));
                // A zero that is not the number's own is always seen.
                let (code, rest) = split(&number[1..]);
                let zero = format!("+{code}0{rest}");
                if !ZEROS.iter().any(|(plan, _)| *plan == code) && number.len() < 16 {
                    prop_assert_eq!(checked(&zero), Err(FROM_ABROAD));
                }
            }
        }
    }
}
