//! The places outside its own folder where a new service must be mentioned.
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A file, the marker that new lines go above, and the lines.
struct Place {
    file: &'static str,
    marker: &'static str,
    lines: &'static str,
}

const PLACES: &[Place] = &[
    Place {
        file: "Cargo.toml",
        marker: "# theirs",
        lines: "@NAME@ = { path = \"services/@NAME@\" }\n",
    },
    Place {
        file: "crates/xtask/src/ports.rs",
        marker: "// new-service: the next service goes above this line.",
        lines: "    with_database(\"@NAME@\"),\n",
    },
    Place {
        file: "crates/flotilla/Cargo.toml",
        marker: "# new-service",
        lines: "@NAME@.workspace = true\n",
    },
];

/// The changed texts of all these files.
///
/// # Errors
/// When a file or its marker is missing.
pub(super) fn mentions(root: &Path, name: &str) -> Result<Vec<(PathBuf, String)>> {
    PLACES
        .iter()
        .map(|place| {
            let path = root.join(place.file);
            let text =
                fs::read_to_string(&path).with_context(|| format!("reading {}", place.file))?;
            let lines = place.lines.replace("@NAME@", name);
            let changed = above(&text, place.marker, &lines);
            Ok((
                path,
                changed
                    .with_context(|| format!("{} has no line with {}", place.file, place.marker))?,
            ))
        })
        .collect()
}

/// Puts `lines` above the line that holds `marker`.
fn above(text: &str, marker: &str, lines: &str) -> Option<String> {
    let at = text.find(marker)?;
    let begin = text.get(..at)?.rfind('\n').map_or(0, |newline| newline + 1);
    let (before, after) = text.split_at(begin);
    // An empty line between the list and the marker stays below the list.
    let (before, gap) = match before.strip_suffix("\n\n") {
        Some(list) => (format!("{list}\n"), "\n"),
        None => (before.to_owned(), ""),
    };
    Some(format!("{before}{lines}{gap}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_above_the_marker() {
        assert_eq!(
            above("a\n  // here\nb\n", "// here", "  x\n").unwrap(),
            "a\n  x\n  // here\nb\n"
        );
        assert_eq!(above("a\n\n# next\n", "# next", "x\n").unwrap(), "a\nx\n\n# next\n");
        assert_eq!(above("a\n", "// here", "x\n"), None);
    }
}
