//! Counts and amounts in many languages: plural forms, order, decimal marks, groups.
use core::time::Duration;
use countersign::{
    Error, SecretText, Transaction,
    delivered::{Kind, Message, Phrases, Purpose, Wording},
};
use icu_plurals::{PluralCategory, PluralRules};
use proptest::prelude::*;

fn polish(count: u32) -> usize {
    match (count % 10, count % 100) {
        _ if count == 1 => 0,
        (2..=4, rest) if !(12..=14).contains(&rest) => 1,
        _ => 2,
    }
}

fn russian(count: u32) -> usize {
    match (count % 10, count % 100) {
        (1, rest) if rest != 11 => 0,
        (2..=4, rest) if !(12..=14).contains(&rest) => 1,
        _ => 2,
    }
}

fn arabic(count: u32) -> usize {
    match (count, count % 100) {
        (0, _) => 0,
        (1, _) => 1,
        (2, _) => 2,
        (_, 3..=10) => 3,
        (_, 11..=99) => 4,
        _ => 5,
    }
}

fn czech(count: u32) -> usize {
    match count {
        1 => 0,
        2..=4 => 1,
        _ => 2,
    }
}

fn latvian(count: u32) -> usize {
    match (count % 10, count % 100) {
        (0, _) | (_, 11..=19) => 0,
        (1, _) => 1,
        _ => 2,
    }
}

fn hebrew(count: u32) -> usize {
    match count {
        1 => 0,
        2 => 1,
        _ => 2,
    }
}

const POLISH: Phrases<'static> = Phrases {
    minutes: &["{count} minuta", "{count} minuty", "{count} minut"],
    hours: &["{count} godzina", "{count} godziny", "{count} godzin"],
    days: &["{count} dzień", "{count} dni", "{count} dni"],
    plural_rule: polish,
    decimal_mark: ',',
    group_mark: Some(' '),
    ..Phrases::ENGLISH
};

const ARABIC: Phrases<'static> = Phrases {
    minutes: &[
        "{count} دقيقة",
        "دقيقة",
        "دقيقتان",
        "{count} دقائق",
        "{count} دقيقة",
        "{count} دقيقة",
    ],
    hours: &[
        "{count} ساعة",
        "ساعة",
        "ساعتان",
        "{count} ساعات",
        "{count} ساعة",
        "{count} ساعة",
    ],
    days: &[
        "{count} يوم",
        "يوم",
        "يومان",
        "{count} أيام",
        "{count} يومًا",
        "{count} يوم",
    ],
    plural_rule: arabic,
    decimal_mark: '٫',
    group_mark: Some('٬'),
    ..Phrases::ENGLISH
};

const RUSSIAN: Phrases<'static> = Phrases {
    minutes: &["{count} минуту", "{count} минуты", "{count} минут"],
    hours: &["{count} час", "{count} часа", "{count} часов"],
    days: &["{count} день", "{count} дня", "{count} дней"],
    plural_rule: russian,
    decimal_mark: ',',
    group_mark: Some('\u{a0}'),
    ..Phrases::ENGLISH
};

const SWAHILI: Phrases<'static> = Phrases {
    minutes: &["dakika {count}"],
    hours: &["saa {count}"],
    days: &["siku {count}"],
    decimal_mark: '.',
    group_mark: Some(','),
    ..Phrases::ENGLISH
};

const JAPANESE: Phrases<'static> = Phrases {
    minutes: &["{count}分間"],
    hours: &["{count}時間"],
    days: &["{count}日間"],
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
    use PluralCategory::{Few, Many, One, Other, Two, Zero};
    type Rule = fn(u32) -> usize;
    let by_hand: [(&str, Rule, &[PluralCategory]); 7] = [
        ("pl", polish, &[One, Few, Many]),
        ("ru", russian, &[One, Few, Many]),
        ("ar", arabic, &[Zero, One, Two, Few, Many, Other]),
        ("cs", czech, &[One, Few, Other]),
        ("lv", latvian, &[Zero, One, Other]),
        ("he", hebrew, &[One, Two, Other]),
        ("de", |_| 0, &[Other]),
    ];
    for (language, rule, categories) in by_hand {
        for count in 2..=1_000 {
            let by_hand = categories[rule(count)];
            assert_eq!(by_hand, cldr(language, count), "{language} {count}");
        }
    }
    let asked = Phrases {
        plural_rule: |count| match cldr("pl", count) {
            One => 0,
            Few => 1,
            _ => 2,
        },
        ..POLISH
    };
    lasts(&asked, Duration::from_secs(24 * 3_600), "24 godziny");
}

fn cldr(language: &str, count: u32) -> PluralCategory {
    let locale = icu_locale_core::Locale::try_from_str(language).unwrap();
    let rules = PluralRules::try_new_cardinal(locale.into()).unwrap();
    rules.category_for(count)
}

#[track_caller]
fn refused(phrases: &Phrases<'_>) -> String {
    let error: Error = Wording::new(phrases).unwrap_err();
    assert!(error.is_misuse());
    error.to_string()
}

