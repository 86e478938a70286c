//! The one table of the fleet's ports on a developer's machine, and of the services themselves.
use anyhow::{Context, Result, ensure};

use crate::variable;

/// One service of the fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service {
    /// Directory, package, sub-command and database: one name.
    pub(crate) name: &'static str,
    /// Whether it has a database of its own (the two web services have none).
    pub(crate) database: bool,
}

const fn with_database(name: &'static str) -> Service {
    Service { name, database: true }
}

const fn stateless(name: &'static str) -> Service {
    Service { name, database: false }
}

/// Every service; its place in this table is its port's last digits.
pub(crate) const SERVICES: &[Service] = &[
    with_database("auth"),
    with_database("catalog"),
    with_database("pricing"),
    with_database("inventory"),
    with_database("search"),
    with_database("orders"),
    with_database("payments"),
    with_database("shipping"),
    with_database("notifications"),
    stateless("storefront"),
    stateless("backoffice"),
    // new-service: the next service goes above this line.
];

/// The stand-ins for the world outside, each a process of its own.
pub(crate) const SANDBOXES: &[&str] = &["payments", "carrier", "mail"];

/// The ports of one fleet: the table, moved by `FLOTILLA_PORT_SHIFT` so that two can run at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ports {
    shift: u16,
}

impl Ports {
    /// The largest shift that keeps every port below the kernel's ephemeral range (32768).
    const MAX_SHIFT: u16 = 13_000;

    /// Ports moved up by `shift`.
    ///
    /// # Errors
    /// When a port would land among those that the kernel hands out by itself.
    pub(crate) fn shifted(shift: u16) -> Result<Self> {
        ensure!(
            shift <= Self::MAX_SHIFT,
            "FLOTILLA_PORT_SHIFT={shift} is too much: at most {} keeps clear of ephemeral ports",
            Self::MAX_SHIFT
        );
        Ok(Self { shift })
    }

    /// Reads `FLOTILLA_PORT_SHIFT`, zero when unset.
    ///
    /// # Errors
    /// When it is not a number, or too large.
    pub(crate) fn from_environment() -> Result<Self> {
        let text = variable::text("FLOTILLA_PORT_SHIFT").unwrap_or_else(|| "0".to_owned());
        let shift = text.parse().with_context(|| format!("FLOTILLA_PORT_SHIFT={text}"))?;
        Self::shifted(shift)
    }

    /// By how much the table is moved.
    pub(crate) fn shift(self) -> u16 {
        self.shift
    }

    /// HTTP of a service, `None` for an unknown one.
    pub(crate) fn http(self, service: &str) -> Option<u16> {
        Some(8101 + place(service)? + self.shift)
    }

    /// gRPC of a service, `None` for an unknown one.
    pub(crate) fn grpc(self, service: &str) -> Option<u16> {
        Some(8201 + place(service)? + self.shift)
    }

    /// HTTP of a sandbox, `None` for an unknown one. Above the services, with room to grow.
    pub(crate) fn sandbox(self, name: &str) -> Option<u16> {
        let place = SANDBOXES.iter().position(|known| *known == name)?;
        Some(8121 + u16::try_from(place).ok()? + self.shift)
    }

    /// SMTP of the mail sandbox.
    pub(crate) fn smtp(self) -> u16 {
        8124 + self.shift
    }

    /// The gateway, plain.
    pub(crate) fn gateway(self) -> u16 {
        8080 + self.shift
    }

    /// The gateway with `--https`.
    pub(crate) fn gateway_https(self) -> u16 {
        8443 + self.shift
    }

    /// The Postgres server that all services share.
    pub(crate) fn postgres(self) -> u16 {
        15432 + self.shift
    }

    /// Kafka's listener for clients.
    pub(crate) fn kafka(self) -> u16 {
        19092 + self.shift
    }

    /// Kafka's listener for its own controller.
    pub(crate) fn kafka_controller(self) -> u16 {
        19093 + self.shift
    }
}

fn place(service: &str) -> Option<u16> {
    let place = SERVICES.iter().position(|known| known.name == service)?;
    u16::try_from(place).ok()
}

/// The service of that name.
///
/// # Errors
/// When there is none; the message lists those there are.
pub(crate) fn find(name: &str) -> Result<Service> {
    SERVICES.iter().find(|service| service.name == name).copied().with_context(|| {
        let known: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
        format!("no service is called {name}; there are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn all(ports: Ports) -> Vec<u16> {
        let mut all = vec![
            ports.smtp(),
            ports.gateway(),
            ports.gateway_https(),
            ports.postgres(),
            ports.kafka(),
            ports.kafka_controller(),
        ];
        all.extend(SERVICES.iter().filter_map(|service| ports.http(service.name)));
        all.extend(SERVICES.iter().filter_map(|service| ports.grpc(service.name)));
        all.extend(SANDBOXES.iter().filter_map(|name| ports.sandbox(name)));
        all
    }

    #[test]
    fn the_published_ports_are_kept() {
        let ports = Ports::shifted(0).unwrap();

        assert_eq!((ports.http("auth"), ports.http("backoffice")), (Some(8101), Some(8111)));
        assert_eq!((ports.grpc("auth"), ports.grpc("backoffice")), (Some(8201), Some(8211)));
        assert_eq!((ports.sandbox("payments"), ports.sandbox("mail")), (Some(8121), Some(8123)));
        assert_eq!(ports.http("nobody"), None);
    }

    #[test]
    fn no_two_processes_of_two_fleets_want_the_same_port() {
        let both: Vec<u16> = [0, 5000].map(|shift| all(Ports::shifted(shift).unwrap())).concat();

        assert_eq!(both.iter().collect::<HashSet<_>>().len(), both.len());
    }

    #[test]
    fn ephemeral_ports_are_refused() {
        assert!(all(Ports::shifted(Ports::MAX_SHIFT).unwrap()).iter().all(|port| *port < 32768));
        assert!(Ports::shifted(Ports::MAX_SHIFT + 1).is_err());
    }

    #[test]
    fn an_unknown_service_is_answered_with_the_known_ones() {
        let error = find("order").unwrap_err().to_string();

        assert!(error.contains("order;") && error.contains("orders"), "{error}");
    }
}
