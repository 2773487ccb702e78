//! The words of notices, in one language.

use super::template::{MAX_PHRASE_CHARS, Place, Rules, Template, phrase};
use crate::error::Error;
use crate::factor::Factor;

/// The words of [notices](super::Notice) in one language. Each template begins with a place for the name of the host.
///
/// | place | holds |
/// |---|---|
/// | `{from}` | the name of the host |
/// | `{action}` | what was asked for, such as "remove your authenticator app" |
/// | `{who}` | who asked |
/// | `{lifetime}` | how long it can be stopped, as in "24 hours" |
/// | `{authenticator}` | the authenticator |
/// | `{count}` | the number of tries that are left |
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a language says all of this, or it is not finished"
)]
pub struct NoticePhrases<'a> {
    /// A change waits. It must hold `{who}`, `{action}` and `{lifetime}`. Say how to stop it.
    pub waits: &'a str,
    /// A change was stopped. It must hold `{action}`.
    pub stopped: &'a str,
    /// A change took effect. It must hold `{action}`.
    pub took_effect: &'a str,
    /// The account is suspended.
    pub suspended: &'a str,
    /// The suspension has ended.
    pub resumed: &'a str,
    /// All sessions were ended, and all that waited was stopped.
    pub voided: &'a str,
    /// Few tries are left. It must hold `{count}` and `{authenticator}`.
    pub tries_left: &'a str,
    /// The words for who asked, if no agent handled the request.
    pub customer: &'a str,
    /// The words for who asked, if an agent did.
    pub agent: &'a str,
    /// The action of a removal or a reset. It must hold `{authenticator}`, and so must the next two.
    pub remove: &'a str,
    /// The action of a new authenticator, or one in the place of another.
    pub add: &'a str,
    /// The action that ends locks.
    pub unlock: &'a str,
    /// The action of any other change.
    pub other: &'a str,
    /// The authenticators: app, token, device that answers questions, telephone, e-mail address, list of recovery codes, answers to
    /// questions, memorable word, password, PIN, and any other. They stand as the object of the three actions.
    pub authenticators: [&'a str; 11],
}

impl NoticePhrases<'static> {
    /// The words in English.
    pub const ENGLISH: Self = Self {
        waits: "{from}: {who} asked us to {action}. We will do so in {lifetime}. If this is not your wish, stop it before then: sign in, or call us on the number that you know. Nobody from {from} will ask you to let it happen.",
        stopped: "{from}: the request to {action} was stopped. If you did not stop it, call us on the number that you know.",
        took_effect: "{from}: as announced, we did this: {action}. If this is not your wish, call us at once on the number that you know.",
        suspended: "{from}: your account is suspended. Call us on the number that you know.",
        resumed: "{from}: your account is open again. If you did not ask for this, call us on the number that you know.",
        voided: "{from}: for your safety we signed you out everywhere and stopped all requests that waited. Please sign in again.",
        tries_left: "{from}: somebody tries {authenticator} and fails. Wrong tries left before we block it: {count}. If this is not you, call us on the number that you know.",
        customer: "someone who signed in as you",
        agent: "someone who spoke to our agent",
        remove: "remove {authenticator}",
        add: "add or replace {authenticator}",
        unlock: "unlock {authenticator}",
        other: "change {authenticator}",
        authenticators: [
            "your authenticator app",
            "your token",
            "your signing device",
            "your telephone number",
            "your e-mail address",
            "your recovery codes",
            "the answers to your questions",
            "your memorable word",
            "your password",
            "your PIN",
            "your way to sign in",
        ],
    };

    /// The words in German.
    pub const GERMAN: Self = Self {
        waits: "{from}: Wir wurden gebeten: {action}. Das war {who}. Wir tun es in {lifetime}. Wollen Sie das nicht, halten Sie es vorher auf: Melden Sie sich an oder rufen Sie die Nummer an, die Sie kennen. Niemand von {from} bittet Sie, es zuzulassen.",
        stopped: "{from}: Aufgehalten wurde: {action}. Waren Sie das nicht, rufen Sie die Nummer an, die Sie kennen.",
        took_effect: "{from}: Wie angekündigt erledigt: {action}. Wollten Sie das nicht, rufen Sie sofort die Nummer an, die Sie kennen.",
        suspended: "{from}: Ihr Zugang ist gesperrt. Rufen Sie die Nummer an, die Sie kennen.",
        resumed: "{from}: Ihr Zugang ist wieder offen. Haben Sie nicht darum gebeten, rufen Sie die Nummer an, die Sie kennen.",
        voided: "{from}: Zu Ihrer Sicherheit haben wir Sie überall abgemeldet und alle offenen Anträge aufgehalten. Bitte melden Sie sich neu an.",
        tries_left: "{from}: Jemand versucht es ohne Erfolg mit: {authenticator}. Falsche Versuche bis zur Sperre: {count}. Sind Sie das nicht, rufen Sie die Nummer an, die Sie kennen.",
        customer: "jemand, der als Sie angemeldet war",
        agent: "jemand im Gespräch mit uns",
        remove: "{authenticator} entfernen",
        add: "{authenticator} hinzufügen oder ersetzen",
        unlock: "{authenticator} entsperren",
        other: "{authenticator} ändern",
        authenticators: [
            "Ihre Authenticator-App",
            "Ihren Token",
            "Ihr Signiergerät",
            "Ihre Telefonnummer",
            "Ihre E-Mail-Adresse",
            "Ihre Wiederherstellungscodes",
            "die Antworten auf Ihre Fragen",
            "Ihr Merkwort",
            "Ihr Passwort",
            "Ihre PIN",
            "Ihre Anmeldung",
        ],
    };

    /// The words in Indonesian.
    pub const INDONESIAN: Self = Self {
        waits: "{from}: {who} meminta kami {action}. Kami lakukan dalam {lifetime}. Jika Anda tidak menghendakinya, hentikan sebelum itu: masuk ke akun Anda, atau telepon nomor yang Anda kenal. Tidak ada petugas {from} yang akan meminta Anda membiarkannya.",
        stopped: "{from}: permintaan untuk {action} dihentikan. Jika bukan Anda yang menghentikannya, telepon nomor yang Anda kenal.",
        took_effect: "{from}: sesuai pemberitahuan, kami telah {action}. Jika Anda tidak menghendakinya, segera telepon nomor yang Anda kenal.",
        suspended: "{from}: akun Anda ditangguhkan. Telepon nomor yang Anda kenal.",
        resumed: "{from}: akun Anda dibuka kembali. Jika Anda tidak memintanya, telepon nomor yang Anda kenal.",
        voided: "{from}: demi keamanan Anda, kami mengeluarkan Anda dari semua perangkat dan menghentikan semua permintaan. Silakan masuk lagi.",
        tries_left: "{from}: seseorang mencoba {authenticator} dan gagal. Sisa percobaan salah sebelum diblokir: {count}. Jika itu bukan Anda, telepon nomor yang Anda kenal.",
        customer: "seseorang yang masuk sebagai Anda",
        agent: "seseorang yang berbicara dengan petugas kami",
        remove: "menghapus {authenticator}",
        add: "menambah atau mengganti {authenticator}",
        unlock: "membuka kunci {authenticator}",
        other: "mengubah {authenticator}",
        authenticators: [
            "aplikasi autentikator Anda",
            "token Anda",
            "perangkat tanda tangan Anda",
            "nomor telepon Anda",
            "alamat email Anda",
            "kode pemulihan Anda",
            "jawaban atas pertanyaan Anda",
            "kata rahasia Anda",
            "kata sandi Anda",
            "PIN Anda",
            "cara masuk Anda",
        ],
    };
}

