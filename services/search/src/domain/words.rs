//! What somebody typed into the search field, as a question that full-text search understands.

/// More words than that say nothing more, and cost.
const MOST_WORDS: usize = 12;
/// Longer words are cut: no product has them.
const LONGEST_WORD: usize = 40;

/// The words of a question: lower case, letters and digits only, so nothing in them is an operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words(Vec<String>);

impl Words {
    /// Reads any text; none when it has no words.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let words: Vec<String> = text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .take(MOST_WORDS)
            .map(|word| word.chars().take(LONGEST_WORD).flat_map(char::to_lowercase).collect())
            .collect();
        (!words.is_empty()).then_some(Self(words))
    }

    /// For `to_tsquery`: all words, the last of which may be only the beginning of one.
    pub(crate) fn query(&self) -> String {
        let mut query = self.0.join(" & ");
        query.push_str(":*");
        query
    }

    /// For trigrams.
    pub(crate) fn plain(&self) -> String {
        self.0.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_last_word_may_be_unfinished() {
        let words = Words::of("Ocean  blue-shi").unwrap();

        assert_eq!(words.query(), "ocean & blue & shi:*");
        assert_eq!(words.plain(), "ocean blue shi");
    }

    #[test]
    fn a_text_without_words_asks_nothing() {
        for text in ["", "  ", "'&|!():*<->\\\0"] {
            assert_eq!(Words::of(text), None);
        }
    }

    proptest! {
        #[test]
        fn no_text_gets_an_operator_through(text in any::<String>()) {
            if let Some(words) = Words::of(&text) {
                prop_assert!(words.plain().chars().all(|letter| letter == ' ' || !letter.is_ascii_punctuation()));
                prop_assert!(!words.query().contains('\0'));
                prop_assert!(words.0.len() <= MOST_WORDS);
            }
        }
    }
}
