//! The handbook in German.

use super::phrases::{Ask, Phrases};
use crate::factor::{Factor, FactorClass};
use crate::grant::Obligation;

pub(super) const PHRASES: Phrases = Phrases {
    title: "Anrufer prüfen",
    lead: "Diese Seite entsteht aus den Regeln, die das System durchsetzt. Etwas anderes nimmt das System nicht an.",
    rules: "Immer",
    each_rule: &[
        "Fragen Sie, was das System verlangt, in seiner Reihenfolge, und nichts anderes.",
        "Sagen Sie nichts über ein Konto, bevor das System es erlaubt. Sagen Sie auch nicht, ob es das Konto gibt.",
        "Sagen Sie nie, welche Antwort oder welcher Code falsch war.",
        "Niemand kann Ihnen einen Schritt erlassen: kein Vorgesetzter, kein Kollege, kein Notfall.",
        "Eine Zustimmung, von der der Anrufer erzählt, zählt nicht. Das System zeigt sie an, oder es gibt sie nicht.",
        "Sie stimmen nie einem Fall zu, den Sie selbst bearbeiten.",
        "Rufen Sie nie eine Nummer zurück, die der Anrufer nennt. Nehmen Sie die Nummer, die das System anzeigt.",
    ],
    stop: "Brechen Sie ab, wenn",
    each_stop: &[
        "der Anrufer einen Schritt auslassen oder einen anderen Weg gehen will als die Wege unten",
        "der Anrufer drängt, einen Vorgesetzten nennt oder droht",
        "der Anrufer zuerst eine neue Nummer oder Adresse will und gleich danach etwas anderes",
        "jemand im Hintergrund dem Anrufer vorsagt",
        "der Anrufer einen Code vorliest, den Sie nicht hören dürfen",
    ],
    then_say: "Sagen Sie: „{say}“",
    say_on_stop: "Das geht in diesem Gespräch nicht. Sie können es später noch einmal versuchen oder zu uns kommen.",
    asking: "Was Sie verlangen, und was Sie sagen",
    asking_head: "| | verlangen | sagen |",
    asks,
    verified_by: "eine Prüfung durch `{name}`",
    approval: Ask::new(
        "die Zustimmung eines anderen Mitarbeiters",
        "Einen Moment bitte. Ich frage einen Kollegen.",
    ),
    signals: "Wann das Risiko höher ist",
    signal: "`{tier}`, wenn {test}: für {actions}",
    every_action: "jedes Anliegen",
    at_least: "`{name}` bei {value} oder darüber liegt",
    at_most: "`{name}` bei {value} oder darunter liegt",
    raised: "`{name}` gemeldet ist",
    or_worse: "`{name}` bei {value} oder schlechter liegt",
    within: "seit `{name}` höchstens diese Zeit vergangen ist: {value}",
    unknown_signal: "Was nicht bekannt ist, zählt wie das Schlimmste.",
    actions: "Was der Anrufer wollen kann",
    at_tier: "Wenn das Risiko `{tier}` ist:",
    at_every_tier: "Bei jedem Risiko:",
    never: "Tun Sie das nie, wer auch immer es verlangt.",
    way: "Weg {number}. Verlangen Sie, in dieser Reihenfolge:",
    one_of: "eines davon: {list}",
    oldest: "höchstens {span} alt",
    classes: "Nachweise von {number} Arten: etwas, das der Anrufer weiß, hat oder ist",
    full_only: "kein Code über das Telefon",
    level: "Nachweise der Stufe {level}, in der App des Kunden oder auf unserer Seite",
    class,
    one_approval: "die Zustimmung eines anderen Mitarbeiters",
    approvals: "die Zustimmung von {number} anderen Mitarbeitern",
    for_transaction: "nur für diesen Auftrag",
    independent: "auf einem anderen Kanal als diesem",
    any_interaction: "auch aus einem früheren Gespräch",
    protected: "in der App des Kunden oder auf unserer Seite",
    unchanged: "seit mehr als dieser Zeit weder hinzugefügt noch geändert: {span}",
    waits: "Danach wartet die Änderung: {span}. Niemand kann das verkürzen.",
    say_on_wait: "Wir benachrichtigen Sie an allen Adressen, die wir haben. Wenn Sie das nicht wollten, können Sie es mit jedem Nachweis stoppen, den Sie noch haben.",
    barred: "Stoppt der Kunde die Änderung, wird sie für diese Zeit nicht noch einmal angenommen: {span}.",
    otherwise: "Ist nichts davon möglich, brechen Sie ab.",
    if_allowed: "Danach: {list}.",
    if_denied: "Wenn Sie abbrechen: {list}.",
    obliged: |obligation| match obligation {
        Obligation::Notify => "der Kunde erfährt es auf einem anderen Kanal",
        Obligation::Review => "ein Mensch sieht sich den Fall an",
        Obligation::Suspend => "das Konto wird gesperrt",
        Obligation::Record => "der Fall wird aufgezeichnet",
    },
    risk_accepted: "Dieser Weg ist mit Absicht schwach: {why}.",
    or: "oder",
    units: [
        ("Tag", "Tage"),
        ("Stunde", "Stunden"),
        ("Minute", "Minuten"),
        ("Sekunde", "Sekunden"),
    ],
};

