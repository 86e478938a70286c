//! Every setting that a process of the local fleet is given, in one place.
use anyhow::{Context, Result};

use crate::instance::Instance;
use crate::ports::{SERVICES, Service};
use crate::secrets::Secrets;
use crate::variable;

/// A list of environment variables.
pub(crate) type Variables = Vec<(String, String)>;

/// What the settings of all processes are made from.
#[derive(Clone)]
pub(crate) struct Settings {
    instance: Instance,
    secrets: Secrets,
    brokers: String,
    postgres: Postgres,
    https: bool,
}

/// Where Postgres is, and who may make databases there.
#[derive(Clone, PartialEq, Eq)]
struct Postgres {
    /// `host:port`.
    address: String,
    superuser_url: String,
}

impl Settings {
    /// Settings for a fleet; `KAFKA_BROKERS` and `FLOTILLA_POSTGRES_URL` (a superuser's URL) take
    /// the place of the local broker and server.
    ///
    /// # Errors
    /// When `FLOTILLA_POSTGRES_URL` is no URL.
    pub(crate) fn new(instance: &Instance, secrets: &Secrets, https: bool) -> Result<Self> {
        let brokers =
            given_brokers().unwrap_or_else(|| format!("127.0.0.1:{}", instance.ports.kafka()));
        let postgres = match given_postgres() {
            Some(url) => Postgres { address: address(&url)?.to_owned(), superuser_url: url },
            None => local_postgres(instance, secrets),
        };
        Ok(Self { instance: instance.clone(), secrets: secrets.clone(), brokers, postgres, https })
    }

    /// Where browsers find the shop.
    pub(crate) fn public_url(&self) -> String {
        let ports = self.instance.ports;
        if self.https {
            format!("https://localhost:{}", ports.gateway_https())
        } else {
            format!("http://localhost:{}", ports.gateway())
        }
    }

    /// What every process gets: the broker, the keys, where all others are, the shared secrets.
    pub(crate) fn common(&self) -> Variables {
        let ports = self.instance.ports;
        let mut variables = vec![
            pair("KAFKA_BROKERS", &self.brokers),
            pair("PUBLIC_URL", self.public_url()),
            pair("KEYS_DIR", self.instance.data.join("keys").display()),
            pair("LOG_FORMAT", "human"),
            // Eleven services share these cores.
            pair("WORKER_THREADS", variable::text("WORKER_THREADS").unwrap_or_else(|| "1".into())),
            pair("TOPIC_PARTITIONS", self.secrets.topic_partitions),
            // glibc: two arenas for two worker threads, and large blocks (a password's 19 MiB) go back
            // to the system when they are freed.
            pair("MALLOC_ARENA_MAX", 2),
            pair("MALLOC_MMAP_THRESHOLD_", 1 << 20),
            pair("SMTP_URL", format!("smtp://127.0.0.1:{}", ports.smtp())),
            pair("PAYMENT_WEBHOOK_SECRET", &self.secrets.payment_webhook),
            pair("CARRIER_WEBHOOK_SECRET", &self.secrets.carrier_webhook),
            pair("PAYMENT_API_KEY", &self.secrets.payment_api_key),
            pair("CARRIER_API_KEY", &self.secrets.carrier_api_key),
        ];
        for service in SERVICES {
            let upper = service.name.to_uppercase();
            variables
                .extend(ports.http(service.name).map(|port| url(&format!("{upper}_URL"), port)));
            let grpc = ports.grpc(service.name);
            variables.extend(grpc.map(|port| url(&format!("{upper}_GRPC_URL"), port)));
        }
        for (name, sandbox) in [
            ("PAYMENT_PROVIDER_URL", "payments"),
            ("CARRIER_URL", "carrier"),
            ("MAILBOX_URL", "mail"),
        ] {
            variables.extend(ports.sandbox(sandbox).map(|port| url(name, port)));
        }
        variables
    }

    /// One service's settings: where it listens, and its own database as the role that works there.
    ///
    /// # Errors
    /// When the service has no ports.
    pub(crate) fn service(&self, service: Service) -> Result<Variables> {
        let ports = self.instance.ports;
        let http = ports.http(service.name).context("no HTTP port")?;
        let grpc = ports.grpc(service.name).context("no gRPC port")?;
        let mut variables = self.common();
        variables.push(pair("HTTP_ADDR", format!("127.0.0.1:{http}")));
        variables.push(pair("GRPC_ADDR", format!("127.0.0.1:{grpc}")));
        if service.database {
            let url = self.database_url(service.name, "app", &self.secrets.postgres_app);
            variables.push(pair("DATABASE_URL", url));
        }
        Ok(variables)
    }

