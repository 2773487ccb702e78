//! Codes that are sent: a payment confirmed in three languages, on the phone and on a page, and what a fraudster gets of it.
//!
//! Every line it prints is asserted; it takes no arguments: `cargo run --example sent_codes`.

#![allow(
    clippy::print_stdout,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a program to be read, which ends where it is wrong"
)]

use core::time::Duration;
use std::sync::Arc;

use countersign::field::{Keyring, LongTermSecret, RootKey};
use countersign::store::memory::MemoryStore;
use countersign::{
    Attempt, Authority, Authorized, Change, Channel, Code, Context, Error, Outcome, Policy,
    Request, Settings, Subject, Timestamp, Transaction, Verifier,
    account::Lock,
    delivered::{
        CodeOrder, Delivery, Destination, Issued, Kind, NoticePhrases, Phrases, Route, Wording,
    },
    limits::Limits,
    text::CodeShape,
    time::{Clock as _, ManualClock},
};

/// The bank's name in messages.
const FROM: &str = "Fern Bank";

/// A host's own words, in a language that is not built in.
const GERMAN: Phrases<'static> = Phrases {
    text: "{from}: {code} ist Ihr Code, um {action}. Er gilt {lifetime}. {warning}",
    text_payment: "{from}: Mit {code} zahlen Sie {amount} {currency} an {payee}. Der Code gilt {lifetime}. {warning}",
    voice: "Hier ist {from}. Ihr Code, um {action}, lautet: {code}. Noch einmal: {code}. {warning}",
    voice_payment: "Hier ist {from}. Ihr Code, um {amount} {currency} an {payee} zu zahlen, lautet: {code}. Noch einmal: {code}. {warning}",
    private_warning: "Nennen Sie ihn niemandem, auch uns nicht.",
    spoken_warning: "Nennen Sie ihn nur, wenn Sie uns angerufen haben.",
    authenticate: "sich auszuweisen",
    recover: "Ihr Konto zurückzuerhalten",
    confirm_address: "diese Adresse zu bestätigen",
    bind_authenticator: "ein neues Gerät zu verbinden",
    minutes: &["{count} Minuten"],
    hours: &["{count} Stunden"],
    days: &["{count} Tage"],
    plural_rule: |_| 0,
    decimal_mark: ',',
    group_mark: Some('.'),
    indian_groups: false,
    digits: [
        "null", "eins", "zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun",
    ],
    notices: NoticePhrases::GERMAN,
};

/// And in another.
const INDONESIAN: Phrases<'static> = Phrases {
    text: "{from}: {code} adalah kode Anda untuk {action}, berlaku {lifetime}. {warning}",
    text_payment: "{from}: {code} adalah kode Anda untuk membayar {amount} {currency} kepada {payee}, berlaku {lifetime}. {warning}",
    voice: "Ini {from}. Kode Anda untuk {action}: {code}. Sekali lagi: {code}. {warning}",
    voice_payment: "Ini {from}. Kode Anda untuk membayar {amount} {currency} kepada {payee}: {code}. Sekali lagi: {code}. {warning}",
    private_warning: "Jangan berikan kepada siapa pun, termasuk kami.",
    spoken_warning: "Sebutkan hanya jika Anda yang menelepon kami.",
    authenticate: "memastikan ini Anda",
    recover: "memulihkan akun Anda",
    confirm_address: "mengonfirmasi alamat ini",
    bind_authenticator: "menautkan perangkat baru",
    minutes: &["{count} menit"],
    hours: &["{count} jam"],
    days: &["{count} hari"],
    plural_rule: |_| 0,
    decimal_mark: ',',
    group_mark: Some('.'),
    indian_groups: false,
    digits: [
        "nol", "satu", "dua", "tiga", "empat", "lima", "enam", "tujuh", "delapan", "sembilan",
    ],
    notices: NoticePhrases::INDONESIAN,
};

/// A payment takes a code that was sent for this payment.
const POLICY: &str = r#"
    version = 1
    grant_lifetime = 120
    tiers = ["any"]
    [action."payment.send".every_tier]
    any = [{ all = [{ factor = "spoken_code", max_age = 300, for_transaction = true }] }]
"#;

/// A bank, one customer, and a clock.
struct Bank {
    verifier: Verifier<MemoryStore>,
    policy: Policy,
    maya: Subject,
    clock: Arc<ManualClock>,
}

