//! Stand-ins for the outside world: card processor, carrier and mail server, each a process of its own.
//!
//! They share no database and no memory with the fleet, and remember across restarts in a
//! [journal](journal::Journal). Read `payments`, `carrier` and `mail`, which do not know of each other.

pub mod carrier;
mod deliver;
mod error;
pub mod journal;
pub mod mail;
mod page;
pub mod payments;
mod serve;
mod signature;

pub use carrier::{Settings as CarrierSettings, carrier};
pub use error::Error;
pub use mail::{Settings as MailSettings, mail};
pub use payments::{Settings as PaymentsSettings, payments};
