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

/// A minute where there is little room: `21 Nov 2026, 13:05 UTC`.
pub(crate) fn short_minute(at: OffsetDateTime) -> String {
    let format =
        format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC");
    at.format(format).unwrap_or_default()
}

/// Where the shop sends parcels: ISO 3166-1 codes and names.
pub(crate) const COUNTRIES: [(&str, &str); 12] = [
    ("AT", "Austria"),
    ("BE", "Belgium"),
    ("CH", "Switzerland"),
    ("DE", "Germany"),
    ("DK", "Denmark"),
    ("ES", "Spain"),
    ("FR", "France"),
    ("GB", "United Kingdom"),
    ("IT", "Italy"),
    ("NL", "Netherlands"),
    ("PL", "Poland"),
    ("US", "United States"),
];

/// The name of a country; one that the shop does not know keeps its code.
pub(crate) fn country(code: &str) -> &str {
    COUNTRIES.iter().find(|(known, _)| *known == code).map_or(code, |(_, name)| name)
}

/// A word of the services as a label: `express` becomes `Express`.
pub(crate) fn label(word: &str) -> String {
    let mut letters = word.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("{first}{}", letters.as_str().replace('_', " "))
}

/// A text of the services with its amounts as [`money`] writes them: `10.00 EUR to 25.00 EUR`.
pub(crate) fn amounts(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let mut said: Vec<String> = Vec::new();
    let mut rest = words.as_slice();
    while let [word, others @ ..] = rest {
        let amount = others.first().and_then(|code| {
            let currency = code.parse().ok()?;
            Money::parse_decimal(word, currency).ok()
        });
        said.push(amount.map_or_else(|| (*word).to_owned(), money));
        rest = if amount.is_some() { others.get(1..).unwrap_or_default() } else { others };
    }
    said.join(" ")
}

/// A browser as people call it, `Firefox on Windows`, by what it says of itself.
pub(crate) fn browser(agent: &str) -> String {
    // Each also says the names of those below it.
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ];
    let named = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, name)| *name)
    };
    match (named(&BROWSERS), named(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) if agent.is_empty() => "A browser that says nothing of itself".to_owned(),
        (None, None) => agent.chars().take(60).collect(),
    }
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

    #[test]
    fn words_of_the_services_become_words_for_people() {
        assert_eq!(amounts("10.00 EUR to 25.00 EUR"), "€10.00 to €25.00");
        assert_eq!(amounts("under 10.00 EUR"), "under €10.00");
        assert_eq!(amounts("version 2.00 or more"), "version 2.00 or more");
        assert_eq!((label("express").as_str(), label("")), ("Express", String::new()));
        assert_eq!((country("DE"), country("XX")), ("Germany", "XX"));
    }

    #[test]
    fn a_browser_is_known_by_what_it_alone_says() {
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
            Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0";
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 \
            (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1";

        assert_eq!(
            (browser(edge).as_str(), browser(iphone).as_str()),
            ("Edge on Windows", "Safari on iPhone")
        );
        assert_eq!(browser("curl/8.5.0"), "curl/8.5.0");
    }
}
