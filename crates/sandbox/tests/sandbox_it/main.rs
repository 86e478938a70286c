//! The mail sandbox as a mail client and a browser see it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use lettre::message::{MultiPart, header::ContentType};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use sandbox::mail::{Store, router, take_mails};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

struct Mailbox {
    http: SocketAddr,
    smtp: SocketAddr,
    stop: CancellationToken,
}

impl Mailbox {
    async fn open(folder: &Path) -> Self {
        let (http, smtp) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let (store, stop) = (Store::open(folder).unwrap(), CancellationToken::new());
        let mailbox = Self {
            http: http.local_addr().unwrap(),
            smtp: smtp.local_addr().unwrap(),
            stop: stop.clone(),
        };
        tokio::spawn(take_mails(smtp, store.clone(), stop));
        tokio::spawn(async move { axum::serve(http, router(store)).await });
        mailbox
    }

    async fn send(&self, mail: Message) {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous("127.0.0.1")
            .port(self.smtp.port())
            .build();
        transport.send(mail).await.unwrap();
    }

    async fn get(&self, path: &str) -> String {
        let answer = reqwest::get(format!("http://{}{path}", self.http)).await.unwrap();
        answer.text().await.unwrap()
    }

    async fn mails(&self, to: &str) -> Vec<Value> {
        let listed = self.get(&format!("/api/mails?to={to}")).await;
        let listed: Value = serde_json::from_str(&listed).unwrap();
        listed["mails"].as_array().unwrap().clone()
    }
}

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("mail-it-{}", uuid::Uuid::new_v4()))
}

fn letter(to: &str) -> Message {
    Message::builder()
        .from("Shop <shop@example.org>".parse().unwrap())
        .to(to.parse().unwrap())
        .subject("Schöne Grüße – order F7K2")
        .multipart(MultiPart::alternative_plain_html(
            ".\n.leading dots\nLine: äöü €".to_owned(),
            "<p>Grüße <script>alert(1)</script></p>".to_owned(),
        ))
        .unwrap()
}

#[tokio::test]
async fn a_mail_is_kept_as_it_was_sent_and_found_by_its_recipient() {
    let mailbox = Mailbox::open(&folder()).await;
    mailbox.send(letter("ada@example.org")).await;
    mailbox.send(letter("bob@example.org")).await;

    let mails = mailbox.mails("ada%40example").await;

    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0]["subject"], "Schöne Grüße – order F7K2");
    assert_eq!(mails[0]["from"], "shop@example.org");
    let text = mails[0]["text"].as_str().unwrap().replace("\r\n", "\n");
    assert_eq!(text.trim_end(), ".\n.leading dots\nLine: äöü €");
    assert_eq!(mailbox.mails("").await.len(), 2);
}

#[tokio::test]
async fn a_restarted_mailbox_has_all_its_mails() {
    let folder = folder();
    let first = Mailbox::open(&folder).await;
    first.send(letter("ada@example.org")).await;
    first.stop.cancel();
    let forgotten = folder.join("mails").join("forgotten.eml");
    std::fs::write(&forgotten, "of a line that the journal has no more").unwrap();

    let second = Mailbox::open(&folder).await;

    let mails = second.mails("ada").await;
    assert_eq!((mails.len(), mails[0]["subject"].as_str()), (1, Some("Schöne Grüße – order F7K2")));
    assert!(!forgotten.exists());
}

#[tokio::test]
async fn a_plain_mail_has_no_html_and_a_foreign_page_runs_nothing() {
    let mailbox = Mailbox::open(&folder()).await;
    let plain = Message::builder()
        .from("shop@example.org".parse().unwrap())
        .to("ada@example.org".parse().unwrap())
        .subject("<b>plain</b>")
        .header(ContentType::TEXT_PLAIN)
        .body("a < b".to_owned())
        .unwrap();
    mailbox.send(plain).await;
    mailbox.send(letter("bob@example.org")).await;
    let (plain, rich) = (mailbox.mails("ada").await, mailbox.mails("bob").await);
    let id = |mails: &[Value]| mails[0]["id"].as_str().unwrap().to_owned();

    let list = mailbox.get("/").await;
    let page = mailbox.get(&format!("/mails/{}", id(&plain))).await;
    let framed =
        reqwest::get(format!("http://{}/mails/{}/html", mailbox.http, id(&rich))).await.unwrap();

    assert_eq!(plain[0]["html"], Value::Null);
    assert!(list.contains(&format!("href=\"mails/{}\"", id(&plain))));
    assert!(!list.contains("<b>plain") && page.contains("a &#60; b") && !page.contains("<iframe"));
    let policy = framed.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("sandbox allow-popups; default-src 'none'"), "{policy}");
}
