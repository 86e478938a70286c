//! Reading one's own writes: the answer to a write names what it wrote, and a read that says so again
//! waits for it.
//!
//! `Sync-Token` is a list of aggregates with their versions (RFC 9651), the same in an answer and in a
//! request. `Prefer: wait=…` and `handling=strict` (RFC 7240) say for how long to wait, and that an older
//! answer is of no use. `Sync-Lag` says what an answer does not show yet.

mod lag;
mod token;
mod visit;
mod wanted;

use http::HeaderName;

pub use lag::Lag;
pub use token::{SyncToken, Write};
pub use visit::{behind, hear, keep, remembers};
pub use wanted::{LONGEST, Wanted};

pub(crate) use visit::headers;

/// What was written, in answers and in requests.
pub const SYNC_TOKEN: HeaderName = HeaderName::from_static("sync-token");
/// What an answer does not show yet.
pub const SYNC_LAG: HeaderName = HeaderName::from_static("sync-lag");
