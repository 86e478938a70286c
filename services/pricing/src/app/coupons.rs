//! What an order does to the coupon that it was quoted with.

use kernel::OrderId;
use messaging::Tx;

use crate::domain::coupon_use::{Command, State, Step, decide};
use crate::error::Error;
use crate::publish::{self, Outcome};
use crate::store::coupon_uses::{self, Known};
use crate::store::coupons;

/// Sets one use of a coupon aside for an order, or refuses.
pub(crate) async fn place(tx: &mut Tx, order: OrderId, code: &str) -> Result<(), Error> {
    let known = coupon_uses::lock(tx, order).await?;
    if decide(known.state, Command::Place) != Step::Reserve {
        return Ok(());
    }
    if coupon_uses::reserve(tx, code).await? {
        coupon_uses::save(tx, &known, Some(code), State::Reserved).await?;
        return say(tx, &known, code, Outcome::Reserved).await;
    }
    let coupon = coupons::find(tx, code).await?;
    let reason = match &coupon {
        None => "there is no such coupon",
        Some(coupon) if coupon.ended_at.is_some() => "the coupon has ended",
        Some(_) => "the coupon has been used up",
    };
    coupon_uses::save(tx, &known, coupon.map(|_| code), State::Refused).await?;
    say(tx, &known, code, Outcome::Refused(reason)).await
}

/// Follows whatever else happens to an order.
pub(crate) async fn follow(tx: &mut Tx, order: OrderId, command: Command) -> Result<(), Error> {
    let known = coupon_uses::lock(tx, order).await?;
    let step = decide(known.state, command);
    if step == Step::Forgo {
        return coupon_uses::save(tx, &known, None, State::Forgone).await;
    }
    let Some(code) = known.code.clone() else { return Ok(()) };
    match step {
        // Only `place` reserves.
        Step::Nothing | Step::Reserve | Step::Forgo => Ok(()),
        Step::Redeem => {
            coupon_uses::save(tx, &known, Some(&code), State::Redeemed).await?;
            coupon_uses::redeem(tx, &code).await?;
            say(tx, &known, &code, Outcome::Redeemed).await
        }
        Step::Release => {
            coupon_uses::save(tx, &known, Some(&code), State::Released).await?;
            coupon_uses::release(tx, &code).await?;
            say(tx, &known, &code, Outcome::Released).await
        }
    }
}

async fn say(tx: &mut Tx, known: &Known, code: &str, outcome: Outcome) -> Result<(), Error> {
    Ok(messaging::append(tx, [publish::outcome(known, code, outcome)]).await?)
}
