//! The rules of the shop are pure: a `domain` module mentions nothing that does IO.
use std::path::Path;

use crate::tidy::Source;

const FOREIGN: [&str; 6] = ["sqlx", "axum", "tonic", "tokio", "messaging", "web"];

/// Lines of domain modules that name a crate for IO.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut offences = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust() && is_domain(&source.path)) {
        for (number, line) in (1..).zip(source.text.lines()) {
            let code = line.split("//").next().unwrap_or_default();
            if let Some(name) = FOREIGN.iter().find(|name| mentions(code, name)) {
                offences.push(format!("{}:{number} mentions {name}", source.path.display()));
            }
        }
    }
    offences
}

fn is_domain(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "domain.rs")
        || path.components().any(|part| part.as_os_str() == "domain")
}

/// Whether a line of code uses a crate: as the first part of a path, or all of a `use`.
fn mentions(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code.get(..at).unwrap_or_default();
        let after = code.get(at + name.len()..).unwrap_or_default();
        let begins = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        let used = before.trim_end().ends_with("use") && after.starts_with(';');
        begins && (after.starts_with("::") || used)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offences(path: &str, text: &str) -> usize {
        check(&[Source { path: path.into(), text: text.to_owned() }]).len()
    }

    #[test]
    fn a_domain_module_that_does_io_is_found() {
        for line in ["use sqlx::PgPool;", "#[derive(sqlx::Type)]", "use tokio;", "web::Json(x)"] {
            assert_eq!(offences("services/orders/src/domain/order.rs", line), 1, "{line}");
            assert_eq!(offences("services/orders/src/domain.rs", line), 1, "{line}");
            assert_eq!(offences("services/orders/src/store/orders.rs", line), 0, "{line}");
        }
    }

    #[test]
    fn words_that_only_look_alike_are_none_of_it() {
        for line in ["// unlike sqlx::query", "let web = \"web\";", "cobweb::spin()", "a::web::b()"]
        {
            assert_eq!(offences("services/orders/src/domain/order.rs", line), 0, "{line}");
        }
    }
}
