#![doc = include_str!("../README.md")]
// docs.rs has a compiler that can say which feature an item needs; others ignore this line.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test fails by panicking"
    )
)]

mod account;
mod canonical;
mod code;
mod compare;
mod context;
mod delivered;
mod error;
mod event;
mod evidence;
mod factor;
pub mod field;
mod gate;
mod grant;
mod knowledge;
pub mod mask;
mod otp;
mod password;
mod policy;
mod quota;
mod random;
mod recovery;
mod secret;
pub mod store;
mod stretch;
mod subject;
mod throttle;
mod time;
mod transition;
mod verifier;

#[doc = include_str!("manual.md")]
pub mod manual {}

// The account, and what drives it over a store.
pub use account::{
    Account, Attempt, Challenge, Challenged, Change, Changed, Delivery, Dialog, EnrolmentProfile,
    Issued, OcraDevice, OcraKind, Outcome, RecoverySheet, Redemption, Reserved, Sealed, Settings,
    Step, Told, TypicalEnrolment, Worked,
};
pub use event::{Audit, Event, Happened, IssueBudget, NoAudit, Reason, RedeemRefusal};
pub use transition::{Committed, RowsError, Saved, Transition};
pub use verifier::Verifier;

// Who, when, where, and what for.
pub use context::{Binding, Channel, Context, Interaction, Transaction};
pub use error::Error;
pub use secret::{SecretBytes, SecretText};
pub use subject::Subject;
pub use time::{CLOCK_SKEW, Lifetime, Timestamp};

// What was shown, and what it allows.
pub use evidence::{Attestation, Attester, Evidence, Lock, Standing};
pub use factor::{Class, Factor, Strength};
pub use grant::{Agent, Approval, Authority, Grant, Obligation, Obligations, Redeemed};
pub use policy::{
    Aal, Answer, Ask, CallerId, Claims, Decision, Denial, Deployment, Difference, Differences,
    Example, Explanation, Fault, Finding, Flaw, Flaws, Ignored, Lack, Policy, Preset, Refusal,
    Request, Showing, Signals, StepUpChallenge, TierReason, Tried, Way,
};

// What the customer has: apps, tokens, messages, lists.
pub use code::{Alphabet, Code, CodeShape};
pub use delivered::{
    CountForms, DeliveredCode, DeliveredState, DeliveredVerdict, Destination, Issue, Kind, Message,
    NumberFormat, Phrases, PluralCategory, Purpose, Route, SmsEncoding, SmsParts, Wording,
};
pub use otp::{Algorithm, Hotp, HotpState, HotpVerdict, KeyUri, Otp, Totp, TotpState, TotpVerdict};
pub use otp::{
    MutualChallenge, MutualClient, MutualOpening, MutualServer, MutualState, MutualVerdict, Ocra,
    OcraChallenge, OcraQuestion, OcraQuestionFormat, OcraResponse, OcraState, OcraSuite, OcraTask,
    OcraVerdict,
};
pub use recovery::{RecoveryCodes, RecoverySet, RecoveryVerdict};

// What the customer knows.
pub use canonical::{DateOrder, Form};
pub use knowledge::{
    AnswerKind, Answers, AnswersVerdict, Catalogue, Guessable, Letters, Prompt, Prompts, Question,
    QuestionId, Verifiers, Word, WordKey, WordPrompt, WordState, WordVerdict,
};
pub use password::{
    AcceptedPassword, AcceptedPin, Password, PasswordRules, PasswordVerdict, PasswordVerifier, Pin,
    PinRules, PinVerifier, Unfit,
};

// How often, and at what cost.
pub use compare::ct_eq;
pub use quota::{IssueLimits, Quota, QuotaState, Spend};
pub use stretch::{Cost, Permit, Stretch};
pub use throttle::{GuessChance, Limits};
