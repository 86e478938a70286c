//! Which of our crates may depend on which: the table of the style guide, section 2.
use anyhow::{Context, Result};
use serde::Deserialize;

/// Shared crates and what they may build on. `testkit` is for tests only, everywhere.
const ARROWS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    // The contracts are events by messaging's traits, and those can be nowhere else.
    ("contracts", &["kernel", "messaging"]),
    ("problem", &[]),
    // A call to another service carries on the cause that messaging keeps.
    ("web", &["kernel", "problem", "messaging"]),
    ("messaging", &[]),
    ("runtime", &["kernel", "contracts", "problem", "web", "messaging"]),
    ("sandbox", &["kernel", "problem", "web", "runtime"]),
    ("testkit", &["kernel", "contracts", "messaging", "problem", "web", "runtime"]),
    ("xtask", &[]),
    ("backbone", &["messaging"]),
];
/// What any service may build on.
const FOR_SERVICES: &[&str] = &["kernel", "contracts", "problem", "web", "messaging", "runtime"];
/// Packages that hold the whole fleet.
const WHOLE_FLEET: &[&str] = &["flotilla", "e2e"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// The arrows in cargo's metadata that the table does not have.
///
/// # Errors
/// When the metadata cannot be read.
pub(super) fn check(metadata: &str) -> Result<Vec<String>> {
    let metadata: Metadata = serde_json::from_str(metadata).context("reading cargo's metadata")?;
    let ours: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut offences = Vec::new();
    for package in &metadata.packages {
        for dependency in
            package.dependencies.iter().filter(|one| ours.contains(&one.name.as_str()))
        {
            let testing = dependency.kind.as_deref() == Some("dev");
            if !allowed(&package.name, &dependency.name, testing) {
                let (from, to) = (&package.name, &dependency.name);
                offences.push(format!("{from} may not depend on {to} (style guide, section 2)"));
            }
        }
    }
    Ok(offences)
}

fn allowed(from: &str, to: &str, testing: bool) -> bool {
    if WHOLE_FLEET.contains(&from) {
        return to != "testkit" || testing;
    }
    // A service that calls the world outside is tested against the real stand-in for it.
    if testing && (["testkit", "sandbox"].contains(&to) || FOR_SERVICES.contains(&to)) {
        return true;
    }
    let known = ARROWS.iter().find(|(name, _)| *name == from).map(|(_, to)| *to);
    known.unwrap_or(FOR_SERVICES).contains(&to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offences(from: &str, to: &str, kind: Option<&str>) -> usize {
        let metadata = serde_json::json!({ "packages": [
            { "name": from, "dependencies": [
                { "name": to, "kind": kind }, { "name": "serde", "kind": null }] },
            { "name": to, "dependencies": [] },
        ]});
        check(&metadata.to_string()).unwrap().len()
    }

    #[test]
    fn a_service_never_depends_on_another() {
        assert_eq!(offences("orders", "catalog", None), 1);
        assert_eq!(offences("orders", "catalog", Some("dev")), 1);
        assert_eq!(offences("flotilla", "catalog", None), 0);
    }

    #[test]
    fn shared_crates_point_down_only() {
        assert_eq!(offences("messaging", "kernel", None), 1);
        assert_eq!(offences("runtime", "messaging", None), 0);
    }

    #[test]
    fn the_testkit_is_for_tests() {
        assert_eq!(offences("orders", "testkit", None), 1);
        assert_eq!(offences("orders", "testkit", Some("dev")), 0);
        assert_eq!(offences("payments", "sandbox", None), 1);
        assert_eq!(offences("payments", "sandbox", Some("dev")), 0);
    }
}
