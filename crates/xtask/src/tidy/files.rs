//! The shape of a file: a first sentence, a length, a name, no open ends, no machine's paths.
use std::path::Path;

use crate::tidy::Source;

const LONGEST: usize = 500;
/// Modules named after the drawer and not the thing.
const DRAWERS: [&str; 6] =
    ["utils.rs", "util.rs", "common.rs", "helpers.rs", "types.rs", "models.rs"];

/// Offences against the rules for single files.
pub(super) fn check(sources: &[Source], root: &Path) -> Vec<String> {
    let mut offences = Vec::new();
    for source in sources {
        let path = source.path.display();
        if source.is_rust() {
            offences.extend(rust_file(source).into_iter().map(|what| format!("{path} {what}")));
        }
        if let Some(line) = machine_path(&source.text, root) {
            offences.push(format!("{path}:{line} names a path of one machine"));
        }
    }
    offences
}

fn rust_file(source: &Source) -> Vec<String> {
    let mut offences = Vec::new();
    let name = source.path.file_name().unwrap_or_default().to_string_lossy();
    let lines = source.text.lines().count();
    if !source.text.starts_with("//!") {
        offences.push("does not begin with //! and what lives here".to_owned());
    }
    if lines > LONGEST {
        offences.push(format!("has {lines} lines, more than {LONGEST}"));
    }
    if name == "mod.rs" {
        offences.push("should be foo.rs beside foo/".to_owned());
    }
    if DRAWERS.contains(&name.as_ref()) {
        offences.push("is named after the drawer, not the thing".to_owned());
    }
    let open_end = concat!("TO", "DO");
    if source.text.lines().any(|line| line.contains(open_end) && !line.contains('#')) {
        offences.push(format!("has a {open_end} without an issue's number"));
    }
    offences
}

/// The first line with this checkout's own path, or somebody's home folder.
fn machine_path(text: &str, root: &Path) -> Option<usize> {
    let root = root.to_string_lossy();
    let homes = [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];
    let named = |line: &str| {
        (root.len() > 4 && line.contains(root.as_ref()))
            || homes.iter().any(|home| line.match_indices(home).any(|(at, _)| begins(line, at)))
    };
    text.lines().position(named).map(|index| index + 1)
}

/// Whether a path can begin there: not in the middle of a longer, relative one.
fn begins(line: &str, at: usize) -> bool {
    let before = line.get(..at).and_then(|before| before.chars().next_back());
    before.is_none_or(|before| !before.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offences(path: &str, text: &str) -> String {
        let source = Source { path: path.into(), text: text.to_owned() };
        check(&[source], Path::new("/srv/shop")).join("; ")
    }

    #[test]
    fn a_good_file_has_no_offence() {
        assert_eq!(offences("src/money.rs", "//! Amounts.\n"), "");
        assert_eq!(offences("README.md", "No first sentence needed.\n"), "");
    }

    #[test]
    fn each_rule_finds_its_offence() {
        assert!(offences("src/money.rs", "use std::fmt;\n").contains("begin with //!"));
        assert!(offences("src/long.rs", &"//! x\n".repeat(501)).contains("501 lines"));
        assert!(offences("src/money/mod.rs", "//! x\n").contains("beside foo/"));
        assert!(offences("src/utils.rs", "//! x\n").contains("drawer"));
        let open = format!("//! x\n// {}: later\n", concat!("TO", "DO"));
        assert!(offences("src/x.rs", &open).contains("without an issue"));
        assert!(
            offences("notes.md", "\nsee /srv/shop/target\n").contains("notes.md:2 names a path")
        );
        assert!(offences("notes.md", concat!("in /ho", "me/ann\n")).contains("one machine"));
    }
}
