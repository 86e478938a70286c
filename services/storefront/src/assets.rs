//! Style sheet, script and icon: part of the binary, named by their content, kept by browsers for a year.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header;
use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// A file of ours.
struct Asset {
    /// Below `/static/`.
    name: String,
    kind: &'static str,
    content: &'static [u8],
}

static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset(
            "flotilla",
            "css",
            "text/css; charset=utf-8",
            include_bytes!("../assets/flotilla.css"),
        ),
        asset(
            "flotilla",
            "js",
            "text/javascript; charset=utf-8",
            include_bytes!("../assets/flotilla.js"),
        ),
        asset("sails", "svg", "image/svg+xml", include_bytes!("../assets/sails.svg")),
    ]
});

fn asset(stem: &str, extension: &str, kind: &'static str, content: &'static [u8]) -> Asset {
    let hash: String =
        Sha256::digest(content).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Asset { name: format!("{stem}.{hash}.{extension}"), kind, content }
}

/// The address of the style sheet.
pub(crate) fn css() -> &'static str {
    &ASSETS[0].name
}

/// The address of the script.
pub(crate) fn js() -> &'static str {
    &ASSETS[1].name
}

/// The address of the icon.
pub(crate) fn icon() -> &'static str {
    &ASSETS[2].name
}

/// Serves a file under its own name; an older name is gone.
pub(crate) async fn serve(Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return Error::NotFound.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, asset.kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, asset.content).into_response()
}
