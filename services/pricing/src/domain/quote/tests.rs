//! Prices add up, whatever the basket, the coupon and the destination.

use kernel::Quantity;
use proptest::prelude::*;

use super::*;
use crate::domain::coupon::Benefit;

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn offered(at: usize, unit: i64, quantity: i64) -> Wanted {
    let offer = Offer {
        sku: format!("shirt/{at}").parse().unwrap(),
        product_id: "prd_1".to_owned(),
        title: "Shirt".to_owned(),
        variant_title: String::new(),
        seller_id: String::new(),
        unit: eur(unit),
    };
    Wanted { quantity: Quantity::new(quantity).unwrap(), standing: Standing::Offered(offer) }
}

fn terms() -> Terms {
    let rate = |method: &str, price, free_from: Option<i64>| Rate {
        method: method.to_owned(),
        name: format!("By {method}"),
        price: eur(price),
        free_from: free_from.map(eur),
    };
    Terms {
        currency: Currency::EUR,
        country: "DE".to_owned(),
        tax: TaxRule { basis_points: 1900, included: true },
        rates: vec![rate("standard", 490, Some(8_000)), rate("express", 1_290, None)],
        method: "standard".to_owned(),
        coupon: Ok(None),
        now: 1_000,
    }
}

fn coupon(benefit: Benefit) -> Coupon {
    Coupon {
        code: "SPRING10".to_owned(),
        benefit,
        minimum_goods: None,
        valid_from: None,
        valid_until: None,
        ended: false,
        uses_left: None,
    }
}

fn reasons(priced: &Priced) -> Vec<(&str, i64)> {
    priced.reasons.iter().map(|reason| (reason.text.as_str(), reason.amount.minor())).collect()
}

#[test]
fn every_number_has_its_reason() {
    let coupon = Ok(Some(coupon(Benefit::Percent(10))));
    let wanted = vec![offered(0, 5_000, 1), offered(1, 4_000, 1)];

    let priced = price(wanted, Terms { coupon, ..terms() }).unwrap();

    assert_eq!(
        reasons(&priced),
        [
            ("Coupon SPRING10: 10 % off goods", 900),
            ("Free shipping from 80.00 EUR", 0),
            ("VAT 19 % included for DE", 1_293),
        ]
    );
    assert_eq!((priced.total, priced.tax), (eur(8_100), eur(0)));
}

#[test]
fn shipping_is_not_free_below_its_limit_after_discount() {
    let coupon = Ok(Some(coupon(Benefit::Fixed(eur(1)))));

    let priced = price(vec![offered(0, 8_000, 1)], Terms { coupon, ..terms() }).unwrap();

    assert_eq!((priced.shipping, priced.total), (eur(490), eur(8_489)));
    assert_eq!(priced.options[1].price, eur(1_290));
}

#[test]
fn swiss_tax_comes_on_top_of_goods_and_shipping() {
    let tax = TaxRule { basis_points: 810, included: false };

    let priced = price(vec![offered(0, 1_000, 1)], Terms { tax, ..terms() }).unwrap();

    assert_eq!((priced.tax, priced.tax_included, priced.total), (eur(121), eur(0), eur(1_611)));
    assert_eq!(reasons(&priced)[1], ("Tax 8.1 % added for DE", 121));
}

#[test]
fn everything_that_is_wrong_is_named() {
    let unknown = Wanted { standing: Standing::Unknown, ..offered(0, 1, 1) };
    let hidden = Wanted { standing: Standing::NotForSale, ..offered(0, 1, 1) };
    let yen = Standing::OtherCurrency("JPY".parse().unwrap());
    let foreign = Wanted { standing: yen, ..offered(0, 1, 1) };
    let huge = offered(3, i64::MAX, 2);
    let wrong = Terms { method: "pigeon".to_owned(), coupon: Err(()), ..terms() };

    let wrong = price(vec![unknown, hidden, foreign, huge], wrong).unwrap_err();

    let fields: Vec<_> = wrong.iter().map(|wrong| wrong.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "lines[0].sku",
            "lines[1].sku",
            "lines[2].sku",
            "lines[3].quantity",
            "shipping_method",
            "coupon"
        ]
    );
}

#[test]
fn a_sum_that_does_not_fit_is_refused() {
    let wrong = price(vec![offered(0, i64::MAX, 1), offered(1, 1, 1)], terms()).unwrap_err();

    assert_eq!(wrong[0].field, "lines");
}

fn benefits() -> impl Strategy<Value = Option<Benefit>> {
    prop_oneof![
        Just(None),
        (1_u32..=100).prop_map(|percent| Some(Benefit::Percent(percent))),
        (1_i64..100_000).prop_map(|minor| Some(Benefit::Fixed(eur(minor)))),
    ]
}

proptest! {
    #[test]
    fn prices_add_up(
        lines in prop::collection::vec((0_i64..200_000, 1_i64..=20), 1..12),
        benefit in benefits(),
        basis_points in 0_u32..3_000,
        included: bool,
    ) {
        let wanted: Vec<_> =
            lines.iter().enumerate().map(|(at, (unit, quantity))| offered(at, *unit, *quantity)).collect();
        let tax = TaxRule { basis_points, included };
        let coupon = Ok(benefit.map(coupon));

        let priced = price(wanted, Terms { tax, coupon, ..terms() }).unwrap();

        let [goods, discount, shipping, tax, total] =
            [priced.goods, priced.discount, priced.shipping, priced.tax, priced.total].map(Money::minor);
        prop_assert_eq!(total, goods - discount + shipping + tax);
        prop_assert!(discount <= goods);
        for part in [goods, discount, shipping, tax, total, priced.tax_included.minor()] {
            prop_assert!(part >= 0);
        }
        prop_assert_eq!(priced.lines.iter().map(|line| line.discount.minor()).sum::<i64>(), discount);
        prop_assert!(priced.lines.iter().all(|line| line.discount.minor() <= line.total.minor()));
        prop_assert!(included == (tax == 0) || basis_points == 0 || goods - discount + shipping < 5_000);
    }
}
