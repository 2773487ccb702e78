//! Counts and amounts in many languages: plural forms, order, decimal marks, groups.
use core::time::Duration;
use countersign::{
    Error, SecretText, Transaction,
    delivered::{
        CountForms, Kind, Message, NumberFormat, Phrases, PluralCategory, Purpose, Wording,
    },
};
use icu_plurals::PluralRules;
use proptest::prelude::*;

use PluralCategory::{Few, Many, One, Other, Two, Zero};

fn polish(count: u32) -> PluralCategory {
    match (count % 10, count % 100) {
        (2..=4, rest) if !(12..=14).contains(&rest) => Few,
        _ => Many,
    }
}

fn russian(count: u32) -> PluralCategory {
    match (count % 10, count % 100) {
        (1, rest) if rest != 11 => One,
        (2..=4, rest) if !(12..=14).contains(&rest) => Few,
        _ => Many,
    }
}

fn arabic(count: u32) -> PluralCategory {
    match (count, count % 100) {
        (0, _) => Zero,
        (1, _) => One,
        (2, _) => Two,
        (_, 3..=10) => Few,
        (_, 11..=99) => Many,
        _ => Other,
    }
}

fn czech(count: u32) -> PluralCategory {
    match count {
        1 => One,
        2..=4 => Few,
        _ => Other,
    }
}

fn latvian(count: u32) -> PluralCategory {
    match (count % 10, count % 100) {
        (0, _) | (_, 11..=19) => Zero,
        (1, _) => One,
        _ => Other,
    }
}

fn hebrew(count: u32) -> PluralCategory {
    match count {
        1 => One,
        2 => Two,
        _ => Other,
    }
}

const POLISH: Phrases<'static> = Phrases {
    minutes: CountForms::new("{count} minuty")
        .with(Few, "{count} minuty")
        .with(Many, "{count} minut"),
    hours: CountForms::new("{count} godziny")
        .with(Few, "{count} godziny")
        .with(Many, "{count} godzin"),
    days: CountForms::new("{count} dni")
        .with(Few, "{count} dni")
        .with(Many, "{count} dni"),
    plural_rule: polish,
    numbers: NumberFormat::new(',').with_groups(' '),
    ..Phrases::ENGLISH
};

const ARABIC: Phrases<'static> = Phrases {
    minutes: CountForms::new("{count} دقيقة")
        .with(Two, "دقيقتان")
        .with(Few, "{count} دقائق")
        .with(Many, "{count} دقيقة"),
    hours: CountForms::new("{count} ساعة")
        .with(Two, "ساعتان")
        .with(Few, "{count} ساعات")
        .with(Many, "{count} ساعة"),
    days: CountForms::new("{count} يوم")
        .with(Two, "يومان")
        .with(Few, "{count} أيام")
        .with(Many, "{count} يومًا"),
    plural_rule: arabic,
    numbers: NumberFormat::new('٫').with_groups('٬'),
    ..Phrases::ENGLISH
};

const RUSSIAN: Phrases<'static> = Phrases {
    minutes: CountForms::new("{count} минуты")
        .with(One, "{count} минуту")
        .with(Few, "{count} минуты")
        .with(Many, "{count} минут"),
    hours: CountForms::new("{count} часа")
        .with(One, "{count} час")
        .with(Few, "{count} часа")
        .with(Many, "{count} часов"),
    days: CountForms::new("{count} дня")
        .with(One, "{count} день")
        .with(Few, "{count} дня")
        .with(Many, "{count} дней"),
    plural_rule: russian,
    numbers: NumberFormat::new(',').with_groups('\u{a0}'),
    ..Phrases::ENGLISH
};

const SWAHILI: Phrases<'static> = Phrases {
    minutes: CountForms::new("dakika {count}"),
    hours: CountForms::new("saa {count}"),
    days: CountForms::new("siku {count}"),
    numbers: NumberFormat::new('.').with_groups(','),
    ..Phrases::ENGLISH
};

const JAPANESE: Phrases<'static> = Phrases {
    minutes: CountForms::new("{count}分間"),
    hours: CountForms::new("{count}時間"),
    days: CountForms::new("{count}日間"),
    ..Phrases::ENGLISH
};

fn message(lifetime: Duration) -> Message<'static> {
    let code = SecretText::from("493021".to_owned());
    Message::new(Kind::Spoken, Purpose::Authenticate, "Bank", &code, lifetime).unwrap()
}

/// The text and the call, without marks of direction.
fn said(message: &Message<'_>, phrases: &Phrases<'_>) -> [String; 3] {
    let wording = Wording::new(phrases).unwrap();
    [
        message.text(&wording),
        message.email(&wording),
        message.voice(&wording),
    ]
    .map(|text| {
        let text = text.unwrap();
        let marks = ['\u{2068}', '\u{2069}'];
        text.expose_text()
            .chars()
            .filter(|c| !marks.contains(c))
            .collect()
    })
}

#[track_caller]
fn lasts(phrases: &Phrases<'_>, lifetime: Duration, shown: &str) {
    for text in said(&message(lifetime), phrases) {
        assert!(text.contains(&format!("counts for {shown}. ")), "{text}");
    }
}

