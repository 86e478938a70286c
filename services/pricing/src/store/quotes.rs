//! What a quote reads: two round trips, each by primary keys, whatever the number of lines.

use kernel::{Currency, Money, Sku};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::prices::DEFAULT;
use crate::domain::coupon::{Benefit, Coupon};
use crate::domain::offer::{Offer, Rate, Standing};
use crate::domain::tax::TaxRule;
use crate::error::Error;

#[derive(sqlx::FromRow)]
struct Row {
    sku: Sku,
    product_id: Option<kernel::ProductId>,
    title: Option<String>,
    variant_title: Option<String>,
    seller_id: Option<String>,
    for_sale: Option<bool>,
    price_minor: Option<i64>,
    other_currency: Option<String>,
}

/// How each of these SKUs stands, in the order of the request.
pub(crate) async fn standings(
    conn: &mut PgConnection,
    skus: &[&Sku],
    currency: Currency,
) -> Result<Vec<Standing>, Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "select w.sku, v.product_id, p.title, v.variant_title, v.seller_id,
             v.offered and p.published as for_sale, x.price_minor,
             case when x.sku is null then (select min(o.currency) from prices o where o.sku = w.sku) end
                 as other_currency
         from unnest($1::text[]) with ordinality as w (sku, place)
             left join variants v on v.sku = w.sku
             left join products p on p.product_id = v.product_id
             left join prices x on x.sku = w.sku and x.price_list = $2 and x.currency = $3
         order by w.place",
    )
    .bind(skus.iter().map(|sku| sku.as_str()).collect::<Vec<_>>())
    .bind(DEFAULT)
    .bind(currency.code())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| standing(row, currency)).collect()
}

fn standing(row: Row, currency: Currency) -> Result<Standing, Error> {
    let (Some(product), Some(title)) = (row.product_id, row.title) else {
        return Ok(Standing::Unknown);
    };
    if row.for_sale != Some(true) {
        return Ok(Standing::NotForSale);
    }
    match (row.price_minor, row.other_currency) {
        (Some(minor), _) => Ok(Standing::Offered(Offer {
            sku: row.sku,
            product_id: product.to_string(),
            title,
            variant_title: row.variant_title.unwrap_or_default(),
            seller_id: row.seller_id.unwrap_or_default(),
            unit: Money::new(minor, currency),
        })),
        (None, Some(other)) => {
            let other = other.parse().map_err(|_| Error::Corrupt("prices.currency"))?;
            Ok(Standing::OtherCurrency(other))
        }
        (None, None) => Ok(Standing::NotForSale),
    }
}

/// What a price depends on besides its lines, as the database knows it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) tax: TaxRule,
    pub(crate) rates: Vec<Rate>,
    pub(crate) coupon: Option<Coupon>,
}

#[derive(Deserialize)]
struct RateRow {
    method: String,
    name: String,
    price_minor: i64,
    free_from_minor: Option<i64>,
}

#[derive(Deserialize)]
struct CouponRow {
    code: String,
    percent: Option<u32>,
    amount_minor: Option<i64>,
    minimum_goods_minor: Option<i64>,
    currency: Option<String>,
    valid_from: Option<i64>,
    valid_until: Option<i64>,
    ended: bool,
    uses_left: Option<i64>,
}

/// Tax and rates of a destination, and the coupon of a code.
pub(crate) async fn terms(
    conn: &mut PgConnection,
    country: &str,
    currency: Currency,
    coupon: Option<&str>,
) -> Result<Known, Error> {
    type Row = (Json<TaxRule>, Option<Json<Vec<RateRow>>>, Option<Json<CouponRow>>);
    // A country's own row comes before that of all others: `*` sorts before letters.
    let (tax, rates, coupon): Row = sqlx::query_as(
        "select
             (select to_jsonb(t) from tax_rates t where t.country in ($1, '*')
              order by t.country collate \"C\" desc limit 1),
             (select jsonb_agg(r order by r.price_minor, r.method) from (
                  select distinct on (method) method, name, price_minor, free_from_minor
                  from shipping_rates where country in ($1, '*') and currency = $2
                  order by method, country collate \"C\" desc
              ) r),
             (select jsonb_build_object('code', code, 'percent', percent,
                  'amount_minor', amount_minor, 'minimum_goods_minor', minimum_goods_minor,
                  'currency', currency, 'ended', ended_at is not null,
                  'valid_from', extract(epoch from valid_from)::bigint,
                  'valid_until', extract(epoch from valid_until)::bigint,
                  'uses_left', use_limit - used - reserved)
              from coupons where code = $3)",
    )
    .bind(country)
    .bind(currency.code())
    .bind(coupon)
    .fetch_one(conn)
    .await?;
    let rate = |row: RateRow| Rate {
        method: row.method,
        name: row.name,
        price: Money::new(row.price_minor, currency),
        free_from: row.free_from_minor.map(|minor| Money::new(minor, currency)),
    };
    let rates = rates.map(|Json(rates)| rates.into_iter().map(rate).collect());
    let coupon = coupon.map(|Json(row)| read_coupon(row)).transpose()?;
    Ok(Known { tax: tax.0, rates: rates.unwrap_or_default(), coupon })
}

fn read_coupon(row: CouponRow) -> Result<Coupon, Error> {
    let corrupt = || Error::Corrupt("coupons");
    let currency: Option<Currency> =
        row.currency.map(|code| code.parse()).transpose().map_err(|_| corrupt())?;
    let money = |minor: i64| currency.map(|currency| Money::new(minor, currency));
    let benefit = match (row.percent, row.amount_minor) {
        (Some(percent), _) => Benefit::Percent(percent),
        (None, Some(minor)) => Benefit::Fixed(money(minor).ok_or_else(corrupt)?),
        (None, None) => return Err(corrupt()),
    };
    Ok(Coupon {
        code: row.code,
        benefit,
        minimum_goods: row.minimum_goods_minor.and_then(money),
        valid_from: row.valid_from,
        valid_until: row.valid_until,
        ended: row.ended,
        uses_left: row.uses_left,
    })
}
