//! The public keys.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::Value;
use sqlx::PgPool;

use crate::support::TestAuth;

#[sqlx::test]
async fn a_program_outside_verifies_a_token_with_the_published_keys(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;

    let answer = auth.get("/jwks", "").await;

    let keys: JwkSet = serde_json::from_str(&answer.text).unwrap();
    let header = decode_header(&ada.access).unwrap();
    let key = keys.find(header.kid.as_deref().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["flotilla"]);
    let key = DecodingKey::from_jwk(key).unwrap();
    let claims = decode::<Value>(&ada.access, &key, &validation).unwrap().claims;
    assert_eq!(claims["sub"], ada.account["id"]);
    assert_eq!(claims["sid"], ada.session);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 600);
    assert_eq!(answer.headers["cache-control"], "public, max-age=300");
    assert!(!answer.text.contains("\"d\""));
}

#[sqlx::test]
async fn the_first_request_of_all_finds_a_key(db: PgPool) {
    let auth = TestAuth::start(db).await;

    let answer = auth.get("/jwks", "").await;

    assert_eq!(answer.json["keys"].as_array().unwrap().len(), 1);
    assert_eq!(auth.service.published_names().await, ["SigningKeyPublished"]);
}
