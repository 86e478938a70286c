//! Guests: a link in the mail opens the order, and a basket moves into the account at sign-in.

use e2e::shop::{ACCEPTED, Buyer, Placed};

use crate::support::{PATIENCE, guest, product, shop};

#[tokio::test]
async fn the_link_in_the_mail_opens_a_guests_order() {
    let shop = shop();
    let variant = product(&shop, "Rope of hemp", 5).await;
    let (buyer, email) = guest(&shop).await;
    let placed = shop.buy(&buyer, &[(variant.sku.as_str(), 2)], &email, ACCEPTED).await.unwrap();

    let mail = shop.mail(&email, "We have your order", PATIENCE).await.unwrap();

    assert!(mail.subject.ends_with(&placed.number), "{mail:?}");
    let link = format!("/orders/{}?t=", placed.order_id);
    let access_token = mail.parameter(&link).unwrap_or_else(|| panic!("no link in {mail:?}"));
    let by_mail = Placed { access_token, ..placed.clone() };
    assert_eq!(shop.order(&by_mail).await.unwrap().number, placed.number);
    let page = shop.get(&format!("{link}{}", by_mail.access_token)).send().await.unwrap();
    assert_eq!(page.status().as_u16(), 200);
    assert!(page.text().await.unwrap().contains(&placed.number));

    let forged = Placed { access_token: by_mail.access_token.chars().rev().collect(), ..placed };
    let refused = shop.order(&forged).await.unwrap_err();
    assert_eq!(refused.code().as_deref(), Some("no_such_order"), "{refused}");
}

#[tokio::test]
async fn a_guests_basket_goes_into_the_accounts_at_sign_in() {
    let shop = shop();
    let variant = product(&shop, "Anchor, small", 9).await;
    let sku = variant.sku.as_str();
    let account = shop.new_account("mary").await.unwrap();
    let mine = Buyer::from(account.clone());
    shop.set_line(&mine, sku, 2).await.unwrap();
    let guest = shop.guest().await.unwrap();
    shop.set_line(&guest.clone().into(), sku, 3).await.unwrap();

    let first = shop.merge_basket(&account, &guest).await.unwrap();
    let second = shop.merge_basket(&account, &guest).await.unwrap();

    assert_eq!(first, second);
    assert_eq!(shop.basket(&mine).await.unwrap().lines, first.lines);
    assert_eq!(first.lines.first().map(|line| line.quantity), Some(5));
    let gone = shop.set_line(&guest.into(), sku, 1).await.unwrap_err();
    assert_eq!(gone.code().as_deref(), Some("no_such_basket"), "{gone}");
}
