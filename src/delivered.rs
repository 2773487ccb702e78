//! Codes that the host sends: out-of-band authenticators (SP 800-63B-4 3.1.3), and recovery codes on their way (4.2.1.2).
//!
//! Two kinds, and the difference matters. A *private* code is typed into the customer's own device and is never to be
//! told to anyone. A *spoken* code is made to be read to an agent or keyed in on a phone; it shows that somebody who can
//! read this phone told the code to this call, and it can be relayed by a fraudster who has the victim on another line.
//!
//! An [`CodeOrder`] orders a code of a kind, for one [`Purpose`], by one [`Route`]; what may not be ordered, such as an e-mail
//! that authenticates, has no constructor. A [`Message`] says in a host's [`Wording`] what the code is for. The account
//! keeps codes and counts them; [`DeliveredCode`] is one without an account.

mod block;
mod code;
mod counted;
mod delivery;
mod destination;
mod message;
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
pub use order::{CodeOrder, Kind, Purpose};
pub(crate) use places::make_place;
pub use sms::SmsParts;
pub use wording::{Phrases, Wording};
