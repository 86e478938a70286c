//! What a shopper has filled in at the checkout so far, in cookies of this browser and nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use web::cookies;

use crate::clients::orders::Address;
use crate::visitor::Jar;

/// Name of the first cookie; further ones are numbered.
const NAME: &str = "__Host-checkout";
/// A browser keeps 4096 bytes in a cookie, with its name and attributes (RFC 6265bis).
const PART: usize = 3_500;
/// With more, the request's head would not get through the gateway.
const MOST_PARTS: usize = 7;
/// Longer than a quote counts.
const SECONDS: i64 = 3600;

/// A checkout under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Draft {
    pub(crate) email: String,
    pub(crate) address: Address,
    /// `standard` or `express`; empty until chosen.
    #[serde(default)]
    pub(crate) method: String,
    #[serde(default)]
    pub(crate) coupon: String,
    /// The signed quote that the review page showed.
    #[serde(default)]
    pub(crate) quote: String,
    /// Makes placing the order safe to repeat; made with the review page.
    #[serde(default)]
    pub(crate) key: String,
    /// The payment that was prepared; empty before that, and when there is nothing to pay.
    #[serde(default)]
    pub(crate) payment: String,
}

/// More lines than the cookies of a browser can hold a quote for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Draft {
    /// Reads the cookies; nothing when there is none that can be read.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let parts: Vec<&str> =
            (0..MOST_PARTS).map_while(|part| cookies::read(headers, &name(part))).collect();
        let json = URL_SAFE_NO_PAD.decode(parts.concat()).ok()?;
        serde_json::from_slice(&json).ok()
    }

    /// Writes the cookies, and takes those away that are left over.
    pub(crate) fn write(&self, mut jar: Jar) -> Result<Jar, TooLarge> {
        let json = serde_json::to_vec(self).map_err(|_| TooLarge)?;
        let text = URL_SAFE_NO_PAD.encode(json);
        if text.len() > PART * MOST_PARTS {
            return Err(TooLarge);
        }
        let parts = text.len().div_ceil(PART);
        for part in 0..parts {
            let end = text.len().min((part + 1) * PART);
            jar = jar.set(&name(part), &text[part * PART..end], SECONDS);
        }
        // Only what may be there: a browser forgets the rest within the hour.
        Ok(if parts < MOST_PARTS { jar.clear(&name(parts)) } else { jar })
    }

    /// Takes the cookies away.
    pub(crate) fn clear(mut jar: Jar) -> Jar {
        for part in 0..MOST_PARTS {
            jar = jar.clear(&name(part));
        }
        jar
    }
}

fn name(part: usize) -> String {
    if part == 0 { NAME.to_owned() } else { format!("{NAME}-{part}") }
}

#[cfg(test)]
mod tests {
    use http::header::{COOKIE, SET_COOKIE};

    use super::*;

    fn sent_back(draft: &Draft) -> HeaderMap {
        let response = draft.write(Jar::default()).unwrap().on(());
        let mut headers = HeaderMap::new();
        for cookie in response.headers().get_all(SET_COOKIE) {
            assert!(cookie.len() <= 4_096);
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            headers.append(COOKIE, pair.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_draft_of_any_size_that_fits_comes_back() {
        for length in [0, 100, 3_000, 15_000] {
            let draft = Draft { quote: "q".repeat(length), key: "k".into(), ..Draft::default() };

            assert_eq!(Draft::read(&sent_back(&draft)), Some(draft));
        }
    }

    #[test]
    fn a_draft_that_does_not_fit_is_refused() {
        let draft = Draft { quote: "q".repeat(30_000), ..Draft::default() };

        assert!(matches!(draft.write(Jar::default()), Err(TooLarge)));
        assert_eq!(Draft::read(&HeaderMap::new()), None);
    }
}
