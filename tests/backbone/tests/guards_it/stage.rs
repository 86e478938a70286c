//! A trial in small: writers, a relay, a consumer and a worker, and one mishap that a guard is for.

use std::path::PathBuf;
use std::time::Duration;

use backbone::checker::{Report, check, drained};
use backbone::faults::{Hand, operate};
use backbone::ground::Ground;
use backbone::load::write;
use backbone::process::{Starter, State, Subject};
use backbone::subject::{Interruption, LEASE, Manner, Role, Without};
use messaging::trial::Step;
use tokio::sync::Mutex;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// All trials use the same topics.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

const GRACE: Duration = Duration::from_secs(10);
/// How long everything may take to arrive; some of it never does.
const PATIENCE: Duration = Duration::from_secs(40);
const PATIENCE_WITHOUT: Duration = Duration::from_secs(3);

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scene {
    /// Nothing but writers.
    Quiet,
    /// The relay is away for a while, so that its first window is large.
    RelayAway,
    /// The leading relay stands still for longer than its lease, with another one at hand.
    FrozenLeader,
    /// The consumer is killed when its handlers are done, and started again.
    KilledConsumer,
    /// The consumer is started ahead of where it was, and then from the beginning.
    LedAstray,
    /// The handlers refuse some keys for a while.
    Poison,
}

impl Scene {
    pub(crate) const ALL: [Self; 6] = [
        Self::RelayAway,
        Self::Quiet,
        Self::Poison,
        Self::LedAstray,
        Self::FrozenLeader,
        Self::KilledConsumer,
    ];
}

pub(crate) struct Stage {
    starter: Starter,
    hand: Hand,
    relay: Subject,
    consumer: Option<Subject>,
    others: Vec<Subject>,
}

/// Prepares everything, plays while writers write, waits until it has drained (or never will), and judges.
pub(crate) async fn on_stage(
    name: &str,
    without: Option<Without>,
    play: impl AsyncFnOnce(&mut Stage),
) -> Report {
    let _alone = ONE_AT_A_TIME.lock().await;
    let database_url = std::env::var("DATABASE_URL").unwrap();
    let brokers = std::env::var("KAFKA_BROKERS").unwrap_or_else(|_| "127.0.0.1:9092".to_owned());
    let ground = Ground::new(&database_url, &brokers, &format!("guards_{name}")).unwrap();
    ground.prepare().await.unwrap();
    let logs = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&logs).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_chaos_events"));
    let starter = Starter { program, ground: ground.clone(), database_url, without, logs };
    let stop = CancellationToken::new();
    let writing = tokio::spawn(write(ground.clone(), 1, stop.clone()));
    let operating = tokio::spawn(operate(ground.clone(), CancellationToken::new()));
    let mut stage = Stage {
        hand: Hand(ground.clone()),
        relay: starter.start(Role::Relay, 0, None).unwrap(),
        consumer: Some(starter.start(Role::Consumer, 0, None).unwrap()),
        others: vec![starter.start(Role::Worker, 0, None).unwrap()],
        starter,
    };

    play(&mut stage).await;

    stop.cancel();
    writing.await.unwrap().unwrap();
    let patience = if without.is_some() { PATIENCE_WITHOUT } else { PATIENCE };
    drained(&ground, patience, |_| ()).await;
    operating.abort();
    check(&ground).await.unwrap()
}

impl Stage {
    pub(crate) async fn play(&mut self, scene: Scene) {
        match scene {
            Scene::Quiet => sleep(Duration::from_secs(4)).await,
            Scene::RelayAway => {
                let fresh = self.starter.start(Role::Relay, 0, None);
                std::mem::replace(&mut self.relay, fresh.unwrap()).kill().await;
                self.relay.freeze();
                sleep(Duration::from_secs(3)).await;
                self.relay.thaw();
            }
            Scene::FrozenLeader => {
                self.others.push(self.starter.start(Role::Relay, 1, None).unwrap());
                sleep(LEASE / 2).await;
                self.relay.freeze();
                sleep(LEASE * 2).await;
                self.relay.thaw();
                sleep(LEASE).await;
            }
            Scene::KilledConsumer => {
                let (step, manner) = (Step::Handled, Manner::Kill);
                let end = Interruption { step, passage: 10, manner };
                self.stop_consumer().await;
                let mut doomed = self.starter.start(Role::Consumer, 0, Some(end)).unwrap();
                assert_eq!(doomed.interrupted(PATIENCE).await, State::Dead);
                self.start_consumer();
                // Until the group has given the dead one up.
                sleep(Duration::from_secs(7)).await;
            }
            Scene::LedAstray => {
                self.restart_consumer_at(Some(20)).await;
                sleep(Duration::from_secs(2)).await;
                self.restart_consumer_at(None).await;
                sleep(Duration::from_secs(2)).await;
            }
            Scene::Poison => {
                let keys = ["k1", "k2", "k3"].map(str::to_owned);
                self.hand.poison(&keys).await.unwrap();
                sleep(Duration::from_secs(3)).await;
                self.hand.cure().await.unwrap();
                sleep(Duration::from_secs(2)).await;
            }
        }
    }

    async fn restart_consumer_at(&mut self, ahead: Option<i64>) {
        self.stop_consumer().await;
        // So that there is something to be led past.
        sleep(Duration::from_secs(1)).await;
        self.hand.send_consumer(ahead).await.unwrap();
        self.start_consumer();
    }

    async fn stop_consumer(&mut self) {
        self.consumer.take().unwrap().stop(GRACE).await;
    }

    fn start_consumer(&mut self) {
        self.consumer = Some(self.starter.start(Role::Consumer, 0, None).unwrap());
    }
}
