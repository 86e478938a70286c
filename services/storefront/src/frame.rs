//! What every page has: header, menu, footer.

use std::sync::Arc;

use askama::Template;
use axum::response::{Html, IntoResponse, Response};
use contracts::search::Category;
use http::StatusCode;

use crate::assets;
use crate::error::Error;

/// The surroundings of a page.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) menu: Arc<Vec<Category>>,
    pub(crate) signed_in: bool,
    /// Pieces in the basket, as far as this browser knows.
    pub(crate) pieces: u32,
    /// What stands in the search field.
    pub(crate) query: String,
    /// The path shown, to mark it in the menu.
    pub(crate) here: String,
    /// Something that this browser has just written is not to be seen yet.
    pub(crate) behind: bool,
}

impl Frame {
    /// The surroundings of a page about nobody in particular.
    pub(crate) fn plain(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            menu: Arc::default(),
            signed_in: false,
            pieces: 0,
            query: String::new(),
            here: String::new(),
            behind: web::sync::behind(),
        }
    }

    pub(crate) fn css(&self) -> &'static str {
        assets::css()
    }

    pub(crate) fn js(&self) -> &'static str {
        assets::js()
    }

    pub(crate) fn icon(&self) -> &'static str {
        assets::icon()
    }

    /// True for the category that is shown.
    pub(crate) fn is_here(&self, slug: &str) -> bool {
        self.here.strip_prefix("/c/") == Some(slug)
    }
}

/// Renders a page.
pub(crate) fn page(template: &impl Template) -> Result<Response, Error> {
    Ok(Html(template.render()?).into_response())
}

/// Renders a form that was filled in wrong: 422, with everything that was typed.
pub(crate) fn again(template: &impl Template) -> Result<Response, Error> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(template.render()?)).into_response())
}
