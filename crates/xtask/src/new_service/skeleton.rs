//! The files of a new service, made from the templates.

/// Where a template goes, from the project's root, and its text. `@NAME@` is replaced in both.
type Template = (&'static str, &'static str);

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../templates/service/", $path))
    };
}

const TEMPLATES: &[Template] = &[
    ("services/@NAME@/Cargo.toml", template!("Cargo.toml.txt")),
    ("services/@NAME@/README.md", template!("README.md")),
    (
        "services/@NAME@/migrations/20260101000000_create_entries.sql",
        template!("migrations/20260101000000_create_entries.sql"),
    ),
    ("services/@NAME@/src/main.rs", template!("src/main.rs.txt")),
    ("services/@NAME@/src/lib.rs", template!("src/lib.rs.txt")),
    ("services/@NAME@/src/config.rs", template!("src/config.rs.txt")),
    ("services/@NAME@/src/error.rs", template!("src/error.rs.txt")),
    ("services/@NAME@/src/http.rs", template!("src/http.rs.txt")),
    ("services/@NAME@/src/http/entries.rs", template!("src/http/entries.rs.txt")),
    ("services/@NAME@/src/store.rs", template!("src/store.rs.txt")),
    ("services/@NAME@/src/store/entries.rs", template!("src/store/entries.rs.txt")),
    ("services/@NAME@/tests/@NAME@_it/main.rs", template!("tests/it/main.rs.txt")),
    ("services/@NAME@/tests/@NAME@_it/entries.rs", template!("tests/it/entries.rs.txt")),
    ("docs/problems/@NAME@_entry_exists.md", template!("problem.md")),
];

/// Paths from the project's root, and texts.
pub(super) fn files(name: &str) -> Vec<(String, String)> {
    TEMPLATES.iter().map(|(path, text)| (fill(path, name), fill(text, name))).collect()
}

/// Puts the service's name into a template.
pub(super) fn fill(template: &str, name: &str) -> String {
    template.replace("@NAME@", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_left_to_replace() {
        for (path, text) in files("returns") {
            assert!(!path.contains('@') && !text.contains("@NAME@"), "{path}");
        }
    }
}
