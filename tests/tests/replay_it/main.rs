//! A read model is rebuilt from the log while events arrive, and is the same; nothing is sent.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a test has no settings but the environment")]

mod world;

use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use self::world::World;

const EVENTS: u64 = 20_000;
/// While it is rebuilt.
const A_SECOND: u64 = 200;

#[sqlx::test]
async fn a_rebuilt_model_equals_the_live_one_and_sends_nothing(db: PgPool) {
    let server = db.connect_options().as_ref().clone();
    let brokers = std::env::var("KAFKA_BROKERS").unwrap_or_else(|_| "127.0.0.1:9092".to_owned());
    let mut world = World::new(&server, &brokers, EVENTS).await;
    world.say(EVENTS).await;
    world.relay();
    world.live().await;
    let plan = world.rebuild().plan().await.unwrap();
    let enough = CancellationToken::new();

    let rebuilding = async {
        // Some events are said before the rebuild and some after the swap.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let done = world.rebuild().run(|_| ()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        enough.cancel();
        done
    };
    let (done, meanwhile) = tokio::join!(rebuilding, world.go_on(A_SECOND, enough.clone()));
    world.until_all_is_heard().await;
    // Going back brings the replaced tables to where the rebuilt ones are: then both can be compared.
    world.rebuild().back(|_| ()).await.unwrap();

    assert_eq!(plan.records.iter().map(|(_, records)| records).sum::<u64>(), EVENTS);
    assert!(
        !plan.replaced && plan.rows.iter().any(|(table, rows)| table == "products" && *rows > 0)
    );
    assert!(done.read >= EVENTS && meanwhile > 0, "{done:?}, {meanwhile} meanwhile");
    assert!(world.compare().await > 400);
    assert_eq!(world.sent().await, 0);
    // The consumer has noticed neither swap and goes on.
    world.say(EVENTS / 100).await;
    world.until_all_is_heard().await;
    world.end(&server).await;
}
