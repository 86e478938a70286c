//! The files of a new service, made from the templates.

/// A template: the path in the service's folder, and the text. `@NAME@` is replaced in both.
type Template = (&'static str, &'static str);

const TEMPLATES: &[Template] =
    &[("Cargo.toml", include_str!("../../templates/service/Cargo.toml.txt"))];

/// Paths in the service's folder, and texts.
pub(super) fn files(name: &str) -> Vec<(String, String)> {
    TEMPLATES
        .iter()
        .map(|(path, text)| (path.replace("@NAME@", name), text.replace("@NAME@", name)))
        .collect()
}