#[test]
fn b61_counts_have_the_plural_of_their_language() {
    let (minutes, hours, days) = ([60, 3_600, 86_400])
        .map(|unit| move |count: u64| Duration::from_secs(unit * count))
        .into();
    for (count, shown) in [
        (2, "2 minuty"),
        (4, "4 minuty"),
        (5, "5 minut"),
        (10, "10 minut"),
        (12, "12 minut"),
        (22, "22 minuty"),
        (112, "112 minut"),
    ] {
        lasts(&POLISH, minutes(count), shown);
    }
    lasts(&POLISH, hours(24), "24 godziny");
    lasts(&POLISH, hours(12), "12 godzin");
    lasts(&POLISH, days(21), "21 dni");
    for (count, shown) in [
        (2, "دقيقتان"),
        (3, "3 دقائق"),
        (10, "10 دقائق"),
        (11, "11 دقيقة"),
        (59, "59 دقيقة"),
        (100, "100 دقيقة"),
        (103, "103 دقائق"),
    ] {
        lasts(&ARABIC, minutes(count), shown);
    }
    lasts(&ARABIC, hours(24), "24 ساعة");
    lasts(&ARABIC, days(21), "21 يومًا");
    lasts(&ARABIC, days(100), "100 يوم");
    lasts(&RUSSIAN, minutes(21), "21 минуту");
    lasts(&RUSSIAN, minutes(10), "10 минут");
    lasts(&RUSSIAN, hours(24), "24 часа");
    lasts(&RUSSIAN, days(21), "21 день");
    lasts(&SWAHILI, minutes(10), "dakika 10");
    lasts(&SWAHILI, hours(24), "saa 24");
    lasts(&JAPANESE, minutes(10), "10分間");
    lasts(
        &Phrases::ENGLISH,
        Duration::from_secs(u64::from(u32::MAX)),
        "49710 days",
    );
}

/// The rules of these tests are CLDR's, and a rule that asks a crate serves as well.
#[test]
fn b61_a_rule_may_be_written_or_asked_of_cldr() {
    type Rule = fn(u32) -> PluralCategory;
    let by_hand: [(&str, Rule); 7] = [
        ("pl", polish),
        ("ru", russian),
        ("ar", arabic),
        ("cs", czech),
        ("lv", latvian),
        ("he", hebrew),
        ("de", PluralCategory::uniform),
    ];
    for (language, rule) in by_hand {
        for count in 2..=1_000 {
            assert_eq!(rule(count), cldr(language, count), "{language} {count}");
        }
    }
    let asked = Phrases {
        plural_rule: |count| cldr("pl", count),
        ..POLISH
    };
    lasts(&asked, Duration::from_secs(24 * 3_600), "24 godziny");
}

fn cldr(language: &str, count: u32) -> PluralCategory {
    let locale = icu_locale_core::Locale::try_from_str(language).unwrap();
    let rules = PluralRules::try_new_cardinal(locale.into()).unwrap();
    match rules.category_for(count) {
        icu_plurals::PluralCategory::Zero => Zero,
        icu_plurals::PluralCategory::One => One,
        icu_plurals::PluralCategory::Two => Two,
        icu_plurals::PluralCategory::Few => Few,
        icu_plurals::PluralCategory::Many => Many,
        icu_plurals::PluralCategory::Other => Other,
    }
}

#[track_caller]
fn refused(phrases: &Phrases<'_>) -> String {
    let error: Error = Wording::new(phrases).unwrap_err();
    assert!(error.is_misuse());
    error.to_string()
}

#[test]
fn b61_a_language_that_is_not_finished_is_refused() {
    let minutes = |minutes| refused(&Phrases { minutes, ..POLISH });
    assert_eq!(
        minutes(CountForms::new("{count} minuty").with(Many, "{count} minut")),
        "minutes: must have the form `few`, for 2"
    );
    assert_eq!(
        minutes(CountForms::new("{count} minuty").with(Few, "{count} minuty")),
        "minutes: must have the form `many`, for 5"
    );
    let all = POLISH.minutes;
    assert_eq!(
        minutes(all.with(Two, "{count} minuty")),
        "minutes: must not have the form `two`, which the rule never picks"
    );
    assert_eq!(
        minutes(all.with(Many, "minut")),
        "minutes: must hold `{count}` in the form `many`"
    );
    for (form, told) in [
        ("", "minutes: must hold a letter"),
        ("{count}", "minutes: must hold a letter"),
        ("{count} {code} minut", "minutes: must not hold `{code}`"),
        ("{count minut", "minutes: must close each `{`"),
        ("{count} minut}", "minutes: must open each `}`"),
        ("{count} mi\nnut", "minutes: must be one line"),
    ] {
        assert_eq!(minutes(all.with(Few, form)), told);
    }
    let long = format!("{{count}} {}", "x".repeat(10 << 20));
    assert_eq!(
        minutes(all.with(Few, &long)),
        "minutes: must hold 100 characters at most"
    );
    assert!(minutes(all.with(Few, "{count} mi\u{202e}nut")).contains("invisible"));
    let german = Phrases {
        hours: CountForms::new("Stunden"),
        ..Phrases::ENGLISH
    };
    assert_eq!(
        refused(&german),
        "hours: must hold `{count}` in the form `other`"
    );
    let days = Phrases {
        days: CountForms::new("{count} dni"),
        ..POLISH
    };
    assert_eq!(refused(&days), "days: must have the form `few`, for 2");
    // A place that belongs to forms belongs nowhere else.
    let text = Phrases {
        text: "{count} {code} {action} {warning} x",
        ..Phrases::ENGLISH
    };
    assert_eq!(refused(&text), "text template: must not hold `{count}`");
}

