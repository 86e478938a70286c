//! A shopper, a seller and staff in code: a typed client of the public API, quick enough to make load with.
//!
//! Nothing here panics on an unexpected answer: an [`Error`] carries its status and its body.

mod account;
mod basket;
mod card;
mod checkout;
mod error;
mod ledger;
mod mailbox;
mod operations;
mod places;
mod reading;
mod staff;

use std::time::Duration;

use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;

pub use account::{Account, AccountView, fresh_email};
pub use basket::{Basket, BasketLine, Buyer, Guest};
pub use card::{ACCEPTED, ANSWER_LOST, CHALLENGED, DECLINED, RIGHT_CODE, SLOW, WEBHOOK_TWICE};
pub use checkout::{
    Address, Cancellation, Order, OrderLine, Placed, PreparedPayment, Quote, Step, Tracking,
};
pub use error::Error;
pub use ledger::{Charge, Parcel};
pub use mailbox::Mail;
pub use operations::{Operation, Progress};
pub use places::Places;
pub use reading::{Card, Listing, Product, Variant};
pub use staff::{Coupon, Import, Price, Stock};

/// The longest time that one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often something that takes a while is looked at again.
const PAUSE: Duration = Duration::from_millis(100);

/// The shop as its users reach it. Copies share their connections.
#[derive(Clone, Debug)]
pub struct Shop {
    http: reqwest::Client,
    places: Places,
}

impl Shop {
    /// A client of the shop at these places.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(places: Places) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .timeout(PATIENCE)
            .pool_max_idle_per_host(256)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { http, places })
    }

    /// The shop that the environment names: see [`Places::of_environment`].
    ///
    /// # Errors
    /// When a variable is missing.
    pub fn of_environment() -> Result<Self, Error> {
        Self::new(Places::of_environment()?)
    }

    /// Where everything is.
    #[must_use]
    pub const fn places(&self) -> &Places {
        &self.places
    }

    /// A request to a path of the gateway.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.places.gateway))
    }

    /// A GET of a path of the gateway.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    /// A POST to a path of the gateway.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    /// The connections, for addresses elsewhere.
    #[must_use]
    pub const fn http(&self) -> &reqwest::Client {
        &self.http
    }
}

/// Sends a request whose answer must be a success.
///
/// # Errors
/// Another answer, or none.
pub async fn sent(request: RequestBuilder) -> Result<Response, Error> {
    let answer = request.send().await?;
    if answer.status().is_success() {
        return Ok(answer);
    }
    let (status, url) = (answer.status().as_u16(), answer.url().to_string());
    Err(Error::Answer { url, status, body: answer.text().await.unwrap_or_default() })
}

/// Sends a request whose answer must be a success with JSON of this shape.
///
/// # Errors
/// Another answer, none, or another shape.
pub async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, Error> {
    let answer = sent(request).await?;
    let (status, url) = (answer.status().as_u16(), answer.url().to_string());
    let bytes = answer.bytes().await?;
    serde_json::from_slice(&bytes).map_err(|error| Error::Shape {
        url,
        status,
        message: error.to_string(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// Text for a query string.
pub(crate) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A key that no other request has.
#[must_use]
pub fn fresh_key() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Asks again and again until there is an answer.
///
/// # Errors
/// The first error, or [`Error::Late`] when the time is up.
pub async fn until<T, F>(
    what: &str,
    patience: Duration,
    mut ask: impl FnMut() -> F,
) -> Result<T, Error>
where
    F: Future<Output = Result<Option<T>, Error>>,
{
    let end = tokio::time::Instant::now() + patience;
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if tokio::time::Instant::now() >= end {
            return Err(Error::Late { what: what.to_owned(), patience });
        }
        tokio::time::sleep(PAUSE).await;
    }
}