#[test]
fn b61_a_language_that_is_not_finished_is_refused() {
    let minutes = |minutes: &[&str]| refused(&Phrases { minutes, ..POLISH });
    assert_eq!(minutes(&[]), "minutes: must have a form 2, for 0");
    assert_eq!(
        minutes(&["{count} minuta", "{count} minuty"]),
        "minutes: must have a form 2, for 0"
    );
    let [one, few, many] = ["{count} minuta", "{count} minuty", "{count} minut"];
    assert_eq!(
        minutes(&[one, few, many, many]),
        "minutes: must not have a form 3, which the rule never picks"
    );
    assert_eq!(
        minutes(&[one, few, "minut"]),
        "minutes: must hold `{count}` in form 2"
    );
    for (form, told) in [
        ("", "minutes: must hold a letter"),
        ("{count}", "minutes: must hold a letter"),
        ("{count} {code} minut", "minutes: must not hold `{code}`"),
        ("{count minut", "minutes: must close each `{`"),
        ("{count} minut}", "minutes: must open each `}`"),
        ("{count} mi\nnut", "minutes: must be one line"),
    ] {
        assert_eq!(minutes(&[one, form, many]), told);
    }
    let long = format!("{{count}} {}", "x".repeat(10 << 20));
    assert_eq!(
        minutes(&[one, &long, many]),
        "minutes: must hold 100 characters at most"
    );
    assert!(minutes(&[one, "{count} mi\u{202e}nut", many]).contains("invisible"));
    let german = Phrases {
        hours: &["Stunden"],
        ..Phrases::ENGLISH
    };
    assert_eq!(refused(&german), "hours: must hold `{count}` in form 0");
    let days = Phrases {
        days: &["{count} dni"],
        ..POLISH
    };
    assert_eq!(refused(&days), "days: must have a form 2, for 0");
    // A place that belongs to forms belongs nowhere else.
    let text = Phrases {
        text: "{count} {code} {action} {warning} x",
        ..Phrases::ENGLISH
    };
    assert_eq!(refused(&text), "text template: must not hold `{count}`");
}

#[test]
fn b61_amounts_are_written_as_the_language_does() {
    let thousands = |decimal_mark, mark| (decimal_mark, Some(mark), false);
    let indian = ('.', Some(','), true);
    for ((decimal_mark, group_mark, indian_groups), amount, shown) in [
        (('.', None, false), "1234567.50", "1234567.50"),
        ((',', None, false), "99.50", "99,50"),
        ((',', None, false), "1234.5", "1234,5"),
        (thousands('.', ','), "1234567.50", "1,234,567.50"),
        (thousands('.', ','), "123", "123"),
        (thousands('.', ','), "1000", "1,000"),
        (thousands('.', '’'), "1000000", "1’000’000"),
        (thousands(',', '.'), "1234.567", "1.234,567"),
        (thousands(',', '\u{202f}'), "123456.00", "123\u{202f}456,00"),
        (thousands('٫', '٬'), "1234.50", "1٬234٫50"),
        (indian, "1234567.50", "12,34,567.50"),
        (indian, "123456789", "12,34,56,789"),
        (indian, "1000", "1,000"),
        (indian, "999", "999"),
        (thousands(',', '.'), "0.99", "0,99"),
        (
            thousands(',', '.'),
            "999999999999999999",
            "999.999.999.999.999.999",
        ),
    ] {
        let phrases = Phrases {
            decimal_mark,
            group_mark,
            indian_groups,
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
    let no_decimal = "decimal mark: must be `.`, `,` or `٫`";
    let no_groups = "group mark: must be `.`, `,`, `'`, `’`, `٬` or a space";
    for (decimal_mark, group_mark, indian_groups, why) in [
        ('0', None, false, no_decimal),
        (' ', None, false, no_decimal),
        ('\u{202e}', None, false, no_decimal),
        ('.', Some('1'), false, no_groups),
        ('.', Some('\n'), true, no_groups),
        (
            ',',
            Some(','),
            false,
            "group mark: must not be the decimal mark",
        ),
    ] {
        let phrases = Phrases {
            decimal_mark,
            group_mark,
            indian_groups,
            ..Phrases::ENGLISH
        };
        assert_eq!(refused(&phrases), why);
    }
}

proptest! {
    /// A shown amount, read by its language's marks, is the amount that is bound.
    #[test]
    fn b61_what_is_shown_is_what_is_bound(
        whole in "0|[1-9][0-9]{0,12}", decimals in "(\\.[0-9]{1,5})?", decimal in prop::sample::select(vec!['.', ',', '٫']),
        mark in prop::sample::select(vec!['.', ',', '\'', '’', '٬', ' ', '\u{a0}', '\u{202f}']), indian in any::<bool>(),
    ) {
        let phrases = Phrases {
            text_payment: "x {code}|{amount}|{currency} {payee} {warning}",
            decimal_mark: decimal,
            group_mark: Some(mark),
            indian_groups: indian,
            ..Phrases::ENGLISH
        };
        prop_assume!(mark != decimal);
        let amount = format!("{whole}{decimals}");
        let transfer = Transaction::payment("TX-1", "Anna", &amount, "EUR").unwrap();
        let [text, ..] = said(&message(Duration::from_secs(10 * 60)).for_transaction(&transfer).unwrap(), &phrases);
        let shown = text.split('|').nth(1).unwrap();
        let read: String = shown.chars().filter(|c| *c != mark).map(|c| if c == decimal { '.' } else { c }).collect();
        prop_assert_eq!(read, amount);
    }
}
