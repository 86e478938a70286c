//! The first two steps of the checkout: where to, and how.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{Redirect, Response};
use http::HeaderMap;
use serde::Deserialize;
use web::Check;

use crate::clients::orders::{Address, Basket};
use crate::clients::pricing::Way;
use crate::draft::Draft;
use crate::error::Error;
use crate::forms::Wrong;
use crate::frame::{Frame, again, page};
use crate::shop::Shop;
use crate::show;
use crate::visitor::{Jar, Visitor};

#[derive(Template)]
#[template(path = "checkout_address.html")]
struct AddressPage {
    frame: Frame,
    form: AddressForm,
    countries: &'static [(&'static str, &'static str)],
    wrong: Wrong,
}

#[derive(Template)]
#[template(path = "checkout_delivery.html")]
struct DeliveryPage {
    frame: Frame,
    draft: Draft,
    ways: Vec<WayChoice>,
    wrong: Wrong,
}

/// A way of sending to choose.
struct WayChoice {
    method: String,
    name: String,
    price: String,
    chosen: bool,
}

/// The ways of sending to this address, with what they cost for these goods. A coupon is priced later.
async fn ways(
    shop: &Shop,
    visitor: &Visitor,
    basket: &Basket,
    draft: &Draft,
) -> Result<Vec<WayChoice>, Error> {
    let plain = Draft { address: draft.address.clone(), email: String::new(), ..Draft::default() };
    let priced = shop.pricing.quote(visitor, basket, &plain).await?;
    let known = priced.shipping_options.iter().any(|way| way.method == draft.method);
    let choice = |(index, way): (usize, Way)| WayChoice {
        chosen: if known { way.method == draft.method } else { index == 0 },
        price: show::money(way.price),
        method: way.method,
        name: way.name,
    };
    Ok(priced.shipping_options.into_iter().enumerate().map(choice).collect())
}

/// The form of the first step.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AddressForm {
    email: String,
    name: String,
    line1: String,
    line2: String,
    postal_code: String,
    city: String,
    country: String,
}

impl AddressForm {
    fn of(draft: Draft) -> Self {
        let Address { name, line1, line2, postal_code, city, country } = draft.address;
        Self { email: draft.email, name, line1, line2, postal_code, city, country }
    }

    /// The same rules that orders has, so that a wrong field shows here and not after paying.
    fn check(&self) -> Result<(String, Address), Error> {
        let mut check = Check::new();
        let email = check.email("email", &self.email);
        let name = check.text("name", &self.name, 1..=100);
        let line1 = check.text("line1", &self.line1, 1..=200);
        let line2 = check.text("line2", &self.line2, 0..=200);
        let postal_code = check.text("postal_code", &self.postal_code, 1..=20);
        let city = check.text("city", &self.city, 1..=100);
        let served = show::COUNTRIES.iter().any(|(code, _)| *code == self.country);
        check.that(served, "country", "choose one of the countries");
        let values = (|| {
            let (name, line1, line2) = (name?, line1?, line2?);
            let (postal_code, city, country) = (postal_code?, city?, self.country.clone());
            Some((email?, Address { name, line1, line2, postal_code, city, country }))
        })();
        let checked = check.take(values);
        checked.map_err(|error| Error::Refused(Box::new(web::Problem::from(error).body().clone())))
    }
}

/// True when there is nothing to check out.
pub(super) async fn empty(shop: &Shop, visitor: &Visitor) -> Result<bool, Error> {
    Ok(shop.orders.basket(visitor).await?.lines.is_empty())
}

