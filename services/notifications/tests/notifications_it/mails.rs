//! Which events lead to which mails, and what becomes of them.

use contracts::auth::EmailConfirmationRequested;
use contracts::common::Money;
use contracts::orders::{
    CustomerOrderDelivered, CustomerOrderPlaced, CustomerOrderRecalled, OrderCard, OrderTotals,
};
use notifications::App;
use sqlx::PgPool;
use testkit::{TestService, eventually};

use crate::mail_server;

fn card(email: &str) -> OrderCard {
    let eur = |minor| Some(Money { minor, currency: "EUR".into() });
    OrderCard {
        number: "F7K2-9QXM".into(),
        email: email.into(),
        name: "Ada".into(),
        lines: vec![],
        totals: Some(OrderTotals {
            goods: eur(100),
            discount: eur(0),
            shipping: eur(0),
            tax: eur(0),
            total: eur(100),
        }),
        access_token: "secret".into(),
    }
}

async fn start(db: PgPool) -> (TestService, mail_server::Mails) {
    let (url, mails) = mail_server::start().await;
    (TestService::start::<App>(db, &["--smtp-url", &url]).await.working(), mails)
}

#[sqlx::test]
async fn an_order_is_told_in_mails_in_its_order(db: PgPool) {
    let (service, mails) = start(db).await;
    let (order_id, card) = ("ord_1".to_owned(), Some(card("ada@example.org")));

    service
        .hear(&CustomerOrderPlaced { order_id: order_id.clone(), card: card.clone() })
        .await
        .unwrap();
    service.hear(&CustomerOrderRecalled { order_id: order_id.clone() }).await.unwrap();
    service.hear(&CustomerOrderDelivered { order_id, card }).await.unwrap();
    let sent = eventually(async || {
        let names = service.published_names().await;
        (names.len() == 2).then_some(names)
    })
    .await;

    let mails = mails.lock().unwrap().clone();
    assert_eq!(sent, ["EmailSent", "EmailSent"]);
    assert!(mails[0].contains("We have your order") && mails[1].contains("Delivered"));
    assert!(mails[0].contains("To: ada@example.org"));
}

#[sqlx::test]
async fn an_address_that_is_refused_for_good_is_given_up_with_the_reason(db: PgPool) {
    let (service, mails) = start(db).await;
    let asked = EmailConfirmationRequested {
        account_id: "acc_1".into(),
        email: "nobody@example.org".into(),
        name: "N".into(),
        token: "t".into(),
    };

    service.hear(&asked).await.unwrap();
    let staff = service.staff();
    let entry = eventually(async || {
        let list = service.get("/api/notifications/v1/emails?about=acc_1", &staff).await;
        list.json["items"].get(0).filter(|entry| !entry["failure"].is_null()).cloned()
    })
    .await;

    assert!(entry["failure"].as_str().unwrap().contains("no such mailbox"), "{entry}");
    assert!(mails.lock().unwrap().is_empty() && service.published_names().await.is_empty());
}

#[sqlx::test]
async fn only_staff_see_to_whom_mails_went(db: PgPool) {
    let (service, _) = start(db).await;

    let nobody = service.get("/api/notifications/v1/emails", "").await;
    let shopper = service.token(kernel::AccountId::new(), &[web::Role::Shopper]);
    let shopper = service.get("/api/notifications/v1/emails", &shopper).await;

    assert_eq!((nobody.status.as_u16(), shopper.status.as_u16()), (401, 403));
}
