//! Work that a service does again and again, such as forgetting what is too old to matter.

use std::fmt::Display;
use std::future::Future;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::Error;

const HOUR: Duration = Duration::from_hours(1);

/// Works at once and each hour after that, so that a process that seldom lives for an hour does it
/// too. A failure is logged, and the next hour tries again.
pub(crate) async fn hourly<W, E>(
    name: &str,
    work: impl Fn() -> W,
    stop: CancellationToken,
) -> Result<(), Error>
where
    W: Future<Output = Result<(), E>>,
    E: Display,
{
    while !stop.is_cancelled() {
        if let Err(error) = work().await {
            tracing::warn!(%error, task = name, "failed; the next try is in an hour");
        }
        let pause = tokio::time::sleep(HOUR);
        tokio::select! { () = pause => {}, () = stop.cancelled() => {} }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn failures_do_not_end_it_and_a_stop_does() {
        let (stop, times) = (CancellationToken::new(), Cell::new(0));
        let fail = async || {
            times.set(times.get() + 1);
            Err("no database")
        };
        let half_past_two = tokio::time::sleep(HOUR * 5 / 2);

        let ended = async {
            half_past_two.await;
            stop.cancel();
        };
        let (outcome, ()) = tokio::join!(hourly("fail", fail, stop.clone()), ended);

        assert!(outcome.is_ok());
        assert_eq!(times.get(), 3);
    }
}
