//! Each guard has a variant without it, and each makes the checker fail; with all of them it is content.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::disallowed_methods, reason = "a test is told its parts by the environment")]

mod stage;

use std::time::Duration;

use backbone::checker::Report;
use backbone::subject::Without;

use crate::stage::{Scene, on_stage};

#[tokio::test]
async fn with_every_guard_nothing_is_wrong() {
    let report = on_stage("everything", None, async |stage| {
        for scene in Scene::ALL {
            stage.play(scene).await;
        }
    })
    .await;

    assert!(report.events > 500, "{report}");
    assert!(report.is_clean(), "{report}: {:#?}", report.examples);
}

#[tokio::test]
async fn a_cursor_over_sequence_numbers_loses_events() {
    let report = without(Without::Snapshots, Scene::Quiet).await;

    assert!(report.lost > 0, "{report}");
}

#[tokio::test]
async fn windows_below_the_oldest_transaction_invert_events_of_a_key() {
    let report = without(Without::SnapshotDifference, Scene::Quiet).await;

    assert!(report.inversions > 0, "{report}");
}

#[tokio::test]
async fn an_order_by_transaction_id_inverts_events_of_a_key() {
    let report = without(Without::SequenceOrder, Scene::RelayAway).await;

    assert!(report.inversions > 0, "{report}");
}

#[tokio::test]
async fn a_frozen_leader_that_goes_on_sealing_sends_events_at_two_positions() {
    let report = without(Without::Fence, Scene::FrozenLeader).await;

    assert!(report.doubles > 0, "{report}");
}

/// The term is one of two guards: windows are numbered by their predecessor too, and no number is taken
/// twice. Either alone keeps what two leaders send the same.
#[tokio::test]
async fn the_number_of_a_window_alone_keeps_a_frozen_leader_from_harm() {
    let report = without(Without::TermCheck, Scene::FrozenLeader).await;

    assert!(report.is_clean() && report.copies > 0, "{report}: {:#?}", report.examples);
}

#[tokio::test]
async fn an_effect_that_commits_before_its_mark_is_applied_twice() {
    let report = without(Without::OneTransaction, Scene::KilledConsumer).await;

    assert!(report.doubles > 0, "{report}");
}

#[tokio::test]
async fn a_consumer_that_does_not_look_at_the_chain_loses_what_it_was_led_past() {
    let report = without(Without::Chain, Scene::LedAstray).await;

    assert!(report.lost > 0, "{report}");
}

#[tokio::test]
async fn an_event_that_is_passed_over_is_lost() {
    let report = without(Without::Parking, Scene::Poison).await;

    assert!(report.lost > 0, "{report}");
}

async fn without(guard: Without, scene: Scene) -> Report {
    let name = format!("{guard:?}").to_lowercase();
    on_stage(&name, Some(guard), async |stage| {
        tokio::time::sleep(Duration::from_secs(2)).await;
        stage.play(scene).await;
    })
    .await
}
