//! What the storm's buyers buy: products, coupons and accounts of its own, made over the public API.

use std::time::Duration;

use kernel::{Currency, Money};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::insist::insist;
use crate::shop::{Account, Buyer, Error, Shop, fresh_email};

/// Products with plenty of stock.
const PLENTY: usize = 8;
/// Accounts that buy.
const MEMBERS: usize = 4;
/// Access tokens last ten minutes; a new one is fetched well before.
const FRESH: Duration = Duration::from_mins(7);
/// How long somebody tries to sign in while auth is away.
const PATIENCE: Duration = Duration::from_mins(2);

/// What there is to buy, and who buys it.
#[derive(Debug)]
pub(crate) struct Goods {
    /// SKUs with plenty of stock.
    pub(crate) plenty: Vec<String>,
    /// The SKU of which there is too little.
    pub(crate) scarce: String,
    /// Ten percent off.
    pub(crate) coupon: String,
    /// Twenty percent off, for the first few orders.
    pub(crate) few_uses: String,
    pub(crate) members: Vec<Member>,
    /// Changes prices meanwhile.
    pub(crate) staff: Member,
}

/// Somebody with a password, and a token that is not too old.
#[derive(Debug)]
pub(crate) struct Member {
    email: String,
    password: String,
    session: Mutex<(Account, Instant)>,
}

impl Member {
    async fn sign_in(shop: &Shop, email: &str, password: &str) -> Result<Self, Error> {
        let account = insist(PATIENCE, || shop.sign_in(email, password)).await?;
        let (email, password) = (email.to_owned(), password.to_owned());
        Ok(Self { email, password, session: Mutex::new((account, Instant::now())) })
    }

    /// The account, with a token that lasts for a while.
    ///
    /// # Errors
    /// When signing in fails for good.
    pub(crate) async fn account(&self, shop: &Shop) -> Result<Account, Error> {
        let mut session = self.session.lock().await;
        if session.1.elapsed() > FRESH {
            let again = insist(PATIENCE, || shop.sign_in(&self.email, &self.password)).await?;
            *session = (again, Instant::now());
        }
        Ok(session.0.clone())
    }

    /// The account as a buyer.
    ///
    /// # Errors
    /// When signing in fails for good.
    pub(crate) async fn buyer(&self, shop: &Shop) -> Result<Buyer, Error> {
        Ok(self.account(shop).await?.into())
    }
}

/// Makes everything, for so many orders.
///
/// # Errors
/// As the shop says.
pub(crate) async fn prepare(shop: &Shop, orders: u64, seed: u64) -> Result<Goods, Error> {
    let (email, password) = shop.places().staff.clone();
    let staff = Member::sign_in(shop, &email, &password).await?;
    let account = staff.account(shop).await?;
    let many = i64::try_from(orders).unwrap_or(i64::MAX / 100).saturating_mul(10);
    let mut plenty = Vec::new();
    for place in 0..PLENTY {
        let minor = 990 + 500 * i64::try_from(place).unwrap_or(0);
        let price = Money::new(minor, Currency::EUR);
        let title = format!("Storm lamp {place}");
        plenty.push(shop.new_product(&account, &title, price, many).await?.sku);
    }
    // One order in 25 asks for it, for one to three pieces: about half of them get any.
    let few = i64::try_from(orders / 25).unwrap_or(i64::MAX).max(2);
    let price = Money::new(4_990, Currency::EUR);
    let scarce = shop.new_product(&account, "The last lantern", price, few).await?.sku;
    let code = format!("STORM-{seed}-{}", kernel::unix_seconds());
    let coupon = shop.create_coupon(&account, &code, 10, None).await?.code;
    // One order in 33 has it: about half of them in time.
    let uses = i64::try_from(orders / 66).unwrap_or(i64::MAX).max(1);
    let code = format!("FEW-{seed}-{}", kernel::unix_seconds());
    let few_uses = shop.create_coupon(&account, &code, 20, Some(uses)).await?.code;
    let mut members = Vec::new();
    for place in 0..MEMBERS {
        let email = fresh_email(&format!("storm-{place}"));
        let password = "weathers any storm";
        shop.sign_up(&email, password, "Storm Petrel").await?;
        members.push(Member::sign_in(shop, &email, password).await?);
    }
    Ok(Goods { plenty, scarce, coupon, few_uses, members, staff })
}
