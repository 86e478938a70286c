//! Commands that the shop accepts now and carries out later.

use std::time::Duration;

use serde::Deserialize;

use super::{Account, Error, Shop, json, until};

/// A command that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Operation {
    /// `queued`, `running`, `succeeded`, `parked` or `failed`.
    pub status: String,
    /// Tells again how far it is.
    pub status_url: String,
    /// How far it is.
    pub progress: Progress,
    /// What was wrong with lines that were of no use.
    pub failures: Vec<serde_json::Value>,
}

/// So many lines of so many.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Progress {
    /// Lines that were sent.
    pub total: i64,
    /// Lines that are dealt with.
    pub done: i64,
    /// Of these, lines that were of no use.
    pub failed: i64,
}

impl Shop {
    /// Sends a CSV of prices in EUR.
    ///
    /// # Errors
    /// As the shop says.
    pub async fn change_prices(
        &self,
        staff: &Account,
        key: &str,
        file: String,
    ) -> Result<Operation, Error> {
        let request = self.post("/api/pricing/v1/price-changes").header("idempotency-key", key);
        json(staff.on(request).header("content-type", "text/csv").body(file)).await
    }

    /// Waits until an operation has ended or is parked.
    ///
    /// # Errors
    /// As the shop says, or [`Error::Late`].
    pub async fn wait_for_operation(
        &self,
        who: &Account,
        operation: &Operation,
        patience: Duration,
    ) -> Result<Operation, Error> {
        until("the operation's end", patience, || async {
            let now: Operation = json(who.on(self.get(&operation.status_url))).await?;
            let goes_on = matches!(now.status.as_str(), "queued" | "running");
            Ok((!goes_on).then_some(now))
        })
        .await
    }
}
