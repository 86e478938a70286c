//! Under which user the local parts run, and whether that user can reach a path.
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use nix::unistd::{User, geteuid};

/// Whom a part runs as: ourselves, or a user without privileges when we are root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    /// User and group id to change to; `None` stays what we are.
    ids: Option<(u32, u32)>,
}

impl Account {
    /// Ourselves unless we are root; else the first of `names` that the machine knows.
    ///
    /// # Errors
    /// When we are root and the machine knows none of them.
    pub(crate) fn first_of(names: &[&str]) -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self { ids: None });
        }
        for name in names {
            if let Some(user) = User::from_name(name).context("reading the users")? {
                return Ok(Self { ids: Some((user.uid.as_raw(), user.gid.as_raw())) });
            }
        }
        bail!("running as root, and none of the users {} exists", names.join(", "))
    }

    /// Ourselves, whoever that is.
    pub(crate) fn current() -> Self {
        Self { ids: None }
    }

    /// Makes `command` change to this account.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Some((user, group)) = self.ids {
            // std also drops root's supplementary groups when the user changes.
            command.uid(user).gid(group);
        }
    }

    /// Makes a folder that only this account may write.
    ///
    /// # Errors
    /// Those of the file system, with the path.
    pub(crate) fn make_folder(&self, path: &Path, mode: u32) -> Result<()> {
        fs::create_dir_all(path).with_context(|| format!("making {}", path.display()))?;
        self.give(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .with_context(|| format!("setting the mode of {}", path.display()))
    }

    /// Lets everybody read and run a file.
    ///
    /// # Errors
    /// Those of the file system, with the path.
    pub(crate) fn make_readable(&self, path: &Path) -> Result<()> {
        self.give(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("setting the mode of {}", path.display()))
    }

    /// Hands a file to this account.
    ///
    /// # Errors
    /// Those of the file system, with the path.
    pub(crate) fn give(&self, path: &Path) -> Result<()> {
        if let Some((user, group)) = self.ids {
            chown(path, Some(user), Some(group))
                .with_context(|| format!("handing over {}", path.display()))?;
        }
        Ok(())
    }

    /// Whether this account can enter every folder above `path` (those that exist) and read it.
    pub(crate) fn reaches(&self, path: &Path) -> bool {
        let Some((user, _)) = self.ids else { return true };
        let may = |path: &Path, bits: u32| match fs::metadata(path) {
            Ok(found) => found.uid() == user || found.mode() & bits == bits,
            Err(_) => true,
        };
        let bits = if path.is_dir() { 0o005 } else { 0o004 };
        may(path, bits) && path.ancestors().skip(1).all(|folder| may(folder, 0o001))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_folder_above_is_in_the_way() {
        let base = std::env::temp_dir().join(format!("xtask-reach-{}", std::process::id()));
        let inner = base.join("closed/data");
        fs::create_dir_all(&inner).unwrap();
        fs::set_permissions(base.join("closed"), fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account { ids: Some((64_999, 64_999)) };

        let (closed, open) = (stranger.reaches(&inner), stranger.reaches(&base));

        fs::remove_dir_all(&base).unwrap();
        assert!(!closed && open);
        assert!(Account::current().reaches(&inner));
    }
}