/// The words of notices, read and checked.
#[derive(Clone, Debug)]
pub(super) struct NoticeWording {
    pub(super) waits: Template,
    pub(super) stopped: Template,
    pub(super) took_effect: Template,
    pub(super) suspended: Template,
    pub(super) resumed: Template,
    pub(super) voided: Template,
    pub(super) tries_left: Template,
    /// The customer, and an agent.
    pub(super) who: [String; 2],
    remove: Template,
    add: Template,
    unlock: Template,
    other: Template,
    authenticators: Vec<String>,
}

impl NoticeWording {
    pub(super) fn new(phrases: &NoticePhrases<'_>) -> Result<Self, Error> {
        let name = |text: &&str| phrase("authenticator", text);
        Ok(Self {
            waits: Template::parse(phrases.waits, &WAITS)?,
            stopped: Template::parse(phrases.stopped, &DONE)?,
            took_effect: Template::parse(phrases.took_effect, &DONE)?,
            suspended: Template::parse(phrases.suspended, &PLAIN)?,
            resumed: Template::parse(phrases.resumed, &PLAIN)?,
            voided: Template::parse(phrases.voided, &PLAIN)?,
            tries_left: Template::parse(phrases.tries_left, &TRIES)?,
            who: [
                phrase("customer", phrases.customer)?,
                phrase("agent", phrases.agent)?,
            ],
            remove: Template::parse(phrases.remove, &ACTION)?,
            add: Template::parse(phrases.add, &ACTION)?,
            unlock: Template::parse(phrases.unlock, &ACTION)?,
            other: Template::parse(phrases.other, &ACTION)?,
            authenticators: phrases
                .authenticators
                .iter()
                .map(name)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Returns the name of an authenticator of that factor.
    pub(super) fn authenticator(&self, factor: Factor) -> &str {
        let place = match factor {
            Factor::Totp => 0,
            Factor::Hotp => 1,
            Factor::Ocra => 2,
            Factor::PrivateCode | Factor::SpokenCode => 3,
            Factor::IssuedRecoveryCode => 4,
            Factor::RecoveryCode => 5,
            Factor::Questions => 6,
            Factor::Word => 7,
            Factor::Password => 8,
            Factor::Pin => 9,
            Factor::BindingCode | Factor::External => 10,
        };
        self.authenticators.get(place).map_or("", String::as_str)
    }

    /// Returns what was asked for, in words.
    pub(super) fn action(&self, action: &str, factor: Factor) -> Result<String, Error> {
        let template = match action.rsplit('.').next() {
            Some("remove" | "reset") => &self.remove,
            Some("add") => &self.add,
            Some("unlock") => &self.unlock,
            _ => &self.other,
        };
        let text = template.fill(|_| Some(self.authenticator(factor)), false)?;
        Ok(text.expose_text().to_owned())
    }
}

const PLAIN: Rules = Rules {
    name: "notice",
    needed: &[(Place::From, 1)],
    optional: &[],
    max_chars: 400,
    many_lines: true,
};
const WAITS: Rules = Rules {
    name: "notice of a change that waits",
    needed: &[
        (Place::From, 1),
        (Place::Who, 1),
        (Place::Action, 1),
        (Place::Lifetime, 1),
    ],
    ..PLAIN
};
const DONE: Rules = Rules {
    name: "notice of a change",
    needed: &[(Place::From, 1), (Place::Action, 1)],
    ..PLAIN
};
const TRIES: Rules = Rules {
    name: "notice of tries that are left",
    needed: &[
        (Place::From, 1),
        (Place::Authenticator, 1),
        (Place::Count, 1),
    ],
    ..PLAIN
};
const ACTION: Rules = Rules {
    name: "action of a notice",
    needed: &[(Place::Authenticator, 1)],
    optional: &[],
    max_chars: MAX_PHRASE_CHARS,
    many_lines: false,
};
