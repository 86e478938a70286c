//! Test cards and what each of them does. Other numbers are refused, so that no real card is ever typed in.

use serde::{Deserialize, Serialize};

/// What happens with a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Behaviour {
    Accept,
    Decline,
    /// The outcome takes 5 s.
    Slow,
    /// The amount is held, and the connection closes without an answer.
    AnswerLost,
    /// The webhook comes late, and twice.
    WebhookTwice,
    /// The bank asks for a code first (3-D Secure).
    Challenge,
}

/// A test card as the page lists it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TestCard {
    pub(crate) number: &'static str,
    pub(crate) behaviour: Behaviour,
    pub(crate) what: &'static str,
}

/// Every card that this processor knows.
pub(crate) const TEST_CARDS: [TestCard; 6] = [
    card("4242424242424242", Behaviour::Accept, "is accepted"),
    card("4000000000000002", Behaviour::Decline, "is declined by the bank"),
    card("4000000000003220", Behaviour::Challenge, "asks for the 3-D Secure code first"),
    card("4000000000000044", Behaviour::Slow, "is accepted after five seconds"),
    card("4000000000000051", Behaviour::AnswerLost, "is charged, but the answer gets lost"),
    card(
        "4000000000000077",
        Behaviour::WebhookTwice,
        "is accepted; its webhook comes late and twice",
    ),
];

const fn card(number: &'static str, behaviour: Behaviour, what: &'static str) -> TestCard {
    TestCard { number, behaviour, what }
}

/// What is kept of a card: never its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) last4: String,
    pub(crate) behaviour: Behaviour,
}

/// What was typed into the card form.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) number: String,
    #[serde(default)]
    pub(crate) expiry: String,
    #[serde(default)]
    pub(crate) code: String,
}

/// What is wrong with each field; empty where nothing is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub(crate) name: &'static str,
    pub(crate) number: &'static str,
    pub(crate) expiry: &'static str,
    pub(crate) code: &'static str,
}

/// Checks a card as typed, in the month `(year, month)`; names every wrong field.
pub(crate) fn check(typed: &Typed, today: (i32, u8)) -> Result<Card, Wrong> {
    let digits: String = typed.number.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    let known = TEST_CARDS.iter().find(|card| card.number == digits);
    let mut wrong = Wrong::default();
    if !luhn(&digits) {
        wrong.number = "This is not a card number. Please check the digits.";
    } else if known.is_none() {
        wrong.number = "Only the test cards below are accepted here.";
    }
    match expiry(&typed.expiry) {
        None => wrong.expiry = "Please write month and year, such as 04/29.",
        Some(end) if end < today => wrong.expiry = "This card has expired.",
        Some(_) => {}
    }
    if !(3..=4).contains(&typed.code.len()) || !typed.code.bytes().all(|b| b.is_ascii_digit()) {
        wrong.code = "Please write the 3 or 4 digits on the back.";
    }
    if typed.name.trim().is_empty() {
        wrong.name = "Please write the name on the card.";
    }
    match known {
        Some(card) if wrong == Wrong::default() => {
            let last4 = card.number[card.number.len() - 4..].to_owned();
            Ok(Card { last4, behaviour: card.behaviour })
        }
        _ => Err(wrong),
    }
}

/// The check digit of ISO/IEC 7812-1 (Luhn), for 12 to 19 digits.
fn luhn(digits: &str) -> bool {
    let values: Option<Vec<u32>> = digits.chars().map(|c| c.to_digit(10)).collect();
    let Some(values) = values.filter(|values| (12..=19).contains(&values.len())) else {
        return false;
    };
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = values
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| if place % 2 == 1 { doubled(*digit) } else { *digit })
        .sum();
    sum.is_multiple_of(10)
}

/// `MM/YY` or `MM/YYYY` as (year, month).
fn expiry(text: &str) -> Option<(i32, u8)> {
    let (month, year) = text.trim().split_once('/')?;
    let (month, year): (u8, i32) = (month.trim().parse().ok()?, year.trim().parse().ok()?);
    let year = if year < 100 { 2000 + year } else { year };
    ((1..=12).contains(&month) && (2000..2100).contains(&year)).then_some((year, month))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: (i32, u8) = (2026, 11);

    fn typed(number: &str, expiry: &str) -> Typed {
        Typed {
            name: "Ada".into(),
            number: number.into(),
            expiry: expiry.into(),
            code: "123".into(),
        }
    }

    #[test]
    fn every_test_card_has_a_valid_number() {
        for card in TEST_CARDS {
            assert!(luhn(card.number), "{}", card.number);
            let kept = check(&typed(card.number, "11/26"), TODAY).unwrap();
            assert_eq!(kept.behaviour, card.behaviour);
        }
    }

    #[test]
    fn spaces_are_fine_and_a_wrong_digit_is_not() {
        assert!(check(&typed("4242 4242 4242 4242", "1/2030"), TODAY).is_ok());
        assert!(check(&typed("4242 4242 4242 4243", "1/2030"), TODAY).is_err());
        assert!(
            check(&typed("5555555555554444", "1/2030"), TODAY).unwrap_err().number.contains("test")
        );
    }

    #[test]
    fn every_wrong_field_is_named() {
        let wrong = check(&Typed::default(), TODAY).unwrap_err();

        assert!([wrong.name, wrong.number, wrong.expiry, wrong.code].iter().all(|w| !w.is_empty()));
        assert_eq!(
            check(&typed("4242424242424242", "10/26"), TODAY).unwrap_err().expiry,
            "This card has expired."
        );
        assert!(check(&typed("4242424242424242", "13/30"), TODAY).is_err());
    }
}