/// The first step.
pub(super) async fn show_address(
    State(shop): State<Shop>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Error> {
    if empty(&shop, &visitor).await? {
        return Ok(Jar::default().on(Redirect::to("/basket")));
    }
    let mut form = Draft::read(&headers).map(AddressForm::of).unwrap_or_default();
    if form.email.is_empty() && visitor.caller.is_some() {
        // Nice to have: the checkout goes on without auth.
        if let Ok(me) = shop.auth.me(&visitor).await {
            (form.email, form.name) = (me.email, me.name);
        }
    }
    if form.country.is_empty() {
        "DE".clone_into(&mut form.country);
    }
    let frame = shop.frame("Checkout: address · Flotilla", &visitor).await;
    page(&AddressPage { frame, form, countries: &show::COUNTRIES, wrong: Wrong::default() })
}

/// Takes the address.
pub(super) async fn set_address(
    State(shop): State<Shop>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<AddressForm>,
) -> Result<Response, Error> {
    match form.check() {
        Ok((email, address)) => {
            let before = Draft::read(&headers).unwrap_or_default();
            // What was quoted for another address no longer counts.
            let draft = Draft {
                email,
                address,
                method: before.method,
                coupon: before.coupon,
                ..Draft::default()
            };
            keep(&draft, "/checkout/delivery")
        }
        Err(error) => {
            let frame = shop.frame("Checkout: address · Flotilla", &visitor).await;
            again(&AddressPage {
                frame,
                form,
                countries: &show::COUNTRIES,
                wrong: Wrong::of(error)?,
            })
        }
    }
}

/// Keeps a draft and goes on.
pub(super) fn keep(draft: &Draft, to: &str) -> Result<Response, Error> {
    match draft.write(Jar::default()) {
        Ok(jar) => Ok(jar.on(Redirect::to(to))),
        Err(_) => Err(too_large()),
    }
}

/// Says that a browser cannot keep so much.
pub(super) fn too_large() -> Error {
    let body = problem::Body {
        kind: "about:blank".to_owned(),
        title: "Too much at once".to_owned(),
        status: 422,
        code: "basket_too_large".to_owned(),
        detail:
            "This is more than one order can hold. Please take some lines out of your basket, and \
                 order them separately."
                .to_owned(),
        errors: Vec::new(),
        correlation_id: None,
    };
    Error::Refused(Box::new(body))
}

/// The second step.
pub(super) async fn show_delivery(
    State(shop): State<Shop>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let Some(draft) = Draft::read(&headers) else {
        return Ok(Jar::default().on(Redirect::to("/checkout")));
    };
    let basket = shop.orders.basket(&visitor).await?;
    if basket.lines.is_empty() {
        return Ok(Jar::default().on(Redirect::to("/basket")));
    }
    let frame = shop.frame("Checkout: delivery · Flotilla", &visitor).await;
    let (ways, wrong) = match ways(&shop, &visitor, &basket, &draft).await {
        Ok(ways) => (ways, Wrong::default()),
        Err(error) => (Vec::new(), Wrong::of(error)?),
    };
    page(&DeliveryPage { frame, draft, ways, wrong })
}

/// The form of the second step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeliveryForm {
    method: String,
    coupon: String,
}

/// Takes the way of sending and the coupon, and sees whether there is a price for it.
pub(super) async fn set_delivery(
    State(shop): State<Shop>,
    visitor: Visitor,
    headers: HeaderMap,
    Form(form): Form<DeliveryForm>,
) -> Result<Response, Error> {
    let Some(before) = Draft::read(&headers) else {
        return Ok(Jar::default().on(Redirect::to("/checkout")));
    };
    let draft = Draft {
        method: form.method,
        coupon: form.coupon.trim().to_uppercase(),
        quote: String::new(),
        key: String::new(),
        payment: String::new(),
        ..before
    };
    let basket = shop.orders.basket(&visitor).await?;
    if basket.lines.is_empty() {
        return Ok(Jar::default().on(Redirect::to("/basket")));
    }
    match shop.pricing.quote(&visitor, &basket, &draft).await {
        Ok(_) => keep(&draft, "/checkout/review"),
        Err(error) => {
            let wrong = Wrong::of(error)?;
            let frame = shop.frame("Checkout: delivery · Flotilla", &visitor).await;
            let ways = match ways(&shop, &visitor, &basket, &draft).await {
                Ok(ways) => ways,
                Err(error) if error.is_input() => Vec::new(),
                Err(error) => return Err(error),
            };
            again(&DeliveryPage { frame, draft, ways, wrong })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_of_the_address_is_named() {
        let error = AddressForm::default().check().unwrap_err();

        let fields: Vec<_> =
            error.fields().iter().filter_map(|wrong| wrong.field.as_deref()).collect();
        assert_eq!(fields, ["email", "name", "line1", "postal_code", "city", "country"]);
    }
}
