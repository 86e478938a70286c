//! Preparing a payment and looking at it.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use kernel::{BasketId, Money, OrderId, PaymentId};
use messaging::Tx;
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa::ToSchema;
use web::idempotency::{self, Scope};
use web::{Caller, Check, IdempotencyKey, Json, MaybeCaller, Path, Problem, Query, RequestError};

use super::Payments;
use super::card_free::CardFree;
use crate::provider::Provider as _;
use crate::store::payments::stage_name;
use crate::{Error, store};

const PREPARE: &str = "prepare_payment";

/// A payment to prepare.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreparePayment {
    /// What the order will cost; the order must name the same amount.
    amount: Money,
    /// Where the card page sends the shopper back to, below the shop's own address. The parameters
    /// `session` and `result` (`ok` or `failed`) are added.
    #[schema(value_type = String, format = "uri")]
    return_url: Url,
    /// The guest's basket; not needed, and ignored, when somebody is signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    basket_id: Option<BasketId>,
}

/// A payment that waits for a card.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PreparedPayment {
    /// Names the payment in the order.
    payment_id: PaymentId,
    /// The provider's card page.
    redirect_url: String,
}

/// Prepare a payment.
///
/// Opens a card page at the provider. Nothing is charged until an order asks for it. Send the same
/// `Idempotency-Key` to get the same page again.
#[utoipa::path(post, path = "/api/payments/v1/payments", tag = "payments",
    params(("Idempotency-Key" = String, Header, description = "1 to 255 visible characters")),
    request_body = PreparePayment,
    responses((status = 201, body = PreparedPayment),
        (status = 422, description = "A field is wrong, or looks like a card number", body = problem::Body),
        (status = 503, description = "The provider does not answer; nothing was done", body = problem::Body)))]
pub(super) async fn prepare_payment(
    State(payments): State<Payments>,
    MaybeCaller(caller): MaybeCaller,
    key: IdempotencyKey,
    CardFree(body): CardFree<PreparePayment>,
) -> Result<Response, Problem> {
    Ok(prepare(&payments, caller, &key, &body).await?)
}

async fn prepare(
    payments: &Payments,
    caller: Option<Caller>,
    key: &IdempotencyKey,
    body: &PreparePayment,
) -> Result<Response, Error> {
    let principal = check(payments, caller, body)?;
    let scope = Scope::new(&principal, PREPARE, key, body);
    {
        // Only a look: rolled back unless the answer is there. The provider is called outside.
        let mut tx = payments.db.begin().await?;
        if let Some(stored) = idempotency::begin(&mut tx, &scope).await? {
            return Ok(stored.into_response());
        }
        tx.rollback().await?;
    }
    // The same request finds the same names, so that two at once open one card page.
    let content = serde_json::to_string(body).unwrap_or_default();
    let id = PaymentId::derived(format!("{principal}/{}/{content}", key.as_str()).as_bytes());
    let opening = id.to_string();
    let opened = payments.provider.open_session(id, body.amount, &body.return_url, &opening);
    let session = opened.await?;

    let mut tx = Tx::begin(&payments.db).await?;
    if let Some(stored) = idempotency::begin(&mut tx, &scope).await? {
        return Ok(stored.into_response());
    }
    store::payments::prepare(&mut tx, id, &principal, body.amount, &session.id).await?;
    let answer = PreparedPayment { payment_id: id, redirect_url: session.url };
    let stored = idempotency::finish(&mut tx, &scope, StatusCode::CREATED, &answer).await?;
    tx.commit().await?;
    Ok(stored.into_response())
}

/// Names every wrong field; gives back who pays.
fn check(
    payments: &Payments,
    caller: Option<Caller>,
    body: &PreparePayment,
) -> Result<String, Error> {
    let mut check = Check::new();
    check.that(body.amount.minor() > 0, "amount.minor", "expected more than nothing");
    let below = is_below(&body.return_url, &payments.public_url);
    check.that(below, "return_url", format!("expected an address below {}", payments.public_url));
    let account = caller.map(|caller| caller.account.to_string());
    let principal = account.or_else(|| body.basket_id.map(|basket| basket.to_string()));
    check.that(principal.is_some(), "basket_id", "expected the guest's basket, or sign in");
    Ok(check.take(principal)?)
}

fn is_below(url: &Url, shop: &Url) -> bool {
    let folder = shop.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(folder);
    url.origin() == shop.origin()
        && url.username().is_empty()
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whose payment it is, when nobody is signed in.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Owner {
    /// The guest's basket.
    basket_id: Option<BasketId>,
}

/// A payment.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PaymentView {
    payment_id: PaymentId,
    amount: Money,
    /// `prepared`, `requested`, `authorized`, `captured`, `declined`, `voided` or `refunded`.
    status: &'static str,
    /// The order that pays with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<OrderId>,
    /// Why it was declined, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Look at a payment.
///
/// For the one who prepared it (an account, or a guest by basket) and for staff.
#[utoipa::path(get, path = "/api/payments/v1/payments/{payment_id}", tag = "payments",
    params(Owner),
    responses((status = 200, body = PaymentView), (status = 404, body = problem::Body)))]
pub(super) async fn find_payment(
    State(payments): State<Payments>,
    MaybeCaller(caller): MaybeCaller,
    Path(id): Path<PaymentId>,
    Query(owner): Query<Owner>,
) -> Result<Json<PaymentView>, Problem> {
    let mut conn = payments.db.acquire().await.map_err(RequestError::from)?;
    let record = store::payments::find(&mut conn, id).await?.ok_or(Error::NoSuchPayment)?;
    let payment = &record.payment;
    let principals = [
        caller.as_ref().map(|caller| caller.account.to_string()),
        owner.basket_id.map(|id| id.to_string()),
    ];
    let owns = principals.iter().flatten().any(|principal| *principal == payment.principal);
    if !owns && !caller.is_some_and(|caller| caller.is_staff()) {
        return Err(Error::NoSuchPayment.into());
    }
    Ok(Json(PaymentView {
        payment_id: id,
        amount: payment.amount,
        status: stage_name(payment.stage),
        order_id: payment.order,
        reason: record.reason,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_shop_are_returned_to() {
        let shop: Url = "http://shop.test/store".parse().unwrap();
        let below = |url: &str| is_below(&url.parse().unwrap(), &shop);

        assert!(below("http://shop.test/store") && below("http://shop.test/store/checkout?x=1"));
        for other in [
            "http://evil.test/store/",
            "https://shop.test/store/",
            "http://shop.test:81/store/",
            "http://shop.test/storehouse",
            "http://shop.test/store/../admin",
            "http://shop.test@evil.test/store/",
            "http://me@shop.test/store/",
        ] {
            assert!(!below(other), "{other}");
        }
    }
}
