//! Days: as ISO 8601 writes them, and as people type them.

use zeroize::Zeroizing;

use super::characters::{MAX_GROUPED, ascii_digit, is_dash, is_invisible, is_space, trimmed};

/// The order in which a question asks for the parts of a day. The question says it, so that the customer need not guess
/// it.
///
/// The year has four digits. The parts stand apart by dots, slashes, dashes, commas, spaces or `年`, `月`, `日` (`년`, `월`,
/// `일`). Or they follow each other without a gap as eight digits, as on a telephone's keypad. A day that begins with
/// its year, `1984-02-29`, is understood in every order.
///
/// The calendar is the Gregorian one, and the day is one of the past. So a year from 2200 on is refused, which also
/// refuses the Buddhist era (2554 is 2011) and the Jewish calendar. A year of a calendar with smaller numbers looks
/// like a day long past, and is accepted: 1447 of the Hijra, or 1404 of the Persian one. Where the moment is known,
/// days between now and 2200 are refused as well: [`AnswerBlocklist::at`](crate::knowledge::AnswerBlocklist::at).
///
/// ```
/// use countersign::{knowledge::{Question, QuestionId}, text::DateOrder};
/// let born = Question::date(QuestionId::new(4), "When was your mother born?", DateOrder::DayMonthYear)?;
/// assert_eq!(born.format().as_deref(), Some("day month year"));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "nobody writes days otherwise")]
pub enum DateOrder {
    /// `29.2.1984`, as in most of the world.
    DayMonthYear,
    /// `2/29/1984`, as in the United States.
    MonthDayYear,
    /// `1984-02-29`, as in East Asia and by ISO 8601.
    YearMonthDay,
}

impl DateOrder {
    /// Returns the parts of a day in this order, in English.
    pub(crate) const fn format(self) -> &'static str {
        match self {
            Self::DayMonthYear => "day month year",
            Self::MonthDayYear => "month day year",
            Self::YearMonthDay => "year month day",
        }
    }

    /// Returns the rule that a typed day must follow, for an error's text.
    pub(crate) const fn rule(self) -> &'static str {
        match self {
            Self::DayMonthYear => "must be an existing day, as in `29.2.1984`",
            Self::MonthDayYear => "must be an existing day, as in `2/29/1984`",
            Self::YearMonthDay => "must be an existing day, as in `1984-02-29`",
        }
    }

    /// Returns three parts in this order as year, month and day. A first part of four digits is the year.
    fn sorted(self, [first, second, third]: [&str; 3]) -> Option<[&str; 3]> {
        let parts = match self {
            _ if first.len() == YEAR => [first, second, third],
            Self::DayMonthYear => [third, second, first],
            Self::MonthDayYear => [third, first, second],
            Self::YearMonthDay => return None,
        };
        let [year, month, day] = parts;
        let fits = year.len() == YEAR && month.len() <= 2 && day.len() <= 2;
        fits.then_some(parts)
    }

    /// Cuts eight digits without a gap into three parts.
    fn cut(self, digits: &str) -> Option<[&str; 3]> {
        let (front, back) = match self {
            Self::DayMonthYear | Self::MonthDayYear => (2, 4),
            Self::YearMonthDay => (YEAR, 6),
        };
        let parts = [
            digits.get(..front)?,
            digits.get(front..back)?,
            digits.get(back..)?,
        ];
        (digits.len() == 8).then_some(parts)
    }
}

/// Digits of a year.
const YEAR: usize = 4;

/// Returns a day as ISO 8601 has it, from digits of any script.
pub(crate) fn iso(given: &str) -> Option<Zeroizing<String>> {
    let given = trimmed(given, MAX_GROUPED)?;
    let mut day = Zeroizing::new(String::with_capacity(10));
    let letters = given.chars().filter(|letter| !is_invisible(*letter));
    for (place, letter) in letters.enumerate() {
        match (place, letter) {
            (4 | 7, dash) if is_dash(dash) => day.push('-'),
            (4 | 7, _) | (10.., _) => return None,
            (_, digit) => day.push(ascii_digit(digit)?),
        }
    }
    let mut parts = day.split('-').map(|part| part.parse::<u16>().ok());
    let (year, month, number) = (parts.next()??, parts.next()??, parts.next()??);
    let last = days_of(year, month)?;
    (day.len() == 10 && year > 0 && (1..=last).contains(&number)).then_some(day)
}

