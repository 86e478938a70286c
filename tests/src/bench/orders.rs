//! Whole orders over the public API: basket, address, shipping, quote, payment, placing, until confirmed.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::goods::sku;
use super::load::CONNECTIONS;
use super::zipf::Zipf;
use crate::shop::{
    ACCEPTED, Address, Buyer, Error, Placed, Places, PreparedPayment, Quote, Shop, fresh_key, sent,
};

/// The longest time until an order is confirmed.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long the parts of one order took.
#[derive(Clone, Copy, Debug, Default)]
struct Took {
    /// From the empty basket to the news that the order is confirmed.
    whole: Duration,
    /// From the request to the answer of placing alone.
    placing: Duration,
    /// From placing to the news that the order is confirmed.
    confirming: Duration,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ordered {
    /// Confirmed orders.
    pub(crate) orders: u64,
    /// From the first request to the last confirmation.
    pub(crate) time: Duration,
    /// See `Took`.
    pub(crate) whole: Vec<Duration>,
    /// See `Took`.
    pub(crate) placing: Vec<Duration>,
    /// See `Took`.
    pub(crate) confirming: Vec<Duration>,
    /// What went wrong, in words.
    pub(crate) failures: Vec<String>,
}

/// Buys for some time; guests, two variants each, drawn by Zipf out of `many` products.
///
/// # Errors
/// When a client cannot be made.
pub(crate) async fn buy(places: &Places, many: usize, time: Duration) -> Result<Ordered, Error> {
    let begin = Instant::now();
    let mut buyers = JoinSet::new();
    for seed in 0..CONNECTIONS {
        let shop = Shop::new(places.clone())?;
        let ranks = Zipf::new(many, 1_000 + seed);
        buyers.spawn(async move { buyer(&shop, ranks, begin + time).await });
    }
    let mut ordered = Ordered::default();
    while let Some(one) = buyers.join_next().await {
        let one = one.unwrap_or_else(|error| vec![Err(Error::Never(error.to_string()))]);
        for outcome in one {
            match outcome {
                Err(error) => ordered.failures.push(error.to_string()),
                Ok(took) => {
                    ordered.orders += 1;
                    ordered.whole.push(took.whole);
                    ordered.placing.push(took.placing);
                    ordered.confirming.push(took.confirming);
                }
            }
        }
    }
    ordered.time = begin.elapsed();
    Ok(ordered)
}

async fn buyer(shop: &Shop, mut ranks: Zipf, end: Instant) -> Vec<Result<Took, Error>> {
    let mut outcomes = Vec::new();
    while Instant::now() < end {
        let (first, second) = (ranks.draw(), ranks.draw());
        outcomes.push(order(shop, &sku(first, 0), &sku(second, 1)).await);
    }
    outcomes
}

async fn order(shop: &Shop, first: &str, second: &str) -> Result<Took, Error> {
    let begin = Instant::now();
    let buyer = Buyer::from(shop.guest().await?);
    shop.set_line(&buyer, first, 1).await?;
    shop.set_line(&buyer, second, 2).await?;
    let to = Address::default();
    let quote: Quote = shop.quote(&buyer, &[(first, 1), (second, 2)], &to, None).await?;
    let payment: PreparedPayment = shop.prepare_payment(&buyer, quote.total).await?;
    shop.enter_card(&payment.redirect_url, ACCEPTED).await?;
    let placing = Instant::now();
    let mail = ("bench@shopper.test", &to);
    let placed = shop.place(&buyer, (&quote, &payment), mail, &fresh_key()).await?;
    let answered = placing.elapsed();
    confirmed(shop, &placed).await?;
    Ok(Took { whole: begin.elapsed(), placing: answered, confirming: placing.elapsed() })
}

/// Follows the order by server-sent events, as its page does, until it is confirmed.
async fn confirmed(shop: &Shop, placed: &Placed) -> Result<(), Error> {
    let path = format!("/api/orders/v1/orders/{}/events", placed.order_id);
    let request = shop.get(&path).header("order-token", &placed.access_token);
    let request = request.header("last-event-id", "0").timeout(PATIENCE);
    let mut stream = sent(request).await?;
    let mut text = String::new();
    while let Some(chunk) = stream.chunk().await? {
        text.push_str(&String::from_utf8_lossy(&chunk));
        if text.contains("\"status\":\"cancelled\"") {
            return Err(Error::Never(format!("{} was cancelled: {text}", placed.order_id)));
        }
        if text.contains("\"status\":\"confirmed\"") {
            return Ok(());
        }
    }
    Err(Error::Never(format!("the stream of {} ended early", placed.order_id)))
}
