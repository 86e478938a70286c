//! What is wrong with a form, field by field.

use problem::FieldError;

use crate::error::Error;

/// What is wrong with the fields of a form, and with the whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wrong {
    fields: Vec<FieldError>,
    /// What is wrong with the whole; empty when the fields say everything.
    pub(crate) whole: String,
}

impl Wrong {
    /// One sentence about the whole form.
    pub(crate) fn whole(message: &str) -> Self {
        Self { fields: Vec::new(), whole: message.to_owned() }
    }

    /// What a service says about a form; anything but a complaint about input goes on as an error.
    pub(crate) fn of(error: Error) -> Result<Self, Error> {
        if !error.is_input() {
            return Err(error);
        }
        let fields = error.fields().to_vec();
        let whole = if fields.is_empty() { sentence(&error.to_string()) } else { String::new() };
        Ok(Self { fields, whole })
    }

    /// The complaint about a field; the last part of its path counts. Empty when it is right.
    pub(crate) fn at(&self, field: &str) -> &str {
        let named = self.fields.iter().find(|wrong| {
            wrong.field.as_deref().is_some_and(|path| path.rsplit('.').next() == Some(field))
        });
        named.map_or("", |wrong| &wrong.message)
    }

    /// The same as a sentence.
    pub(crate) fn words(&self, field: &str) -> String {
        sentence(self.at(field))
    }

    /// Says something else about a field than was said so far.
    pub(crate) fn say(&mut self, field: &str, message: &str) {
        self.fields.retain(|wrong| wrong.field.as_deref() != Some(field));
        self.fields.push(FieldError::new(field, message));
    }

    /// Complaints about fields that this form does not show.
    pub(crate) fn others(&self, shown: &[&str]) -> Vec<String> {
        let hidden = |wrong: &&FieldError| {
            let path = wrong.field.as_deref().unwrap_or_default();
            !shown.contains(&path.rsplit('.').next().unwrap_or_default())
        };
        let text = |wrong: &FieldError| match &wrong.field {
            Some(field) => format!("{field}: {}", wrong.message),
            None => wrong.message.clone(),
        };
        self.fields.iter().filter(hidden).map(text).collect()
    }
}

/// A fragment as a sentence.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_field_is_found_by_its_last_name() {
        let mut wrong = Wrong::default();
        wrong.say("address.city", "something else");
        wrong.say("address.city", "expected a city");

        assert_eq!(wrong.at("city"), "expected a city");
        assert_eq!((wrong.at("line1"), wrong.words("city").as_str()), ("", "Expected a city."));
        assert!(wrong.others(&["city"]).is_empty());
        assert_eq!(wrong.others(&[]), ["address.city: expected a city"]);
        assert_eq!(sentence("the quote has expired"), "The quote has expired.");
    }
}