/// Returns how many days a month has, or nothing if there is no such month.
const fn days_of(year: u16, month: u16) -> Option<u16> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 if leap => Some(29),
        2 => Some(28),
        _ => None,
    }
}

/// Returns the last day that has begun somewhere on Earth at this moment, as ISO 8601 has it.
pub(crate) fn latest_at(unix: u64) -> String {
    /// The clocks of Kiribati are ahead of all others by so much.
    const EARLIEST_ZONE: u64 = 14 * 3_600;
    /// The last second of the year 9999.
    const END: u64 = 253_402_300_799;
    let mut days = unix.saturating_add(EARLIEST_ZONE).min(END) / 86_400;
    let (mut year, mut month) = (1970_u16, 1_u16);
    loop {
        let length = days_of(year, month).unwrap_or(31);
        match days.checked_sub(u64::from(length)) {
            Some(rest) => days = rest,
            None => break,
        }
        month = month.saturating_add(1);
        if month > 12 {
            (year, month) = (year.saturating_add(1), 1);
        }
    }
    format!("{year:04}-{month:02}-{:02}", days.saturating_add(1))
}

/// Returns whether a day of ISO 8601 is more than a lifetime ahead, as years of the Buddhist era and of the Jewish
/// calendar are.
pub(crate) fn is_far_ahead(iso: &str) -> bool {
    const FIRST: &str = "2200-01-01";
    iso >= FIRST
}

/// The rule that a day of the future breaks, for an error's text.
pub(crate) const PAST: &str = "must be a day of the past, by the Gregorian calendar: the year 2554 of the Buddhist era is 2011";

/// Reads a day typed in this order, as ISO 8601 has it.
pub(crate) fn typed(given: &str, order: DateOrder) -> Option<Zeroizing<String>> {
    let given = trimmed(given, MAX_GROUPED)?;
    let mut digits = Zeroizing::new(String::with_capacity(MAX_GROUPED));
    for letter in given.chars().filter(|letter| !is_invisible(*letter)) {
        match ascii_digit(letter) {
            Some(digit) => digits.push(digit),
            None if !is_gap(letter) || digits.is_empty() => return None,
            None if digits.ends_with('-') => {}
            None => digits.push('-'),
        }
    }
    let digits = digits.strip_suffix('-').unwrap_or(&digits);
    let mut parts = digits.split('-');
    let parts = match (parts.next()?, parts.next(), parts.next(), parts.next()) {
        (whole, None, ..) => order.cut(whole)?,
        (first, Some(second), Some(third), None) => [first, second, third],
        _ => return None,
    };
    let [year, month, day] = order.sorted(parts)?;
    let mut whole = Zeroizing::new(String::with_capacity(10));
    for (part, width) in [(year, YEAR), (month, 2), (day, 2)] {
        if !whole.is_empty() {
            whole.push('-');
        }
        if part.len() < width {
            whole.push('0');
        }
        whole.push_str(part);
    }
    iso(&whole)
}

/// Returns whether people write this between the parts of a day.
fn is_gap(letter: char) -> bool {
    is_dash(letter)
        || is_space(letter)
        || matches!(
            letter,
            '.' | '/' | ',' | '\u{60c}'
                ..='\u{60d}'
                    | '\u{2044}'
                    | '\u{2215}'
                    | '\u{ff0c}'
                    | '\u{ff0e}'
                    | '\u{ff0f}'
                    | '\u{3001}'
                    | '年'
                    | '月'
                    | '日'
                    | '년'
                    | '월'
                    | '일'
        )
}

#[cfg(test)]
mod tests {
    use super::DateOrder::{DayMonthYear, MonthDayYear, YearMonthDay};
    use super::*;
    use proptest::prelude::*;

    const ORDERS: [DateOrder; 3] = [DayMonthYear, MonthDayYear, YearMonthDay];

    #[track_caller]
    fn is(order: DateOrder, given: &str, expected: &str) {
        let day = typed(given, order);
        assert_eq!(
            day.as_ref().map(|day| day.as_str()),
            Some(expected),
            "{given}"
        );
    }

