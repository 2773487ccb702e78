//! A warning to a customer, on the way to one address.

use core::fmt;

use crate::delivered::{Destination, Notice, Wording};
use crate::error::Error;

/// A message about an account, to one confirmed address of its customer. Send it as you send codes.
///
/// It holds no code and no secret. Never write it to the audit trail, since it names an address.
#[derive(Clone, PartialEq, Eq)]
pub struct Warning {
    pub(super) to: Destination,
    pub(super) notice: Notice,
}

impl Warning {
    /// Returns where it goes: to a telephone as a text message, or to an e-mail address.
    #[must_use]
    pub const fn to(&self) -> &Destination {
        &self.to
    }

    /// Returns what it says.
    #[must_use]
    pub const fn notice(&self) -> Notice {
        self.notice
    }

    /// Writes the message. `from` is the host's name as customers know it.
    ///
    /// # Errors
    /// Misuse, if `from` is not a phrase of 1 to 100 characters on one line. Misuse, if the message would be cut into more than ten
    /// text messages.
    pub fn text(&self, from: &str, wording: &Wording) -> Result<String, Error> {
        self.notice.text(from, wording)
    }
}

impl fmt::Debug for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Warning({}, {:?})", self.to.hint(), self.notice)
    }
}
