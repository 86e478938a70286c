//! The main job in headless Chromium, with screenshots in `target/e2e-screenshots`.

use std::path::Path;
use std::time::{Duration, Instant};

use e2e::shop::{CHALLENGED, RIGHT_CODE, Shop, Variant, fresh_email, fresh_key};

use crate::story::{shopify_file, shopify_path, two_variants};
use crate::support::{PATIENCE, eventually, product, shop};
use crate::webdriver::{Browser, Screen};

/// Opens a page of the shop.
async fn go(browser: &Browser, path: &str) {
    browser.go(&format!("{}{path}", shop().places().gateway)).await;
}

/// Fills the form in the middle of the page and sends it.
async fn fill(browser: &Browser, fields: &[(&str, &str)]) {
    for (name, text) in fields {
        browser.write(&format!("main [name={name}]"), text).await;
    }
    browser.click("main form.panel button[type=submit]").await;
}

async fn sign_in(browser: &Browser, email: &str, password: &str, next: &str) {
    go(browser, &format!("/sign-in?next={next}")).await;
    fill(browser, &[("email", email), ("password", password)]).await;
    // A click does not wait for its answer, which would come after the next page.
    browser.leaves("/sign-in").await;
}

/// Staff upload the file and make a coupon.
async fn staff_prepare(browser: &Browser, code: &str) {
    let (email, password) = shop().places().staff.clone();
    sign_in(browser, &email, &password, "/admin/imports").await;
    browser.write("input[name=file]", shopify_path().to_str().unwrap()).await;
    browser.click("main form button").await;
    browser.find(".tag.good").await;
    browser.photograph("admin-import").await;
    go(browser, "/admin/coupons").await;
    browser.write("input[name=code]", code).await;
    browser.write("input[name=value]", "10").await;
    browser.write("input[name=use_limit]", "1").await;
    browser.click("main form button").await;
    browser.reads(code).await;
    browser.photograph("admin-coupons").await;
}

/// Signs up, and confirms the address with the link of the mail.
async fn sign_up(browser: &Browser, shop: &Shop, email: &str, password: &str) {
    go(browser, "/sign-up").await;
    browser.photograph("sign-up").await;
    fill(browser, &[("name", "Ada"), ("email", email), ("password", password)]).await;
    let mail = shop.mail(email, "Please confirm", PATIENCE).await.unwrap();
    let token = mail.parameter("/confirm-email?token=").unwrap();
    go(browser, &format!("/confirm-email?token={token}")).await;
    browser.click("main form.panel button").await;
    shop.mail(email, "Welcome aboard", PATIENCE).await.unwrap();
    // Tokens that are signed from now on know that the address is confirmed.
    sign_in(browser, email, password, "/").await;
}

/// Chooses a variant on its product's page and puts it into the basket.
async fn add(browser: &Browser, handle: &str, variant: &Variant) {
    go(browser, &format!("/p/{handle}")).await;
    let sku = &variant.sku;
    if browser.maybe("select[name=sku]").await.is_some() {
        browser.choose("select[name=sku]", sku).await;
    } else {
        browser.click(&format!("label:has(input[name=sku][value=\"{sku}\"])")).await;
    }
    browser.click(".add button").await;
    browser.reads("in your basket").await;
}

/// From the basket to the page of the order.
async fn check_out(browser: &Browser, code: &str) {
    go(browser, "/basket").await;
    browser.photograph("basket").await;
    browser.click("main a[href=\"/checkout\"]").await;
    browser.find("[name=line1]").await;
    browser.photograph("checkout-address").await;
    browser.choose("[name=country]", "DE").await;
    let address = [
        ("name", "Ada Lovelace"),
        ("line1", "Hafenstraße 1"),
        ("postal_code", "20457"),
        ("city", "Hamburg"),
    ];
    fill(browser, &address).await;
    browser.find("[name=coupon]").await;
    browser.photograph("checkout-delivery").await;
    fill(browser, &[("coupon", code)]).await;
    browser.reads("Discount").await;
    browser.photograph("checkout-review").await;
    browser.click("form[action=\"/checkout/pay\"] button").await;
    pay(browser).await;
    browser.find("#order").await;
    browser.photograph("order-placed").await;
}

/// Enters a card on the processor's page, and the code that its bank wants.
async fn pay(browser: &Browser) {
    browser.write("[name=number]", CHALLENGED).await;
    browser.write("[name=name]", "Ada Lovelace").await;
    browser.write("[name=expiry]", "12/49").await;
    browser.write("[name=code]", "123").await;
    browser.photograph("card").await;
    browser.click("form button").await;
    browser.find("[autocomplete=one-time-code]").await;
    browser.photograph("three-d-secure").await;
    browser.write("[name=code]", RIGHT_CODE).await;
    browser.click("form button").await;
}

