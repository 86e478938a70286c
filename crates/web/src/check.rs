//! Looks at every field of a request and names all that are wrong, not only the first.

use std::ops::RangeInclusive;
use std::str::FromStr;

use problem::FieldError;

use crate::RequestError;

/// Collects what is wrong with a request.
///
/// ```
/// let mut check = web::Check::new();
/// let title = check.text("title", "  A shirt ", 1..=200);
/// let sku = check.parse::<kernel::Sku>("sku", "a b");
/// assert_eq!((title.as_deref(), sku.is_none()), (Some("A shirt"), true));
/// assert!(check.finish().is_err());
/// ```
#[derive(Debug, Default)]
pub struct Check {
    wrong: Vec<FieldError>,
}

impl Check {
    /// Nothing is wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a wrong field.
    pub fn wrong(&mut self, field: impl Into<String>, message: impl ToString) {
        self.wrong.push(FieldError::new(field, message));
    }

    /// Notes a field unless something holds of it.
    pub fn that(&mut self, holds: bool, field: &str, message: impl ToString) {
        if !holds {
            self.wrong(field, message);
        }
    }

    /// A line of text with so many characters once trimmed, without control characters.
    pub fn text(
        &mut self,
        field: &str,
        text: &str,
        length: RangeInclusive<usize>,
    ) -> Option<String> {
        let text = text.trim();
        let fits = length.contains(&text.chars().count());
        if !fits || text.chars().any(|letter| letter.is_control()) {
            let (least, most) = (length.start(), length.end());
            self.wrong(field, format!("expected {least} to {most} characters on one line"));
            return None;
        }
        Some(text.to_owned())
    }

    /// A value that is written as text.
    pub fn parse<T: FromStr<Err: std::fmt::Display>>(
        &mut self,
        field: &str,
        text: &str,
    ) -> Option<T> {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(field, error);
                None
            }
        }
    }

    /// An e-mail address: one `@`, a dot in the domain, at most 254 characters (RFC 5321), lower case.
    pub fn email(&mut self, field: &str, text: &str) -> Option<String> {
        let email = text.trim().to_lowercase();
        let fits = email.split_once('@').is_some_and(|(local, domain)| {
            let plain = |part: &str| {
                part.chars()
                    .all(|letter| letter.is_ascii_graphic() && !"@,;<>()\"\\".contains(letter))
            };
            let labels = domain.split('.').all(|label| !label.is_empty() && label.len() <= 63);
            (1..=64).contains(&local.len())
                && plain(local)
                && plain(domain)
                && labels
                && domain.contains('.')
        });
        if !fits || email.len() > 254 {
            self.wrong(field, "expected an e-mail address such as ada@example.org");
            return None;
        }
        Some(email)
    }

    /// A country of ISO 3166-1 in two upper-case letters.
    pub fn country(&mut self, field: &str, text: &str) -> Option<String> {
        let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        self.that(fits, field, "expected a country in two upper-case letters, such as DE");
        fits.then(|| text.to_owned())
    }

    /// All is well, or every wrong field by name.
    pub fn finish(self) -> Result<(), RequestError> {
        if self.wrong.is_empty() { Ok(()) } else { Err(RequestError::InvalidFields(self.wrong)) }
    }

    /// The values of a request once nothing is wrong. A value is only absent when its check failed.
    pub fn take<T>(self, values: Option<T>) -> Result<T, RequestError> {
        match values {
            Some(values) if self.wrong.is_empty() => Ok(values),
            _ => Err(RequestError::InvalidFields(self.wrong)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_is_named() {
        let mut check = Check::new();
        check.text("title", "", 1..=3);
        check.email("email", "ada@home");
        check.country("country", "de");

        let Err(RequestError::InvalidFields(wrong)) = check.finish() else { panic!("accepted") };

        let fields: Vec<_> = wrong.iter().filter_map(|error| error.field.as_deref()).collect();
        assert_eq!(fields, ["title", "email", "country"]);
    }

    #[test]
    fn addresses_are_accepted_as_people_have_them() {
        let mut check = Check::new();

        assert_eq!(check.email("e", " Ada@Example.ORG ").as_deref(), Some("ada@example.org"));
        for wrong in ["", "a", "a@", "@b.c", "a@b..c", "a b@c.d", "a@b@c.d", "a\"@b.c"] {
            assert!(check.email("e", wrong).is_none(), "{wrong}");
        }
    }
}
