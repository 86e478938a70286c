//! The random passwords and keys of one fleet, made once per data folder and readable by its owner only.
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// Every secret of a local fleet, as lower-case hex.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Secrets {
    /// The local Postgres server's superuser.
    pub(crate) postgres_superuser: String,
    /// The roles that own each service's tables and migrate them.
    pub(crate) postgres_owner: String,
    /// The roles that the services work as.
    pub(crate) postgres_app: String,
    /// Signs what the payment sandbox posts to us.
    pub(crate) payment_webhook: String,
    /// Signs what the carrier sandbox posts to us.
    pub(crate) carrier_webhook: String,
    /// Lets us in at the payment sandbox.
    pub(crate) payment_api_key: String,
    /// Lets us in at the carrier sandbox.
    pub(crate) carrier_api_key: String,
    /// Partitions of every topic, fixed when they are made. No secret, but as old as the folder; those
    /// of before it was noted have twelve.
    #[serde(default = "twelve")]
    pub(crate) topic_partitions: i32,
}

/// One broker has all partitions here: more of them cost and bring nothing.
const PARTITIONS: i32 = 3;

fn twelve() -> i32 {
    12
}

impl Secrets {
    /// Reads the secrets of a data folder, and makes them the first time.
    ///
    /// # Errors
    /// Those of the file system, and a file that somebody damaged.
    pub(crate) fn of(data: &Path) -> Result<Self> {
        let path = data.join("secrets.json");
        if let Ok(text) = fs::read_to_string(&path) {
            return serde_json::from_str(&text).with_context(|| {
                format!("{} is damaged; ./dev reset makes a new one", path.display())
            });
        }
        let secrets = Self::random()?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("making {}", path.display()))?;
        file.write_all(serde_json::to_string_pretty(&secrets)?.as_bytes())?;
        Ok(secrets)
    }

    fn random() -> Result<Self> {
        Ok(Self {
            postgres_superuser: random_hex()?,
            postgres_owner: random_hex()?,
            postgres_app: random_hex()?,
            payment_webhook: random_hex()?,
            carrier_webhook: random_hex()?,
            payment_api_key: random_hex()?,
            carrier_api_key: random_hex()?,
            topic_partitions: PARTITIONS,
        })
    }
}

/// 256 bits from the kernel.
fn random_hex() -> Result<String> {
    let mut bytes = [0_u8; 32];
    File::open("/dev/urandom").and_then(|mut kernel| kernel.read_exact(&mut bytes))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_made_once_and_are_nobody_elses() {
        let folder = std::env::temp_dir().join(format!("xtask-secrets-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();

        let (first, second) = (Secrets::of(&folder).unwrap(), Secrets::of(&folder).unwrap());

        let mode = fs::metadata(folder.join("secrets.json")).unwrap().permissions().mode();
        fs::remove_dir_all(&folder).unwrap();
        assert!(first == second && first.postgres_app != first.postgres_owner);
        assert_eq!(first.topic_partitions, PARTITIONS);
        assert_eq!((mode & 0o777, first.postgres_app.len()), (0o600, 64));
    }

    #[test]
    fn an_older_folder_keeps_its_partitions() {
        let mut older = serde_json::to_value(Secrets::random().unwrap()).unwrap();
        older.as_object_mut().unwrap().remove("topic_partitions");

        let read: Secrets = serde_json::from_value(older).unwrap();

        assert_eq!(read.topic_partitions, 12);
    }
}
