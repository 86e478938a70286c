//! One Postgres server for all services of a fleet, on the loopback interface and with passwords.
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::instance::Instance;
use crate::parts::postgres_binaries::{self, Binaries};
use crate::probe::Readiness;
use crate::program::{Program, Stage};
use crate::secrets::Secrets;

/// Whether a commit waits for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Durability {
    /// As in production.
    Full,
    /// For tests only: a power cut would lose data, a crash of the server would not.
    TestsOnly,
}

/// The name of the server in logs and records.
pub(crate) const NAME: &str = "postgres";

/// Prepares the server's data folder, the first time with `initdb`, and says how to run it.
///
/// # Errors
/// When there are no server programs, or the folder belongs to another major version.
pub(crate) fn prepare(
    instance: &Instance,
    secrets: &Secrets,
    durability: Durability,
) -> Result<Program> {
    let binaries = postgres_binaries::find(instance)?;
    let data = instance.data.join("postgres");
    match fs::read_to_string(data.join("PG_VERSION")) {
        Ok(version) if version.trim() == binaries.major.to_string() => {}
        Ok(version) => bail!(
            "{} was made by Postgres {}, and the server found is {}; ./dev reset begins anew",
            data.display(),
            version.trim(),
            binaries.major
        ),
        Err(_) => initialize(instance, secrets, &binaries)?,
    }
    let port = instance.ports.postgres();
    let mut arguments: Vec<OsString> = vec!["-D".into(), data.clone().into()];
    for setting in settings(port, durability) {
        arguments.extend(["-c".into(), setting.into()]);
    }
    Ok(Program {
        name: NAME.to_owned(),
        stage: Stage::Database,
        executable: binaries.folder.join("postgres"),
        arguments,
        environment: Vec::new(),
        account: instance.database_account.clone(),
        log: instance.log(NAME),
        folder: data,
        ready: Readiness::Postgres(port),
    })
}

fn settings(port: u16, durability: Durability) -> Vec<String> {
    let mut settings = vec![
        format!("port={port}"),
        "listen_addresses=127.0.0.1".to_owned(),
        // No socket file: nothing outside the data folder, nothing shared with another server.
        "unix_socket_directories=".to_owned(),
        "max_connections=300".to_owned(),
        "shared_buffers=128MB".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
        "logging_collector=off".to_owned(),
        // A statement that fails is the caller's to report; the server's log keeps its own troubles.
        "log_min_error_statement=panic".to_owned(),
    ];
    if durability == Durability::TestsOnly {
        settings.extend(
            ["fsync=off", "synchronous_commit=off", "full_page_writes=off"].map(str::to_owned),
        );
    }
    settings
}

fn initialize(instance: &Instance, secrets: &Secrets, binaries: &Binaries) -> Result<()> {
    let account = &instance.database_account;
    let data = instance.data.join("postgres");
    account.make_folder(&data, 0o700)?;
    let password = instance.data.join("run/postgres-password");
    fs::write(&password, "")?;
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600))?;
    fs::write(&password, &secrets.postgres_superuser)?;
    account.give(&password)?;
    let mut initdb = Command::new(binaries.folder.join("initdb"));
    initdb
        .arg("-D")
        .arg(&data)
        .args(["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8"])
        .arg("--pwfile")
        .arg(&password)
        .current_dir(&data);
    account.apply(&mut initdb);
    let result = command::run_logged(&mut initdb, &instance.log(NAME));
    fs::remove_file(&password).context("removing the password file")?;
    if result.is_err() {
        // Half a cluster would be in the way of the next attempt.
        fs::remove_dir_all(&data).context("removing half a cluster")?;
    }
    result.context("making the Postgres cluster")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tests_run_without_fsync() {
        let has = |durability| settings(1, durability).contains(&"fsync=off".to_owned());

        assert!(has(Durability::TestsOnly) && !has(Durability::Full));
    }
}
