//! A browser's visit: what its forms wrote is remembered in a cookie, and asked for by the pages that
//! follow.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue};

use super::{LONGEST, SYNC_LAG, SYNC_TOKEN, SyncToken};
use crate::cookies;

/// How long what was written is asked for. Later it is there, or will be for quite a while not.
const SECONDS: i64 = 60;

tokio::task_local! {
    static VISIT: Mutex<Visit>;
}

/// One request of a browser, and what the services say meanwhile.
struct Visit {
    begun: Instant,
    /// What is asked for: of earlier requests and of this one.
    wanted: SyncToken,
    /// Something was written in this one.
    wrote: bool,
    /// A service has answered without having all of it.
    behind: bool,
}

/// Middleware for pages: every call of a service that the page makes asks for what this browser has
/// written in the last minute, and what the page's own calls write is remembered. Nothing of it needs a
/// script, and no page knows of it.
pub async fn keep(request: Request, next: Next) -> Response {
    let wanted = remembered(request.headers());
    let visit = Visit { begun: Instant::now(), wanted, wrote: false, behind: false };
    let answer = async {
        let answer = next.run(request).await;
        (answer, VISIT.with(|visit| written(&lock(visit))))
    };
    let (mut answer, cookie) = VISIT.scope(Mutex::new(visit), answer).await;
    if let Some(cookie) = cookie {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
    answer
}

/// The headers of a call on behalf of this visit. All its calls together wait no longer than one would.
pub(crate) fn headers() -> Vec<(&'static str, String)> {
    let headers = |visit: &Visit| {
        if visit.wanted.is_empty() {
            return Vec::new();
        }
        // RFC 7240 counts whole seconds.
        let left = LONGEST.saturating_sub(visit.begun.elapsed() + Duration::from_millis(500));
        let wait = left.as_millis().div_ceil(1000);
        vec![("sync-token", visit.wanted.to_string()), ("prefer", format!("wait={wait}"))]
    };
    VISIT.try_with(|visit| headers(&lock(visit))).unwrap_or_default()
}

/// Takes down what an answer says of writes. An answer to somebody else's visit changes nothing.
pub fn hear(answer: &HeaderMap) {
    let _no_visit = VISIT.try_with(|visit| {
        let mut visit = lock(visit);
        visit.behind |= answer.contains_key(SYNC_LAG);
        for line in answer.get_all(SYNC_TOKEN).iter().filter_map(|line| line.to_str().ok()) {
            if let Ok(token) = line.parse() {
                visit.wanted = std::mem::take(&mut visit.wanted).and(token);
                visit.wrote = true;
            }
        }
    });
}

/// True when this visit has written something lately: what is kept for everybody may be too old for it.
#[must_use]
pub fn remembers() -> bool {
    VISIT.try_with(|visit| !lock(visit).wanted.is_empty()).unwrap_or(false)
}

/// True when a service has answered this visit without all that it has written.
#[must_use]
pub fn behind() -> bool {
    VISIT.try_with(|visit| lock(visit).behind).unwrap_or(false)
}

/// What the browser says. A cookie that makes no sense is none.
fn remembered(headers: &HeaderMap) -> SyncToken {
    let cookie = cookies::read(headers, cookies::SYNC);
    let bytes = cookie.and_then(|cookie| URL_SAFE_NO_PAD.decode(cookie).ok());
    let token = bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok());
    SyncToken::younger_than(token.unwrap_or_default(), SECONDS * 1000)
}

/// The cookie that remembers it, when there is something new.
fn written(visit: &Visit) -> Option<HeaderValue> {
    let value = URL_SAFE_NO_PAD.encode(visit.wanted.to_string());
    let cookie = cookies::set(cookies::SYNC, &value, SECONDS);
    HeaderValue::from_str(&cookie).ok().filter(|_| visit.wrote)
}

/// A panic of a page ends it; what it left behind is whole.
fn lock(visit: &Mutex<Visit>) -> std::sync::MutexGuard<'_, Visit> {
    visit.lock().unwrap_or_else(PoisonError::into_inner)
}
