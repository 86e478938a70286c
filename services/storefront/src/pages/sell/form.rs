//! The form of an item, as a browser sends it: texts, and perhaps a picture.

use axum::body::Bytes;
use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use http::StatusCode;
use problem::Body;

use crate::error::Error;

/// The largest picture that catalog takes, in bytes.
pub(super) const LARGEST_PICTURE: usize = 5 * 1024 * 1024;
/// The longest text, in bytes; catalog says no to less.
const LONGEST_TEXT: usize = 256 * 1024;

/// An item, as it was typed.
#[derive(Clone, Debug, Default)]
pub(super) struct SellForm {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) category: String,
    /// In euros: `19.90` or `19,90`.
    pub(super) price: String,
    pub(super) quantity: String,
    /// Makes sending the form twice harmless.
    pub(super) key: String,
    /// A picture that was sent with an earlier try; empty when there is none.
    pub(super) picture: String,
    /// Where that picture is shown.
    pub(super) picture_url: String,
}

/// The file that came with the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum File {
    /// None was chosen.
    None,
    /// Larger than a picture may be; it was not kept.
    TooLarge,
    /// All of it.
    Whole(Bytes),
}

/// Reads the form (RFC 7578).
pub(super) async fn read(mut parts: Multipart) -> Result<(SellForm, File), Error> {
    let (mut form, mut file) = (SellForm::default(), File::None);
    while let Some(part) = parts.next_field().await.map_err(unreadable)? {
        let name = part.name().unwrap_or_default().to_owned();
        let place = match name.as_str() {
            "file" => {
                file = match bytes(part, LARGEST_PICTURE).await? {
                    Some(bytes) if bytes.is_empty() => File::None,
                    Some(bytes) => File::Whole(bytes.into()),
                    None => File::TooLarge,
                };
                continue;
            }
            "title" => &mut form.title,
            "description" => &mut form.description,
            "category" => &mut form.category,
            "price" => &mut form.price,
            "quantity" => &mut form.quantity,
            "key" => &mut form.key,
            "picture" => &mut form.picture,
            "picture_url" => &mut form.picture_url,
            _ => continue,
        };
        let text = bytes(part, LONGEST_TEXT).await?.unwrap_or_default();
        *place = String::from_utf8_lossy(&text).into_owned();
    }
    if !ours(&form.picture_url) {
        form.picture_url.clear();
    }
    Ok((form, file))
}

/// A part of the form; none when it is larger than that. It is read to its end either way, since what
/// follows it counts too.
async fn bytes(mut part: Field<'_>, limit: usize) -> Result<Option<Vec<u8>>, Error> {
    let mut kept = Some(Vec::new());
    while let Some(chunk) = part.chunk().await.map_err(unreadable)? {
        kept = kept.filter(|kept| kept.len() + chunk.len() <= limit);
        if let Some(kept) = &mut kept {
            kept.extend_from_slice(&chunk);
        }
    }
    Ok(kept)
}

/// True for the address of a picture in this shop.
fn ours(url: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '.';
    url.strip_prefix("/media/").is_some_and(|file| file.chars().all(plain))
}

fn unreadable(error: MultipartError) -> Error {
    let (status, detail) = match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => (413, "this is too much to be sent at once"),
        _ => (400, "the form did not arrive as a whole; send it again"),
    };
    let title = "Not received".to_owned();
    let (kind, code) = ("about:blank".to_owned(), "malformed_body".to_owned());
    let detail = crate::forms::sentence(detail);
    Error::Refused(Box::new(Body {
        kind,
        title,
        status,
        code,
        detail,
        errors: Vec::new(),
        correlation_id: None,
    }))
}

/// Plain text as paragraphs of HTML.
pub(super) fn paragraphs(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let blocks = escaped.split("\n\n").map(str::trim).filter(|block| !block.is_empty());
    blocks.map(|block| format!("<p>{}</p>", block.replace('\n', "<br>"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_text_and_not_html() {
        assert_eq!(paragraphs("a <b>\nc\n\nd & e"), "<p>a &lt;b&gt;<br>c</p><p>d &amp; e</p>");
    }

    #[test]
    fn only_pictures_of_this_shop_are_shown_again() {
        assert!(ours("/media/0ab1.png"));
        for other in ["", "https://evil.test/media/a.png", "/media/../basket", "/media/a?b", "x"] {
            assert!(!ours(other), "{other}");
        }
    }
}
