//! Codes from apps and tokens: published values, key URIs, and agreement with other implementations.

mod drift;
mod hotp;
mod key_uri;
mod liboath;
mod oathtool;
mod ocra;
mod pyotp;
mod qr;
mod totp;