impl Bank {
    fn open() -> Result<Self, Error> {
        let keyring = Keyring::new(RootKey::generate(1)?, LongTermSecret::generate(1)?);
        let settings = Settings::new("bank", keyring)?.with_limits(Limits::pci());
        let clock = Arc::new(ManualClock::new(Timestamp::from_unix(1_800_000_000)?));
        let verifier = Verifier::new(MemoryStore::new(), settings);
        let bank = Self {
            verifier: verifier.with_clock(Arc::clone(&clock)),
            policy: Policy::from_toml(POLICY)?,
            maya: Subject::new("bank", "C-1042")?,
            clock,
        };
        let ctx = Context::begin(Channel::Counter)?;
        bank.verifier.create(&bank.maya, &ctx)?;
        for change in [
            Change::SetPhone(Destination::phone("+62 812 3456 7834")?),
            Change::SetEmail(Destination::email("maya@example.com")?),
        ] {
            let _ = bank
                .verifier
                .change(&bank.maya, &change, &Authority::Host, &ctx)?;
        }
        Ok(bank)
    }

    fn sends(&self, order: &CodeOrder, ctx: &Context) -> Result<Delivery, Error> {
        match self.verifier.issue(&self.maya, order, ctx)? {
            Issued::Ready(delivery) => Ok(delivery),
            Issued::RateLimited(lock) => panic!("{lock:?}"),
        }
    }

    fn hears(&self, code: &str, ctx: &Context) -> Result<Outcome, Error> {
        let attempt = Attempt::Delivered(Code::typed(code));
        self.verifier.check(&self.maya, &attempt, ctx)
    }

    /// Carries out a payment, and returns what the agent's screen displays.
    fn pays(&self, payment: &Transaction, call: &Context) -> Result<String, Error> {
        let (action, ctx) = ("payment.send", call.for_transaction(payment));
        let request = Request::new(action);
        let authorized = self
            .verifier
            .authorize(&self.policy, &request, &self.maya, &ctx)?;
        let told = authorized.to_string();
        if let Authorized::Yes(redeemed) = authorized {
            let _redeemed = redeemed.expect_transaction(action, &self.maya, payment)?;
            // Book the payment here.
        }
        Ok(told)
    }
}

