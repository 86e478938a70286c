//! A coupon as staff write and read it.

use kernel::{Currency, Money};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use web::Check;

use crate::error::Error;
use crate::store::coupons::Row;

/// The most uses that a limit may allow.
const MOST_USES: i64 = 1_000_000_000;

/// A coupon to be made.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateCoupon {
    /// 3 to 40 letters, digits and dashes; kept in upper case.
    code: String,
    /// 1 to 100 off the goods.
    percent: Option<i32>,
    /// So much off the goods.
    amount: Option<Money>,
    /// Only for goods worth at least this.
    minimum_goods: Option<Money>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    valid_from: Option<OffsetDateTime>,
    #[serde(default, with = "time::serde::rfc3339::option")]
    valid_until: Option<OffsetDateTime>,
    /// Orders that may use it, all customers together. Absent: no limit.
    use_limit: Option<i64>,
}

impl CreateCoupon {
    /// The coupon as it will be kept, or everything that is wrong with it.
    pub(super) fn check(&self) -> Result<Row, Error> {
        let mut check = Check::new();
        let code = self.code.trim().to_uppercase();
        let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (3..=40).contains(&code.len()) && code.bytes().all(plain);
        check.that(fits, "code", "expected 3 to 40 letters, digits and dashes");
        let one = self.percent.is_some() != self.amount.is_some();
        check.that(one, "percent", "expected either percent or amount");
        let in_range = self.percent.is_none_or(|percent| (1..=100).contains(&percent));
        check.that(in_range, "percent", "expected 1 to 100");
        for (field, money) in [("amount", self.amount), ("minimum_goods", self.minimum_goods)] {
            let positive = money.is_none_or(|money| money.minor() > 0);
            check.that(positive, field, "expected more than nothing");
        }
        let currencies = self.amount.zip(self.minimum_goods);
        let same = currencies.is_none_or(|(amount, least)| amount.currency() == least.currency());
        check.that(same, "minimum_goods", "expected the currency of the amount");
        let times = self.valid_from.zip(self.valid_until);
        check.that(times.is_none_or(|(from, until)| from < until), "valid_until", "ends too early");
        let limit = self.use_limit.is_none_or(|limit| (1..=MOST_USES).contains(&limit));
        check.that(limit, "use_limit", format!("expected 1 to {MOST_USES}"));
        check.finish()?;
        let currency = self.amount.or(self.minimum_goods).map(Money::currency);
        Ok(Row {
            code,
            percent: self.percent,
            amount_minor: self.amount.map(Money::minor),
            minimum_goods_minor: self.minimum_goods.map(Money::minor),
            currency: currency.map(|currency| currency.code().to_owned()),
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            use_limit: self.use_limit,
            used: 0,
            reserved: 0,
            ended_at: None,
        })
    }
}

/// A coupon with its counts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CouponView {
    code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none")]
    minimum_goods: Option<Money>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    valid_from: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    valid_until: Option<OffsetDateTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    use_limit: Option<i64>,
    /// By confirmed orders.
    used: i64,
    /// By orders that are not confirmed yet.
    reserved: i64,
    #[serde(skip_serializing_if = "Option::is_none", with = "time::serde::rfc3339::option")]
    ended_at: Option<OffsetDateTime>,
}

impl CouponView {
    pub(super) fn code(&self) -> &str {
        &self.code
    }
}

impl TryFrom<Row> for CouponView {
    type Error = Error;
    fn try_from(row: Row) -> Result<Self, Error> {
        let currency: Option<Currency> = row
            .currency
            .map(|code| code.parse())
            .transpose()
            .map_err(|_| Error::Corrupt("coupons.currency"))?;
        let money = |minor: Option<i64>| Some(Money::new(minor?, currency?));
        Ok(Self {
            code: row.code,
            percent: row.percent,
            amount: money(row.amount_minor),
            minimum_goods: money(row.minimum_goods_minor),
            valid_from: row.valid_from,
            valid_until: row.valid_until,
            use_limit: row.use_limit,
            used: row.used,
            reserved: row.reserved,
            ended_at: row.ended_at,
        })
    }
}
