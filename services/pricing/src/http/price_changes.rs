//! Changing many prices at once, by a file or by a rule.

use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use kernel::{AccountId, Currency};
use runtime::operation::{Accepted, Failure, Line, Lines, Operation, accept};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use web::idempotency::Scope;
use web::{Caller, Check, IdempotencyKey, Json, Problem, Query, RequestError, Seller};

use super::Shop;
use crate::App;
use crate::app::price_changes::{Change, ChangePrices};
use crate::domain::price::Wish;
use crate::domain::price_sheet::{self, MOST_LINES, Sheet};
use crate::error::Error;
use crate::store::prices;

/// What the file itself does not say.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    /// Of all prices in the file; EUR when absent.
    currency: Option<Currency>,
}

/// Whose SKUs a caller may change: staff anybody's, others their own.
fn seller(caller: &Caller) -> Option<AccountId> {
    (!caller.is_staff()).then_some(caller.account)
}

/// Change prices by a file.
///
/// A CSV (UTF-8) with a header: `sku`, `price` and perhaps `compare_at`, prices as people write them
/// (`19.90`); at most 100,000 lines and 16 MB. It is worked off in the background, in the order of
/// acceptance; lines that are of no use are listed at `Location`, and the others count. The newest
/// price counts, whatever stood before. For staff; sellers change the prices of their own SKUs.
#[utoipa::path(post, path = "/api/pricing/v1/price-changes", tag = "prices",
    params(About, ("Idempotency-Key" = String, Header)),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 202, body = Operation)))]
pub(super) async fn change_prices(
    State(shop): State<Shop>,
    Seller(caller): Seller,
    key: IdempotencyKey,
    Query(about): Query<About>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Accepted, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if !kind.unwrap_or_default().to_ascii_lowercase().starts_with("text/csv") {
        return Err(Error::NotCsv.into());
    }
    let file = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => RequestError::TooLarge,
        _ => RequestError::MalformedBody("the body was cut off".to_owned()),
    })?;
    let currency = about.currency.unwrap_or(Currency::EUR);
    let content = (currency, Sha256::digest(&file).to_vec());
    let scope = Scope::new(caller.account, "POST /price-changes", &key, &content);
    // A hundred thousand lines take a while; the threads that answer requests stay free.
    let read = tokio::task::spawn_blocking(move || price_sheet::read(&file, currency)).await;
    let sheet = read.map_err(|_| Error::Corrupt("reading a file failed"))?.map_err(Error::from)?;
    begin(&shop, (&caller, &scope), currency, lines(sheet)).await
}

fn lines(sheet: Sheet) -> Lines<Change> {
    let good = sheet
        .good
        .into_iter()
        .map(|(number, sku, price)| Line { number, wants: Change { sku, wish: Wish::Set(price) } });
    let bad = sheet.bad.into_iter().map(|(number, wrong)| Failure::new(number, wrong));
    Lines { good: good.collect(), bad: bad.collect() }
}

/// All prices of a seller, so much higher or lower.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdjustPrices {
    /// Whose SKUs. Absent: the caller's own, for staff the shop's.
    seller_id: Option<AccountId>,
    /// Prices in this currency.
    currency: Currency,
    /// Hundredths of a percent: 250 makes all prices 2.5 % higher, -1000 makes them 10 % lower.
    basis_points: i32,
}

/// Change all prices of a seller.
///
/// Each price is rounded to the minor unit; one that is no longer lower than what it was compared with
/// is compared with nothing. It is worked off in the background: each price that there is now is changed
/// once. For staff; sellers change the prices of their own SKUs.
#[utoipa::path(post, path = "/api/pricing/v1/price-changes/adjust", tag = "prices",
    params(("Idempotency-Key" = String, Header)), request_body = AdjustPrices,
    responses((status = 202, body = Operation)))]
pub(super) async fn adjust_prices(
    State(shop): State<Shop>,
    Seller(caller): Seller,
    key: IdempotencyKey,
    Json(body): Json<AdjustPrices>,
) -> Result<Accepted, Problem> {
    let AdjustPrices { seller_id, currency, basis_points } = body;
    let whose = seller_id.or(seller(&caller));
    let mut check = Check::new();
    check.that(seller(&caller).is_none_or(|own| whose == Some(own)), "seller_id", "expected yours");
    let fits = (-9_999..=100_000).contains(&basis_points) && basis_points != 0;
    check.that(fits, "basis_points", "expected -9999 to 100000, and not 0");
    check.finish()?;
    let scope = Scope::new(caller.account, "POST /price-changes/adjust", &key, &body);
    let most = i64::try_from(MOST_LINES).unwrap_or(i64::MAX);
    let mut conn = shop.db.acquire().await.map_err(Error::from)?;
    let skus = prices::of_seller(&mut conn, whose, currency, most + 1).await?;
    drop(conn);
    if skus.len() > MOST_LINES {
        return Err(Error::Sheet(price_sheet::SheetError::TooManyLines).into());
    }
    let wish = Wish::Adjust { basis_points };
    let line = |(number, sku)| Line { number, wants: Change { sku, wish } };
    let good = (1..).zip(skus).map(line).collect();
    begin(&shop, (&caller, &scope), currency, Lines { good, bad: Vec::new() }).await
}

async fn begin(
    shop: &Shop,
    (caller, scope): (&Caller, &Scope),
    currency: Currency,
    lines: Lines<Change>,
) -> Result<Accepted, Problem> {
    if lines.good.is_empty() && lines.bad.is_empty() {
        return Err(Error::NothingToChange.into());
    }
    let command = ChangePrices { seller: seller(caller), currency };
    Ok(accept::<App, _>(&shop.db, (caller.account, scope), &command, &lines).await?)
}
