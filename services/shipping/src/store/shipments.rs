//! The table `shipments`.

use kernel::{OrderId, ShipmentId};
use messaging::Cause;
use serde::Serialize;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::Error;
use crate::domain::shipment::{Recall, Shipment, Stage};

/// Where a parcel goes. Personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Destination {
    pub(crate) name: String,
    pub(crate) line1: String,
    pub(crate) line2: String,
    pub(crate) postal_code: String,
    pub(crate) city: String,
    /// ISO 3166-1 alpha-2.
    pub(crate) country: String,
}

/// A shipment with what only its storage knows.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) id: ShipmentId,
    pub(crate) order: OrderId,
    pub(crate) method: String,
    /// Absent for an order that was recalled before it was confirmed, and after an erasure.
    pub(crate) to: Option<Destination>,
    pub(crate) shipment: Shipment,
    /// The carrier's own name for the parcel.
    pub(crate) carrier_ref: Option<String>,
    pub(crate) version: i64,
}

#[derive(FromRow)]
struct Row {
    shipment_id: ShipmentId,
    order_id: OrderId,
    method: String,
    recipient: Option<String>,
    line1: Option<String>,
    line2: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    country: Option<String>,
    stage: String,
    recall: String,
    carrier_ref: Option<String>,
    tracking_number: Option<String>,
    version: i64,
}

const STAGES: [(Stage, &str); 8] = [
    (Stage::Prepared, "prepared"),
    (Stage::Booking, "booking"),
    (Stage::Booked, "booked"),
    (Stage::Dispatched, "dispatched"),
    (Stage::InTransit, "in_transit"),
    (Stage::OutForDelivery, "out_for_delivery"),
    (Stage::Delivered, "delivered"),
    (Stage::Cancelled, "cancelled"),
];

/// A stage as the tables and the API write it.
pub(crate) fn stage_name(stage: Stage) -> &'static str {
    STAGES.iter().find(|(known, _)| *known == stage).map_or("", |(_, name)| name)
}

const fn recall_name(recall: Recall) -> &'static str {
    match recall {
        Recall::None => "none",
        Recall::Wanted => "wanted",
        Recall::Refused => "refused",
    }
}

impl TryFrom<Row> for Record {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let stage = STAGES.iter().find(|(_, name)| *name == row.stage);
        let recalls = [Recall::None, Recall::Wanted, Recall::Refused];
        let recall = recalls.into_iter().find(|recall| recall_name(*recall) == row.recall);
        let to = row.line1.map(|line1| Destination {
            name: row.recipient.unwrap_or_default(),
            line1,
            line2: row.line2.unwrap_or_default(),
            postal_code: row.postal_code.unwrap_or_default(),
            city: row.city.unwrap_or_default(),
            country: row.country.unwrap_or_default(),
        });
        Ok(Self {
            id: row.shipment_id,
            order: row.order_id,
            method: row.method,
            to,
            shipment: Shipment {
                stage: stage.ok_or(Error::Corrupt("stage"))?.0,
                recall: recall.ok_or(Error::Corrupt("recall"))?,
                tracking_number: row.tracking_number,
            },
            carrier_ref: row.carrier_ref,
            version: row.version,
        })
    }
}

/// Reads the shipment with an id, or with what is written on the parcel.
pub(crate) async fn find(conn: &mut PgConnection, name: &str) -> Result<Option<Record>, Error> {
    let id: Option<ShipmentId> = name.parse().ok();
    let row: Option<Row> =
        sqlx::query_as("select * from shipments where shipment_id = $1 or tracking_number = $2")
            .bind(id)
            .bind(name)
            .fetch_optional(conn)
            .await?;
    row.map(Record::try_from).transpose()
}

/// Reads a shipment and keeps others from changing it until the transaction ends.
pub(crate) async fn lock(conn: &mut PgConnection, id: ShipmentId) -> Result<Option<Record>, Error> {
    let row: Option<Row> =
        sqlx::query_as("select * from shipments where shipment_id = $1 for update")
            .bind(id)
            .fetch_optional(conn)
            .await?;
    row.map(Record::try_from).transpose()
}

/// Keeps a new shipment and what led to it; one for the same order is refused by the table.
pub(crate) async fn create(conn: &mut PgConnection, record: &Record) -> Result<(), Error> {
    let to = record.to.as_ref();
    let cause = Cause::to_remember();
    sqlx::query(
        "insert into shipments
             (shipment_id, order_id, method, recipient, line1, line2, postal_code, city, country,
              stage, recall, correlation, traceparent)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(record.id)
    .bind(record.order)
    .bind(&record.method)
    .bind(to.map(|to| &to.name))
    .bind(to.map(|to| &to.line1))
    .bind(to.map(|to| &to.line2))
    .bind(to.map(|to| &to.postal_code))
    .bind(to.map(|to| &to.city))
    .bind(to.map(|to| &to.country))
    .bind(stage_name(record.shipment.stage))
    .bind(recall_name(record.shipment.recall))
    .bind(cause.correlation)
    .bind(cause.traceparent)
    .execute(conn)
    .await?;
    Ok(())
}

/// What led to a shipment, for what is heard about it later from outside.
pub(crate) async fn cause(conn: &mut PgConnection, id: ShipmentId) -> Result<Option<Cause>, Error> {
    let kept: Option<(Option<Uuid>, Option<String>)> =
        sqlx::query_as("select correlation, traceparent from shipments where shipment_id = $1")
            .bind(id)
            .fetch_optional(conn)
            .await?;
    Ok(kept.and_then(|(correlation, traceparent)| {
        Some(Cause { correlation: correlation?, causation: None, traceparent })
    }))
}

/// Saves a shipment that was locked; returns its new version.
pub(crate) async fn save(conn: &mut PgConnection, record: &Record) -> Result<i64, Error> {
    let version = sqlx::query_scalar(
        "update shipments
         set stage = $2, recall = $3, carrier_ref = $4, tracking_number = $5,
             version = version + 1, changed_at = now()
         where shipment_id = $1
         returning version",
    )
    .bind(record.id)
    .bind(stage_name(record.shipment.stage))
    .bind(recall_name(record.shipment.recall))
    .bind(&record.carrier_ref)
    .bind(&record.shipment.tracking_number)
    .fetch_one(conn)
    .await?;
    Ok(version)
}
