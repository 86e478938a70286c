//! Bytes of pictures, the media that show them, and uploads that wait for a product.

use kernel::{AccountId, MediaId, ProductId};
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use crate::domain::product::Media;
use crate::error::Error;
use crate::image::{Kind, without_camera_notes};

/// A picture as it is served.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Picture {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

/// Keeps a picture that somebody else made. Returns the name of its bytes.
pub(crate) async fn keep(conn: &mut PgConnection, bytes: &[u8]) -> Result<String, Error> {
    let kind = Kind::of(bytes)?;
    let bytes = without_camera_notes(kind, bytes);
    insert(conn, kind.extension(), kind.content_type(), &bytes).await
}

/// Keeps a picture that we drew.
pub(crate) async fn keep_drawn(conn: &mut PgConnection, svg: &str) -> Result<String, Error> {
    insert(conn, "svg", "image/svg+xml", svg.as_bytes()).await
}

async fn insert(
    conn: &mut PgConnection,
    extension: &str,
    content_type: &str,
    bytes: &[u8],
) -> Result<String, Error> {
    let hash = hex::encode(Sha256::digest(bytes));
    let file = format!("{}.{extension}", hash.get(..32).unwrap_or(&hash));
    sqlx::query(
        "insert into pictures (file, content_type, bytes) values ($1, $2, $3)
         on conflict (file) do nothing",
    )
    .bind(&file)
    .bind(content_type)
    .bind(bytes)
    .execute(conn)
    .await?;
    Ok(file)
}

/// A picture by the name of its bytes.
pub(crate) async fn find(conn: &mut PgConnection, file: &str) -> Result<Option<Picture>, Error> {
    let one = "select content_type, bytes from pictures where file = $1";
    Ok(sqlx::query_as(one).bind(file).fetch_optional(conn).await?)
}

/// Shows a picture on a product. One with a remote source waits to be fetched.
pub(crate) async fn show(
    conn: &mut PgConnection,
    product: ProductId,
    media: &Media,
) -> Result<(), Error> {
    sqlx::query(
        "insert into media (id, product_id, file, alt, position, stand_in, source, fetching)
         values ($1, $2, $3, $4, $5, $6, $7, case when $6 and $7 is not null then 'waiting' end)",
    )
    .bind(media.id)
    .bind(product)
    .bind(&media.file)
    .bind(&media.alt)
    .bind(media.position)
    .bind(media.stand_in)
    .bind(&media.source)
    .execute(conn)
    .await?;
    Ok(())
}

/// Shows another picture in the place of one.
pub(crate) async fn replace(
    conn: &mut PgConnection,
    media: MediaId,
    file: &str,
) -> Result<(), Error> {
    sqlx::query(
        "update media set file = $2, stand_in = false,
             fetching = case when fetching is not null then 'fetched' end
         where id = $1",
    )
    .bind(media)
    .bind(file)
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives up on a remote picture; the stand-in stays.
pub(crate) async fn give_up(conn: &mut PgConnection, media: MediaId) -> Result<(), Error> {
    sqlx::query("update media set fetching = 'failed' where id = $1 and fetching = 'waiting'")
        .bind(media)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes that an account has sent a picture for a product to come. The same picture of the same account
/// has the same id, so that sending it twice is like sending it once.
pub(crate) async fn upload(
    conn: &mut PgConnection,
    file: &str,
    account: AccountId,
) -> Result<MediaId, Error> {
    let id = MediaId::derived(format!("{account}/{file}").as_bytes());
    sqlx::query(
        "insert into uploads (id, file, account_id) values ($1, $2, $3) on conflict (id) do nothing",
    )
    .bind(id)
    .bind(file)
    .bind(account)
    .execute(conn)
    .await?;
    Ok(id)
}

/// The bytes' name of a picture that this account has sent.
pub(crate) async fn uploaded(
    conn: &mut PgConnection,
    id: MediaId,
    account: AccountId,
) -> Result<Option<String>, Error> {
    let one = "select file from uploads where id = $1 and account_id = $2";
    Ok(sqlx::query_scalar(one).bind(id).bind(account).fetch_optional(conn).await?)
}
