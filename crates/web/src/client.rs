//! Outgoing HTTP with manners: a timeout, a limit of calls at once, a retry budget, no redirects.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use crate::sync;

/// Most calls that one client has under way.
const AT_ONCE: usize = 64;
/// A retry costs ten calls' worth of credit: at most one in ten calls is a retry.
const RETRY_COST: i64 = 10;
/// Credit that can be saved: ten retries in a row after a quiet time.
const MOST_CREDIT: i64 = 100;

/// Why a call gave no usable answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// So many calls are under way that this one was not made.
    #[error("too many calls to {0} are under way")]
    Busy(&'static str),
    /// No answer: refused, broken off or too late. Whether the callee acted is unknown.
    #[error("no answer from {callee}")]
    NoAnswer {
        /// Who was called.
        callee: &'static str,
        /// What happened on the wire.
        source: reqwest::Error,
    },
    /// The answer could not be read.
    #[error("{callee} gave an answer that cannot be read: {reason}")]
    Unreadable {
        /// Who was called.
        callee: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// An answer, whatever its status.
#[derive(Debug)]
pub struct Answer {
    /// Who answered.
    pub callee: &'static str,
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: bytes::Bytes,
}

impl Answer {
    /// Reads the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, CallError> {
        serde_json::from_slice(&self.body).map_err(|error| CallError::Unreadable {
            callee: self.callee,
            reason: error.to_string(),
        })
    }
}

/// Calls one other party. Cheap to clone; clones share the limits.
#[derive(Clone, Debug)]
pub struct Client {
    callee: &'static str,
    base: String,
    http: reqwest::Client,
    places: Arc<Semaphore>,
    credit: Arc<AtomicI64>,
}

/// A call in the making.
#[derive(Debug)]
pub struct Call<'a> {
    client: &'a Client,
    request: reqwest::RequestBuilder,
    again: bool,
}

impl Client {
    /// A client for `callee` at a base URL such as `http://orders:8080`; each try may take `timeout`.
    pub fn new(
        callee: &'static str,
        base: &str,
        timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(2)))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            callee,
            base: base.trim_end_matches('/').to_owned(),
            http,
            places: Arc::new(Semaphore::new(AT_ONCE)),
            credit: Arc::new(AtomicI64::new(MOST_CREDIT)),
        })
    }

    /// Begins a call of a path such as `/api/orders/v1/orders`.
    #[must_use]
    pub fn call(&self, method: Method, path: &str) -> Call<'_> {
        let again = method.is_idempotent();
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        for (name, value) in context_headers() {
            request = request.header(name, value);
        }
        Call { client: self, request, again }
    }

    /// Begins a GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Call<'_> {
        self.call(Method::GET, path)
    }

    /// Begins a POST. It is not tried again, unless an idempotency key makes that safe.
    #[must_use]
    pub fn post(&self, path: &str) -> Call<'_> {
        self.call(Method::POST, path)
    }

    fn earn(&self) {
        let more = |credit: i64| (credit < MOST_CREDIT).then_some(credit + 1);
        // Only fails when there is credit enough.
        let _ = self.credit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }

    fn pay(&self) -> bool {
        let less = |credit: i64| (credit >= RETRY_COST).then_some(credit - RETRY_COST);
        self.credit.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

impl Call<'_> {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Calls on behalf of an account.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Adds an idempotency key, which makes another try safe.
    #[must_use]
    pub fn idempotency_key(mut self, key: &str) -> Self {
        self.again = true;
        self.header("idempotency-key", key)
    }

    /// Adds a JSON body.
    #[must_use]
    pub fn json(mut self, body: &impl serde::Serialize) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// Adds a body as it is.
    #[must_use]
    pub fn body(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.request = self.request.body(body);
        self
    }

    /// Makes the call: up to three tries where another try is safe and the budget allows it.
    pub async fn send(self) -> Result<Answer, CallError> {
        let client = self.client;
        let callee = client.callee;
        let _place = client.places.try_acquire().map_err(|_| CallError::Busy(callee))?;
        client.earn();
        let mut request = self.request;
        for pause in [Some(50), Some(200), None] {
            let next = if self.again { request.try_clone() } else { None };
            let outcome = once(callee, request).await;
            let worth = match &outcome {
                Ok(answer) => matches!(answer.status.as_u16(), 502..=504),
                Err(CallError::NoAnswer { .. }) => true,
                Err(_) => false,
            };
            match (pause, next) {
                (Some(pause), Some(next)) if worth && client.pay() => {
                    let jitter = rand::random_range(0..pause);
                    tokio::time::sleep(Duration::from_millis(pause + jitter)).await;
                    request = next;
                }
                _ => return outcome,
            }
        }
        Err(CallError::Busy(callee))
    }
}

async fn once(callee: &'static str, request: reqwest::RequestBuilder) -> Result<Answer, CallError> {
    let no_answer = |source| CallError::NoAnswer { callee, source };
    let response = request.send().await.map_err(no_answer)?;
    let (status, headers) = (response.status(), response.headers().clone());
    sync::hear(&headers);
    let body = response.bytes().await.map_err(no_answer)?;
    Ok(Answer { callee, status, headers, body })
}

/// The headers that tie a call to its cause: `traceparent` (W3C Trace Context), the correlation id, and
/// what a browser whose page makes the call has [written](crate::sync).
#[must_use]
pub fn context_headers() -> Vec<(&'static str, String)> {
    let cause = messaging::Cause::current();
    let trace = messaging::current_traceparent().or(cause.traceparent);
    let mut headers = vec![("x-correlation-id", cause.correlation.to_string())];
    headers.extend(trace.map(|trace| ("traceparent", trace)));
    headers.extend(sync::headers());
    headers
}

/// Puts a header into a map; a value that is no header value is left out.
pub fn put(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
