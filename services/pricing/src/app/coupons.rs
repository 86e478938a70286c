//! What an order does to the coupon that it was quoted with.

use kernel::OrderId;
use sqlx::PgConnection;

use crate::domain::coupon_use::{Command, State, Step, decide};
use crate::error::Error;
use crate::publish::{self, Outcome};
use crate::store::coupon_uses::{self, Known};
use crate::store::coupons;

/// Sets one use of a coupon aside for an order, or refuses.
pub(crate) async fn place(
    conn: &mut PgConnection,
    order: OrderId,
    code: &str,
) -> Result<(), Error> {
    let known = coupon_uses::lock(conn, order).await?;
    if decide(known.state, Command::Place) != Step::Reserve {
        return Ok(());
    }
    if coupon_uses::reserve(conn, code).await? {
        coupon_uses::save(conn, &known, Some(code), State::Reserved).await?;
        return say(conn, &known, code, Outcome::Reserved).await;
    }
    let coupon = coupons::find(conn, code).await?;
    let reason = match &coupon {
        None => "there is no such coupon",
        Some(coupon) if coupon.ended_at.is_some() => "the coupon has ended",
        Some(_) => "the coupon has been used up",
    };
    coupon_uses::save(conn, &known, coupon.map(|_| code), State::Refused).await?;
    say(conn, &known, code, Outcome::Refused(reason)).await
}

/// Follows whatever else happens to an order.
pub(crate) async fn follow(
    conn: &mut PgConnection,
    order: OrderId,
    command: Command,
) -> Result<(), Error> {
    let known = coupon_uses::lock(conn, order).await?;
    let step = decide(known.state, command);
    if step == Step::Forgo {
        return coupon_uses::save(conn, &known, None, State::Forgone).await;
    }
    let Some(code) = known.code.clone() else { return Ok(()) };
    match step {
        // Only `place` reserves.
        Step::Nothing | Step::Reserve | Step::Forgo => Ok(()),
        Step::Redeem => {
            coupon_uses::save(conn, &known, Some(&code), State::Redeemed).await?;
            coupon_uses::redeem(conn, &code).await?;
            say(conn, &known, &code, Outcome::Redeemed).await
        }
        Step::Release => {
            coupon_uses::save(conn, &known, Some(&code), State::Released).await?;
            coupon_uses::release(conn, &code).await?;
            say(conn, &known, &code, Outcome::Released).await
        }
    }
}

async fn say(
    conn: &mut PgConnection,
    known: &Known,
    code: &str,
    outcome: Outcome,
) -> Result<(), Error> {
    Ok(messaging::append(conn, [publish::outcome(known, code, outcome)]).await?)
}
