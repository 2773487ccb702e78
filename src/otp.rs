//! Codes from an app or a token. They come from a shared secret and the time (RFC 6238), a counter (RFC 4226) or a
//! question (RFC 6287), and each is accepted once.
//!
//! [`Totp`] is the secret of an app with its settings. It is made for a new customer, or read from the [`KeyUri`] of
//! another system. Store a [`TotpState`] after each accepted code, so that no code is accepted again. [`Hotp`] is the
//! secret of a token; store the counter of its next code. Both are made from an [`OtpKey`] if the secret or its
//! settings come from elsewhere.
//!
//! [`Ocra`](ocra::Ocra) answers questions or signs. [`MutualServer`](ocra::MutualServer) and
//! [`MutualClient`](ocra::MutualClient) do so in both directions, so that a customer's app can check the host.
//!
//! These blocks do not count wrong codes. The account does.
//!
//! ```
//! use countersign::otp::{Totp, TotpState};
//! use countersign::{Code, Timestamp, transition::{CommitResult, Saved, Verdict}};
//!
//! // Once, at enrolment: the URI is shown as a QR code, and kept sealed.
//! let totp = Totp::generate()?;
//! let uri = totp.key_uri("Example Bank", "anna@example.com")?;
//!
//! // At each login: check, store, and only then know.
//! let mut stored = TotpState::default();
//! let now = Timestamp::now()?;
//! let shown_by_the_app = totp.code_at(now);
//! let code = Code::typed(shown_by_the_app.expose_text());
//! let step = totp.check(&stored, &code, now);
//! let told = step.commit(|next| { stored = next.clone(); Saved::<()>::Stored });
//! assert!(matches!(told, Ok(CommitResult::Stored(Verdict::Accepted))));
//! # Ok::<(), countersign::Error>(())
//! ```

mod base32;
mod hash;
mod hmac;
mod hotp;
mod key;
mod key_uri;
pub mod ocra;
#[cfg(feature = "qr")]
mod qr;
mod totp;

pub use hmac::Algorithm;
pub use hotp::Hotp;
pub use key::OtpKey;
pub use key_uri::KeyUri;
pub use totp::{Totp, TotpState};
