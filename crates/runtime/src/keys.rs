//! Keys: private ones in files, public ones from events into the service's own database, so that checking a token needs nobody.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contracts::SigningKeyEvent;
use messaging::{Meta, Projection};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;
use web::{PublicKey, SigningKey, Verifier};

use crate::Error;

/// The purpose of keys that sign access tokens.
pub const ACCESS: &str = "access";

/// Reads `<name>.key`: 32 bytes in Base64.
pub fn read_private(folder: &Path, name: &str) -> Result<SigningKey, Error> {
    let seed = read(folder, &format!("{name}.key"))?;
    Ok(SigningKey::from_seed(&seed))
}

/// Reads `<name>.pub`: 32 bytes in Base64.
pub fn read_public(folder: &Path, name: &str) -> Result<PublicKey, Error> {
    let bytes = read(folder, &format!("{name}.pub"))?.to_vec();
    let id = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&bytes[..9]);
    Ok(PublicKey { id, bytes, not_after: i64::MAX })
}

/// Writes `<name>.key`, for its owner only, and `<name>.pub`, unless they are there.
pub fn write_pair(folder: &Path, name: &str) -> Result<(), Error> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let failed = |source: std::io::Error| Error::other("writing keys", source);
    let path = folder.join(format!("{name}.key"));
    if path.exists() {
        return Ok(());
    }
    let key = SigningKey::generate();
    let public = STANDARD.encode(key.public(i64::MAX).bytes);
    std::fs::write(folder.join(format!("{name}.pub")), public).map_err(failed)?;
    let mut open = std::fs::OpenOptions::new();
    let mut file = open.create_new(true).write(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(STANDARD.encode(key.seed()).as_bytes()).map_err(failed)
}

fn read(folder: &Path, file: &str) -> Result<[u8; 32], Error> {
    let path = folder.join(file);
    let wrong = |reason: String| Error::WrongSetting {
        name: "KEYS_DIR",
        reason: format!("{file}: {reason}"),
    };
    let text = std::fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let bytes = STANDARD.decode(text.trim()).map_err(|error| wrong(error.to_string()))?;
    bytes.try_into().map_err(|_| wrong("expected 32 bytes in Base64".to_owned()))
}

/// Keeps a public key that came as an event.
pub async fn remember(
    conn: &mut PgConnection,
    purpose: &str,
    key: &PublicKey,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "insert into fleet.public_keys (purpose, key_id, bytes, not_after)
         values ($1, $2, $3, $4)
         on conflict (purpose, key_id) do update set not_after = excluded.not_after",
    )
    .bind(purpose)
    .bind(&key.id)
    .bind(&key.bytes)
    .bind(key.not_after)
    .execute(conn)
    .await?;
    Ok(())
}

/// Tells a verifier of every key that the database knows for a purpose.
pub async fn load(db: &PgPool, purpose: &str, verifier: &Verifier) -> Result<(), sqlx::Error> {
    let rows: Vec<(String, Vec<u8>, i64)> =
        sqlx::query_as("select key_id, bytes, not_after from fleet.public_keys where purpose = $1")
            .bind(purpose)
            .fetch_all(db)
            .await?;
    for (id, bytes, not_after) in rows {
        let key = PublicKey { id, bytes, not_after };
        if let Err(error) = verifier.learn(&key) {
            tracing::error!(key.id, %error, "a public key in the database is of no use");
        }
    }
    Ok(())
}

/// Reloads keys every few seconds: another replica may have handled the event.
pub async fn keep_loaded(
    db: PgPool,
    purpose: &'static str,
    verifier: Verifier,
    stop: CancellationToken,
) -> Result<(), Error> {
    while !stop.is_cancelled() {
        if let Err(error) = load(&db, purpose, &verifier).await {
            tracing::warn!(%error, "public keys were not reloaded");
        }
        let pause = tokio::time::sleep(Duration::from_secs(5));
        tokio::select! { () = pause => {}, () = stop.cancelled() => {} }
    }
    Ok(())
}

/// The key in an event of auth.
pub(crate) fn published(SigningKeyEvent::SigningKeyPublished(key): SigningKeyEvent) -> PublicKey {
    PublicKey { id: key.key_id, bytes: key.public_key, not_after: key.not_after }
}

/// Keeps the keys that auth publishes. Part of every service that has a database.
#[derive(Debug)]
pub struct OnSigningKey(pub Verifier);

impl Projection for OnSigningKey {
    type Event = SigningKeyEvent;
    type Error = sqlx::Error;

    async fn project(
        &self,
        conn: &mut PgConnection,
        events: &[(SigningKeyEvent, Meta)],
    ) -> Result<(), sqlx::Error> {
        for (event, _) in events {
            let key = published(event.clone());
            remember(conn, ACCESS, &key).await?;
            if let Err(error) = self.0.learn(&key) {
                tracing::error!(key.id, %error, "auth published a key that is of no use");
            }
        }
        Ok(())
    }
}
