//! nginx's configuration: routes, limits, header hygiene, and its own errors as problems (RFC 9457).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use clap::Args;

use super::{ROUTES, Route};
use crate::services;

/// What the configuration depends on.
#[derive(Args, Clone, Debug)]
pub(crate) struct Conf {
    /// nginx's own folder, for its pid and temporary files.
    #[arg(long, env = "GATEWAY_DIR")]
    gateway_dir: String,
    /// Where plain HTTP is served.
    #[arg(long, env = "GATEWAY_ADDR", default_value = "127.0.0.1:8080")]
    gateway_addr: String,
    /// Where HTTPS is served, if it is.
    #[arg(
        long,
        env = "GATEWAY_HTTPS_ADDR",
        requires = "gateway_tls_cert",
        requires = "gateway_tls_key"
    )]
    gateway_https_addr: Option<String>,
    /// The certificate, PEM.
    #[arg(long, env = "GATEWAY_TLS_CERT")]
    gateway_tls_cert: Option<String>,
    /// Its key, PEM.
    #[arg(long, env = "GATEWAY_TLS_KEY")]
    gateway_tls_key: Option<String>,
    /// Requests a second that one address may make, in bursts twice as large.
    #[arg(long, env = "GATEWAY_RATE", default_value_t = 5000)]
    gateway_rate: u32,
    /// The same where passwords are tried.
    #[arg(long, env = "GATEWAY_GUARDED_RATE", default_value_t = 100)]
    gateway_guarded_rate: u32,
    /// The file to write; standard output when absent.
    #[arg(long)]
    pub(crate) out: Option<std::path::PathBuf>,
    /// The development mailbox, shown at /dev/mailbox/.
    #[arg(long, env = "MAILBOX_URL")]
    mailbox_url: Option<String>,
}

/// Problems that nginx itself answers: status, code, what to say.
const PROBLEMS: &[(u16, &str, &str)] = &[
    (400, "malformed_request", "the request cannot be read"),
    (404, "not_found", "there is nothing at this address"),
    (405, "method_not_allowed", "this address knows no such method"),
    (408, "request_timeout", "the request took too long to arrive"),
    (413, "body_too_large", "the body is larger than this route takes"),
    (414, "address_too_long", "the address is too long"),
    (429, "too_many_requests", "too many requests; slow down"),
    (431, "headers_too_large", "the headers are too large"),
    (502, "service_unavailable", "a part of the shop is not available; try again"),
    (503, "service_unavailable", "a part of the shop is not available; try again"),
    (504, "service_unavailable", "a part of the shop is not available; try again"),
];

/// Headers that every answer has exactly once: the service's own, or these where it set none.
const HEADERS: &[(&str, &str, &str)] = &[
    ("X-Content-Type-Options", "x_content_type_options", "nosniff"),
    ("Referrer-Policy", "referrer_policy", "strict-origin-when-cross-origin"),
    ("Cross-Origin-Opener-Policy", "cross_origin_opener_policy", "same-origin"),
    (
        "Content-Security-Policy",
        "content_security_policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("X-Correlation-Id", "x_correlation_id", "$correlation"),
];

/// Headers that name somebody. They are never believed, and never passed on.
const IDENTITY: &[&str] = &[
    "X-User",
    "X-User-Id",
    "X-Account-Id",
    "X-Roles",
    "X-Internal-Caller",
    "X-Forwarded-User",
    "X-Original-Url",
    "X-Rewrite-Url",
];

/// The whole `nginx.conf`.
pub(crate) fn nginx(conf: &Conf) -> String {
    let upstreams = upstreams();
    let mut text = head(conf);
    for (service, address) in &upstreams {
        put(
            &mut text,
            &format!("    upstream {service} {{ server {address} max_fails=0; keepalive 64; }}\n"),
        );
    }
    put(&mut text, "    server {\n");
    put(&mut text, &format!("        listen {} default_server;\n", conf.gateway_addr));
    if let (Some(address), Some(cert), Some(key)) =
        (&conf.gateway_https_addr, &conf.gateway_tls_cert, &conf.gateway_tls_key)
    {
        put(
            &mut text,
            &format!(
                "        listen {address} ssl http2 default_server;\n        ssl_certificate {cert};\n        \
             ssl_certificate_key {key};\n        ssl_protocols TLSv1.2 TLSv1.3;\n"
            ),
        );
    }
    for (header, variable, _) in HEADERS {
        put(&mut text, &format!("        add_header {header} $gw_{variable} always;\n"));
    }
    put(&mut text, "        add_header Strict-Transport-Security $gw_hsts always;\n");
    put(&mut text, "        limit_req zone=everyone burst=10000 nodelay;\n");
    for path in ["/metrics", "/livez", "/readyz"] {
        put(&mut text, &format!("        location = {path} {{ return 404; }}\n"));
    }
    for route in ROUTES.iter().filter(|route| upstreams.contains_key(route.service)) {
        put(&mut text, &location(route));
    }
    if let Some(mailbox) = &conf.mailbox_url {
        put(
            &mut text,
            &format!(
                "        location /dev/mailbox/ {{ proxy_pass {mailbox}/; }}\n        \
             location = /dev/mailbox {{ return 302 /dev/mailbox/; }}\n"
            ),
        );
    }
    put(&mut text, &problems());
    put(&mut text, "    }\n}\n");
    text
}

/// Addresses of the services: `<SERVICE>_URL`, as every process has them.
fn upstreams() -> BTreeMap<&'static str, String> {
    services::ALL
        .iter()
        .filter_map(|service| {
            let name = format!("{}_URL", service.name.to_uppercase());
            let url = std::env::var_os(name)?.into_string().ok()?;
            let address = url.split("://").last()?.trim_end_matches('/').to_owned();
            Some((service.name, address))
        })
        .collect()
}

