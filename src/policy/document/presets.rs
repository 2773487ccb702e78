//! Documents to start from.

/// A document to start from.
///
/// [`Policy::preset`](crate::Policy::preset) reads it as it is. A document of the host's own may extend it by
/// `extends = ".."`, and then states what differs.
///
/// ```
/// use countersign::{Policy, policy::Preset};
/// let own = Policy::from_toml(r#"
///     version = 1
///     extends = "contact_center"
///
///     [action."loyalty.redeem".every_tier]
///     any = [{ all = [{ class = "possession", max_age = 600 }] }]
/// "#)?;
/// assert!(Preset::ContactCenter.text().contains("address.change"));
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Preset {
    /// A contact centre: agents on the phone, a code to the customer's own telephone, an app where there is one.
    ///
    #[doc = include_str!("presets/contact_center.md")]
    ContactCenter,
    /// A payment service under PSD2: two elements of two classes, and codes bound to amount and payee (RTS 4 and 5).
    ///
    #[doc = include_str!("presets/bank_psd2.md")]
    BankPsd2,
    /// A service at AAL2 of SP 800-63B-4.
    ///
    #[doc = include_str!("presets/nist_aal2.md")]
    NistAal2,
    /// A help desk: a reset takes a factor that is left and an approval, or two approvals and a day.
    ///
    #[doc = include_str!("presets/help_desk.md")]
    HelpDesk,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::ContactCenter,
        Self::BankPsd2,
        Self::NistAal2,
        Self::HelpDesk,
    ];

    /// Returns its name after `extends`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ContactCenter => "contact_center",
            Self::BankPsd2 => "bank_psd2",
            Self::NistAal2 => "nist_aal2",
            Self::HelpDesk => "help_desk",
        }
    }

    /// Returns the document in TOML.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::ContactCenter => include_str!("presets/contact_center.toml"),
            Self::BankPsd2 => include_str!("presets/bank_psd2.toml"),
            Self::NistAal2 => include_str!("presets/nist_aal2.toml"),
            Self::HelpDesk => include_str!("presets/help_desk.toml"),
        }
    }
}
