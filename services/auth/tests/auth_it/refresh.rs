//! Refresh tokens: rotation, two tabs, theft, age, mutation.

use sqlx::PgPool;
use time::Duration;

use crate::support::{EMAIL, SignedIn, TestAuth};

#[sqlx::test]
async fn a_session_goes_on_with_new_tokens(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;

    let next = SignedIn::from(auth.refresh(&ada.refresh).await);
    let after = SignedIn::from(auth.refresh(&next.refresh).await);

    assert_eq!(next.session, ada.session);
    assert!(next.refresh != ada.refresh && after.refresh != next.refresh);
    assert_eq!(auth.get("/me", &after.access).await.status, 200);
}

#[sqlx::test]
async fn two_tabs_that_refresh_at_once_get_the_same_successor(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;

    let tabs = tokio::join!(
        auth.refresh(&ada.refresh),
        auth.refresh(&ada.refresh),
        auth.refresh(&ada.refresh),
        auth.refresh(&ada.refresh),
    );

    let tabs = [tabs.0, tabs.1, tabs.2, tabs.3].map(SignedIn::from);
    assert!(tabs.iter().all(|tab| tab.refresh == tabs[0].refresh));
    auth.clock.advance(Duration::seconds(19));
    assert_eq!(SignedIn::from(auth.refresh(&ada.refresh).await).refresh, tabs[0].refresh);
    assert_eq!(auth.refresh(&tabs[0].refresh).await.status, 200);
}

/// Waits until so many statements on this database wait for a lock.
async fn blocked(db: &PgPool, statements: i64) {
    let waiting = "select count(*) from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock'";
    testkit::eventually(|| async {
        let count: i64 = sqlx::query_scalar(waiting).fetch_one(db).await.unwrap();
        (count == statements).then_some(())
    })
    .await;
}

#[sqlx::test]
async fn tabs_that_meet_at_the_same_row_rotate_it_once(db: PgPool) {
    let auth = TestAuth::start(db.clone()).await;
    let ada = auth.newcomer().await;
    let mut tx = db.begin().await.unwrap();
    sqlx::query("select from sessions for update").execute(&mut *tx).await.unwrap();

    let let_go = async {
        blocked(&db, 3).await;
        tx.commit().await.unwrap();
    };
    let tab = || auth.refresh(&ada.refresh);
    let (one, two, three, ()) = tokio::join!(tab(), tab(), tab(), let_go);

    let [one, two, three] = [one, two, three].map(SignedIn::from);
    assert!(one.refresh == two.refresh && two.refresh == three.refresh);
    assert_eq!(SignedIn::from(auth.refresh(&ada.refresh).await).refresh, one.refresh);
}

#[sqlx::test]
async fn a_spent_token_after_20_seconds_ends_the_family(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    let elsewhere = auth.sign_in(EMAIL).await;
    let next = SignedIn::from(auth.refresh(&ada.refresh).await);

    auth.clock.advance(Duration::seconds(22));
    let stolen = auth.refresh(&ada.refresh).await;

    assert_eq!((stolen.status.as_u16(), stolen.code()), (401, "session_ended"));
    assert_eq!(auth.refresh(&next.refresh).await.code(), "session_ended");
    assert_eq!(auth.get("/me", &next.access).await.code(), "session_ended");
    assert_eq!(auth.refresh(&elsewhere.refresh).await.status, 200);
}

#[sqlx::test]
async fn a_token_that_was_never_given_out_ends_nothing(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    let text = ada.refresh.as_bytes();

    for at in (0..text.len()).step_by(5) {
        let mut wrong = text.to_vec();
        wrong[at] = if wrong[at] == b'A' { b'B' } else { b'A' };
        let answer = auth.refresh(std::str::from_utf8(&wrong).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "session_ended"), "{at}");
    }
    for wrong in ["", "x", &ada.access, &ada.refresh[1..], &format!("{}A", ada.refresh)] {
        assert_eq!(auth.refresh(wrong).await.code(), "session_ended");
    }

    assert_eq!(auth.refresh(&ada.refresh).await.status, 200);
}

#[sqlx::test]
async fn a_session_ends_after_14_idle_days(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;

    auth.clock.advance(Duration::days(13));
    let next = SignedIn::from(auth.refresh(&ada.refresh).await);
    auth.clock.advance(Duration::days(14));

    assert_eq!(auth.refresh(&next.refresh).await.code(), "session_ended");
}

#[sqlx::test]
async fn a_session_ends_after_30_days_however_busy(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let mut ada = auth.newcomer().await;

    for _ in 0..29 {
        auth.clock.advance(Duration::days(1));
        ada = SignedIn::from(auth.refresh(&ada.refresh).await);
    }
    auth.clock.advance(Duration::days(1));

    assert_eq!(auth.refresh(&ada.refresh).await.code(), "session_ended");
}

#[sqlx::test]
async fn an_access_token_that_is_wrong_in_any_part_is_refused(db: PgPool) {
    let auth = TestAuth::start(db).await;
    let ada = auth.newcomer().await;
    let parts: Vec<&str> = ada.access.split('.').collect();

    for part in 0..3 {
        let mut wrong: Vec<String> = parts.iter().map(ToString::to_string).collect();
        let flipped = if wrong[part].as_bytes()[3] == b'A' { "B" } else { "A" };
        wrong[part].replace_range(3..4, flipped);
        let answer = auth.get("/me", &wrong.join(".")).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (401, "not_signed_in"), "{part}");
    }
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    assert_eq!(auth.get("/me", &unsigned).await.status, 401);
    assert_eq!(auth.get("/me", &ada.refresh).await.status, 401);
}