#[test]
fn b61_amounts_are_written_as_the_language_does() {
    let plain = NumberFormat::PLAIN;
    for (numbers, amount, shown) in [
        (plain, "1234567.50", "1234567.50"),
        (NumberFormat::new(','), "99.50", "99,50"),
        (NumberFormat::new(','), "1234.5", "1234,5"),
        (plain.with_groups(','), "1234567.50", "1,234,567.50"),
        (plain.with_groups(','), "123", "123"),
        (plain.with_groups(','), "1000", "1,000"),
        (plain.with_groups('’'), "1000000", "1’000’000"),
        (
            NumberFormat::new(',').with_groups('.'),
            "1234.567",
            "1.234,567",
        ),
        (
            NumberFormat::new(',').with_groups('\u{202f}'),
            "123456.00",
            "123\u{202f}456,00",
        ),
        (
            NumberFormat::new('٫').with_groups('٬'),
            "1234.50",
            "1٬234٫50",
        ),
        (plain.with_indian_groups(','), "1234567.50", "12,34,567.50"),
        (plain.with_indian_groups(','), "123456789", "12,34,56,789"),
        (plain.with_indian_groups(','), "1000", "1,000"),
        (plain.with_indian_groups(','), "999", "999"),
        (NumberFormat::new(',').with_groups('.'), "0.99", "0,99"),
        (
            NumberFormat::new(',').with_groups('.'),
            "999999999999999999",
            "999.999.999.999.999.999",
        ),
    ] {
        let phrases = Phrases {
            numbers,
            ..Phrases::ENGLISH
        };
        let transfer = Transaction::payment("TX-1", "Anna", amount, "EUR").unwrap();
        let message = message(Duration::from_secs(10 * 60))
            .for_transaction(&transfer)
            .unwrap();
        for text in said(&message, &phrases) {
            assert!(
                text.contains(&format!("to pay {shown} EUR to Anna")),
                "{text}"
            );
        }
        assert_eq!(
            transfer.value("amount"),
            Some(amount),
            "bound as it was given"
        );
    }
}

#[test]
fn b61_marks_that_could_change_a_value_are_refused() {
    for (numbers, told) in [
        (
            NumberFormat::new('0'),
            "numbers: must have the decimal mark `.`, `,` or `٫`",
        ),
        (
            NumberFormat::new(' '),
            "numbers: must have the decimal mark `.`, `,` or `٫`",
        ),
        (
            NumberFormat::new('\u{202e}'),
            "numbers: must have the decimal mark `.`, `,` or `٫`",
        ),
        (
            NumberFormat::PLAIN.with_groups('1'),
            "numbers: must have groups apart by `.`, `,`, `'`, `’`, `٬` or a space",
        ),
        (
            NumberFormat::PLAIN.with_indian_groups('\n'),
            "numbers: must have groups apart by `.`, `,`, `'`, `’`, `٬` or a space",
        ),
        (
            NumberFormat::new(',').with_groups(','),
            "numbers: must have groups apart by another mark than the decimal mark",
        ),
    ] {
        assert_eq!(
            refused(&Phrases {
                numbers,
                ..Phrases::ENGLISH
            }),
            told
        );
    }
}

proptest! {
    /// A shown amount, read by its language's marks, is the amount that is bound.
    #[test]
    fn b61_what_is_shown_is_what_is_bound(
        whole in "0|[1-9][0-9]{0,12}", decimals in "(\\.[0-9]{1,5})?", decimal in prop::sample::select(vec!['.', ',', '٫']),
        mark in prop::sample::select(vec!['.', ',', '\'', '’', '٬', ' ', '\u{a0}', '\u{202f}']), indian in any::<bool>(),
    ) {
        let numbers = NumberFormat::new(decimal);
        let numbers = if indian { numbers.with_indian_groups(mark) } else { numbers.with_groups(mark) };
        let phrases = Phrases { text_payment: "x {code}|{amount}|{currency} {payee} {warning}", numbers, ..Phrases::ENGLISH };
        prop_assume!(mark != decimal);
        let amount = format!("{whole}{decimals}");
        let transfer = Transaction::payment("TX-1", "Anna", &amount, "EUR").unwrap();
        let [text, ..] = said(&message(Duration::from_secs(10 * 60)).for_transaction(&transfer).unwrap(), &phrases);
        let shown = text.split('|').nth(1).unwrap();
        let read: String = shown.chars().filter(|c| *c != mark).map(|c| if c == decimal { '.' } else { c }).collect();
        prop_assert_eq!(read, amount);
    }
}
