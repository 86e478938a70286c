//! `shipping_rates`: what shipping has told of.

use sqlx::PgConnection;

use crate::domain::offer::Rate;
use crate::error::Error;

/// Keeps what sending a parcel to a country (`*`: to any other) costs.
pub(crate) async fn save(conn: &mut PgConnection, country: &str, rate: &Rate) -> Result<(), Error> {
    sqlx::query(
        "insert into shipping_rates
             (method, country, currency, name, price_minor, free_from_minor)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (country, method, currency) do update set name = excluded.name,
             price_minor = excluded.price_minor, free_from_minor = excluded.free_from_minor",
    )
    .bind(&rate.method)
    .bind(country)
    .bind(rate.price.currency().code())
    .bind(&rate.name)
    .bind(rate.price.minor())
    .bind(rate.free_from.map(kernel::Money::minor))
    .execute(conn)
    .await?;
    Ok(())
}
