//! HTTP for every service: extractors that name what is wrong, the signed-in caller, idempotency, tokens between services.

pub mod browser;
mod caller;
mod check;
pub mod client;
pub mod cookies;
mod error;
mod extract;
pub mod idempotency;
mod page;
pub mod service_token;
pub mod sync;
mod token;
mod version;
pub mod webhook;

pub use caller::{Caller, MaybeCaller, Role, Seller, SignedIn, Staff, same_site};
pub use check::Check;
pub use error::RequestError;
pub use extract::{Json, Path, Query};
pub use idempotency::IdempotencyKey;
pub use page::{Page, PageQuery};
pub use problem::Problem;
pub use token::{AccessClaims, PublicKey, SigningKey, TokenError, Verifier};
pub use version::{IfMatch, etag};
