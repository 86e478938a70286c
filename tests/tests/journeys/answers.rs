//! What every answer has in common, whoever gives it.

use reqwest::Response;
use serde_json::Value;

/// Headers that every answer has exactly once, with these words in them.
const ONCE: &[(&str, &str)] = &[
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", ""),
    ("content-security-policy", "frame-ancestors "),
    ("cross-origin-opener-policy", "same-origin"),
    ("x-correlation-id", ""),
];

/// Asserts the security headers; `what` is for the message.
pub(crate) fn has_each_header_once(answer: &Response, what: &str) {
    for (name, words) in ONCE {
        let values: Vec<_> = answer.headers().get_all(*name).iter().collect();
        let [value] = values.as_slice() else { panic!("{what}: {name} is {values:?}") };
        let value = value.to_str().unwrap();
        assert!(!value.is_empty() && value.contains(words), "{what}: {name}: {value}");
    }
    assert!(answer.headers().get_all("server").iter().count() <= 1, "{what}");
    let server = answer.headers().get("server").map_or("", |value| value.to_str().unwrap());
    assert!(!server.contains('/'), "{what} tells a version: {server}");
}

/// Asserts a problem of RFC 9457 with this status and code, and returns it.
pub(crate) async fn is_problem(answer: Response, status: u16, code: &str) -> Value {
    let what: String = answer.url().as_str().chars().take(200).collect();
    let correlation = answer.headers().get("x-correlation-id").cloned();
    let kind = answer.headers().get("content-type").cloned();
    let found = answer.status().as_u16();
    has_each_header_once(&answer, &what);
    let text = answer.text().await.unwrap();
    assert_eq!(found, status, "{what}: {text}");
    assert_eq!(kind.unwrap(), "application/problem+json", "{what}: {text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["code"], code, "{what}: {text}");
    assert_eq!(problem["type"], format!("/problems/{code}"), "{what}");
    assert_eq!(problem["status"], status, "{what}");
    assert_eq!(problem["correlation_id"], correlation.unwrap().to_str().unwrap(), "{what}");
    for inside in ["sqlx", "select ", "panicked", "src/"] {
        assert!(!text.contains(inside), "{what} tells too much: {text}");
    }
    problem
}

/// The names of the wrong fields of a problem, in order.
pub(crate) fn fields(problem: &Value) -> Vec<String> {
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().filter_map(|error| Some(error["field"].as_str()?.to_owned())).collect()
}
