//! Secrets that are handed out: basket tokens, and the tokens in the links that guests get by mail.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use kernel::{BasketId, OrderId};
use sha2::{Digest as _, Sha256};

/// The key of the links; never leaves the database and this memory.
#[derive(Clone)]
pub(crate) struct AccessSecret(Vec<u8>);

impl std::fmt::Debug for AccessSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessSecret")
    }
}

impl AccessSecret {
    pub(crate) const fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    fn mac(&self, order: OrderId) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(b"order-access/");
        mac.update(order.uuid().as_bytes());
        Some(mac)
    }

    /// The token that opens an order without signing in: an HMAC (RFC 2104, SHA-256) of its id, so
    /// that it is the same in every mail and need not be stored.
    pub(crate) fn token(&self, order: OrderId) -> String {
        let mac = self.mac(order).map(|mac| mac.finalize().into_bytes());
        format!("oat_{}", URL_SAFE_NO_PAD.encode(mac.unwrap_or_default()))
    }

    /// True when the token opens the order. Takes the same time for every wrong token.
    pub(crate) fn opens(&self, order: OrderId, token: &str) -> bool {
        let bytes = token.strip_prefix("oat_").and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        match (bytes, self.mac(order)) {
            (Some(bytes), Some(mac)) => mac.verify_slice(&bytes).is_ok(),
            _ => false,
        }
    }
}

/// What a guest's basket is known by: its id and a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct BasketToken {
    pub(crate) basket: BasketId,
    secret: String,
}

impl BasketToken {
    /// A token for a new basket, from the machine's randomness (256 bits).
    pub(crate) fn generate(basket: BasketId) -> Self {
        Self { basket, secret: URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()) }
    }

    /// Reads `bsk_….<secret>`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (basket, secret) = text.split_once('.')?;
        let fits = (1..=64).contains(&secret.len()) && secret.is_ascii();
        let basket = basket.parse().ok().filter(|_| fits)?;
        Some(Self { basket, secret: secret.to_owned() })
    }

    /// What the database keeps: SHA-256 of the secret, which is random and needs no salt.
    pub(crate) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.secret.as_bytes()).to_vec()
    }
}

/// As it is handed out: `bsk_….<secret>`.
impl std::fmt::Display for BasketToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.basket, self.secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_order_and_no_other() {
        let secret = AccessSecret::new(vec![7; 32]);
        let (order, other) = (OrderId::derived(b"one"), OrderId::derived(b"two"));

        let token = secret.token(order);

        assert!(secret.opens(order, &token));
        assert!(!secret.opens(other, &token));
        assert!(!AccessSecret::new(vec![8; 32]).opens(order, &token));
        for wrong in ["", "oat_", "oat_AAAA", &token[4..], &token[..token.len() - 1]] {
            assert!(!secret.opens(order, wrong), "{wrong}");
        }
    }

    #[test]
    fn a_basket_token_reads_back() {
        let token = BasketToken::generate(BasketId::new());

        let back = BasketToken::parse(&token.to_string()).unwrap();

        assert!(back == token && back.hash() == token.hash());
        for wrong in ["", "bsk_1.x", &token.basket.to_string(), &format!("{}.", token.basket)] {
            assert!(BasketToken::parse(wrong).is_none(), "{wrong}");
        }
    }
}