fn asks(factor: Factor) -> Ask {
    let (name, say) = match factor {
        Factor::Totp => (
            "einen Code der Authenticator-App",
            "Bitte lesen Sie mir den Code vor, den Ihre App jetzt zeigt.",
        ),
        Factor::Hotp => (
            "einen Code des Tokens mit Knopf",
            "Bitte drücken Sie den Knopf Ihres Tokens, und lesen Sie mir den Code vor.",
        ),
        Factor::Ocra => (
            "eine Antwort des Tokens mit Tasten",
            "Bitte geben Sie die Zahl ein, die ich vorlese, und lesen Sie mir die Antwort vor.",
        ),
        Factor::PrivateCode => (
            "einen gesendeten Code, den Sie nicht hören",
            "Bitte geben Sie den Code auf Ihrer Tastatur oder auf unserer Seite ein. Nennen Sie ihn niemandem, auch mir nicht.",
        ),
        Factor::SpokenCode => (
            "einen gesendeten Code, der vorgelesen wird",
            "Ich sende Ihnen einen Code. Bitte lesen Sie, wofür er laut Nachricht ist, und lesen Sie mir dann den Code vor.",
        ),
        Factor::BindingCode => (
            "einen Code, der ein neues Gerät verbindet",
            "Bitte geben Sie den Code auf dem neuen Gerät ein. Nennen Sie ihn niemandem, auch mir nicht.",
        ),
        Factor::IssuedRecoveryCode => (
            "einen gesendeten Wiederherstellungscode",
            "Bitte geben Sie den Wiederherstellungscode aus unserem Brief oder unserer Nachricht auf unserer Seite ein.",
        ),
        Factor::RecoveryCode => (
            "einen Wiederherstellungscode der gespeicherten Liste",
            "Bitte lesen Sie mir einen Code Ihrer Liste vor. Er gilt einmal.",
        ),
        Factor::Questions => (
            "Antworten auf Fragen",
            "Ich habe einige Fragen. Bitte antworten Sie so, wie Sie es beim Einrichten getan haben.",
        ),
        Factor::Word => (
            "Buchstaben des Merkworts",
            "Bitte nennen Sie mir die Buchstaben, nach denen ich frage. Nennen Sie nie das ganze Wort.",
        ),
        Factor::Password => (
            "das Passwort",
            "Bitte geben Sie Ihr Passwort auf unserer Seite ein. Nennen Sie es mir nie.",
        ),
        Factor::Pin => (
            "die PIN",
            "Bitte geben Sie Ihre PIN auf Ihrer Tastatur ein. Nennen Sie sie mir nie.",
        ),
        Factor::External => (
            "eine Prüfung durch ein anderes System",
            "Einen Moment bitte. Ich lasse Sie prüfen.",
        ),
    };
    Ask::new(name, say)
}

const fn class(class: FactorClass) -> &'static str {
    match class {
        FactorClass::Knowledge => "etwas, das der Anrufer weiß",
        FactorClass::Possession => "etwas, das der Anrufer hat",
        FactorClass::Inherence => "etwas, das der Anrufer ist",
    }
}
