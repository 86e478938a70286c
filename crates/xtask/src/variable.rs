//! Reads this tool's own settings from the environment.

/// A variable's value, `None` when it is unset, empty or no text.
#[expect(clippy::disallowed_methods, reason = "the one place in this tool that reads settings")]
pub(crate) fn text(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
