//! Mails about an order: what happened, the lines, the sums, the way to its page.

use askama::Template;
use contracts::orders::{CancellationReason, OrderCard};

use crate::Error;
use crate::domain::mail::{Kind, Mail, Shop};

/// A line as the mail shows it.
struct Line {
    title: String,
    quantity: i64,
    total: String,
}

#[derive(Template)]
#[template(path = "order.html")]
struct OrderHtml<'a> {
    subject: &'a str,
    name: &'a str,
    story: &'a str,
    number: &'a str,
    lines: &'a [Line],
    sums: &'a [(&'static str, String)],
    link: &'a str,
}

/// Writes the mail about what happened to an order.
pub(crate) fn mail(
    shop: &Shop,
    kind: Kind,
    order_id: &str,
    card: &OrderCard,
    story: &str,
) -> Result<Mail, Error> {
    let subject = format!("{} {}", headline(kind), card.number);
    let lines = lines(card)?;
    let sums = sums(card)?;
    let link = shop.link(&format!("/orders/{order_id}?t={}", card.access_token));
    let html = OrderHtml {
        subject: &subject,
        name: &card.name,
        story,
        number: &card.number,
        lines: &lines,
        sums: &sums,
        link: &link,
    };
    let goods: Vec<String> = lines
        .iter()
        .map(|line| format!("  {} x {}  {}", line.quantity, line.title, line.total))
        .chain(sums.iter().map(|(label, sum)| format!("  {label}: {sum}")))
        .collect();
    let text = format!(
        "Hello {},\n\n{story}\n\nOrder {}\n{}\n\nFollow your order: {link}\n\nFlotilla\n",
        card.name,
        card.number,
        goods.join("\n"),
    );
    Ok(Mail {
        kind,
        about: order_id.to_owned(),
        recipient: card.email.clone(),
        html: html.render()?,
        subject,
        text,
    })
}

const fn headline(kind: Kind) -> &'static str {
    match kind {
        Kind::OrderPlaced => "We have your order",
        Kind::OrderConfirmed => "Confirmed: your order",
        Kind::OrderShipped => "On its way: your order",
        Kind::OrderDelivered => "Delivered: your order",
        Kind::OrderCancelled => "Cancelled: your order",
        Kind::ConfirmEmail | Kind::Welcome | Kind::ResetPassword => "About your order",
    }
}

fn lines(card: &OrderCard) -> Result<Vec<Line>, Error> {
    card.lines
        .iter()
        .map(|line| {
            let total = contracts::money("lines.total", line.total.clone())?;
            let title = match line.variant_title.as_str() {
                "" => line.title.clone(),
                variant => format!("{} ({variant})", line.title),
            };
            Ok(Line { title, quantity: line.quantity, total: total.to_string() })
        })
        .collect()
}

fn sums(card: &OrderCard) -> Result<Vec<(&'static str, String)>, Error> {
    let totals = card.totals.clone().ok_or(Error::Missing("totals"))?;
    let parts = [
        ("Goods", totals.goods),
        ("Discount", totals.discount),
        ("Shipping", totals.shipping),
        ("Tax", totals.tax),
        ("Total", totals.total),
    ];
    let mut sums = Vec::new();
    for (label, amount) in parts {
        let amount = contracts::money("totals", amount)?;
        // A sum of nothing says nothing, but for goods and total.
        if amount.minor() != 0 || matches!(label, "Goods" | "Total") {
            let sign = if label == "Discount" { "-" } else { "" };
            sums.push((label, format!("{sign}{amount}")));
        }
    }
    Ok(sums)
}

/// Why an order was cancelled, for the person who placed it.
pub(crate) fn cancelled(reason: CancellationReason, details: &str) -> String {
    let why = match reason {
        CancellationReason::OutOfStock => "it is out of stock",
        CancellationReason::PaymentDeclined => "the payment was declined",
        CancellationReason::CouponRefused => "the coupon could not be used",
        CancellationReason::TimedOut => "it could not be completed in time",
        CancellationReason::ByCustomer => "you asked us to",
        CancellationReason::ByStaff => "our staff cancelled it",
        CancellationReason::Unspecified => "something went wrong",
    };
    let details = if details.is_empty() { String::new() } else { format!(" ({details})") };
    format!(
        "We cancelled your order because {why}{details}. Nothing was charged, or it is given back."
    )
}

#[cfg(test)]
mod tests {
    use contracts::common::Money;
    use contracts::orders::{OrderLine, OrderTotals};

    use super::*;

    fn eur(minor: i64) -> Option<Money> {
        Some(Money { minor, currency: "EUR".into() })
    }

    fn card() -> OrderCard {
        OrderCard {
            number: "F7K2-9QXM".into(),
            email: "ada@example.org".into(),
            name: "Ada & Co <b>".into(),
            lines: vec![OrderLine {
                title: "Mug".into(),
                variant_title: "Blue".into(),
                quantity: 2,
                total: eur(3_000),
                ..Default::default()
            }],
            totals: Some(OrderTotals {
                goods: eur(3_000),
                discount: eur(300),
                shipping: eur(0),
                tax: eur(0),
                total: eur(2_700),
            }),
            access_token: "secret".into(),
        }
    }

    #[test]
    fn a_mail_tells_the_whole_order_and_leads_to_its_page() {
        let shop = Shop::new("http://shop.test/");

        let mail = mail(&shop, Kind::OrderConfirmed, "ord_1", &card(), "We will pack it.").unwrap();

        assert_eq!(mail.subject, "Confirmed: your order F7K2-9QXM");
        assert!(mail.text.contains("2 x Mug (Blue)  30.00 EUR"), "{}", mail.text);
        assert!(mail.text.contains("Discount: -3.00 EUR") && !mail.text.contains("Tax"));
        assert!(mail.text.contains("http://shop.test/orders/ord_1?t=secret"));
        assert!(mail.html.contains("Ada &#38; Co &#60;b&#62;"), "{}", mail.html);
    }

    #[test]
    fn a_card_without_sums_is_refused() {
        let card = OrderCard { totals: None, ..card() };
        let shop = Shop::new("http://shop.test");

        let refused = mail(&shop, Kind::OrderPlaced, "ord_1", &card, "");

        assert!(matches!(refused, Err(Error::Missing("totals"))));
    }
}