    #[test]
    fn a_day_is_read_in_the_order_that_was_asked_for() {
        for given in [
            "29.2.1984",
            "29. 2. 1984.",
            "29/02/1984",
            "29-02-1984",
            "29 02 1984",
            "29\u{2013}02\u{2013}1984",
            "29, 2, 1984",
            "29021984",
            "٢٩/٠٢/١٩٨٤",
            "۲۹\u{60d}۰۲\u{60d}۱۹۸۴",
            "２９，２，１９８４",
            "29\u{2044}2\u{2215}1984",
            "২৯-০২-১৯৮৪",
            "\u{200f}29.\u{200e}2.1984",
            "1984-02-29",
            "29일 2월 1984년",
        ] {
            is(DayMonthYear, given, "1984-02-29");
        }
        for given in ["2/29/1984", "02-29-1984", "02291984", "1984/2/29"] {
            is(MonthDayYear, given, "1984-02-29");
        }
        for given in [
            "1984-02-29",
            "19840229",
            "1984年2月29日",
            "1984. 2. 29",
            "１９８４／２／２９",
        ] {
            is(YearMonthDay, given, "1984-02-29");
        }
        is(DayMonthYear, "3.4.1999", "1999-04-03");
        is(MonthDayYear, "3.4.1999", "1999-03-04");
    }

    #[test]
    fn b61_the_latest_day_is_that_of_the_calendar() {
        for (unix, day) in [
            (0, "1970-01-01"),
            (86_399, "1970-01-02"),
            (35_999, "1970-01-01"),
            (36_000, "1970-01-02"),
            (951_782_400, "2000-02-29"),
            (1_709_164_800, "2024-02-29"),
            (4_107_542_400, "2100-03-01"),
            (253_402_300_799, "9999-12-31"),
        ] {
            assert_eq!(latest_at(unix), day, "{unix}");
        }
        // An independent calendar.
        for unix in (0..8_000_000_000_u64).step_by(12_345_679) {
            let ahead = i64::try_from(unix).unwrap() + 14 * 3_600;
            let expected = jiff::Timestamp::from_second(ahead).unwrap();
            let expected = expected.to_zoned(jiff::tz::TimeZone::UTC).date();
            assert_eq!(latest_at(unix), expected.to_string());
        }
        assert_eq!(latest_at(u64::MAX), "9999-12-31");
    }

    #[test]
    fn days_that_do_not_exist_and_what_is_no_day_are_refused() {
        let long = "1".repeat(1 << 20);
        for given in [
            "",
            " ",
            "30.2.1984",
            "29.2.1985",
            "31.4.2000",
            "0.1.2000",
            "1.0.2000",
            "1.13.2000",
            "1.1.0000",
            "29.2.84",
            "29.2",
            "29.2.1984.1",
            "2902198",
            "290219840",
            "29.february.1984",
            "-29.2.1984",
            "+29.2.1984",
            "29.2.19840",
            "029.2.1984",
            "1984.29.2",
            "29:2:1984",
            "29.2.1984\0",
            "29\t2\t1984",
            "\u{301}\u{302}",
            "\u{1f600}",
            "\u{378}",
            &long,
        ] {
            assert!(typed(given, DayMonthYear).is_none(), "{given:.20?}");
        }
        assert!(typed("2/29/1985", MonthDayYear).is_none());
        assert!(typed("29/2/1984", MonthDayYear).is_none());
        assert!(typed("29.2.1984", YearMonthDay).is_none());
    }

    proptest! {
        #[test]
        fn every_day_is_read_in_every_spelling(year in 1_u16..=9999, month in 1_u8..=12, day in 1_u8..=28, gap in "[-./ ,]{1,3}") {
            let expected = format!("{year:04}-{month:02}-{day:02}");
            for (order, spelt, close) in [
                (DayMonthYear, format!("{day}{gap}{month}{gap}{year:04}"), format!("{day:02}{month:02}{year:04}")),
                (MonthDayYear, format!("{month}{gap}{day}{gap}{year:04}"), format!("{month:02}{day:02}{year:04}")),
                (YearMonthDay, format!("{year:04}{gap}{month}{gap}{day}"), format!("{year:04}{month:02}{day:02}")),
            ] {
                for given in [&spelt, &close, &expected] {
                    let read = typed(given, order).unwrap();
                    prop_assert_eq!(read.as_str(), expected.as_str(), "{}", given);
                }
            }
        }

        #[test]
        fn twice_is_once_and_nothing_panics(digits in "[0-9./ -]{0,12}", any in any::<String>()) {
            for order in ORDERS {
                for given in [&digits, &any] {
                    if let Some(once) = typed(given, order) {
                        let twice = typed(&once, order).unwrap();
                        prop_assert_eq!(&twice, &once);
                        prop_assert!(iso(&once).is_some());
                    }
                }
            }
        }
    }
}
