//! A code on its way, a question for a device, and a list of recovery codes.

use serde::Serialize;
use zeroize::Zeroizing;

use super::order::OrderedMessage;
use super::words;
use super::write::{self, Hex};
use crate::account::Dialog;
use crate::delivered::{Delivery, Message, Route, SmsParts, Wording};
use crate::error::Error;
use crate::ffi::failure::Failure;
use crate::ffi::text::Text;
use crate::recovery::RecoveryCodeList;
use crate::secret::SecretText;

#[derive(Serialize)]
struct DeliveryForm<'a> {
    hint: &'a str,
    expires: u64,
    /// In seconds.
    lifetime: u64,
    kind: &'static str,
    purpose: &'static str,
    route: &'static str,
    transaction_digest: Option<Hex<'a>>,
    /// Nothing, if there is nothing to send.
    parcel: Option<ParcelForm<'a>>,
}

#[derive(Serialize)]
struct ParcelForm<'a> {
    to: &'a str,
    code: Option<&'a str>,
    message: Option<&'a str>,
    sms_parts: Option<usize>,
}

/// Where a code goes, and the code or the message that carries it.
struct Parcel {
    to: Zeroizing<String>,
    code: Option<Zeroizing<String>>,
    message: Option<SecretText>,
}

/// Writes a delivery. With a message, the code stands in the message alone.
pub(crate) fn delivery(
    delivery: Delivery,
    message: Option<&OrderedMessage>,
    wording: &Wording,
) -> Result<Text, Failure> {
    let hint = delivery.hint().to_owned();
    let digest = delivery.transaction_digest();
    let route = delivery.route();
    let (expires, lifetime) = (delivery.expires(), delivery.lifetime());
    let (kind, purpose) = (delivery.kind(), delivery.purpose());
    let parcel = match message {
        Some(ordered) => written(delivery, ordered, route, wording)?,
        None => delivery.send(|to, code| Parcel {
            to: Zeroizing::new(to.address().to_owned()),
            code: Some(Zeroizing::new(code.to_owned())),
            message: None,
        }),
    };
    let parcel = parcel.as_ref().map(|parcel| {
        let message = parcel.message.as_ref().map(SecretText::expose_text);
        let is_sms = route == Route::Sms;
        ParcelForm {
            to: &parcel.to,
            code: parcel.code.as_ref().map(|code| code.as_str()),
            message,
            sms_parts: message
                .filter(|_| is_sms)
                .map(|text| SmsParts::of(text).count()),
        }
    });
    write::text(&DeliveryForm {
        hint: &hint,
        expires: expires.unix(),
        lifetime: lifetime.as_secs(),
        kind: words::kind(kind),
        purpose: words::purpose(purpose),
        route: words::route(route),
        transaction_digest: digest.as_ref().map(|digest| Hex(digest.as_bytes())),
        parcel,
    })
}

fn written(
    delivery: Delivery,
    ordered: &OrderedMessage,
    route: Route,
    wording: &Wording,
) -> Result<Option<Parcel>, Error> {
    let carried = delivery.write(&ordered.from, |to, message| {
        Ok::<_, Error>(Parcel {
            to: Zeroizing::new(to.address().to_owned()),
            code: None,
            message: Some(text(message, ordered, route, wording)?),
        })
    })?;
    carried.transpose()
}

fn text<'m>(
    mut message: Message<'m>,
    ordered: &'m OrderedMessage,
    route: Route,
    wording: &Wording,
) -> Result<SecretText, Error> {
    if let Some(action) = &ordered.action {
        message = message.for_action(action)?;
    }
    if let Some(transaction) = &ordered.transaction {
        message = message.for_transaction(transaction)?;
    }
    if let Some(page) = &ordered.page {
        message = message.for_page(page)?;
    }
    match route {
        Route::Sms => message.text(wording),
        Route::Voice => message.voice(wording),
        Route::Email | Route::Post | Route::Screen => message.email(wording),
    }
}

#[derive(Serialize)]
struct DialogForm<'a> {
    question: &'a str,
    /// The answer to the device's question, if it asked.
    answer: Option<&'a str>,
    expires: u64,
}

/// Writes a question for a customer's device.
pub(crate) fn dialog(dialog: &Dialog) -> Result<Text, Failure> {
    write::text(&DialogForm {
        question: dialog.question().as_str(),
        answer: dialog.answer().map(SecretText::expose_text),
        expires: dialog.expires().unix(),
    })
}

#[derive(Serialize)]
struct RecoveryForm<'a> {
    codes: Vec<&'a str>,
    created: u64,
    /// Nothing, if it counts at once.
    counts_from: Option<u64>,
}

/// Writes a list of recovery codes.
pub(crate) fn recovery_codes(list: &RecoveryCodeList) -> Result<Text, Failure> {
    write::text(&RecoveryForm {
        codes: list.codes().iter().map(SecretText::expose_text).collect(),
        created: list.created().unix(),
        counts_from: list.counts_from().map(|from| from.unix()),
    })
}
