//! One buyer: from a basket to a 201, trying again as a sensible client does, and noting what was promised.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{OrderId, QuoteId};
use tokio::time::sleep;
use uuid::Uuid;

use super::facts::Journey;
use super::goods::Goods;
use super::plan::{Manner, Wish};
use crate::insist::insist;
use crate::shop::{Address, Buyer, Error, Placed, PreparedPayment, Quote, Shop, fresh_key};

/// How long a buyer tries one step again before giving up on the shop.
const PATIENCE: Duration = Duration::from_mins(2);
/// After that an order is usually confirmed.
const A_MOMENT: Duration = Duration::from_millis(1_500);
/// Where mails go.
const EMAIL: &str = "storm@shopper.test";

/// Buys, and tells what happened.
pub(crate) async fn buy(shop: &Shop, goods: &Goods, wish: &Wish) -> Journey {
    let mut journey = Journey {
        number: wish.number,
        key: fresh_key(),
        meant_to_succeed: wish.meant_to_succeed(),
        ..Journey::default()
    };
    if let Err(error) = shopping(shop, goods, wish, &mut journey).await {
        journey.gave_up = Some(error.to_string());
    }
    journey
}

async fn shopping(
    shop: &Shop,
    goods: &Goods,
    wish: &Wish,
    journey: &mut Journey,
) -> Result<(), Error> {
    let buyer = if wish.guest {
        Buyer::from(insist(PATIENCE, || shop.guest()).await?)
    } else {
        let place = usize::try_from(wish.number).unwrap_or(0).checked_rem(goods.members.len());
        goods.members[place.unwrap_or(0)].buyer(shop).await?
    };
    let mut lines: Vec<(&str, i64)> =
        wish.picks.iter().map(|(place, pieces)| (goods.plenty[*place].as_str(), *pieces)).collect();
    if wish.manner == Manner::Scarce {
        lines.push((&goods.scarce, lines.first().map_or(1, |line| line.1)));
    }
    for (sku, pieces) in &lines {
        insist(PATIENCE, || shop.set_line(&buyer, sku, *pieces)).await?;
    }
    let to = Address::default();
    let coupon = if wish.manner == Manner::FewUses {
        Some(goods.few_uses.as_str())
    } else {
        wish.coupon.then_some(goods.coupon.as_str())
    };
    let quote = insist(PATIENCE, || shop.quote(&buyer, &lines, &to, coupon)).await?;
    journey.quote = Some(quote_id(&quote)?);
    let payment = insist(PATIENCE, || shop.prepare_payment(&buyer, quote.total)).await?;
    insist(PATIENCE, || shop.enter_card(&payment.redirect_url, wish.card)).await?;
    let checkout = Checkout { shop, buyer: &buyer, quote: &quote, payment: &payment, to: &to };
    let placed = checkout.submit(wish, journey).await?;
    change_mind(shop, wish.manner, &placed).await
}

struct Checkout<'a> {
    shop: &'a Shop,
    buyer: &'a Buyer,
    quote: &'a Quote,
    payment: &'a PreparedPayment,
    to: &'a Address,
}

impl Checkout<'_> {
    /// Every 201 is noted, whichever of two submits it answers.
    async fn submit(&self, wish: &Wish, journey: &mut Journey) -> Result<Placed, Error> {
        let key = journey.key.clone();
        let first = self.insisting(&key);
        let (first, second) = if wish.twice {
            let (first, second) = tokio::join!(first, self.insisting(&key));
            (first, Some(second))
        } else {
            (first.await, None)
        };
        let answers = std::iter::once(&first).chain(&second);
        for placed in answers.filter_map(|answer| answer.as_ref().ok()) {
            journey.accepted.push(order_id(placed)?);
        }
        match second {
            Some(Ok(placed)) => Ok(placed),
            _ => first,
        }
    }

    async fn insisting(&self, key: &str) -> Result<Placed, Error> {
        let what = (self.quote, self.payment);
        insist(PATIENCE, || self.shop.place(self.buyer, what, (EMAIL, self.to), key)).await
    }
}

/// Cancelling too late is no fault of the shop.
async fn change_mind(shop: &Shop, manner: Manner, placed: &Placed) -> Result<(), Error> {
    match manner {
        Manner::Plain | Manner::Scarce | Manner::FewUses => return Ok(()),
        Manner::CancelsAtOnce => {}
        Manner::CancelsLater => sleep(A_MOMENT).await,
    }
    match insist(PATIENCE, || shop.cancel(placed)).await {
        Err(error) if error.status() != Some(409) => Err(error),
        _ => Ok(()),
    }
}

fn order_id(placed: &Placed) -> Result<Uuid, Error> {
    let id: Result<OrderId, _> = placed.order_id.parse();
    id.map(OrderId::uuid).map_err(|_| Error::Never(format!("{placed:?} names no order")))
}

/// The id inside the signed quote: the claim `jti` (RFC 7519).
fn quote_id(quote: &Quote) -> Result<Uuid, Error> {
    let claims = quote.quote.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<serde_json::Value> =
        claims.and_then(|claims| serde_json::from_slice(&claims).ok());
    let id = claims.and_then(|claims| claims.get("jti")?.as_str()?.parse::<QuoteId>().ok());
    id.map(QuoteId::uuid).ok_or_else(|| Error::Never("the quote has no id".to_owned()))
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money};

    use super::*;

    #[test]
    fn a_quote_names_itself() {
        let id = QuoteId::new();
        let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"jti":"{id}"}}"#));
        let zero = Money::zero(Currency::EUR);
        let quote = format!("header.{claims}.signature");
        let quote =
            Quote { quote, goods: zero, discount: zero, shipping: zero, tax: zero, total: zero };

        assert_eq!(quote_id(&quote).unwrap(), id.uuid());
        assert!(quote_id(&Quote { quote: "no".into(), ..quote }).is_err());
    }
}
