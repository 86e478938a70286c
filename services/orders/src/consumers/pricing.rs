//! What pricing says: coupons are set aside or refused, and which keys sign its quotes.

use contracts::{CouponEvent, QuoteKeyEvent};
use messaging::{Meta, Projection, Reaction, Tx};
use sqlx::PgConnection;
use web::PublicKey;

use super::tell;
use crate::Error;
use crate::app::Orders;
use crate::domain::order::Command;
use crate::quotes;

#[derive(Debug)]
pub(crate) struct OnCoupon(pub(crate) Orders);

impl Reaction for OnCoupon {
    type Event = CouponEvent;
    type Error = Error;

    async fn react(&self, tx: &mut Tx, event: CouponEvent, _: &Meta) -> Result<(), Error> {
        let (order, command) = match event {
            CouponEvent::CouponReserved(event) => (event.order_id, Command::NoteCouponReserved),
            CouponEvent::CouponRefused(event) => {
                (event.order_id, Command::NoteCouponRefused { details: event.reason })
            }
            CouponEvent::CouponReleased(event) => (event.order_id, Command::NoteCouponReleased),
            // It follows from our own confirmation.
            CouponEvent::CouponRedeemed(_) => return Ok(()),
        };
        tell(&self.0, tx, &order, command).await
    }
}

#[derive(Debug)]
pub(crate) struct OnQuoteKey(pub(crate) Orders);

impl Projection for OnQuoteKey {
    type Event = QuoteKeyEvent;
    type Error = sqlx::Error;

    async fn project(
        &self,
        conn: &mut PgConnection,
        events: &[(QuoteKeyEvent, Meta)],
    ) -> Result<(), sqlx::Error> {
        for (QuoteKeyEvent::QuoteKeyPublished(key), _) in events {
            let (id, bytes) = (key.key_id.clone(), key.public_key.clone());
            let key = PublicKey { id, bytes, not_after: key.not_after };
            runtime::keys::remember(conn, quotes::PURPOSE, &key).await?;
            if let Err(error) = self.0.quotes().verifier().learn(&key) {
                tracing::error!(key.id, %error, "pricing published a key that is of no use");
            }
        }
        Ok(())
    }
}
