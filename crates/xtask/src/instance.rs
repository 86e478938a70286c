//! One fleet on this machine: where its data lies, which ports it has, who its parts run as.
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::unistd::geteuid;

use crate::account::Account;
use crate::ports::Ports;
use crate::screen;

/// Where a fleet lives. Two with different folders and ports do not know of each other.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// What this fleet keeps: databases, topics, keys, logs.
    pub(crate) data: PathBuf,
    /// Downloaded software, shared by all fleets of the project and kept by a reset.
    pub(crate) parts: PathBuf,
    /// Its ports.
    pub(crate) ports: Ports,
    /// Whom Postgres runs as.
    pub(crate) database_account: Account,
    /// Whom everything else runs as.
    pub(crate) account: Account,
}

impl Instance {
    /// The fleet that the environment describes (`FLOTILLA_DATA`, `FLOTILLA_PORT_SHIFT`).
    ///
    /// # Errors
    /// When a setting is wrong, or no user without privileges exists for root to become.
    pub(crate) fn from_environment() -> Result<Self> {
        let root = project_root()?;
        let account = Account::first_of(&["nobody"])?;
        let database_account = Account::first_of(&["postgres", "nobody"])?;
        let home = home(&root, &account);
        let data = std::env::var_os("FLOTILLA_DATA").map_or_else(|| home.clone(), PathBuf::from);
        let data = if data.is_absolute() { data } else { root.join(data) };
        let ports = Ports::from_environment()?;
        Ok(Self { root, data, parts: home.join("parts"), ports, database_account, account })
    }

    /// Another fleet of the same project, with a folder and ports of its own.
    ///
    /// # Errors
    /// When the ports do not fit.
    pub(crate) fn sibling(&self, name: &str, shift: u16) -> Result<Self> {
        let home = home(&self.root, &self.account);
        let ports = Ports::shifted(shift)?;
        Ok(Self { data: home.join(name), ports, ..self.clone() })
    }

    /// Makes the folders that the rest relies on.
    ///
    /// # Errors
    /// Those of the file system.
    pub(crate) fn prepare(&self) -> Result<()> {
        let me = Account::current();
        for folder in [&self.data, &self.parts, &self.logs(), &self.data.join("run")] {
            me.make_folder(folder, 0o755)?;
        }
        Ok(())
    }

    /// The folder of the logs, one file per process.
    pub(crate) fn logs(&self) -> PathBuf {
        self.data.join("logs")
    }

    /// One process's log.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.logs().join(format!("{name}.log"))
    }
}

/// The project's folder: the nearest one upwards that has `dev` and `Cargo.toml`.
fn project_root() -> Result<PathBuf> {
    let here = std::env::current_dir().context("reading the current folder")?;
    let root =
        here.ancestors().find(|dir| dir.join("dev").is_file() && dir.join("Cargo.toml").is_file());
    root.map(Path::to_path_buf).context("not inside the project: no folder above has ./dev")
}

/// `.flotilla` in the project, or a place that an unprivileged user can enter when that is not one.
fn home(root: &Path, account: &Account) -> PathBuf {
    let inside = root.join(".flotilla");
    if account.reaches(root) || !geteuid().is_root() {
        return inside;
    }
    PathBuf::from(format!("/var/lib/flotilla-{:016x}", fingerprint(&root.to_string_lossy())))
}

/// Says so once when the data does not lie where a developer would look for it.
pub(crate) fn announce(instance: &Instance) {
    if !instance.parts.starts_with(&instance.root) {
        screen::say(format!(
            "The parts run unprivileged and cannot enter {}: their data is in {}.",
            instance.root.display(),
            instance.data.display()
        ));
    }
}

/// The program to start for the fleet: the built one, or a copy where the parts' user can read it.
///
/// # Errors
/// Those of the file system while copying.
pub(crate) fn reachable_binary(instance: &Instance, built: &Path) -> Result<PathBuf> {
    if instance.account.reaches(built) {
        return Ok(built.to_path_buf());
    }
    let folder = instance.data.join("bin");
    Account::current().make_folder(&folder, 0o755)?;
    let (copy, fresh) = (folder.join("flotilla"), folder.join("flotilla.new"));
    fs::copy(built, &fresh).with_context(|| format!("copying {}", built.display()))?;
    Account::current().make_readable(&fresh)?;
    fs::rename(&fresh, &copy).with_context(|| format!("placing {}", copy.display()))?;
    Ok(copy)
}

/// FNV-1a, 64 bits: the same answer on every machine and version (draft-eastlake-fnv).
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_the_published_one() {
        assert_eq!(fingerprint(""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fingerprint("foobar"), 0x8594_4171_f739_67e8);
    }
}
