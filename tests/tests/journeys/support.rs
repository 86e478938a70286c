//! What every journey begins with.

use std::time::Duration;

use e2e::shop::{Account, Buyer, Placed, PreparedPayment, Shop, Variant, fresh_email};
use kernel::{Currency, Money};

/// Long enough for a loaded machine; a journey that works takes far less.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The shop that `./dev test e2e` has started.
pub(crate) fn shop() -> Shop {
    Shop::of_environment()
        .unwrap_or_else(|error| panic!("a journey needs a running fleet: {error}"))
}

pub(crate) async fn staff(shop: &Shop) -> Account {
    shop.sign_in_staff().await.unwrap()
}

/// An amount in cents.
pub(crate) const fn euro(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

/// A product of the shop's own with so many pieces on the shelf.
pub(crate) async fn product(shop: &Shop, title: &str, pieces: i64) -> Variant {
    let staff = staff(shop).await;
    shop.new_product(&staff, title, euro(19_90), pieces).await.unwrap()
}

/// A guest who has an address.
pub(crate) async fn guest(shop: &Shop) -> (Buyer, String) {
    (shop.guest().await.unwrap().into(), fresh_email("guest"))
}

/// A guest at the last step of the checkout: everything is ready but the order itself.
pub(crate) struct AtTheTill {
    pub(crate) buyer: Buyer,
    pub(crate) email: String,
    pub(crate) quote: e2e::shop::Quote,
    pub(crate) payment: PreparedPayment,
    pub(crate) to: e2e::shop::Address,
}

impl AtTheTill {
    /// Goes there with so many of a SKU, and enters a card.
    pub(crate) async fn with(
        shop: &Shop,
        (sku, pieces): (&str, i64),
        card: &str,
        coupon: Option<&str>,
    ) -> Self {
        let (buyer, email) = guest(shop).await;
        let to = e2e::shop::Address::default();
        let quote = shop.quote(&buyer, &[(sku, pieces)], &to, coupon).await.unwrap();
        let payment = shop.prepare_payment(&buyer, quote.total).await.unwrap();
        shop.enter_card(&payment.redirect_url, card).await.unwrap();
        Self { buyer, email, quote, payment, to }
    }

    /// Takes the last step.
    pub(crate) async fn place(&self, shop: &Shop, key: &str) -> Result<Placed, e2e::shop::Error> {
        let order = (&self.quote, &self.payment);
        shop.place(&self.buyer, order, (&self.email, &self.to), key).await
    }

    /// The states of everything that was ever asked of this guest's card.
    pub(crate) async fn charges(&self, shop: &Shop) -> Vec<String> {
        let charges = shop.charges_of(&self.payment).await.unwrap();
        charges.into_iter().map(|charge| charge.status).collect()
    }
}

/// Asks until the answer is the expected one; fails with the last other answer.
pub(crate) async fn eventually<T: PartialEq + std::fmt::Debug, F: Future<Output = T>>(
    expected: T,
    ask: impl Fn() -> F,
) {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        let found = ask().await;
        if found == expected {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "expected {expected:?}, but it is {found:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
