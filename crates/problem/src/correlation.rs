//! The correlation id of the request at hand, which every problem repeats.

use std::future::Future;

use tokio::task_local;

task_local! {
    static CORRELATION: String;
}

/// Runs a request under its correlation id.
pub async fn correlated<F: Future>(id: String, request: F) -> F::Output {
    CORRELATION.scope(id, request).await
}

/// The correlation id of the current request, if there is one.
#[must_use]
pub fn correlation() -> Option<String> {
    CORRELATION.try_with(Clone::clone).ok()
}
