//! The words of the forms, for values that have a name in Rust.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::context::Channel;
use crate::delivered::{Kind, Purpose, Route};
use crate::factor::{Factor, FactorClass, Strength};

/// A factor by its name in a policy.
pub(crate) struct NamedFactor(pub(crate) Factor);

impl<'de> Deserialize<'de> for NamedFactor {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let name = String::deserialize(from)?;
        name.parse().map(Self).map_err(D::Error::custom)
    }
}

pub(crate) const fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Agent => "agent",
        Channel::Keypad => "keypad",
        Channel::Chat => "chat",
        Channel::Device => "device",
        Channel::Counter => "counter",
        Channel::Web => "web",
    }
}

pub(crate) const fn class(class: FactorClass) -> &'static str {
    match class {
        FactorClass::Knowledge => "knowledge",
        FactorClass::Possession => "possession",
        FactorClass::Inherence => "inherence",
    }
}

pub(crate) const fn strength(strength: Strength) -> &'static str {
    match strength {
        Strength::Weak => "weak",
        Strength::Restricted => "restricted",
        Strength::Full => "full",
    }
}

pub(crate) const fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Private => "private",
        Kind::Spoken => "spoken",
    }
}

pub(crate) const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Authenticate => "authenticate",
        Purpose::Recover => "recover",
        Purpose::ConfirmAddress => "confirm_address",
        Purpose::BindAuthenticator => "bind_authenticator",
    }
}

pub(crate) const fn route(route: Route) -> &'static str {
    match route {
        Route::Sms => "sms",
        Route::Voice => "voice",
        Route::Email => "email",
        Route::Post => "post",
        Route::Screen => "screen",
    }
}
