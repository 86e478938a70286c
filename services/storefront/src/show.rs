//! Values as shoppers read them.

use kernel::Money;
use time::OffsetDateTime;
use time::macros::format_description;

/// An amount: `€19.90`, `1200 JPY`.
pub(crate) fn money(money: Money) -> String {
    let text = money.to_string();
    let (amount, code) = text.split_once(' ').unwrap_or((&text, ""));
    let (sign, amount) = match amount.strip_prefix('-') {
        Some(amount) => ("−", amount),
        None => ("", amount),
    };
    let symbol = match code {
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        _ => return format!("{sign}{amount} {code}"),
    };
    format!("{sign}{symbol}{amount}")
}

/// An amount of a message; empty when there is none or it makes no sense.
pub(crate) fn message(amount: Option<&contracts::common::Money>) -> String {
    amount.and_then(|amount| Money::try_from(amount.clone()).ok()).map(money).unwrap_or_default()
}

/// A day: `21 November 2026`.
pub(crate) fn day(at: OffsetDateTime) -> String {
    at.format(format_description!("[day padding:none] [month repr:long] [year]"))
        .unwrap_or_default()
}

/// A minute: `21 November 2026, 13:05 UTC`.
pub(crate) fn minute(at: OffsetDateTime) -> String {
    let format =
        format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC");
    at.format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    #[test]
    fn amounts_carry_their_sign_and_symbol() {
        let yen = Money::new(500, "JPY".parse().unwrap());

        assert_eq!(money(Money::new(1_990, Currency::EUR)), "€19.90");
        assert_eq!(money(Money::new(-5, Currency::EUR)), "−€0.05");
        assert_eq!(money(yen), "500 JPY");
    }
}
