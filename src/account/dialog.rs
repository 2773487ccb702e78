//! A question that is asked of a customer's device.

use core::fmt;

use crate::otp::ocra::OcraQuestion;
use crate::secret::SecretText;
use crate::time::Timestamp;

/// The question to ask a customer's device, and the answer to its own. It looks the same for an unknown subject and for one
/// without a device. No response to it is right then.
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

    /// Returns the answer to the question of the customer's app, which shows whether it is right.
    #[must_use]
    pub const fn answer(&self) -> Option<&SecretText> {
        self.answer.as_ref()
    }

    /// Returns the question to ask.
    #[must_use]
    pub const fn question(&self) -> &OcraQuestion {
        &self.question
    }

    /// Returns until when the question waits for a response.
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
