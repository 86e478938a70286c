//! Products: the list, and one product with its prices and stock, each asked of the service that owns it.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use futures::future::join_all;
use http::StatusCode;
use kernel::{Currency, Money};
use serde::Deserialize;
use serde_json::json;
use web::Caller;

use super::{Done, StaffPage, done, encode, filtered, page};
use crate::api::{Api, Listing};
use crate::error::Error;

#[derive(Debug, Deserialize)]
struct Variant {
    sku: String,
    option_values: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Product {
    product_id: String,
    handle: String,
    title: String,
    category: String,
    vendor: String,
    status: String,
    version: i64,
    #[serde(default)]
    variants: Vec<Variant>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Filter {
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

#[derive(Template)]
#[template(path = "products.html")]
struct ProductsPage {
    title: &'static str,
    section: &'static str,
    done: String,
    filter: Filter,
    products: Vec<Product>,
    next: Option<String>,
}

pub(super) async fn list(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Query(filter): Query<Filter>,
) -> Result<Response, Error> {
    let wanted = [("q", &*filter.q), ("after", &*filter.after)];
    let path = filtered("/api/catalog/v1/products?limit=50", &wanted);
    let found: Listing<Product> = api.get(&path, &caller).await?;
    page(&ProductsPage {
        title: "Products",
        section: "products",
        done: String::new(),
        filter,
        products: found.items,
        next: found.next.map(|next| encode(&next)),
    })
}

#[derive(Debug, Deserialize)]
struct Stock {
    tracked: bool,
    on_hand: i64,
    reserved: i64,
    available: i64,
}

#[derive(Debug, Deserialize)]
struct Price {
    version: i64,
    price: Money,
    #[serde(default)]
    compare_at: Option<Money>,
}

/// A variant with what other services know of it.
struct Offer {
    variant: Variant,
    name: String,
    price: Option<Price>,
    /// Minor units as people type them: "19.90".
    typed: String,
    compare_typed: String,
    currency: String,
    stock: Option<Stock>,
}

#[derive(Template)]
#[template(path = "product.html")]
struct ProductPage {
    title: String,
    section: &'static str,
    done: String,
    product: Product,
    offers: Vec<Offer>,
    /// So that a form sent twice counts once.
    key: String,
}

/// An amount as a form shows it.
fn typed(money: Money) -> String {
    money.to_string().split(' ').next().unwrap_or_default().to_owned()
}

async fn offer(api: &Api, caller: &Caller, variant: Variant) -> Offer {
    let sku = encode(&variant.sku);
    let (price, stock) =
        (format!("/api/pricing/v1/price?sku={sku}"), format!("/api/inventory/v1/stock?sku={sku}"));
    // A service that is down leaves a gap in the table, not an error page.
    let price = api.get::<Price>(&price, caller).await.ok();
    let stocks = api.get::<Listing<Stock>>(&stock, caller).await;
    let stock = stocks.ok().and_then(|found| found.items.into_iter().next());
    Offer {
        name: match variant.option_values.join(" / ") {
            name if name.is_empty() => "the only one".to_owned(),
            name => name,
        },
        typed: price.as_ref().map(|price| typed(price.price)).unwrap_or_default(),
        compare_typed: price
            .as_ref()
            .and_then(|price| price.compare_at)
            .map(typed)
            .unwrap_or_default(),
        currency: price.as_ref().map_or(Currency::EUR, |price| price.price.currency()).to_string(),
        variant,
        price,
        stock,
    }
}

pub(super) async fn show(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path(id): Path<String>,
    Query(note): Query<Done>,
) -> Result<Response, Error> {
    let path = format!("/api/catalog/v1/products/{}", encode(&id));
    let mut product: Product = api.get(&path, &caller).await?;
    let variants = std::mem::take(&mut product.variants);
    let offers = join_all(variants.into_iter().map(|variant| offer(&api, &caller, variant))).await;
    page(&ProductPage {
        title: product.title.clone(),
        section: "products",
        done: note.done,
        product,
        offers,
        key: kernel::QuoteId::new().to_string(),
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Title {
    title: String,
    version: i64,
}

pub(super) async fn change_title(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path(id): Path<String>,
    Form(form): Form<Title>,
) -> Result<Response, Error> {
    let path = format!("/api/catalog/v1/products/{}/change_title", encode(&id));
    let body = json!({ "title": form.title });
    api.post(&path, &caller, Some(form.version), None, &body).await?;
    Ok(back(&id, "the title is changed"))
}

#[derive(Debug, Deserialize)]
pub(super) struct StatusChange {
    /// `publish` or `archive`.
    to: String,
    version: i64,
}

pub(super) async fn change_status(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path(id): Path<String>,
    Form(form): Form<StatusChange>,
) -> Result<Response, Error> {
    let verb = if form.to == "archive" { "archive" } else { "publish" };
    let path = format!("/api/catalog/v1/products/{}/{verb}", encode(&id));
    api.post(&path, &caller, Some(form.version), None, &json!({})).await?;
    Ok(back(&id, "the product's status is changed"))
}

#[derive(Debug, Deserialize)]
pub(super) struct PriceChange {
    sku: String,
    price: String,
    #[serde(default)]
    compare_at: String,
    currency: String,
    version: i64,
}

fn amount(field: &str, text: &str, currency: &str) -> Result<Money, Error> {
    let refused = |error: kernel::MoneyError| Error::Refused {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        detail: format!("{field}: {error}"),
    };
    let currency = currency.parse().map_err(refused)?;
    Money::parse_decimal(text, currency).map_err(refused)
}

pub(super) async fn set_price(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path(id): Path<String>,
    Form(form): Form<PriceChange>,
) -> Result<Response, Error> {
    let price = amount("price", &form.price, &form.currency)?;
    let mut body = json!({ "sku": form.sku, "price": price });
    if !form.compare_at.trim().is_empty() {
        body["compare_at"] = json!(amount("compare at", &form.compare_at, &form.currency)?);
    }
    api.post("/api/pricing/v1/prices/set", &caller, Some(form.version), None, &body).await?;
    Ok(back(&id, "the price is set"))
}

#[derive(Debug, Deserialize)]
pub(super) struct StockChange {
    sku: String,
    on_hand: i64,
    reason: String,
    key: String,
}

pub(super) async fn adjust_stock(
    StaffPage(caller): StaffPage,
    State(api): State<Api>,
    Path(id): Path<String>,
    Form(form): Form<StockChange>,
) -> Result<Response, Error> {
    let body = json!({ "sku": form.sku, "set_on_hand": form.on_hand, "reason": form.reason });
    api.post("/api/inventory/v1/stock/adjust", &caller, None, Some(&form.key), &body).await?;
    Ok(back(&id, "the stock is corrected"))
}

fn back(id: &str, what: &str) -> Response {
    done(&format!("/admin/products/{}", encode(id)), what)
}
