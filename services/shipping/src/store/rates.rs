//! The table `rates`.

use kernel::Money;
use sqlx::{FromRow, PgConnection};

use crate::Error;

/// What sending a parcel costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// `standard` or `express`.
    pub(crate) method: String,
    /// ISO 3166-1 alpha-2, or `*`.
    pub(crate) country: String,
    pub(crate) name: String,
    pub(crate) price: Money,
    /// Goods worth at least this are sent free of charge.
    pub(crate) free_from: Option<Money>,
    pub(crate) version: i64,
}

#[derive(FromRow)]
struct Row {
    method: String,
    country: String,
    name: String,
    price_minor: i64,
    currency: String,
    free_from_minor: Option<i64>,
    version: i64,
}

impl TryFrom<Row> for Rate {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let currency = row.currency.parse().map_err(|_| Error::Corrupt("currency"))?;
        Ok(Self {
            method: row.method,
            country: row.country,
            name: row.name,
            price: Money::new(row.price_minor, currency),
            free_from: row.free_from_minor.map(|minor| Money::new(minor, currency)),
            version: row.version,
        })
    }
}

fn all(rows: Vec<Row>) -> Result<Vec<Rate>, Error> {
    rows.into_iter().map(Rate::try_from).collect()
}

/// The rate of each method for a country: its own, else the one for every country.
pub(crate) async fn for_country(
    conn: &mut PgConnection,
    country: &str,
) -> Result<Vec<Rate>, Error> {
    all(sqlx::query_as(
        "select distinct on (method) method, country, name, price_minor, currency, free_from_minor,
             version
         from rates where country in ($1, '*')
         order by method desc, country = '*'",
    )
    .bind(country)
    .fetch_all(conn)
    .await?)
}

/// Sets a rate; returns it with its new version, which counts as announced.
pub(crate) async fn set(conn: &mut PgConnection, rate: &Rate) -> Result<Rate, Error> {
    let row: Row = sqlx::query_as(
        "insert into rates (method, country, name, price_minor, currency, free_from_minor,
             announced_version)
         values ($1, $2, $3, $4, $5, $6, 1)
         on conflict (method, country) do update
         set name = excluded.name, price_minor = excluded.price_minor,
             currency = excluded.currency, free_from_minor = excluded.free_from_minor,
             version = rates.version + 1, announced_version = rates.version + 1
         returning method, country, name, price_minor, currency, free_from_minor, version",
    )
    .bind(&rate.method)
    .bind(&rate.country)
    .bind(&rate.name)
    .bind(rate.price.minor())
    .bind(rate.price.currency().code())
    .bind(rate.free_from.map(Money::minor))
    .fetch_one(conn)
    .await?;
    row.try_into()
}

/// Takes the rates that the others have not been told of. Who comes second waits for the rows, and finds
/// them announced.
pub(crate) async fn take_unannounced(conn: &mut PgConnection) -> Result<Vec<Rate>, Error> {
    all(sqlx::query_as(
        "update rates set announced_version = version where announced_version < version
         returning method, country, name, price_minor, currency, free_from_minor, version",
    )
    .fetch_all(conn)
    .await?)
}
