//! Many at once for few pieces: exactly as many win as there are, and no loser's card is touched.

use std::collections::HashSet;

use e2e::shop::{ACCEPTED, Order, fresh_key};
use futures::future::join_all;

use crate::support::{AtTheTill, PATIENCE, eventually, product, shop, staff};

/// Everybody at the till, each with one piece and a card entered.
async fn queue(buyers: usize, sku: &str, coupon: Option<&str>) -> Vec<AtTheTill> {
    let shop = shop();
    join_all((0..buyers).map(|_| AtTheTill::with(&shop, (sku, 1), ACCEPTED, coupon))).await
}

/// Everybody places an order at once; each is followed until it is confirmed or cancelled.
async fn rush(tills: &[AtTheTill]) -> Vec<Order> {
    let shop = shop();
    let keys: Vec<String> = tills.iter().map(|_| fresh_key()).collect();
    let placing = tills.iter().zip(&keys).map(|(till, key)| till.place(&shop, key));
    // Each is accepted: whether there is a piece shows later.
    let placed: Vec<_> = join_all(placing).await.into_iter().map(Result::unwrap).collect();
    join_all(placed.iter().map(|placed| async {
        match shop.wait_until(placed, "confirmed", PATIENCE * 2).await {
            Ok(confirmed) => confirmed,
            Err(_) => shop.wait_until(placed, "cancelled", PATIENCE).await.unwrap(),
        }
    }))
    .await
}

async fn ten_pieces_for(buyers: usize) {
    let shop = shop();
    let staff = staff(&shop).await;
    let variant = product(&shop, &format!("Last ship out, {buyers} passengers"), 10).await;
    let tills = queue(buyers, &variant.sku, None).await;

    let orders = rush(&tills).await;

    let (won, lost): (Vec<_>, Vec<_>) =
        tills.iter().zip(&orders).partition(|(_, order)| order.reached("confirmed"));
    assert_eq!((won.len(), lost.len()), (10, buyers - 10));
    for (till, order) in lost {
        assert_eq!(order.reason(), Some("out_of_stock"), "{order:?}");
        assert_eq!(till.charges(&shop).await, [""; 0], "a loser's card was touched: {order:?}");
    }
    eventually((0, 0), || async {
        let stock = shop.stock(&staff, &variant.sku).await.unwrap();
        (stock.on_hand, stock.reserved)
    })
    .await;
    for (till, _) in won {
        eventually(vec!["captured".to_owned()], || till.charges(&shop)).await;
    }
}

#[tokio::test]
async fn ten_of_sixteen_buyers_get_one_of_ten_pieces() {
    ten_pieces_for(16).await;
}

#[tokio::test]
async fn ten_of_sixty_four_buyers_get_one_of_ten_pieces() {
    ten_pieces_for(64).await;
}

#[tokio::test]
async fn a_coupon_with_five_uses_is_used_five_times() {
    let shop = shop();
    let staff = staff(&shop).await;
    let variant = product(&shop, "Bargain of the week", 100).await;
    let key = fresh_key();
    let code = format!("FIVE-{}", key.get(..8).unwrap().to_uppercase());
    shop.create_coupon(&staff, &code, 25, Some(5)).await.unwrap();
    let tills = queue(16, &variant.sku, Some(&code)).await;
    assert!(tills.iter().all(|till| till.quote.discount.minor() > 0));

    let orders = rush(&tills).await;

    let (won, lost): (Vec<_>, Vec<_>) =
        tills.iter().zip(&orders).partition(|(_, order)| order.reached("confirmed"));
    assert_eq!((won.len(), lost.len()), (5, 11));
    for (till, order) in lost {
        assert_eq!(order.reason(), Some("coupon_refused"), "{order:?}");
        assert_eq!(till.charges(&shop).await, [""; 0], "a loser's card was touched: {order:?}");
    }
    eventually((5, 0), || async {
        let coupon = shop.coupon(&staff, &code).await.unwrap();
        (coupon.used, coupon.reserved)
    })
    .await;
    eventually((95, 0), || async {
        let stock = shop.stock(&staff, &variant.sku).await.unwrap();
        (stock.on_hand, stock.reserved)
    })
    .await;
}

#[tokio::test]
async fn four_submits_of_one_checkout_are_one_order() {
    let shop = shop();
    let variant = product(&shop, "Compass", 10).await;
    let till = AtTheTill::with(&shop, (&variant.sku, 1), ACCEPTED, None).await;
    let key = fresh_key();

    let answers = join_all((0..4).map(|_| till.place(&shop, &key))).await;

    let answers: Vec<_> = answers.into_iter().map(Result::unwrap).collect();
    let first = answers.first().unwrap();
    assert!(answers.iter().all(|answer| answer == first), "{answers:?}");
    shop.wait_until(first, "delivered", PATIENCE).await.unwrap();
    eventually(vec!["captured".to_owned()], || till.charges(&shop)).await;
    let stock = shop.stock(&staff(&shop).await, &variant.sku).await.unwrap();
    assert_eq!((stock.on_hand, stock.reserved), (9, 0));
    let mails = shop.mails(&till.email).await.unwrap();
    let subjects: HashSet<_> = mails.iter().map(|mail| &mail.subject).collect();
    assert_eq!(subjects.len(), mails.len(), "a mail came twice: {subjects:?}");

    // The same quote or payment under another key is another order, which they do not pay for.
    let again = till.place(&shop, &fresh_key()).await.unwrap_err();
    assert_eq!(again.code().as_deref(), Some("quote_used"), "{again}");
}
