//! The Ingress of the cluster: class `nginx`, no annotations, the same routes.

use std::fmt::Write as _;

use super::ROUTES;

/// `networking.k8s.io/v1` Ingress as YAML.
pub(crate) fn ingress() -> String {
    let mut yaml = String::from(
        "# Made by `flotilla gateway-ingress` from the route table; a test compares.\n\
         apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: flotilla\nspec:\n\
         \x20 ingressClassName: nginx\n  rules:\n    - http:\n        paths:\n",
    );
    for route in ROUTES {
        // Limits of single paths are the controller's to set; the Ingress needs one path a service.
        if route.path.matches('/').count() > 3 || route.guarded || route.path.contains("/v1/") {
            continue;
        }
        let path =
            route.path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(route.path);
        let rule = format!(
            "          - path: {path}\n            pathType: Prefix\n            backend:\n              \
             service:\n                name: {}\n                port:\n                  name: http\n",
            route.service
        );
        // Writing to a String does not fail.
        let _ = yaml.write_str(&rule);
    }
    yaml
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_manifest_is_what_the_table_says() {
        let manifest = include_str!("../../../../deploy/k8s/base/ingress.yaml");

        assert_eq!(
            manifest,
            super::ingress(),
            "run: flotilla gateway-ingress > deploy/k8s/base/ingress.yaml"
        );
    }
}
