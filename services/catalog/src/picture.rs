//! Pictures of our own: flat drawings from a category and a name, as SVG.

mod motif;
mod palette;

use kernel::MediaId;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;

use crate::domain::product::{Command, Picture, Product};
use crate::error::Error;
use crate::store;

/// How an import asks for a drawn picture: `flotilla:picture/<category>/<name>`.
pub(crate) const SCHEME: &str = "flotilla:picture/";

/// Draws the picture that a source asks for; none for sources of another kind.
pub(crate) fn of_source(source: &str) -> Option<String> {
    let (category, name) = source.strip_prefix(SCHEME)?.split_once('/')?;
    Some(draw(category, name))
}

/// Draws the picture that stands in for the one at a place, until there is a real one.
pub(crate) fn stand_in(product: &Product, place: usize) -> String {
    match place {
        0 => draw(&product.category, &product.title),
        _ => draw(&product.category, &format!("{} {place}", product.title)),
    }
}

/// A command that shows a drawn picture on a product that has none.
pub(crate) async fn add_stand_in(
    conn: &mut PgConnection,
    product: &Product,
) -> Result<Command, Error> {
    let file = store::pictures::keep_drawn(conn, &stand_in(product, 0)).await?;
    let (id, alt) = (MediaId::new(), product.title.clone());
    Ok(Command::AddMedia(Picture { id, file, alt, stand_in: true, source: None }))
}

/// Draws a thing of a category: the motif follows from words in the name, else from its hash, and so do the
/// colours. 800 by 800, the same for the same words.
pub(crate) fn draw(category: &str, name: &str) -> String {
    let hash = Sha256::digest(format!("{category}/{}", name.to_lowercase()).as_bytes());
    let [first, second, ..] = &hash[..] else { return String::new() };
    let colours = palette::of(category, name, *first);
    let motif = motif::of(category, name, *second);
    let ground = colours.ground(*second);
    let drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 800\" width=\"800\" \
         height=\"800\">{ground}{motif}</svg>"
    );
    colours.paint(&drawing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_words_give_the_same_picture_and_others_another() {
        assert_eq!(draw("galley", "Enamel mug"), draw("galley", "enamel mug"));
        assert_ne!(draw("galley", "Enamel mug"), draw("galley", "Harbour kettle"));
    }

    #[test]
    fn every_motif_is_small_and_fully_painted() {
        for name in motif::NAMES {
            let svg = draw("home", name);

            assert!(svg.len() < 6_000, "{name} has {} bytes", svg.len());
            assert!(!svg.contains('$'), "{name} has a colour that was not painted");
            assert!(!svg.contains("<text") && !svg.contains("<script") && !svg.contains("href"));
        }
    }

    #[test]
    fn words_from_outside_never_reach_the_drawing() {
        let hostile = "\"/><script>alert(1)</script>";

        assert!(!draw(hostile, hostile).contains("alert"));
    }

    #[test]
    fn a_source_of_our_own_is_drawn_and_another_is_not() {
        assert!(of_source("flotilla:picture/galley/enamel-mug").is_some());
        assert!(of_source("https://example.org/mug.png").is_none());
    }
}
