//! An order's changes as they happen: server-sent events (HTML Living Standard, section 9.2).

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use kernel::OrderId;
use tokio::sync::watch;
use tokio::time::Instant;
use web::{Path, Problem, Verifier};

use super::asker::Asker;
use super::view::{Step, replay};
use crate::app::Orders;
use crate::{Error, store};

/// A browser that lost the stream asks again after this time.
const RETRY: Duration = Duration::from_secs(2);
/// The longest life of a stream; a browser then asks again with `Last-Event-ID`.
const LONGEST: Duration = Duration::from_secs(900);

/// Follow an order.
///
/// Sends `event: status` for each change, with the version as its id and the step as JSON. The first
/// one is the order as it is now, or, with `Last-Event-ID`, everything since. Ends when nothing will
/// follow, or when the caller's token expires; 204 when there is nothing left to tell.
#[utoipa::path(get, path = "/api/orders/v1/orders/{order_id}/events", tag = "orders",
    params(("order_id" = OrderId, Path), ("access_token" = Option<String>, Query),
           ("last-event-id" = Option<i64>, Header)),
    responses((status = 200, content_type = "text/event-stream", body = Step), (status = 204)))]
pub(super) async fn follow_order(
    State(orders): State<Orders>,
    Extension(verifier): Extension<Verifier>,
    Path(id): Path<OrderId>,
    asker: Asker,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut conn = orders.db().acquire().await.map_err(Error::from)?;
    asker.order(&orders, &mut conn, id).await?;
    drop(conn);
    let seen = headers.get("last-event-id").and_then(|value| value.to_str().ok()?.parse().ok());
    // Watched before it is read: what happens in between is noticed.
    let changes = orders.live().watch(id);
    let heartbeat = orders.heartbeat();
    let until = Instant::now() + time_left(&asker, &verifier);
    let mut follow =
        Follow { orders, id, seen, waiting: VecDeque::new(), over: false, changes, until };
    follow.read().await?;
    if follow.over && follow.waiting.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let events = stream::unfold(follow, Follow::next);
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    let alive = KeepAlive::new().interval(heartbeat).text("still here");
    Ok((headers, Sse::new(events).keep_alive(alive)).into_response())
}

/// Until the access token that opened the stream expires; a link's token does not.
fn time_left(asker: &Asker, verifier: &Verifier) -> Duration {
    let claims = asker.caller.as_ref().and_then(|caller| verifier.access(&caller.token).ok());
    let Some(claims) = claims else { return LONGEST };
    let left = u64::try_from(claims.exp - kernel::unix_seconds()).unwrap_or(0);
    Duration::from_secs(left).min(LONGEST)
}

/// One open stream.
struct Follow {
    orders: Orders,
    id: OrderId,
    /// The last version that the browser has; absent: none yet.
    seen: Option<i64>,
    waiting: VecDeque<Step>,
    /// Nothing follows what is waiting.
    over: bool,
    changes: watch::Receiver<i64>,
    until: Instant,
}

impl Follow {
    /// Reads what is new since the last version that the browser has.
    async fn read(&mut self) -> Result<(), Error> {
        let mut conn = self.orders.db().acquire().await?;
        let history = store::events::history(&mut conn, self.id).await?;
        let (order, mut steps) = replay(&history)?;
        match self.seen {
            Some(seen) => steps.retain(|step| step.version > seen),
            None => drop(steps.drain(..steps.len().saturating_sub(1))),
        }
        if let Some(newest) = steps.last() {
            self.seen = Some(newest.version);
        }
        self.waiting.extend(steps);
        self.over = order.ended();
        Ok(())
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(step) = self.waiting.pop_front() {
                return Some((Ok(event(&step)), self));
            }
            if self.over {
                return None;
            }
            let closed = self.orders.live().clone();
            tokio::select! {
                () = tokio::time::sleep_until(self.until) => return None,
                () = closed.closed() => return None,
                changed = self.changes.changed() => changed.ok()?,
            }
            if let Err(error) = self.read().await {
                tracing::warn!(order.id = %self.id, %error, "a stream of changes was broken off");
                return None;
            }
        }
    }
}

fn event(step: &Step) -> Event {
    let event = Event::default().event("status").id(step.version.to_string()).retry(RETRY);
    event.data(serde_json::to_string(step).unwrap_or_default())
}
