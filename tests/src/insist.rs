//! A client with patience: asks again as long as the answer is that the shop cannot answer now.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::shop::Error;

/// The first pause; it doubles up to [`LONGEST`].
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(2);

/// Asks until there is an answer that another try would not change.
///
/// # Errors
/// That answer, if it is a refusal; or the last of the others when the time is up.
pub async fn insist<T, F>(patience: Duration, mut ask: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let end = Instant::now() + patience;
    let mut pause = SHORTEST;
    loop {
        match ask().await {
            Err(error) if passing(&error) && Instant::now() < end => {}
            outcome => return outcome,
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST);
    }
}

/// Whether the same request may be answered otherwise in a moment.
fn passing(error: &Error) -> bool {
    let contended = || {
        let code = error.code();
        code.is_some_and(|code| matches!(code.as_str(), "contended" | "database_unavailable"))
    };
    match (error, error.status()) {
        (Error::Transport(_), _) | (_, Some(408 | 429 | 500..=599)) => true,
        (_, Some(409)) => contended(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Error {
        Error::Answer { url: String::new(), status, body: body.to_owned() }
    }

    #[test]
    fn only_what_passes_is_asked_again() {
        assert!(passing(&answer(503, "")) && passing(&answer(429, "")));
        assert!(passing(&answer(409, r#"{"code":"contended"}"#)));
        assert!(!passing(&answer(409, r#"{"code":"order_already_shipped"}"#)));
        assert!(!passing(&answer(422, "")) && !passing(&Error::Never(String::new())));
    }

    #[tokio::test]
    async fn patience_has_an_end() {
        let mut asked = 0;
        let outcome: Result<(), Error> = insist(Duration::from_millis(250), || {
            asked += 1;
            async { Err(answer(503, "down")) }
        })
        .await;

        assert_eq!(outcome.unwrap_err().status(), Some(503));
        assert!((2..5).contains(&asked), "{asked}");
    }
}
