//! The price of a basket at a destination, with the reason for each number.

use kernel::{Currency, Money, MoneyError};

use super::coupon::{Coupon, spread};
use super::offer::{Offer, Rate, Standing, Wanted};
use super::tax::TaxRule;

/// What a price depends on, besides the lines.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) currency: Currency,
    pub(crate) country: String,
    pub(crate) tax: TaxRule,
    /// All ways of sending a parcel to the country.
    pub(crate) rates: Vec<Rate>,
    /// The chosen one.
    pub(crate) method: String,
    /// `Err`: a code was given that no coupon has.
    pub(crate) coupon: Result<Option<Coupon>, ()>,
    /// Unix seconds.
    pub(crate) now: i64,
}

/// A field of the request that cannot be priced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) field: String,
    pub(crate) message: String,
}

impl Wrong {
    fn new(field: impl Into<String>, message: impl ToString) -> Self {
        Self { field: field.into(), message: message.to_string() }
    }
}

/// A line with its price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PricedLine {
    pub(crate) offer: Offer,
    pub(crate) quantity: kernel::Quantity,
    /// Before any discount.
    pub(crate) total: Money,
    /// This line's part of the discount.
    pub(crate) discount: Money,
}

/// Why a number is what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) code: &'static str,
    pub(crate) text: String,
    pub(crate) amount: Money,
}

/// A priced basket: `total = goods - discount + shipping + tax`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Priced {
    pub(crate) lines: Vec<PricedLine>,
    pub(crate) goods: Money,
    pub(crate) discount: Money,
    pub(crate) shipping: Money,
    /// On top; nothing where prices contain it.
    pub(crate) tax: Money,
    /// Contained in the prices; nothing where it comes on top.
    pub(crate) tax_included: Money,
    pub(crate) total: Money,
    /// Every way of sending it, at what it costs for these goods.
    pub(crate) options: Vec<Rate>,
    pub(crate) reasons: Vec<Reason>,
}

/// Prices a basket, or names every field that keeps it from having a price.
pub(crate) fn price(wanted: Vec<Wanted>, terms: Terms) -> Result<Priced, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut lines = price_lines(wanted, &mut wrong);
    let rate = chosen(&terms, &mut wrong);
    if terms.coupon.is_err() {
        wrong.push(Wrong::new("coupon", "there is no such coupon"));
    }
    let (Some(rate), Ok(coupon), true) = (rate, &terms.coupon, wrong.is_empty()) else {
        return Err(wrong);
    };
    let too_large = |error: MoneyError| vec![Wrong::new("lines", error)];
    let goods = sum(&lines, terms.currency).map_err(too_large)?;
    let discount = match coupon {
        None => Money::zero(terms.currency),
        Some(coupon) => coupon
            .discount(goods, terms.now)
            .map_err(|refusal| vec![Wrong::new("coupon", refusal)])?,
    };
    let totals: Vec<i64> = lines.iter().map(|line| line.total.minor()).collect();
    let shares = spread(discount.minor(), &totals, goods.minor());
    for (line, share) in lines.iter_mut().zip(shares) {
        line.discount = Money::new(share, terms.currency);
    }
    add_up(lines, goods, discount, rate, &terms).map_err(too_large)
}

fn price_lines(wanted: Vec<Wanted>, wrong: &mut Vec<Wrong>) -> Vec<PricedLine> {
    let mut lines = Vec::with_capacity(wanted.len());
    for (at, Wanted { quantity, standing }) in wanted.into_iter().enumerate() {
        let sku = format!("lines[{at}].sku");
        match standing {
            Standing::Unknown => wrong.push(Wrong::new(sku, "there is no such SKU")),
            Standing::NotForSale => wrong.push(Wrong::new(sku, "this is not for sale")),
            Standing::OtherCurrency(currency) => {
                wrong.push(Wrong::new(sku, format!("this is sold in {currency}")));
            }
            Standing::Offered(offer) => match offer.unit.checked_mul(quantity.get()) {
                Ok(total) => {
                    let discount = Money::zero(total.currency());
                    lines.push(PricedLine { offer, quantity, total, discount });
                }
                Err(error) => wrong.push(Wrong::new(format!("lines[{at}].quantity"), error)),
            },
        }
    }
    lines
}

fn chosen<'a>(terms: &'a Terms, wrong: &mut Vec<Wrong>) -> Option<&'a Rate> {
    if terms.rates.is_empty() {
        let message = format!("nothing is sent there at a price in {}", terms.currency);
        wrong.push(Wrong::new("country", message));
        return None;
    }
    let rate = terms.rates.iter().find(|rate| rate.method == terms.method);
    if rate.is_none() {
        let methods: Vec<_> = terms.rates.iter().map(|rate| rate.method.as_str()).collect();
        let message = format!("expected one of: {}", methods.join(", "));
        wrong.push(Wrong::new("shipping_method", message));
    }
    rate
}

fn sum(lines: &[PricedLine], currency: Currency) -> Result<Money, MoneyError> {
    lines.iter().try_fold(Money::zero(currency), |sum, line| sum.checked_add(line.total))
}

fn add_up(
    lines: Vec<PricedLine>,
    goods: Money,
    discount: Money,
    rate: &Rate,
    terms: &Terms,
) -> Result<Priced, MoneyError> {
    let paid = goods.checked_sub(discount)?;
    let shipping = rate.price_for(paid);
    let taxed = paid.checked_add(shipping)?;
    let tax = terms.tax.on(taxed)?;
    let options =
        terms.rates.iter().map(|rate| Rate { price: rate.price_for(paid), ..rate.clone() });
    let mut reasons = Vec::new();
    let mut because = |code, text, amount| reasons.push(Reason { code, text, amount });
    if let Ok(Some(coupon)) = &terms.coupon {
        because("coupon", format!("Coupon {}: {}", coupon.code, coupon.words()), discount);
    }
    match rate.free_from {
        Some(from) if shipping.minor() == 0 && rate.price.minor() > 0 => {
            because("free_shipping", format!("Free shipping from {from}"), shipping);
        }
        _ => because("shipping", rate.name.clone(), shipping),
    }
    let (percent, country) = (terms.tax.rate(), &terms.country);
    if terms.tax.included {
        because("tax_included", format!("VAT {percent} included for {country}"), tax.contained);
    } else {
        because("tax_added", format!("Tax {percent} added for {country}"), tax.added);
    }
    Ok(Priced {
        lines,
        goods,
        discount,
        shipping,
        tax: tax.added,
        tax_included: tax.contained,
        total: taxed.checked_add(tax.added)?,
        options: options.collect(),
        reasons,
    })
}

#[cfg(test)]
mod tests;
