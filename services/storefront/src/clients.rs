//! What the storefront asks the other services, one file per service.

pub(crate) mod auth;
pub(crate) mod catalog;
pub(crate) mod orders;
pub(crate) mod payments;
pub(crate) mod pricing;
pub(crate) mod search;
pub(crate) mod shipping;

use problem::Body;
use serde::de::DeserializeOwned;
use web::client::{Answer, Call};

use crate::error::{Error, part};
use crate::visitor::Visitor;

/// On whose behalf a service is called.
pub(crate) fn on_behalf<'a>(mut call: Call<'a>, visitor: &Visitor) -> Call<'a> {
    for (name, value) in &visitor.origin {
        call = call.header(name, value);
    }
    if let Some(caller) = &visitor.caller {
        return call.bearer(&caller.token);
    }
    match &visitor.basket {
        Some(token) => call.header("basket-token", token),
        None => call,
    }
}

/// The answer, if the service did what it was asked.
pub(crate) fn accepted(answer: Answer) -> Result<Answer, Error> {
    if answer.status.is_success() {
        return Ok(answer);
    }
    let down = |why: String| Error::Down { part: part(answer.callee), why };
    let status = answer.status.as_u16();
    match answer.json::<Body>() {
        // Too fast is not an outage, but for a page it ends the same way: a message of the service.
        Ok(body) if status < 500 => Err(Error::Refused(Box::new(body))),
        Ok(body) => Err(down(body.code)),
        Err(_) => Err(down(format!("status {status}"))),
    }
}

/// The answer as JSON, if the service did what it was asked.
pub(crate) fn read<T: DeserializeOwned>(answer: Answer) -> Result<T, Error> {
    Ok(accepted(answer)?.json()?)
}
