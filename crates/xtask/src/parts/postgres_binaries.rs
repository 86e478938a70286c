//! Finds the Postgres server's programs on the machine, or fetches a build of them.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command;
use crate::instance::Instance;
use crate::parts::maven;
use crate::variable;

/// The oldest major version that the fleet's SQL is written for.
const OLDEST: u32 = 15;
/// The newest version that exists for every platform we know of.
const FETCHED: &str = "18.4.0";

/// A folder with `initdb` and `postgres`, and its major version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binaries {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// The major version.
    pub(crate) major: u32,
}

/// The machine's own programs when they are new enough, else fetched ones. With
/// `FLOTILLA_POSTGRES=maven` always the fetched ones.
///
/// # Errors
/// When there are none and none can be fetched.
pub(crate) fn find(instance: &Instance) -> Result<Binaries> {
    let fetch = variable::text("FLOTILLA_POSTGRES").is_some_and(|wish| wish == "maven");
    if !fetch && let Some(found) = newest_installed(Path::new("/usr/lib/postgresql")) {
        return Ok(found);
    }
    fetched(instance)
}

/// The newest complete installation below a folder laid out as Debian does (`15/bin`, `16/bin`).
fn newest_installed(folder: &Path) -> Option<Binaries> {
    let versions = fs::read_dir(folder).ok()?;
    versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let major = entry.file_name().to_str()?.parse().ok()?;
            Some(Binaries { folder: entry.path().join("bin"), major })
        })
        .filter(|found| found.major >= OLDEST && is_complete(&found.folder))
        .max_by_key(|found| found.major)
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|program| folder.join(program).is_file())
}

fn fetched(instance: &Instance) -> Result<Binaries> {
    let home = instance.parts.join(format!("postgres-{FETCHED}"));
    let found = Binaries { folder: home.join("bin"), major: 18 };
    if is_complete(&found.folder) {
        return Ok(found);
    }
    let (arch, inner) = match std::env::consts::ARCH {
        "aarch64" => ("arm64v8", "arm_64"),
        _ => ("amd64", "x86_64"),
    };
    let jar = instance.parts.join("postgres-jar");
    let log = instance.log("maven");
    let artifact =
        format!("io.zonky.test.postgres:embedded-postgres-binaries-linux-{arch}:{FETCHED}");
    maven::unpack(&artifact, &jar, &log)?;
    let fresh = home.with_extension("new");
    drop(fs::remove_dir_all(&fresh));
    fs::create_dir_all(&fresh)?;
    let archive = jar.join(format!("postgres-linux-{inner}.txz"));
    let mut tar = Command::new("tar");
    tar.arg("-xJf").arg(&archive).arg("-C").arg(&fresh);
    command::run_logged(&mut tar, &log).context("unpacking Postgres (needs tar and xz)")?;
    ensure!(is_complete(&fresh.join("bin")), "{artifact} holds no server");
    fs::rename(&fresh, &home).context("placing Postgres")?;
    fs::remove_dir_all(&jar).context("tidying up after unpacking Postgres")?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_complete_version_from_15_on_is_taken() {
        let base = std::env::temp_dir().join(format!("xtask-pg-{}", std::process::id()));
        for (version, programs) in [("9.6", 2), ("14", 2), ("15", 2), ("16", 2), ("17", 1)] {
            let bin = base.join(version).join("bin");
            fs::create_dir_all(&bin).unwrap();
            for program in ["initdb", "postgres"].iter().take(programs) {
                fs::write(bin.join(program), "").unwrap();
            }
        }

        let found = newest_installed(&base);

        fs::remove_dir_all(base.join("16")).unwrap();
        fs::remove_dir_all(base.join("15")).unwrap();
        let too_old = newest_installed(&base);
        fs::remove_dir_all(&base).unwrap();
        assert_eq!(found.map(|found| found.major), Some(16));
        assert_eq!(too_old, None);
    }
}