    /// A sandbox's settings; it shares no database with the fleet.
    ///
    /// # Errors
    /// When the sandbox has no port.
    pub(crate) fn sandbox(&self, name: &str) -> Result<Variables> {
        let port = self.instance.ports.sandbox(name).context("no port")?;
        let mut variables = self.common();
        variables.push(pair("HTTP_ADDR", format!("127.0.0.1:{port}")));
        variables.push(pair("SMTP_ADDR", format!("127.0.0.1:{}", self.instance.ports.smtp())));
        variables
            .push(pair("SANDBOX_DIR", self.instance.data.join("sandbox").join(name).display()));
        // Browsers are sent to its pages, so it is `localhost` like the shop.
        variables.push(pair("SANDBOX_PUBLIC_URL", format!("http://localhost:{port}")));
        // The world outside comes in through the gateway like everybody else.
        let gateway = format!("http://127.0.0.1:{}/api", self.instance.ports.gateway());
        variables.push(pair("PAYMENT_WEBHOOK_URL", format!("{gateway}/payments/v1/webhooks")));
        variables.push(pair("CARRIER_WEBHOOK_URL", format!("{gateway}/shipping/v1/webhooks")));
        Ok(variables)
    }

    /// What the tools get that make databases, migrate them and look into all of them.
    pub(crate) fn tools(&self) -> Variables {
        let mut variables = self.common();
        let template = self.database_url("{service}", "owner", &self.secrets.postgres_owner);
        variables.push(pair("ADMIN_DATABASE_URL", &self.postgres.superuser_url));
        variables.push(pair("DATABASE_OWNER_PASSWORD", &self.secrets.postgres_owner));
        variables.push(pair("DATABASE_APP_PASSWORD", &self.secrets.postgres_app));
        variables.push(pair("DATABASE_URL_TEMPLATE", template));
        variables
    }

    /// What a service's migration gets: its database as the role that owns the tables.
    pub(crate) fn migration(&self, service: Service) -> Variables {
        let mut variables = self.tools();
        let url = self.database_url(service.name, "owner", &self.secrets.postgres_owner);
        variables.push(pair("MIGRATE_DATABASE_URL", url));
        variables
    }

    /// What the gateway's configuration is made from, beside the services' addresses.
    pub(crate) fn gateway(&self) -> Variables {
        let folder = self.instance.data.join("nginx");
        let mut variables = self.common();
        variables.push(pair("GATEWAY_DIR", folder.display()));
        variables
            .push(pair("GATEWAY_ADDR", format!("127.0.0.1:{}", self.instance.ports.gateway())));
        if self.https {
            let port = self.instance.ports.gateway_https();
            variables.push(pair("GATEWAY_HTTPS_ADDR", format!("127.0.0.1:{port}")));
            variables.push(pair("GATEWAY_TLS_CERT", folder.join("localhost.crt").display()));
            variables.push(pair("GATEWAY_TLS_KEY", folder.join("localhost.key").display()));
        }
        variables
    }

    /// What a test program gets: a server to make databases on, and a broker.
    pub(crate) fn for_tests(&self) -> Variables {
        vec![
            pair("DATABASE_URL", &self.postgres.superuser_url),
            pair("KAFKA_BROKERS", &self.brokers),
        ]
    }

    fn database_url(&self, service: &str, role: &str, password: &str) -> String {
        format!("postgres://{service}_{role}:{password}@{}/{service}", self.postgres.address)
    }
}

/// The brokers that somebody else runs for us, if any.
pub(crate) fn given_brokers() -> Option<String> {
    variable::text("KAFKA_BROKERS")
}

/// The superuser's URL of a server that somebody else runs for us, if any.
pub(crate) fn given_postgres() -> Option<String> {
    variable::text("FLOTILLA_POSTGRES_URL")
}

fn local_postgres(instance: &Instance, secrets: &Secrets) -> Postgres {
    let address = format!("127.0.0.1:{}", instance.ports.postgres());
    let password = &secrets.postgres_superuser;
    let superuser_url = format!("postgres://postgres:{password}@{address}/postgres");
    Postgres { address, superuser_url }
}

/// The `host:port` of a database URL.
fn address(url: &str) -> Result<&str> {
    let (scheme, rest) = url.split_once("://").context("FLOTILLA_POSTGRES_URL is no URL")?;
    anyhow::ensure!(scheme.starts_with("postgres"), "FLOTILLA_POSTGRES_URL is not postgres://…");
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    Ok(authority.rsplit('@').next().unwrap_or_default())
}

fn pair(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}

fn url(name: &str, port: u16) -> (String, String) {
    pair(name, format!("http://127.0.0.1:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_given_server_keeps_its_address() {
        assert_eq!(address("postgres://me:p@ss@db.example:6432/x?y=1").unwrap(), "db.example:6432");
        assert_eq!(address("postgresql://[::1]:5432").unwrap(), "[::1]:5432");
        assert!(address("mysql://root@db/x").is_err());
        assert!(address("db:5432").is_err());
    }
}
