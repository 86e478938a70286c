//! The places outside its own folder where a new service must be mentioned.
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::new_service::skeleton;

/// Where in a file the new line goes.
enum Spot {
    /// Above the line that holds this marker.
    Above(&'static str),
    /// In its alphabetical place in the list that begins below this line and ends with an empty one.
    SortedBelow(&'static str),
}

/// A file, the spot, and the new line.
struct Place {
    file: &'static str,
    spot: Spot,
    line: &'static str,
}

const MARKER: &str = "// new-service: the next service goes above this line.";

const PLACES: &[Place] = &[
    Place {
        file: "Cargo.toml",
        spot: Spot::SortedBelow("# ours"),
        line: "@NAME@ = { path = \"services/@NAME@\" }\n",
    },
    Place {
        file: "crates/flotilla/Cargo.toml",
        spot: Spot::Above("# new-service: the next service goes above this line."),
        line: "@NAME@.workspace = true\n",
    },
    Place {
        file: "crates/flotilla/src/services.rs",
        spot: Spot::Above(MARKER),
        line: "    entry::<@NAME@::App>(),\n",
    },
    Place {
        file: "crates/flotilla/src/gateway.rs",
        spot: Spot::Above("// new-service: the next route goes above this line."),
        line: "    route(\"/api/@NAME@/\", \"@NAME@\"),\n",
    },
    Place {
        file: "crates/xtask/src/ports.rs",
        spot: Spot::Above(MARKER),
        line: "    with_database(\"@NAME@\"),\n",
    },
];

/// The changed texts of all these files.
///
/// # Errors
/// When a file or its marker is missing.
pub(super) fn mentions(root: &Path, name: &str) -> Result<Vec<(PathBuf, String)>> {
    let mut changed: Vec<(PathBuf, String)> = Vec::new();
    for place in PLACES {
        let path = root.join(place.file);
        let at = changed.iter().position(|(known, _)| *known == path);
        let text = match at {
            Some(at) => changed.remove(at).1,
            None => fs::read_to_string(&path).with_context(|| format!("reading {}", place.file))?,
        };
        let line = skeleton::fill(place.line, name);
        let (marker, text) = match place.spot {
            Spot::Above(marker) => (marker, above(&text, marker, &line)),
            Spot::SortedBelow(marker) => (marker, sorted_below(&text, marker, &line)),
        };
        let missing = || format!("{} has no line with {marker}", place.file);
        changed.push((path, text.with_context(missing)?));
    }
    Ok(changed)
}

/// Puts `line` above the line that holds `marker`.
fn above(text: &str, marker: &str, line: &str) -> Option<String> {
    let begin = line_start(text, text.find(marker)?);
    let (before, after) = text.split_at_checked(begin)?;
    Some(format!("{before}{line}{after}"))
}

fn sorted_below(text: &str, marker: &str, line: &str) -> Option<String> {
    let mut at = text.find(marker)? + marker.len() + 1;
    for entry in text.get(at..)?.split_inclusive('\n') {
        if entry.trim().is_empty() || entry > line {
            break;
        }
        at += entry.len();
    }
    let (before, after) = text.split_at_checked(at)?;
    Some(format!("{before}{line}{after}"))
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_above_the_marker() {
        let changed = above("a\n  // here\nb\n", "// here", "  x\n");

        assert_eq!(changed.as_deref(), Some("a\n  x\n  // here\nb\n"));
        assert_eq!(above("a\n", "// here", "x\n"), None);
    }

    #[test]
    fn a_line_goes_to_its_alphabetical_place() {
        let list = "# ours\na = 1\nc = 1\n\n# theirs\nb = 1\n";

        let into = |line: &str| sorted_below(list, "# ours", line).unwrap_or_default();

        assert_eq!(into("b = 2\n"), "# ours\na = 1\nb = 2\nc = 1\n\n# theirs\nb = 1\n");
        assert_eq!(into("d = 2\n"), "# ours\na = 1\nc = 1\nd = 2\n\n# theirs\nb = 1\n");
        assert_eq!(into("A = 2\n"), "# ours\nA = 2\na = 1\nc = 1\n\n# theirs\nb = 1\n");
    }

    #[test]
    fn every_place_exists_in_this_checkout() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();

        let changed = mentions(root, "returns").unwrap();

        assert!(changed.iter().all(|(_, text)| text.contains("returns")));
        assert!(changed.len() >= 3);
    }
}
