//! A question that is asked of a customer's device.

use core::fmt;

use crate::otp::ocra::OcraQuestion;
use crate::secret::SecretText;
use crate::time::Timestamp;

/// What the host says. For an unknown subject, or one without a device, it looks the same, and no answer to it is right.
///
/// ```
/// fn read_out(dialog: &countersign::account::Dialog) -> String {
///     match dialog.answer() {
///         Some(answer) => format!("our answer is {}, our question {}", answer.expose_text(), dialog.question().as_str()),
///         None => format!("our question is {}", dialog.question().as_str()),
///     }
/// }
/// ```
pub struct Dialog {
    answer: Option<SecretText>,
    question: OcraQuestion,
    expires: Timestamp,
}

impl Dialog {
    pub(super) const fn new(
        answer: Option<SecretText>,
        question: OcraQuestion,
        expires: Timestamp,
    ) -> Self {
        Self {
            answer,
            question,
            expires,
        }
    }

    /// The host's answer to the question of the customer's app, which shows whether it is right.
    ///
    /// ```
    /// fn shows_who_we_are(dialog: &countersign::account::Dialog) -> bool { dialog.answer().is_some() }
    /// ```
    #[must_use]
    pub const fn answer(&self) -> Option<&SecretText> {
        self.answer.as_ref()
    }

    /// The host's question.
    ///
    /// ```
    /// fn said(dialog: &countersign::account::Dialog) -> &str { dialog.question().as_str() }
    /// ```
    #[must_use]
    pub const fn question(&self) -> &OcraQuestion {
        &self.question
    }

    /// Until when it waits for a response.
    ///
    /// ```
    /// fn until(dialog: &countersign::account::Dialog) -> u64 { dialog.expires().unix() }
    /// ```
    #[must_use]
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }
}

impl fmt::Debug for Dialog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dialog({})", self.question.as_str())
    }
}
