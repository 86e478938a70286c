//! The card processor's pages, driven like a browser without scripts does.

use reqwest::Response;
use reqwest::header::LOCATION;

use super::{Error, Shop};

/// The card that is accepted.
pub const ACCEPTED: &str = "4242424242424242";
/// The card that the bank declines.
pub const DECLINED: &str = "4000000000000002";
/// The card whose bank asks for [`RIGHT_CODE`] first (3-D Secure).
pub const CHALLENGED: &str = "4000000000003220";
/// The card whose outcome takes five seconds.
pub const SLOW: &str = "4000000000000044";
/// The card that is charged while the answer gets lost.
pub const ANSWER_LOST: &str = "4000000000000051";
/// The card whose webhook comes late and twice.
pub const WEBHOOK_TWICE: &str = "4000000000000077";
/// The code of 3-D Secure that the bank takes.
pub const RIGHT_CODE: &str = "123456";

/// Where an answer sends the browser, as an absolute address.
fn next(answer: &Response) -> Option<String> {
    let place = answer.headers().get(LOCATION)?.to_str().ok()?;
    // Relative ones are relative to the page that was asked for (RFC 9110, section 10.2.2).
    Some(answer.url().join(place).ok()?.into())
}

async fn refused(answer: Response) -> Error {
    let (status, url) = (answer.status().as_u16(), answer.url().to_string());
    Error::Answer { url, status, body: answer.text().await.unwrap_or_default() }
}

impl Shop {
    /// Enters a card on the page to which a payment leads, and the code when the bank asks for it. Returns
    /// the address to which the processor sends the shopper back, with `session` and `result`.
    ///
    /// # Errors
    /// When a page does not take what was entered.
    pub async fn enter_card(&self, page: &str, number: &str) -> Result<String, Error> {
        self.enter_card_with_code(page, number, RIGHT_CODE).await
    }

    /// The same with a code of one's own; a wrong one is tried until the bank gives up.
    ///
    /// # Errors
    /// When a page does not take what was entered.
    pub async fn enter_card_with_code(
        &self,
        page: &str,
        number: &str,
        code: &str,
    ) -> Result<String, Error> {
        let card =
            [("name", "Ada Lovelace"), ("number", number), ("expiry", "12/49"), ("code", "123")];
        let answer = self.http.post(page).form(&card).send().await?;
        let Some(place) = next(&answer) else { return Err(refused(answer).await) };
        if !place.ends_with("/challenge") {
            return Ok(place);
        }
        let mut answer = self.http.post(&place).form(&[("code", code)]).send().await?;
        for _ in 0..2 {
            if answer.status().as_u16() == 422 {
                answer = self.http.post(&place).form(&[("code", code)]).send().await?;
            }
        }
        match next(&answer) {
            Some(place) => Ok(place),
            None => Err(refused(answer).await),
        }
    }
}
