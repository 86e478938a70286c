//! Every problem code that a service can answer with has a page that explains it.
use std::collections::BTreeSet;
use std::path::Path;

use crate::tidy::Source;

const PAGES: &str = "docs/problems";

/// Codes without a page. Nothing to say while there are no pages at all.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let pages: BTreeSet<&str> = sources
        .iter()
        .filter(|source| source.path.parent() == Some(Path::new(PAGES)))
        .filter_map(|source| source.path.file_stem()?.to_str())
        .collect();
    if pages.is_empty() {
        return Vec::new();
    }
    let mut offences = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        for code in codes(&source.text).into_iter().filter(|code| !pages.contains(code)) {
            let path = source.path.display();
            offences.push(format!("{path}: no {PAGES}/{code}.md explains {code}"));
        }
    }
    offences
}

/// The string literals in the bodies of `fn code(&self) -> &'static str`.
fn codes(text: &str) -> BTreeSet<&str> {
    const SIGNATURE: &str = concat!("fn code(&self) -> ", "&'static str {");
    let mut codes = BTreeSet::new();
    for (at, _) in text.match_indices(SIGNATURE) {
        let body = text.get(at + SIGNATURE.len()..).unwrap_or_default();
        let literals = body.get(..end_of_block(body)).unwrap_or_default().split('"');
        let literals = literals.skip(1).step_by(2);
        codes.extend(literals.filter(|word| is_code(word)));
    }
    codes
}

fn is_code(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

/// Where the block ends whose opening brace was just passed.
fn end_of_block(body: &str) -> usize {
    let mut depth = 1_u32;
    for (at, c) in body.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.to_owned() }
    }

    fn error() -> Source {
        let text = concat!(
            "impl ServiceError for Error {\n    fn code(&self) -> ",
            "&'static str {\n        match self { Self::A => { \"order_shipped\" }\n",
            "        Self::B(inner) => inner.code(), Self::C => \"stale\" }\n    }\n}\nconst X: &str = \"not_a_code\";"
        );
        source("services/orders/src/error.rs", text)
    }

    #[test]
    fn a_code_without_a_page_is_found() {
        let pages = source("docs/problems/stale.md", "# Stale");

        let offences = check(&[error(), pages]);

        assert_eq!(offences.len(), 1, "{offences:?}");
        assert!(offences[0].contains("docs/problems/order_shipped.md"));
    }

    #[test]
    fn every_code_with_a_page_is_fine() {
        let pages = ["stale", "order_shipped"]
            .map(|code| source(&format!("docs/problems/{code}.md"), "# It"));

        assert_eq!(check(&[&[error()], &pages[..]].concat()), Vec::<String>::new());
    }
}
