//! The cookies of browsers. All are `__Host-`: sent only to this host, over TLS or to localhost (RFC 6265bis).

use http::HeaderMap;
use http::header::COOKIE;

/// Holds the access token.
pub const ACCESS: &str = "__Host-access";
/// Holds the refresh token.
pub const REFRESH: &str = "__Host-refresh";
/// Holds a guest's basket token.
pub const BASKET: &str = "__Host-basket";
/// Holds what this browser has written lately.
pub const SYNC: &str = "__Host-sync";

/// The value of a cookie that the browser sent.
#[must_use]
pub fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name && !value.is_empty()).then_some(value))
}

/// `Set-Cookie` for a value that scripts cannot read and other sites cannot send along with a form.
#[must_use]
pub fn set(name: &str, value: &str, max_age_seconds: i64) -> String {
    format!("{name}={value}; Path=/; Max-Age={max_age_seconds}; Secure; HttpOnly; SameSite=Lax")
}

/// `Set-Cookie` that takes a cookie away.
#[must_use]
pub fn clear(name: &str) -> String {
    set(name, "", 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, "a=1; __Host-access=tok.en".parse().unwrap());
        headers.append(COOKIE, "b=2".parse().unwrap());

        assert_eq!(read(&headers, ACCESS), Some("tok.en"));
        assert_eq!(read(&headers, "b"), Some("2"));
        assert_eq!(read(&headers, "access"), None);
    }
}
