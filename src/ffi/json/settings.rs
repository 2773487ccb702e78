//! The settings of a verifier.

use core::time::Duration;

use serde::Deserialize;

use super::catalogue::CatalogueForm;
use super::read;
use super::words::NamedFactor;
use crate::account::{Settings, TypicalEnrolment};
use crate::error::Error;
use crate::factor::Factor;
use crate::ffi::failure::Failure;
use crate::field::Keyring;
use crate::hashing::{Cost, HashPool};
use crate::knowledge::WordKey;
use crate::limits::{Limits, Quota, QuotaScope};
use crate::otp::ocra::OcraSuite;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsForm {
    realm: String,
    limits: Option<LimitsForm>,
    hashing: Option<HashingForm>,
    /// In seconds.
    permit_wait: Option<u64>,
    catalogue: Option<CatalogueForm>,
    #[serde(default)]
    memorable_words: bool,
    ocra: Option<OcraForm>,
    #[serde(default)]
    accepts_worse_guess_chance: bool,
    #[serde(default)]
    quotas: QuotasForm,
    typical_enrolment: Option<Vec<ProfileForm>>,
    decoy_limit: Option<u32>,
    #[serde(default)]
    remembered: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum LimitsForm {
    Nist,
    Psd2,
    Pci,
    Own(OwnLimits),
}

/// Waits are in seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnLimits {
    lock_after: u8,
    first_wait: u64,
    longest_wait: u64,
    disable_after: u8,
    per_month: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HashingForm {
    memory_kib: Option<u32>,
    passes: Option<u32>,
    lanes: Option<u32>,
    at_once: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OcraForm {
    login: String,
    signature: String,
    host_login: Option<String>,
    host_signature: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotasForm {
    destination: Option<QuotaForm>,
    block: Option<QuotaForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuotaForm {
    most: u32,
    /// In seconds.
    window: u64,
    alarm: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfileForm {
    share: u8,
    factors: Vec<NamedFactor>,
    /// Each with how many percent have it.
    #[serde(default)]
    sometimes: Vec<(NamedFactor, u8)>,
}

/// The settings of a verifier, and how many records it remembers.
pub(crate) struct VerifierSettings {
    pub(crate) settings: Settings,
    pub(crate) remembered: usize,
}

/// Makes settings of a form and the host's keys.
pub(crate) fn settings(text: &str, keyring: &Keyring) -> Result<VerifierSettings, Failure> {
    let form: SettingsForm = read::plain("settings", text)?;
    let remembered = form.remembered;
    let settings = form.made(keyring)?;
    Ok(VerifierSettings {
        settings,
        remembered,
    })
}

impl SettingsForm {
    fn made(self, keyring: &Keyring) -> Result<Settings, Error> {
        let mut settings = Settings::new(&self.realm, keyring.clone())?;
        if let Some(limits) = self.limits {
            settings = settings.with_limits(limits.made()?);
        }
        if let Some(hashing) = self.hashing {
            settings = settings.with_hash_pool(hashing.made()?);
        }
        if let Some(wait) = self.permit_wait {
            settings = settings.with_permit_wait(Duration::from_secs(wait))?;
        }
        if let Some(catalogue) = self.catalogue {
            settings = settings.with_catalogue(catalogue.made()?);
        }
        if self.memorable_words {
            settings = settings.with_memorable_words(WordKey::new(keyring, &self.realm)?);
        }
        if let Some(ocra) = self.ocra {
            settings = settings.with_ocra(ocra.login.parse()?, ocra.signature.parse()?)?;
            let host = |suite: Option<String>| suite.map(|suite| suite.parse()).transpose();
            let (login, signature): (Option<OcraSuite>, Option<OcraSuite>) =
                (host(ocra.host_login)?, host(ocra.host_signature)?);
            if login.is_some() || signature.is_some() {
                settings = settings.with_mutual_ocra(login, signature)?;
            }
        }
        if self.accepts_worse_guess_chance {
            settings = settings.accepting_worse_guess_chance();
        }
        for (scope, quota) in [
            (QuotaScope::Destination, self.quotas.destination),
            (QuotaScope::Block, self.quotas.block),
        ] {
            if let Some(quota) = quota {
                settings = settings.with_quota(scope, quota.made()?);
            }
        }
        if let Some(limit) = self.decoy_limit {
            settings = settings.with_decoy_limit(limit)?;
        }
        match self.typical_enrolment {
            Some(profiles) => settings.with_typical_enrolment(typical(&profiles)?),
            None => Ok(settings),
        }
    }
}

impl LimitsForm {
    fn made(&self) -> Result<Limits, Error> {
        match self {
            Self::Nist => Ok(Limits::nist()),
            Self::Psd2 => Ok(Limits::psd2()),
            Self::Pci => Ok(Limits::pci()),
            Self::Own(own) => Limits::new(
                own.lock_after,
                Duration::from_secs(own.first_wait),
                Duration::from_secs(own.longest_wait),
                own.disable_after,
                own.per_month,
            ),
        }
    }
}

impl HashingForm {
    fn made(&self) -> Result<HashPool, Error> {
        let usual = Cost::default();
        let cost = Cost::new(
            self.memory_kib.unwrap_or_else(|| usual.memory_kib()),
            self.passes.unwrap_or_else(|| usual.passes()),
            self.lanes.unwrap_or_else(|| usual.lanes()),
        )?;
        HashPool::new(cost, self.at_once)
    }
}

impl QuotaForm {
    fn made(&self) -> Result<Quota, Error> {
        let quota = Quota::new(self.most, Duration::from_secs(self.window))?;
        self.alarm
            .map_or(Ok(quota), |spent| quota.with_alarm(spent))
    }
}

fn typical(profiles: &[ProfileForm]) -> Result<TypicalEnrolment, Error> {
    let mut typical = TypicalEnrolment::new();
    for profile in profiles {
        let factors: Vec<Factor> = profile.factors.iter().map(|named| named.0).collect();
        typical = typical.with_profile(profile.share, &factors)?;
        for (factor, percent) in &profile.sometimes {
            typical = typical.with_sometimes(factor.0, *percent)?;
        }
    }
    Ok(typical)
}
