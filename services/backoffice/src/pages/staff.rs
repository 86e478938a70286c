//! The guard of every page: somebody who runs the shop, on a page of this site.

use axum::extract::FromRequestParts;
use http::request::Parts;
use web::{Caller, MaybeCaller};

use crate::error::Error;

/// An extractor: the caller runs the shop; others are sent to the sign-in page or told so.
pub(crate) struct StaffPage(pub(crate) Caller);

impl<S: Send + Sync> FromRequestParts<S> for StaffPage {
    type Rejection = Error;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        if !web::same_site(&parts.method, &parts.headers) {
            return Err(Error::CrossSite);
        }
        let caller = MaybeCaller::from_request_parts(parts, state).await;
        let caller = caller.map_err(|_| Error::CrossSite)?.0.ok_or(Error::NotSignedIn)?;
        if caller.is_staff() { Ok(Self(caller)) } else { Err(Error::NotStaff) }
    }
}
