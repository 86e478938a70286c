//! Pictures that an import found elsewhere.

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use sqlx::PgPool;
use testkit::eventually;

use crate::support::{Catalog, png};

async fn pictures() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new()
        .route("/good.png", get(|| async { png() }))
        .route("/moved.png", get(|| async { Redirect::temporary("/good.png") }))
        .route("/inside.png", get(|| async { Redirect::temporary("http://127.0.0.2/secret.png") }))
        .route("/page.png", get(|| async { "<html></html>" }))
        .route("/large.png", get(|| async { [png(), vec![0; 6_000_000]].concat() }));
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

#[sqlx::test]
async fn a_picture_takes_the_place_of_its_stand_in_or_the_stand_in_stays(db: PgPool) {
    let address = pictures().await;
    let catalog =
        Catalog::with(db.clone(), &["--pictures-allowed-from", &address.to_string()]).await;
    let names = ["good", "moved", "inside", "page", "large"];
    let rows: String = names
        .map(|name| format!("{name},T,,bags,true,,,,,1,5,http://{address}/{name}.png\n"))
        .concat();
    catalog.import_rows(&rows).await;
    assert!(catalog.product("good").await["media"][0]["stand_in"].as_bool().unwrap());

    let Catalog { service, staff, seller, seller_id } = catalog;
    let catalog = Catalog { service: service.working(), staff, seller, seller_id };
    eventually(|| async {
        let waiting = "select count(*) from media where fetching = 'waiting'";
        let waiting: i64 = sqlx::query_scalar(waiting).fetch_one(&db).await.unwrap();
        (waiting == 0).then_some(())
    })
    .await;

    for (name, fetched) in names.into_iter().zip([true, true, false, false, false]) {
        let media = catalog.product(name).await["media"][0].clone();
        assert_eq!(media["stand_in"], !fetched, "{name}");
        assert_eq!(media["url"].as_str().unwrap().ends_with(".png"), fetched, "{name}");
    }
    let replaced = catalog.service.published_names().await;
    assert_eq!(replaced.iter().filter(|name| *name == "MediaReplaced").count(), 2);
}
