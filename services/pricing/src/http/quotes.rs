//! A basket's price at a destination, signed.

mod view;

use axum::extract::State;
use contracts::quote::{Quote, QuoteLine};
use kernel::{BasketId, Currency, Quantity, QuoteId, Sku};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Caller, Check, Json, MaybeCaller, Problem};

use self::view::QuoteView;
use super::Shop;
use crate::domain::offer::Wanted;
use crate::domain::quote::{Priced, Terms, price};
use crate::error::Error;
use crate::store;

/// Most lines of one quote.
const MOST_LINES: usize = 100;

/// What is wanted, and where it goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CreateQuote {
    /// Whose basket it is, for a guest. Someone signed in is known by the token.
    basket_id: Option<BasketId>,
    currency: Currency,
    /// ISO 3166-1 alpha-2.
    country: String,
    postal_code: String,
    /// `standard` when absent.
    shipping_method: Option<String>,
    /// In any case. Absent or empty: none.
    coupon: Option<String>,
    /// 1 to 100, each SKU once.
    lines: Vec<WantedLine>,
}

/// So many of a SKU.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedLine {
    sku: Sku,
    quantity: Quantity,
}

/// A request of which every field can be.
struct Checked {
    principal: String,
    postal_code: String,
    method: String,
    coupon: Option<String>,
}

impl CreateQuote {
    fn check(&self, caller: Option<&Caller>) -> Result<Checked, Error> {
        let mut check = Check::new();
        let account = caller.map(|caller| caller.account.to_string());
        let principal = account.or_else(|| self.basket_id.map(|basket| basket.to_string()));
        check.that(principal.is_some(), "basket_id", "expected the basket of a guest");
        check.country("country", &self.country);
        let postal_code = check.text("postal_code", &self.postal_code, 1..=20);
        let method = self.shipping_method.as_deref().unwrap_or("standard");
        let method = check.text("shipping_method", method, 1..=40);
        let coupon = self.coupon.as_deref().map(str::trim).filter(|code| !code.is_empty());
        if let Some(code) = coupon {
            check.text("coupon", code, 1..=40);
        }
        let count = self.lines.len();
        let message = format!("expected 1 to {MOST_LINES} lines, not {count}");
        check.that((1..=MOST_LINES).contains(&count), "lines", message);
        let mut seen = std::collections::HashSet::new();
        for (at, line) in self.lines.iter().enumerate() {
            let field = format!("lines[{at}].sku");
            check.that(seen.insert(&line.sku), &field, "this SKU is on another line already");
        }
        let values = principal.zip(postal_code).zip(method);
        let ((principal, postal_code), method) = check.take(values)?;
        let coupon = coupon.map(str::to_uppercase);
        Ok(Checked { principal, postal_code, method, coupon })
    }
}

/// Price a basket.
///
/// The answer holds a signed quote that orders accepts for 15 minutes, for the same principal, lines
/// and destination, and the reason for each number.
#[utoipa::path(post, path = "/api/pricing/v1/quotes", tag = "quotes",
    request_body = CreateQuote, responses((status = 200, body = QuoteView)))]
pub(super) async fn create_quote(
    State(shop): State<Shop>,
    MaybeCaller(caller): MaybeCaller,
    Json(body): Json<CreateQuote>,
) -> Result<Json<QuoteView>, Problem> {
    let checked = body.check(caller.as_ref())?;
    let now = kernel::unix_seconds();
    let priced = look_up(&shop, &body, &checked, now).await?;
    let quote = promise(&priced, &body, checked, now, shop.quote_seconds);
    let token = shop.signer.sign(&quote).await?;
    Ok(Json(QuoteView::new(token, &quote, priced)))
}

async fn look_up(
    shop: &Shop,
    body: &CreateQuote,
    checked: &Checked,
    now: i64,
) -> Result<Priced, Error> {
    let mut conn = shop.db.acquire().await?;
    let skus: Vec<&Sku> = body.lines.iter().map(|line| &line.sku).collect();
    let standings = store::quotes::standings(&mut conn, &skus, body.currency).await?;
    let code = checked.coupon.as_deref();
    let known = store::quotes::terms(&mut conn, &body.country, body.currency, code).await?;
    drop(conn);
    let wanted = body.lines.iter().zip(standings);
    let wanted = wanted.map(|(line, standing)| Wanted { quantity: line.quantity, standing });
    let coupon = match (code, known.coupon) {
        (Some(_), None) => Err(()),
        (_, coupon) => Ok(coupon),
    };
    let terms = Terms {
        currency: body.currency,
        country: body.country.clone(),
        tax: known.tax,
        rates: known.rates,
        method: checked.method.clone(),
        coupon,
        now,
    };
    price(wanted.collect(), terms).map_err(|wrong| {
        let mut check = Check::new();
        wrong.into_iter().for_each(|wrong| check.wrong(wrong.field, wrong.message));
        match check.finish() {
            Err(error) => error.into(),
            Ok(()) => Error::Corrupt("a quote was refused without a reason"),
        }
    })
}

fn promise(priced: &Priced, body: &CreateQuote, checked: Checked, now: i64, lasts: i64) -> Quote {
    let line = |line: &crate::domain::quote::PricedLine| QuoteLine {
        sku: line.offer.sku.clone(),
        product_id: line.offer.product_id.clone(),
        title: line.offer.title.clone(),
        variant_title: line.offer.variant_title.clone(),
        seller_id: line.offer.seller_id.clone(),
        quantity: line.quantity,
        unit_minor: line.offer.unit.minor(),
        total_minor: line.total.minor(),
    };
    Quote {
        jti: QuoteId::new(),
        iss: "pricing".to_owned(),
        aud: "orders".to_owned(),
        sub: checked.principal,
        iat: now,
        exp: now + lasts,
        currency: body.currency,
        country: body.country.clone(),
        postal_code: checked.postal_code,
        shipping_method: checked.method,
        coupon: checked.coupon,
        lines: priced.lines.iter().map(line).collect(),
        goods_minor: priced.goods.minor(),
        discount_minor: priced.discount.minor(),
        shipping_minor: priced.shipping.minor(),
        tax_minor: priced.tax.minor(),
        total_minor: priced.total.minor(),
    }
}
