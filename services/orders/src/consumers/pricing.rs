//! What pricing says: coupons are set aside or refused, and which keys sign its quotes.

use contracts::{CouponEvent, QuoteKeyEvent};
use messaging::{Handler, Meta};
use sqlx::PgConnection;
use web::PublicKey;

use super::tell;
use crate::Error;
use crate::app::Orders;
use crate::domain::order::Command;
use crate::quotes;

#[derive(Debug)]
pub(crate) struct OnCoupon(pub(crate) Orders);

impl Handler for OnCoupon {
    type Event = CouponEvent;
    type Error = Error;

    async fn handle(
        &self,
        conn: &mut PgConnection,
        event: CouponEvent,
        _: &Meta,
    ) -> Result<(), Error> {
        let (order, command) = match event {
            CouponEvent::CouponReserved(event) => (event.order_id, Command::NoteCouponReserved),
            CouponEvent::CouponRefused(event) => {
                (event.order_id, Command::NoteCouponRefused { details: event.reason })
            }
            CouponEvent::CouponReleased(event) => (event.order_id, Command::NoteCouponReleased),
            // It follows from our own confirmation.
            CouponEvent::CouponRedeemed(_) => return Ok(()),
        };
        tell(&self.0, conn, &order, command).await
    }
}

#[derive(Debug)]
pub(crate) struct OnQuoteKey(pub(crate) Orders);

impl Handler for OnQuoteKey {
    type Event = QuoteKeyEvent;
    type Error = sqlx::Error;

    async fn handle(
        &self,
        conn: &mut PgConnection,
        QuoteKeyEvent::QuoteKeyPublished(key): QuoteKeyEvent,
        _: &Meta,
    ) -> Result<(), sqlx::Error> {
        let key = PublicKey { id: key.key_id, bytes: key.public_key, not_after: key.not_after };
        runtime::keys::remember(conn, quotes::PURPOSE, &key).await?;
        if let Err(error) = self.0.quotes().verifier().learn(&key) {
            tracing::error!(key.id, %error, "pricing published a key that is of no use");
        }
        Ok(())
    }
}
