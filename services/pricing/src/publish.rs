//! What the other services get to hear.

use contracts::pricing::{
    CouponRedeemed, CouponRefused, CouponReleased, CouponReserved, PriceSet, QuoteKeyPublished,
};
use kernel::{Money, ProductId, Sku};
use messaging::Outgoing;

use crate::domain::key_schedule::not_after;
use crate::domain::price::Price;
use crate::store::coupon_uses::Known;
use crate::store::keys::Scheduled;
use crate::store::prices::DEFAULT;

/// What a SKU costs from now on.
pub(crate) fn price_set(sku: &Sku, product: ProductId, price: Price, version: i64) -> Outgoing {
    let set = PriceSet {
        sku: sku.as_str().to_owned(),
        product_id: product.to_string(),
        price_list: DEFAULT.to_owned(),
        price: Some(price.price.into()),
        compare_at: price.compare_at.map(Money::into),
    };
    Outgoing::new(&set).version(version)
}

/// A key with which quotes will be signed.
pub(crate) fn key(new: &Scheduled) -> Outgoing {
    let public = new.key.public(not_after(new.signs.end));
    Outgoing::new(&QuoteKeyPublished {
        key_id: public.id,
        public_key: public.bytes,
        not_after: public.not_after,
    })
}

/// What became of an order's use of a coupon.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    Reserved,
    Refused(&'static str),
    Redeemed,
    Released,
}

/// What became of an order's use with the change after `known`. The subject is the coupon, whose
/// uses are not counted by version: there is none.
pub(crate) fn outcome(known: &Known, code: &str, outcome: Outcome) -> Outgoing {
    let (order_id, code) = (known.order.to_string(), code.to_owned());
    match outcome {
        Outcome::Reserved => Outgoing::new(&CouponReserved { order_id, code }),
        Outcome::Refused(reason) => {
            Outgoing::new(&CouponRefused { order_id, code, reason: reason.to_owned() })
        }
        Outcome::Redeemed => Outgoing::new(&CouponRedeemed { order_id, code }),
        Outcome::Released => Outgoing::new(&CouponReleased { order_id, code }),
    }
}
