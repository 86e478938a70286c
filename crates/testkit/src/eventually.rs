//! Waiting for what will be so, without guessing how long.

use std::future::Future;
use std::time::Duration;

/// Asks again until the answer is `Some`, for ten seconds at most.
///
/// # Panics
/// When the answer stays `None`.
pub async fn eventually<T, F: Future<Output = Option<T>>>(mut ask: impl FnMut() -> F) -> T {
    for _ in 0..500 {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not become so within ten seconds")
}