fn main() -> Result<(), Error> {
    let wordings = [Phrases::ENGLISH, GERMAN, INDONESIAN].map(|words| Wording::new(&words));
    let [english, german, indonesian] = wordings;
    let (english, german, indonesian) = (english?, german?, indonesian?);
    let bank = Bank::open()?;

    println!("== A payment on the phone, its code with a check digit");
    let rent = Transaction::payment("TX-1", "Anna Müller", "99.50", "EUR")?;
    let call = Context::begin(Channel::Agent)?.for_transaction(&rent);
    let order = CodeOrder::spoken().with_shape(CodeShape::digits_and_check(6)?);
    let mut heard = String::new();
    for (language, wording) in [&english, &german, &indonesian].iter().enumerate() {
        if language > 0 {
            let again = bank.verifier.issue(&bank.maya, &order, &call)?;
            assert!(
                matches!(again, Issued::RateLimited(Lock::Until(_))),
                "too soon"
            );
            bank.clock.advance(Duration::from_secs(30));
        }
        let delivery = bank.sends(&order, &call)?;
        let written = delivery.write(FROM, |to, message| {
            let message = message.for_transaction(&rent)?;
            println!(
                "  SMS to {}: {}",
                to.hint(),
                message.text(wording)?.expose_text()
            );
            println!("  call: {}", message.voice(wording)?.expose_text());
            message.text(wording)
        })?;
        let text = written.transpose()?.expect("a customer has a telephone");
        let digits = digits_of(text.expose_text());
        assert!(heard.is_empty() || heard == digits, "the same code again");
        heard = digits;
    }
    assert!(matches!(
        bank.hears(&swapped(&heard), &call)?,
        Outcome::InvalidCheckDigit
    ));
    println!("  two digits changed places: \"say it again\", and no try is lost");

    let dearer = Transaction::payment("TX-1", "Anna Müller", "999.50", "EUR")?;
    let again = Transaction::payment("TX-2", "Anna Müller", "99.50", "EUR")?;
    for changed in [&dearer, &again] {
        assert!(matches!(
            bank.hears(&heard, &call.for_transaction(changed))?,
            Outcome::Denied
        ));
    }
    println!("  the code for another amount, or for the same payment once more: denied");
    let Outcome::Accepted(evidence) = bank.hears(&heard, &call)? else {
        panic!("the right code for the right payment")
    };
    assert_eq!(evidence.transaction_digest(), Some(rent.digest()));
    assert!(matches!(bank.hears(&heard, &call)?, Outcome::Denied));
    println!("  the code for its payment: accepted, once");

    let told = bank.pays(&dearer, &call)?;
    assert_eq!(told, "not allowed before spoken_code for this transaction");
    println!("  another amount in this call: {told}");
    for expected in [
        "allowed: payment.send",
        "denied: the transaction was carried out before",
    ] {
        let told = bank.pays(&rent, &call)?;
        assert_eq!(told, expected);
        println!("  the payment: {told}");
    }

    println!("== A payment on a page");
    let gift = Transaction::payment("TX-3", "Anna Müller", "20.00", "EUR")?;
    let page = Context::begin(Channel::Web)?.for_transaction(&gift);
    let written = bank
        .sends(&CodeOrder::private(), &page)?
        .write(FROM, |_, message| {
            let message = message.for_transaction(&gift)?.for_page("bank.example")?;
            message.text(&german)
        })?;
    let text = written.transpose()?.expect("sent");
    println!("  {}", text.expose_text().replace('\n', "\n  "));
    let last = text.expose_text().lines().last().unwrap_or_default();
    let code = last.rsplit('#').next().unwrap_or_default().to_owned();
    assert!(last.starts_with("@bank.example #"));
    let told = Context::begin(Channel::Agent)?.for_transaction(&gift);
    assert!(matches!(bank.hears(&code, &told)?, Outcome::Denied));
    assert!(matches!(bank.hears(&code, &page)?, Outcome::Denied));
    println!("  told to somebody on the phone: denied, burnt, and an alarm in the trail");

    println!(
        "== A quarter of an hour later, since calls without evidence get four codes in one: five wrong tries void a code"
    );
    bank.clock.advance(Duration::from_secs(15 * 60));
    let call = Context::begin(Channel::Agent)?.for_transaction(&again);
    let code = bank.sends(&CodeOrder::spoken(), &call)?;
    let code = code.send(|_, code| code.to_owned()).expect("sent");
    for _ in 0..5 {
        assert!(matches!(
            bank.hears(&swapped(&code), &call)?,
            Outcome::Denied
        ));
    }
    assert!(matches!(bank.hears(&code, &call)?, Outcome::Denied));
    println!("  the right code as the sixth try: denied");

    println!("== Back in by e-mail");
    let chat = Context::begin(Channel::Chat)?;
    let order = CodeOrder::recover(Kind::Private, Route::Email);
    let delivery = bank.sends(&order, &chat)?;
    let written = delivery.write(FROM, |_, message| {
        let text = message.email(&indonesian)?;
        println!("  {}", text.expose_text());
        Ok::<_, Error>(digits_of(text.expose_text()))
    })?;
    let code = written.transpose()?.expect("an address is known");
    assert!(
        matches!(bank.hears(&code, &chat)?, Outcome::Denied),
        "it does not log in"
    );
    let attempt = Attempt::IssuedRecoveryCode(Code::typed(&code));
    let Outcome::Locked(Lock::Until(release)) = bank.verifier.check(&bank.maya, &attempt, &chat)?
    else {
        panic!("that was the tenth wrong try")
    };
    println!(
        "  it does not log in, and that was the tenth wrong try: {} minutes of lock",
        (release - bank.clock.now()?).as_secs() / 60
    );
    bank.clock.set(release);
    let later = Context::begin(Channel::Chat)?;
    let Outcome::Accepted(evidence) = bank.verifier.check(&bank.maya, &attempt, &later)? else {
        panic!("the code recovers")
    };
    println!(
        "  then, in another chat, it is evidence of `{}`",
        evidence.factor()
    );
    Ok(())
}

/// Returns the code in a text: the words of digits alone, put together.
fn digits_of(text: &str) -> String {
    let mut longest = String::new();
    let mut run = String::new();
    for word in text.split([' ', ':']) {
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
            run.push_str(word);
        } else {
            run.clear();
        }
        if run.len() > longest.len() {
            longest.clone_from(&run);
        }
    }
    longest
}

/// Swaps the first two different neighbours in a code. If all digits are alike, the first one changes.
fn swapped(code: &str) -> String {
    let mut digits: Vec<char> = code.chars().collect();
    let place = digits.windows(2).position(|pair| pair[0] != pair[1]);
    match place {
        Some(place) => digits.swap(place, place + 1),
        None => digits[0] = if digits[0] == '0' { '1' } else { '0' },
    }
    digits.into_iter().collect()
}
