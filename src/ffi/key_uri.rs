//! Key URIs: how an app or a token gets its secret, as a text and as a QR code.

use core::ffi::c_char;

use super::border::{make, of};
use super::failure::Failure;
use super::handle::Object;
use super::input::text;
use super::last_error::countersign_error;
use super::output::{Buffer, Place};
use super::result::countersign_result;
use crate::error::Error;
use crate::otp::KeyUri;
use crate::secret::SecretText;

/// A key URI, written or read: a secret with its settings, the issuer and the account.
pub struct countersign_key_uri {
    _private: (),
}

impl Object for KeyUri {
    type Tag = countersign_key_uri;
    const KIND: u64 = 0xc5e1_9a07_4d21_0012;
    const NAME: &str = "uri";
}

/// The URI is of an app, whose codes follow from the time.
pub const COUNTERSIGN_KEY_URI_TOTP: i32 = 1;
/// The URI is of a token, whose codes follow from a counter.
pub const COUNTERSIGN_KEY_URI_HOTP: i32 = 2;

/// Reads a key URI again, for a call of Rust that takes it.
pub(super) fn again(uri: &KeyUri) -> Result<KeyUri, Error> {
    if uri.key().has_short_secret() {
        KeyUri::import_short(uri.expose_text())
    } else {
        KeyUri::parse(uri.expose_text())
    }
}

/// Reads a key URI, `otpauth://..`. Its secret holds 16 to 128 bytes. A URI of Steam is refused.
///
/// # Safety
/// `error` is null or a handle that lives. `uri` is null or leads to so many bytes. `to` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_key_uri_parse(
    error: *const countersign_error,
    uri: *const c_char,
    uri_length: usize,
    to: *mut *mut countersign_key_uri,
) -> countersign_result {
    // SAFETY: as of this function.
    let made = || Ok(KeyUri::parse(unsafe { text("uri", uri, uri_length)? })?);
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Reads the key URI of a customer who was enrolled elsewhere, with a secret of 10 to 15 bytes. Give them a fresh one soon.
///
/// # Safety
/// As `countersign_key_uri_parse`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_key_uri_import_short(
    error: *const countersign_error,
    uri: *const c_char,
    uri_length: usize,
    to: *mut *mut countersign_key_uri,
) -> countersign_result {
    // SAFETY: as of this function.
    let made = || {
        Ok(KeyUri::import_short(unsafe {
            text("uri", uri, uri_length)?
        })?)
    };
    // SAFETY: as of this function.
    unsafe { make(error, to, made) }
}

/// Writes the text of the URI. It holds the secret: show it once, over a protected channel, and keep it sealed or not at all.
///
/// # Safety
/// `uri` is null or a handle that lives. `text` and `text_length` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_key_uri_text(
    uri: *const countersign_key_uri,
    text: *mut c_char,
    text_length: *mut usize,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe {
        write(uri, text, text_length, |uri, to| {
            to.write_text(uri.expose_text(), &[])
        })
    }
}

/// Writes the issuer. It is empty if the URI has none.
///
/// # Safety
/// As `countersign_key_uri_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_key_uri_issuer(
    uri: *const countersign_key_uri,
    text: *mut c_char,
    text_length: *mut usize,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe {
        write(uri, text, text_length, |uri, to| {
            to.write_text(uri.issuer().unwrap_or_default(), &[])
        })
    }
}

/// Writes the account.
///
/// # Safety
/// As `countersign_key_uri_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_key_uri_account(
    uri: *const countersign_key_uri,
    text: *mut c_char,
    text_length: *mut usize,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe {
        write(uri, text, text_length, |uri, to| {
            to.write_text(uri.account(), &[])
        })
    }
}

/// Draws the URI as a QR code for a terminal, in half blocks. Needs the feature `qr`.
///
/// # Safety
/// As `countersign_key_uri_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_key_uri_qr_text(
    uri: *const countersign_key_uri,
    text: *mut c_char,
    text_length: *mut usize,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe {
        write(uri, text, text_length, |uri, to| {
            to.write_text(drawn(uri, Picture::Text)?.expose_text(), &[])
        })
    }
}

/// Draws the URI as a QR code for a page, in SVG. Needs the feature `qr`.
///
/// # Safety
/// As `countersign_key_uri_text`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_key_uri_qr_svg(
    uri: *const countersign_key_uri,
    text: *mut c_char,
    text_length: *mut usize,
) -> countersign_result {
    // SAFETY: as of this function.
    unsafe {
        write(uri, text, text_length, |uri, to| {
            to.write_text(drawn(uri, Picture::Svg)?.expose_text(), &[])
        })
    }
}

/// Writes whether the URI is of an app or of a token: `COUNTERSIGN_KEY_URI_..`.
///
/// # Safety
/// `uri` is null or a handle that lives. `kind` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_key_uri_kind(
    uri: *const countersign_key_uri,
    kind: *mut i32,
) -> countersign_result {
    let body = |uri: &KeyUri| {
        // SAFETY: as of this function.
        let kind = unsafe { Place::new(kind, "kind")? };
        kind.write(if uri.is_totp() {
            COUNTERSIGN_KEY_URI_TOTP
        } else {
            COUNTERSIGN_KEY_URI_HOTP
        });
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(uri, body) }
}

/// Writes 1 if the secret came in by `countersign_key_uri_import_short`, else 0.
///
/// # Safety
/// `uri` is null or a handle that lives. `short_secret` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn countersign_key_uri_has_short_secret(
    uri: *const countersign_key_uri,
    short_secret: *mut i32,
) -> countersign_result {
    let body = |uri: &KeyUri| {
        // SAFETY: as of this function.
        let short_secret = unsafe { Place::new(short_secret, "short_secret")? };
        short_secret.write(i32::from(uri.key().has_short_secret()));
        Ok(())
    };
    // SAFETY: as of this function.
    unsafe { of(uri, body) }
}

enum Picture {
    Text,
    Svg,
}

#[cfg(feature = "qr")]
fn drawn(uri: &KeyUri, picture: Picture) -> Result<SecretText, Failure> {
    Ok(match picture {
        Picture::Text => uri.qr_text()?,
        Picture::Svg => uri.qr_svg()?,
    })
}

#[cfg(not(feature = "qr"))]
fn drawn(_: &KeyUri, _: Picture) -> Result<SecretText, Failure> {
    Err(Failure::not_built("qr"))
}

/// Writes one text of the URI.
///
/// # Safety
/// As `countersign_key_uri_text`.
unsafe fn write(
    uri: *const countersign_key_uri,
    text: *mut c_char,
    text_length: *mut usize,
    fill: impl FnOnce(&KeyUri, Buffer) -> Result<(), Failure>,
) -> countersign_result {
    // SAFETY: as of this function.
    let body = |uri: &KeyUri| fill(uri, unsafe { Buffer::text("text", text, text_length)? });
    // SAFETY: as of this function.
    unsafe { of(uri, body) }
}