fn head(conf: &Conf) -> String {
    let dir = &conf.gateway_dir;
    let mut text = format!(
        "# Made by `flotilla gateway-conf` from the route table.
worker_processes auto;
pid {dir}/nginx.pid;
error_log stderr warn;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    server_tokens off;
    client_body_temp_path {dir}/body;
    proxy_temp_path {dir}/proxy;
    fastcgi_temp_path {dir}/fastcgi;
    uwsgi_temp_path {dir}/uwsgi;
    scgi_temp_path {dir}/scgi;
    keepalive_timeout 65s;
    keepalive_requests 100000;
    large_client_header_buffers 4 32k;
    client_body_timeout 15s;
    client_header_timeout 15s;
    gzip on;
    gzip_comp_level 2;
    gzip_min_length 1024;
    gzip_proxied any;
    gzip_types text/css application/javascript application/json application/problem+json image/svg+xml;
    limit_req_zone $binary_remote_addr zone=everyone:4m rate={}r/s;
    limit_req_zone $binary_remote_addr zone=guarded:4m rate={}r/s;
    limit_req_status 429;
    # A correlation id is a UUID without dashes; one from outside is not believed.
    map $request_id $correlation {{ default $request_id; }}
    map $scheme $gw_hsts {{ https 'max-age=31536000; includeSubDomains'; default ''; }}
",
        conf.gateway_rate, conf.gateway_guarded_rate
    );
    for (_, variable, value) in HEADERS {
        put(
            &mut text,
            &format!(
                "    map $upstream_http_{variable} $gw_{variable} {{ '' \"{value}\"; default ''; }}\n"
            ),
        );
    }
    put(&mut text, "    proxy_http_version 1.1;\n    proxy_set_header Connection '';\n");
    put(&mut text, "    proxy_set_header Host $http_host;\n");
    put(&mut text, "    proxy_set_header X-Forwarded-Host $http_host;\n");
    put(&mut text, "    proxy_set_header X-Forwarded-For $remote_addr;\n");
    put(&mut text, "    proxy_set_header X-Forwarded-Proto $scheme;\n");
    put(&mut text, "    proxy_set_header X-Real-IP $remote_addr;\n");
    put(&mut text, "    proxy_set_header X-Correlation-Id $correlation;\n");
    put(&mut text, "    proxy_set_header Forwarded '';\n");
    for header in IDENTITY {
        put(&mut text, &format!("    proxy_set_header {header} '';\n"));
    }
    put(&mut text, "    proxy_connect_timeout 2s;\n    proxy_read_timeout 60s;\n");
    put(&mut text, "    proxy_next_upstream off;\n");
    text
}

fn location(route: &Route) -> String {
    let limit = if route.guarded {
        " limit_req zone=everyone burst=10000 nodelay; limit_req zone=guarded burst=200 nodelay;"
    } else {
        ""
    };
    // Without this, nginx answers the folder's name with a page of its own that redirects.
    let folder = match route.path.strip_suffix('/') {
        None | Some("") => String::new(),
        Some(name) => format!("        location = {name} {{ return 404; }}\n"),
    };
    format!(
        "{folder}        location {} {{ proxy_pass http://{}; client_max_body_size {};{limit} }}\n",
        route.path, route.service, route.body
    )
}

/// nginx's own errors, told apart from a service's, which pass through untouched.
fn problems() -> String {
    let mut text = String::new();
    for (status, code, detail) in PROBLEMS {
        let title = http::StatusCode::from_u16(*status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("Error");
        let body = format!(
            "{{\"type\":\"/problems/{code}\",\"title\":\"{title}\",\"status\":{status},\"code\":\"{code}\",\
             \"detail\":\"{detail}\",\"correlation_id\":\"$correlation\"}}"
        );
        let retry = match status {
            429 | 502..=504 => " add_header Retry-After 1 always;",
            _ => "",
        };
        let again: String = HEADERS
            .iter()
            .map(|(header, variable, _)| format!(" add_header {header} $gw_{variable} always;"))
            .collect();
        let hsts = " add_header Strict-Transport-Security $gw_hsts always;";
        let again = if retry.is_empty() { String::new() } else { again + hsts + retry };
        // Not a named location: a request that cannot be read has no address, and nginx answers 500
        // when it should go from there to a name.
        put(
            &mut text,
            &format!(
                "        error_page {status} /-/problem/{status};\n        location = /-/problem/{status} {{ \
                 internal; default_type application/problem+json;{again} return {status} '{body}'; }}\n"
            ),
        );
    }
    // nginx's own number for headers that are too large.
    put(&mut text, "        error_page 494 =431 /-/problem/431;\n");
    text
}

/// Writing to a String does not fail.
fn put(text: &mut String, more: &str) {
    let _ = text.write_str(more);
}
