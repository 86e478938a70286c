//! Names in URLs: lower-case letters, digits and single dashes.

/// Longest name in a URL, in bytes.
pub(crate) const LONGEST: usize = 120;

/// Makes a name of a text; empty when there is no ASCII letter or digit in it.
pub(crate) fn of(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') && !is_apostrophe(letter) {
            slug.push('-');
        }
    }
    slug.truncate(LONGEST);
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// "Men's" becomes `mens`, not `men-s`.
const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’')
}

/// True for what [`of`] would leave as it is.
pub(crate) fn fits(text: &str) -> bool {
    !text.is_empty() && of(text) == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_becomes_a_name_in_a_url() {
        assert_eq!(of("  Men's Navy / White Top! "), "mens-navy-white-top");
        assert_eq!(of("黒"), "");
        assert_eq!(of(&"ab ".repeat(100)).len(), 119);
    }

    #[test]
    fn only_finished_names_fit() {
        assert!(fits("deck-bag-40l"));
        for wrong in ["", "Deck", "-deck", "deck-", "a--b", "a/b"] {
            assert!(!fits(wrong), "{wrong}");
        }
    }
}
