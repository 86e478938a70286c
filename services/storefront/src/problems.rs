//! The pages that explain problem codes, as they are kept in the project's documentation.

/// Code and text of every page; the build lists them.
const PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/problems.rs"));

/// Headline and paragraphs of a page.
pub(crate) fn find(code: &str) -> Option<(String, Vec<String>)> {
    let (_, text) = PAGES.iter().find(|(known, _)| *known == code)?;
    let (mut title, mut paragraphs) = (code.to_owned(), Vec::new());
    for block in text.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        let mut lines = block.lines();
        let first = lines.clone().next().unwrap_or_default();
        if let Some(head) = first.strip_prefix("# ") {
            title = head.replace('`', "");
            lines.next();
        }
        let rest: Vec<&str> = lines.collect();
        if !rest.is_empty() {
            paragraphs.push(rest.join(" ").replace('`', ""));
        }
    }
    Some((title, paragraphs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_headline_and_text_and_there_are_no_others() {
        let (title, paragraphs) = find("no_such_product").unwrap();

        assert!(title.contains("product") && !paragraphs.is_empty());
        assert!(find("../secrets").is_none() && find("").is_none());
    }
}
