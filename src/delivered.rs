//! Codes that the host sends: out-of-band authenticators (SP 800-63B-4 3.1.3), and recovery codes on their way (4.2.1.2).
//!
//! There are two kinds of code, and the difference matters. The customer types a *private* code into a device of their own,
//! and tells it to nobody. The customer reads a *spoken* code to an agent, or keys it in on a phone. It shows that somebody
//! who can read this phone gave the code to this call. A fraudster who talks to the victim on another line can relay it.
//!
//! A [`CodeOrder`] orders a code of a kind, for one [`Purpose`], by one [`Route`]. Orders that must not exist have no
//! constructor: no e-mail authenticates. A [`Message`] says in a host's [`Wording`] what the code is for. The account keeps
//! and counts codes. [`DeliveredCode`] is the block for a host without an account.

mod block;
mod code;
mod counted;
mod delivery;
mod destination;
mod message;
mod notice;
mod notice_phrases;
mod order;
mod places;
mod sms;
mod template;
mod web_otp;
mod wording;

pub use block::{DeliveredCode, DeliveredState};
pub(crate) use code::{CodeContext, Judged, OpenCode};
pub use delivery::{Delivery, Issued};
pub use destination::{Destination, Route};
pub use message::Message;
pub use notice::Notice;
pub use notice_phrases::NoticePhrases;
pub use order::{CodeOrder, Kind, Purpose};
pub(crate) use places::make_place;
pub use sms::SmsParts;
pub use wording::{Phrases, Wording};
