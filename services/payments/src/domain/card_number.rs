//! Recognizes card numbers, which must never reach us.

/// Whether a text holds what looks like a card number: 13 to 19 digits, perhaps with spaces or dashes
/// between them, that stand alone and have a valid check digit (ISO/IEC 7812-1, Luhn).
pub(crate) fn looks_like_one(text: &str) -> bool {
    let joined = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-');
    text.split(|c| !joined(c)).any(|run| {
        // Letters end a number, and a number that touches letters is part of an id.
        run.split([' ', '-'])
            .collect::<Vec<_>>()
            .split(|word| word.is_empty() || !word.bytes().all(|byte| byte.is_ascii_digit()))
            .any(|words| luhn(&words.concat()) || words.iter().any(|word| luhn(word)))
    })
}

fn luhn(digits: &str) -> bool {
    if !(13..=19).contains(&digits.len()) {
        return false;
    }
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            let double = if digit > 4 { digit * 2 - 9 } else { digit * 2 };
            if place % 2 == 1 { double } else { digit }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_numbers_are_found_however_they_are_written() {
        for text in [
            "4242424242424242",
            "4242 4242 4242 4242",
            "card 4242-4242-4242-4242 please",
            "http://shop.test/?n=4242424242424242&x=1",
            "378282246310005",
        ] {
            assert!(looks_like_one(text), "{text}");
        }
    }

    #[test]
    fn ids_amounts_and_wrong_check_digits_are_not_card_numbers() {
        for text in [
            "",
            "4242424242424241",
            "bsk_42424242424242420000000000000000",
            "a4242424242424242",
            "1990",
            "http://shop.test/checkout",
        ] {
            assert!(!looks_like_one(text), "{text}");
        }
    }
}
