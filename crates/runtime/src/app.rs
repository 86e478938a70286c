//! What a service is made of: the trait it implements and the parts it hands to the process.

use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;

use axum::Router;
use futures::future::BoxFuture;
use messaging::{Handlers, Projection, Projections, Reaction, Worker, Workers};
use prometheus_client::registry::Registry;
use sqlx::PgPool;
use sqlx::migrate::Migrator;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use web::service_token::{Gate, Signer};
use web::{SigningKey, Verifier};

use crate::hourly::hourly;
use crate::operation::{Carrier, Command};
use crate::sync::Readers;
use crate::{Error, Model, ReadModel, Settings, keys};

/// A service of the fleet.
pub trait App: Send + 'static {
    /// The directory, the package, the database, the consumer group and the image.
    const NAME: &'static str;
    /// The service's own version.
    const VERSION: &'static str;
    /// The settings that only this service has.
    type Config: clap::Args + Send;

    /// The tables of the service; none for a service without a database.
    fn migrations() -> Option<&'static Migrator> {
        None
    }

    /// What all its tables are made of, if they are made of events alone: then they can be rebuilt.
    fn model() -> Option<Model> {
        None
    }

    /// Wires the service together.
    fn service(
        parts: &Parts,
        config: Self::Config,
    ) -> impl Future<Output = Result<Service, Error>> + Send;
}

/// What the process offers to its service.
#[derive(Clone, Debug)]
pub struct Parts {
    /// The common settings.
    pub settings: Settings,
    /// Checks access tokens; also as an extension of every request.
    pub verifier: Verifier,
    pub(crate) db: Option<PgPool>,
}

impl Parts {
    /// Parts made by hand, for tests.
    #[must_use]
    pub const fn new(settings: Settings, verifier: Verifier, db: Option<PgPool>) -> Self {
        Self { settings, verifier, db }
    }

    /// The service's database.
    pub fn database(&self) -> Result<PgPool, Error> {
        self.db.clone().ok_or(Error::MissingSetting("DATABASE_URL"))
    }

    /// Signs this service's calls of another (`KEYS_DIR/<caller>.key`).
    pub fn signer(&self, caller: &'static str, callee: &'static str) -> Result<Signer, Error> {
        let key: SigningKey = keys::read_private(self.keys_dir()?, caller)?;
        Ok(Signer::new(Arc::new(key), caller, callee))
    }

    /// Lets the named services call this one (`KEYS_DIR/<caller>.pub`).
    pub fn gate(&self, callee: &'static str, callers: &[&'static str]) -> Result<Gate, Error> {
        let folder = self.keys_dir()?;
        let keys: Result<Vec<_>, Error> = callers
            .iter()
            .map(|caller| Ok((*caller, keys::read_public(folder, caller)?)))
            .collect();
        Ok(Gate::new(callee, keys?)?)
    }

    fn keys_dir(&self) -> Result<&std::path::Path, Error> {
        self.settings.keys_dir.as_deref().ok_or(Error::MissingSetting("KEYS_DIR"))
    }
}

type Task = Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, Result<(), Error>> + Send>;

/// A service, wired: what it answers, hears and does by itself.
#[derive(Default)]
pub struct Service {
    pub(crate) api: OpenApiRouter,
    pub(crate) pages: Router,
    pub(crate) grpc: Option<Router>,
    pub(crate) handlers: Handlers,
    pub(crate) workers: Vec<Box<dyn FnOnce(Workers) -> Workers + Send>>,
    pub(crate) tasks: Vec<(&'static str, Task)>,
    pub(crate) tells: Vec<&'static str>,
    pub(crate) readers: Option<Readers>,
    /// Whether it takes commands, whose progress it then tells.
    pub(crate) commands: bool,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service")
            .field("grpc", &self.grpc.is_some())
            .field("handlers", &self.handlers)
            .field("workers", &self.workers.len())
            .finish_non_exhaustive()
    }
}

impl Service {
    /// A service that does nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers these documented routes, below `/api/<service>/`.
    #[must_use]
    pub fn http(mut self, routes: OpenApiRouter) -> Self {
        self.api = self.api.merge(routes);
        self
    }

    /// Answers these routes, which are for people and not in the OpenAPI document.
    #[must_use]
    pub fn pages(mut self, routes: Router) -> Self {
        self.pages = self.pages.merge(routes);
        self
    }

    /// Answers these gRPC services.
    #[must_use]
    pub fn grpc(mut self, routes: tonic::service::Routes) -> Self {
        self.grpc = Some(routes.prepare().into_axum_router());
        self
    }

    /// Names what requests write, in their answers, as far as it is told on these topics: those that
    /// others show. Who reads it there again can [wait](Self::shows) for it. What no topic here tells stays
    /// unsaid: that something was written may be nobody's business.
    #[must_use]
    pub fn tells(mut self, topics: impl IntoIterator<Item = &'static str>) -> Self {
        self.tells.extend(topics);
        self
    }

    /// Shows the aggregates of others: requests that name what was written wait until it is to be seen.
    #[must_use]
    pub fn shows(self, model: impl ReadModel) -> Self {
        Self { readers: Some(Readers::of(model)), ..self }
    }

    /// Reacts to a topic.
    #[must_use]
    pub fn react(self, reaction: impl Reaction) -> Self {
        Self { handlers: self.handlers.react(reaction), ..self }
    }

    /// Keeps what a topic says.
    #[must_use]
    pub fn project(self, projection: impl Projection) -> Self {
        Self { handlers: self.handlers.project(projection), ..self }
    }

    /// Keeps what several topics say.
    #[must_use]
    pub fn projecting(self, projections: Projections) -> Self {
        Self { handlers: self.handlers.projecting(projections), ..self }
    }

    /// What the service hears: for tests of a service.
    #[must_use]
    pub const fn handlers(&self) -> &Handlers {
        &self.handlers
    }

    /// The service's workers on a database: for tests of a service, which has no loop to run them.
    pub fn take_workers(&mut self, db: PgPool) -> Workers {
        let workers = Workers::new(db, messaging::Metrics::register(&mut Registry::default()));
        std::mem::take(&mut self.workers).into_iter().fold(workers, |workers, add| add(workers))
    }

    /// Works off a queue.
    #[must_use]
    pub fn work(mut self, worker: impl Worker) -> Self {
        self.workers.push(Box::new(|workers| workers.work(worker)));
        self
    }

    /// Takes commands of a kind, which are carried out later; `/operations/{id}` tells how far they are.
    #[must_use]
    pub fn command<C: Command>(self) -> Self {
        Self { commands: true, ..self.work(Carrier::<C>::new()) }
    }

    /// Does something by itself until told to stop. An error ends the process.
    #[must_use]
    pub fn task<F, W>(mut self, name: &'static str, work: F) -> Self
    where
        F: FnOnce(CancellationToken) -> W + Send + 'static,
        W: Future<Output = Result<(), Error>> + Send + 'static,
    {
        self.tasks.push((name, Box::new(|stop| Box::pin(work(stop)))));
        self
    }

    /// Does something at once and each hour after that. An error is logged and ends nothing.
    #[must_use]
    pub fn hourly<F, W, E>(self, name: &'static str, work: F) -> Self
    where
        F: Fn() -> W + Send + 'static,
        W: Future<Output = Result<(), E>> + Send + 'static,
        E: Display + Send + 'static,
    {
        self.task(name, move |stop| hourly(name, work, stop))
    }
}
