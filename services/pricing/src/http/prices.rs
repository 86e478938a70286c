//! What SKUs cost, and staff's changes of it.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::ETAG;
use kernel::{Currency, Money, ProductId, Sku};
use messaging::Tx;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use web::{Check, IfMatch, Json, Page, Problem, Query, Staff};

use super::Shop;
use crate::app;
use crate::domain::price::{MOST_MINOR, Price};
use crate::error::Error;
use crate::store::prices::{self, Filter, Listed};

/// Which prices are wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PriceQuery {
    /// Part of a SKU or title, in any case.
    q: Option<String>,
    /// The cursor of the previous page.
    after: Option<String>,
    /// 1 to 100; 20 when absent.
    limit: Option<u16>,
}

/// Whose price is wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct SkuQuery {
    /// SKUs have slashes, so they are not part of the path.
    sku: Sku,
    /// EUR when absent.
    currency: Option<Currency>,
}

/// What a SKU costs in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PriceView {
    sku: Sku,
    product_id: ProductId,
    title: String,
    variant_title: String,
    /// The product is published and the variant is offered.
    for_sale: bool,
    /// Goes up with each price of the SKU; to be sent as `If-Match`.
    version: i64,
    price: Money,
    /// The higher price it is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    compare_at: Option<Money>,
    #[serde(with = "time::serde::rfc3339")]
    set_at: OffsetDateTime,
}

impl TryFrom<Listed> for PriceView {
    type Error = Error;
    fn try_from(listed: Listed) -> Result<Self, Error> {
        let currency = listed.currency.parse().map_err(|_| Error::Corrupt("prices.currency"))?;
        Ok(Self {
            sku: listed.sku,
            product_id: listed.product_id,
            title: listed.title,
            variant_title: listed.variant_title,
            for_sale: listed.for_sale,
            version: listed.version,
            price: Money::new(listed.price_minor, currency),
            compare_at: listed.compare_at_minor.map(|minor| Money::new(minor, currency)),
            set_at: listed.set_at,
        })
    }
}

async fn find(shop: &Shop, sku: Sku, currency: Currency) -> Result<PriceView, Error> {
    let mut conn = shop.db.acquire().await?;
    let filter = Filter { sku: Some(sku.as_str()), limit: 100, ..Filter::default() };
    let all = prices::list(&mut conn, filter).await?;
    let found = all.into_iter().find(|listed| listed.currency == currency.code());
    found.ok_or(Error::UnknownSku(sku))?.try_into()
}

fn tagged(view: PriceView) -> Response {
    ([(ETAG, web::etag(view.version))], Json(view)).into_response()
}

/// Find the price of a SKU.
#[utoipa::path(get, path = "/api/pricing/v1/price", tag = "prices", params(SkuQuery),
    responses((status = 200, body = PriceView)))]
pub(super) async fn find_price(
    State(shop): State<Shop>,
    Query(query): Query<SkuQuery>,
) -> Result<Response, Problem> {
    Ok(tagged(find(&shop, query.sku, query.currency.unwrap_or(Currency::EUR)).await?))
}

/// List prices.
///
/// By SKU and currency. For staff.
#[utoipa::path(get, path = "/api/pricing/v1/prices", tag = "prices", params(PriceQuery),
    responses((status = 200, body = Page<PriceView>)))]
pub(super) async fn list_prices(
    State(shop): State<Shop>,
    _: Staff,
    Query(query): Query<PriceQuery>,
) -> Result<Json<Page<PriceView>>, Problem> {
    let limit = i64::from(query.limit.unwrap_or(20).clamp(1, 100));
    let after = query.after.unwrap_or_default();
    let mut conn = shop.db.acquire().await.map_err(Error::from)?;
    let filter = Filter {
        text: query.q.as_deref().map(str::trim).filter(|text| !text.is_empty()),
        // A SKU has no tilde.
        after: after.split_once('~').unwrap_or((&after, "")),
        limit,
        ..Filter::default()
    };
    let listed = prices::list(&mut conn, filter).await?;
    let items: Result<Vec<_>, Error> = listed.into_iter().map(PriceView::try_from).collect();
    let cursor = |view: &PriceView| format!("{}~{}", view.sku, view.price.currency());
    Ok(Json(Page::of(items?, limit, cursor)))
}

/// A price from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetPrice {
    sku: Sku,
    price: Money,
    /// A higher price to compare with, in the same currency. Absent: none.
    compare_at: Option<Money>,
}

/// Set a price.
///
/// `If-Match` names the version that the change was made for. A price that stands already is no
/// change, so the same request twice does no harm. For staff.
#[utoipa::path(post, path = "/api/pricing/v1/prices/set", tag = "prices",
    params(("If-Match" = String, Header)), request_body = SetPrice,
    responses((status = 200, body = PriceView)))]
pub(super) async fn set_price(
    State(shop): State<Shop>,
    _: Staff,
    IfMatch(seen): IfMatch,
    Json(body): Json<SetPrice>,
) -> Result<Response, Problem> {
    let SetPrice { sku, price, compare_at } = body;
    let mut check = Check::new();
    let fits = (0..=MOST_MINOR).contains(&price.minor());
    check.that(fits, "price.minor", format!("expected 0 to {MOST_MINOR}"));
    if let Some(compare_at) = compare_at {
        let same = compare_at.currency() == price.currency();
        check.that(same, "compare_at.currency", "expected the currency of the price");
        let higher = compare_at.minor() > price.minor() && compare_at.minor() <= MOST_MINOR;
        check.that(higher, "compare_at.minor", "expected more than the price");
    }
    check.finish()?;
    let mut tx = Tx::begin(&shop.db).await.map_err(Error::from)?;
    app::prices::set(&mut tx, &sku, Price { price, compare_at }, seen).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(tagged(find(&shop, sku, price.currency()).await?))
}
