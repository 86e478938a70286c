//! Gathers the auditor's facts: from every database directly, and from the ledgers of the world outside.
//! Nothing here goes through the code that is being judged.

use std::collections::{BTreeMap, HashMap};

use kernel::{OrderId, PaymentId, ShipmentId};
use serde::Deserialize;
use sqlx::types::Json;
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

use super::facts::{Coupon, Facts, Hold, Journey, Order, Parcel, Shown, Stock};
use crate::checker::{self, CheckError};
use crate::fleet::{Fleet, WITH_DATABASE};
use crate::shop::{Error as ShopError, Shop};

/// Why the facts cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CollectError {
    /// A database.
    #[error("database of {0}: {1}")]
    Database(&'static str, sqlx::Error),
    /// A ledger of the world outside.
    #[error("ledger: {0}")]
    Ledger(#[from] ShopError),
    /// Outboxes and topics.
    #[error("history: {0}")]
    History(#[from] CheckError),
}

/// Where facts come from.
#[derive(Clone, Debug)]
pub(crate) struct Sources {
    pub(crate) fleet: Fleet,
    pub(crate) shop: Shop,
    pub(crate) coupons: Vec<String>,
}

impl Sources {
    async fn open(&self, service: &'static str) -> Result<PgConnection, CollectError> {
        let conn = PgConnection::connect(&self.fleet.database(service)).await;
        conn.map_err(|error| CollectError::Database(service, error))
    }

    /// All facts but the history, which [`Sources::history`] adds.
    ///
    /// # Errors
    /// A database or a ledger cannot be read.
    pub(crate) async fn facts(
        &self,
        journeys: &[Journey],
        stock_before: &BTreeMap<String, Stock>,
    ) -> Result<Facts, CollectError> {
        let shipments = self.read("shipping", shipments).await?;
        Ok(Facts {
            journeys: journeys.to_vec(),
            orders: self.read("orders", orders).await?,
            holds: self.holds().await?,
            parcels: self.parcels(&shipments).await?,
            stock_before: stock_before.clone(),
            stock_after: self.stock().await?,
            coupons: self.coupons().await?,
            shown: self.read("search", shown).await?,
            prices: self.read("pricing", prices).await?,
            history: None,
            stuck: self.stuck().await?,
        })
    }

    /// Compares outboxes and topics.
    ///
    /// # Errors
    /// A database or the broker cannot be read.
    pub(crate) async fn history(&self) -> Result<checker::Report, CollectError> {
        let databases: Vec<String> =
            WITH_DATABASE.iter().map(|service| self.fleet.database(service)).collect();
        Ok(checker::check(&databases, &self.fleet.kafka_brokers).await?)
    }

    /// Stock as it is now.
    ///
    /// # Errors
    /// The database cannot be read.
    pub(crate) async fn stock(&self) -> Result<BTreeMap<String, Stock>, CollectError> {
        self.read("inventory", stock).await
    }

    async fn read<T>(
        &self,
        service: &'static str,
        ask: impl AsyncFn(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T, CollectError> {
        let mut conn = self.open(service).await?;
        ask(&mut conn).await.map_err(|error| CollectError::Database(service, error))
    }

    async fn coupons(&self) -> Result<Vec<Coupon>, CollectError> {
        let mut conn = self.open("pricing").await?;
        let coupons = sqlx::query_as(
            "select code, used, reserved, use_limit from coupons where code = any($1)",
        )
        .bind(&self.coupons)
        .fetch_all(&mut conn)
        .await;
        coupons.map_err(|error| CollectError::Database("pricing", error))
    }

    async fn holds(&self) -> Result<Vec<Hold>, ShopError> {
        let charges = self.shop.charges().await?.into_iter().map(|charge| Hold {
            payment: charge.reference.parse::<PaymentId>().ok().map(PaymentId::uuid),
            id: charge.session,
            amount_minor: charge.amount_minor,
            status: charge.status,
        });
        Ok(charges.collect())
    }

    /// The carrier knows our shipments, of which only shipping's database says whose they are.
    async fn parcels(&self, shipments: &HashMap<Uuid, Uuid>) -> Result<Vec<Parcel>, ShopError> {
        let parcels = self.shop.parcels().await?.into_iter().map(|parcel| {
            let order = parcel.reference.parse::<OrderId>().ok().map(OrderId::uuid);
            let shipment = parcel.reference.parse::<ShipmentId>().ok().map(ShipmentId::uuid);
            let order = order.or_else(|| shipments.get(&shipment?).copied());
            Parcel { id: parcel.tracking_number, order, stage: parcel.stage }
        });
        Ok(parcels.collect())
    }

    async fn stuck(&self) -> Result<Vec<String>, CollectError> {
        let mut all = Vec::new();
        for service in WITH_DATABASE {
            let (parked, jobs) = self.read(service, stuck).await?;
            if parked > 0 {
                all.push(format!("{service}: {parked} messages are parked"));
            }
            if jobs > 0 {
                all.push(format!("{service}: {jobs} jobs wait or are given up"));
            }
        }
        Ok(all)
    }
}

#[derive(Deserialize)]
struct Line {
    sku: String,
    quantity: i64,
}

#[derive(sqlx::FromRow)]
struct OrderRow {
    id: Uuid,
    status: String,
    reason: Option<String>,
    quote_id: Uuid,
    payment_id: Uuid,
    total_minor: i64,
    coupon: Option<String>,
    confirmed: bool,
    lines: Json<Vec<Line>>,
}

async fn orders(conn: &mut PgConnection) -> Result<Vec<Order>, sqlx::Error> {
    let rows: Vec<OrderRow> = sqlx::query_as(
        "select o.id, o.status, o.reason, o.quote_id, o.payment_id,
             (o.totals -> 'total' ->> 'minor')::bigint as total_minor,
             e.data -> 'purchase' ->> 'coupon' as coupon,
             o.confirmed_at is not null as confirmed, o.lines
         from orders o join order_events e on e.order_id = o.id and e.version = 1",
    )
    .fetch_all(conn)
    .await?;
    let order = |row: OrderRow| Order {
        id: row.id,
        status: row.status,
        reason: row.reason,
        quote: row.quote_id,
        payment: row.payment_id,
        total_minor: row.total_minor,
        coupon: row.coupon,
        confirmed: row.confirmed,
        lines: row.lines.0.into_iter().map(|line| (line.sku, line.quantity)).collect(),
    };
    Ok(rows.into_iter().map(order).collect())
}

/// Orders by shipment.
async fn shipments(conn: &mut PgConnection) -> Result<HashMap<Uuid, Uuid>, sqlx::Error> {
    let rows: Vec<(Uuid, Uuid)> =
        sqlx::query_as("select shipment_id, order_id from shipments").fetch_all(conn).await?;
    Ok(rows.into_iter().collect())
}

async fn stock(conn: &mut PgConnection) -> Result<BTreeMap<String, Stock>, sqlx::Error> {
    let rows: Vec<(String, bool, i64, i64, i64, i64)> = sqlx::query_as(
        "select i.sku, i.tracked, sum(l.on_hand)::bigint, sum(l.reserved)::bigint,
             min(l.on_hand - l.reserved)::bigint,
             (select coalesce(sum(m.change), 0)::bigint from stock_movements m where m.sku = i.sku)
         from stock_items i join stock_levels l on l.sku = i.sku group by i.sku, i.tracked",
    )
    .fetch_all(conn)
    .await?;
    let stock = |(sku, tracked, on_hand, reserved, lowest, moved)| {
        (sku, Stock { tracked, on_hand, reserved, lowest, moved })
    };
    Ok(rows.into_iter().map(stock).collect())
}

async fn prices(conn: &mut PgConnection) -> Result<BTreeMap<String, i64>, sqlx::Error> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select sku, price_minor from prices where price_list = 'default' and currency = 'EUR'",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().collect())
}

#[derive(Deserialize)]
struct Page {
    variants: Vec<Variant>,
}

#[derive(Deserialize)]
struct Variant {
    sku: String,
    price: Option<Price>,
    tracked: bool,
    available: i64,
}

#[derive(Deserialize)]
struct Price {
    minor: i64,
}

/// What readers get: the prepared pages, not the facts that they are made of.
async fn shown(conn: &mut PgConnection) -> Result<Vec<Shown>, sqlx::Error> {
    let pages: Vec<String> =
        sqlx::query_scalar("select page from documents").fetch_all(conn).await?;
    let mut all = Vec::new();
    for page in pages {
        let page: Page =
            serde_json::from_str(&page).map_err(|error| sqlx::Error::Decode(error.into()))?;
        all.extend(page.variants.into_iter().map(|variant| Shown {
            sku: variant.sku,
            price_minor: variant.price.map(|price| price.minor),
            tracked: variant.tracked,
            available: variant.available,
        }));
    }
    Ok(all)
}

/// Parked messages, and jobs that are due or given up.
async fn stuck(conn: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "select (select count(*) from messaging.parked where state = 'waiting'),
             (select count(*) from messaging.job
              where stuck_at is not null or due_at < clock_timestamp() - interval '2 seconds')",
    )
    .fetch_one(conn)
    .await
}