/// Offers an item with a picture of it, finds it among the hits, and opens its page.
async fn sell(browser: &Browser) {
    let key = fresh_key();
    let title = format!("Spyglass {}", key.get(..8).unwrap());
    go(browser, "/sell").await;
    browser.photograph("sell").await;
    let picture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/oar.png");
    browser.write("main input[name=file]", picture.to_str().unwrap()).await;
    let item = [
        ("title", title.as_str()),
        ("description", "Sees ships before they see you."),
        ("price", "49.50"),
        ("quantity", "1"),
    ];
    fill(browser, &item).await;
    // Who goes on before the answer calls the offer off.
    browser.reads("Your item is under sail").await;
    eventually(true, || async {
        go(browser, &format!("/search?q={}", title.replace(' ', "+"))).await;
        browser.text("main .results").await.contains(&title)
    })
    .await;
    browser.click("main .results a[href^=\"/p/\"]").await;
    browser.reads("49.50").await;
    let width = "return document.querySelector('.shots img[src$=\".png\"]').naturalWidth";
    assert_eq!(browser.script(width).await, 64, "the seller's own picture is shown");
    browser.photograph("sold-by-a-shopper").await;
}

/// Staff set another price and stock; the shopper's next look shows them.
async fn staff_change(staff: &Browser, shopper: &Browser, handle: &str, variant: &Variant) {
    let product = shop().product(handle).await.unwrap();
    go(staff, &format!("/admin/products/{}", product.product_id)).await;
    staff.photograph("admin-product").await;
    let row = format!("tr:has(input[name=sku][value=\"{}\"])", variant.sku);
    if variant.tracked {
        staff.write(&format!("{row} [name=on_hand]"), "2").await;
        staff.write(&format!("{row} [name=reason]"), "counted").await;
        staff.click(&format!("{row} form[action$=\"/stock\"] button")).await;
        staff.reads("Done").await;
        go(staff, &format!("/admin/products/{}", product.product_id)).await;
    }
    staff.write(&format!("{row} [name=price]"), "234.56").await;
    staff.write(&format!("{row} [name=compare_at]"), "").await;
    staff.click(&format!("{row} form[action$=\"/price\"] button")).await;
    staff.reads("Done").await;
    let began = Instant::now();
    loop {
        go(shopper, &format!("/p/{handle}")).await;
        let text = shopper.text("main").await;
        if text.contains("234.56") && (!variant.tracked || text.contains("Only 2 left")) {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(2), "the page still says {text}");
    }
    shopper.photograph("product-after-the-change").await;
}

#[tokio::test]
async fn the_main_job_is_done_in_a_browser() {
    let shop = shop();
    let (staff, shopper) = (Browser::open(Screen::Desk).await, Browser::open(Screen::Desk).await);
    let key = fresh_key();
    let code = format!("SEEN-{}", key.get(..8).unwrap().to_uppercase());
    staff_prepare(&staff, &code).await;
    let (product, [one, other]) = two_variants(&shop, &shopify_file()).await;

    go(&shopper, "/").await;
    shopper.photograph("home").await;
    shopper.write("#q", &product.title).await;
    shopper.click("form.find button").await;
    let link = format!("main .results a[href=\"/p/{}\"]", product.handle);
    shopper.find(&link).await;
    shopper.photograph("search").await;
    shopper.click(&link).await;
    shopper.reads(&product.title).await;
    shopper.photograph("product").await;

    let (email, password) = (fresh_email("browser"), "correct horse battery");
    sign_up(&shopper, &shop, &email, password).await;
    add(&shopper, &product.handle, &one).await;
    add(&shopper, &product.handle, &other).await;
    check_out(&shopper, &code).await;

    // Nobody loads the page again: it follows the order by itself.
    let order = shopper.url().await;
    let here = || async { shopper.text(".way li[aria-current=step] .way-name").await };
    eventually("Delivered".to_owned(), here).await;
    // What was bought has left the basket; its badge says so without a new page.
    assert_eq!(shopper.text(".basket-link").await, "Basket");
    assert_eq!(shopper.url().await, order);
    shopper.photograph("order-delivered").await;
    shop.mail(&email, "Delivered: your order", PATIENCE).await.unwrap();
    go(&shopper, &format!("/dev/mailbox/?to={email}")).await;
    shopper.reads("Delivered: your order").await;
    shopper.photograph("mailbox").await;
    go(&shopper, "/account").await;
    shopper.photograph("my-orders").await;

    sell(&shopper).await;
    staff_change(&staff, &shopper, &product.handle, &one).await;
    go(&staff, "/admin/orders").await;
    staff.photograph("admin-orders").await;
}

/// True when nothing sticks out of the side of the page.
async fn fits(browser: &Browser) -> bool {
    let script = "return document.documentElement.scrollWidth <= innerWidth";
    browser.script(script).await == true
}

#[tokio::test]
async fn the_pages_fit_a_phone_and_a_dark_room() {
    let shop = shop();
    let variant =
        product(&shop, "Storm lantern with a remarkably long name of many words", 3).await;
    let handle = variant.sku.split('/').next().unwrap();
    let phone = Browser::open(Screen::Phone).await;
    let paper = "return getComputedStyle(document.body).backgroundColor";
    go(&phone, "/").await;
    let by_day = phone.script(paper).await;
    for dark in [false, true] {
        if dark {
            phone.likes_it_dark().await;
        }
        let pages = [
            ("home", "/"),
            ("list", "/search?q=lantern"),
            ("product", &format!("/p/{handle}")),
            ("basket", "/basket"),
            ("sign-in", "/sign-in"),
        ];
        for (name, path) in pages {
            go(&phone, path).await;
            assert!(fits(&phone).await, "{name} is wider than a phone");
            phone.photograph(&format!("phone-{name}{}", if dark { "-dark" } else { "" })).await;
        }
    }
    assert_ne!(phone.script(paper).await, by_day, "the page is as bright as by day");
}
