//! What the provider posts to us.

use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode};
use kernel::PaymentId;
use messaging::{Cause, Tx};
use serde::Deserialize;
use web::{Problem, RequestError};

use super::Payments;
use crate::domain::payment::Command;
use crate::domain::work::{Seen, SeenStatus};
use crate::sandbox_provider::Authorization;
use crate::{Error, app, store};

#[derive(Debug, Deserialize)]
struct Webhook {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: serde_json::Value,
}

/// Receive a webhook of the payment provider.
///
/// Signed (`Sandbox-Signature`), not older than five minutes; the same event twice changes nothing.
/// Events and payments that we do not know are taken and ignored.
#[utoipa::path(post, path = "/api/payments/v1/webhooks", tag = "payments",
    request_body(content = String, content_type = "application/json"),
    responses((status = 200, description = "Taken"), (status = 401, body = problem::Body)))]
pub(super) async fn receive_webhook(
    State(payments): State<Payments>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    take(&payments, &headers, &body).await?;
    Ok(StatusCode::OK)
}

async fn take(payments: &Payments, headers: &HeaderMap, body: &[u8]) -> Result<(), Error> {
    web::webhook::verify(&payments.webhook_secret, headers, body, kernel::unix_seconds())?;
    let webhook: Webhook = serde_json::from_slice(body)
        .map_err(|error| RequestError::MalformedBody(error.to_string()))?;
    let Some((id, seen)) = understood(&webhook) else {
        tracing::info!(event = webhook.id, kind = webhook.kind, "an unknown webhook was ignored");
        return Ok(());
    };
    let SeenStatus::Settled(fact) = seen.status else { return Ok(()) };
    let mut tx = Tx::begin(&payments.db).await?;
    if !store::webhook_events::take(&mut tx, &webhook.id).await? {
        return Ok(());
    }
    let command = Command::Report(fact);
    let cause = store::payments::cause(&mut tx, id).await?.unwrap_or_else(Cause::current);
    let report = app::execute_in(&mut tx, id, command, Some(seen.authorization));
    match cause.resume("hear from the provider", report).await {
        Err(Error::NoSuchPayment) => tracing::info!(payment.id = %id, "not a payment of ours"),
        outcome => outcome?,
    }
    tx.commit().await?;
    Ok(())
}

fn understood(webhook: &Webhook) -> Option<(PaymentId, Seen)> {
    webhook.kind.strip_prefix("authorization.")?;
    let authorization: Authorization = serde_json::from_value(webhook.data.clone()).ok()?;
    Some((authorization.reference.parse().ok()?, authorization.into()))
}
