//! Headless Chromium through chromedriver: as much of the W3C's `WebDriver` as the journeys need.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::PATIENCE;

/// The key under which the driver names an element (W3C `WebDriver`, section 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser of its own, with an empty profile; gone when dropped.
pub(crate) struct Browser {
    driver: Child,
    http: reqwest::Client,
    session: String,
    profile: PathBuf,
    screenshots: PathBuf,
}

/// What the browser runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// 1280 by 900.
    Desk,
    /// 390 wide, for thumbs.
    Phone,
}

/// An element of the page that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Element(String);

impl Drop for Browser {
    fn drop(&mut self) {
        // A driver that is killed leaves its browser behind.
        drop(self.quit());
        drop(self.driver.kill());
        drop(self.driver.wait());
        drop(std::fs::remove_dir_all(&self.profile));
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn options(profile: &Path, screen: Screen) -> Value {
    let arguments = vec![
        "--headless=new".to_owned(),
        "--no-sandbox".to_owned(),
        "--disable-gpu".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-quic".to_owned(),
        "--no-first-run".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--hide-scrollbars".to_owned(),
        "--window-size=1280,900".to_owned(),
        format!("--user-data-dir={}", profile.display()),
    ];
    match screen {
        Screen::Desk => json!({ "args": arguments }),
        Screen::Phone => json!({ "args": arguments, "mobileEmulation": {
            "deviceMetrics": { "width": 390, "height": 844, "pixelRatio": 2, "touch": true },
        }}),
    }
}

impl Browser {
    /// Opens a window.
    pub(crate) async fn open(screen: Screen) -> Self {
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver (Debian: chromium-driver): {error}"));
        let profile = std::env::temp_dir().join(format!("flotilla-browser-{port}"));
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
        let screenshots = target.join("e2e-screenshots");
        std::fs::create_dir_all(&screenshots).unwrap();
        let http = reqwest::Client::builder().timeout(PATIENCE).build().unwrap();
        let base = format!("http://127.0.0.1:{port}/session");
        let mut browser = Self { driver, http, session: base.clone(), profile, screenshots };
        browser.until_ready(port).await;
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options(&browser.profile, screen),
        }}});
        let opened = browser.call(Method::POST, "", wanted).await.unwrap();
        browser.session = format!("{base}/{}", opened["sessionId"].as_str().unwrap());
        browser
    }

    /// Ends the session and its browser (`WebDriver`, section 8.2), without a runtime: a panic drops us too.
    fn quit(&self) -> std::io::Result<()> {
        let rest = self.session.trim_start_matches("http://");
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let mut driver = TcpStream::connect(host)?;
        driver.set_read_timeout(Some(PATIENCE))?;
        let request =
            format!("DELETE /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        driver.write_all(request.as_bytes())?;
        driver.read(&mut [0; 16]).map(drop)
    }

    async fn until_ready(&self, port: u16) {
        for _ in 0..100 {
            let status = self.http.get(format!("http://127.0.0.1:{port}/status")).send().await;
            if status.is_ok_and(|status| status.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("chromedriver does not answer");
    }

    /// One command; the error is what the driver says.
    async fn call(&self, method: Method, path: &str, body: Value) -> Result<Value, Value> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.session));
        if method == Method::POST {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let success = answer.status().is_success();
        let mut said: Value = answer.json().await.unwrap();
        let value = said["value"].take();
        if success { Ok(value) } else { Err(value) }
    }

    /// Opens an address.
    pub(crate) async fn go(&self, url: &str) {
        self.call(Method::POST, "/url", json!({ "url": url })).await.unwrap();
    }

    /// The address of the page.
    pub(crate) async fn url(&self) -> String {
        let url = self.call(Method::GET, "/url", Value::Null).await.unwrap();
        url.as_str().unwrap().to_owned()
    }

    /// Waits until the address is another than one with this in it.
    pub(crate) async fn leaves(&self, path: &str) {
        let end = tokio::time::Instant::now() + PATIENCE;
        while self.url().await.contains(path) {
            if tokio::time::Instant::now() >= end {
                self.give_up(&format!("still at {path}")).await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The first element that a CSS selector finds, if there is one now.
    pub(crate) async fn maybe(&self, css: &str) -> Option<Element> {
        let wanted = json!({ "using": "css selector", "value": css });
        let found = self.call(Method::POST, "/element", wanted).await.ok()?;
        Some(Element(found[ELEMENT].as_str()?.to_owned()))
    }

    /// The first element that a CSS selector finds; waits for it.
    pub(crate) async fn find(&self, css: &str) -> Element {
        let end = tokio::time::Instant::now() + PATIENCE;
        loop {
            if let Some(found) = self.maybe(css).await {
                return found;
            }
            if tokio::time::Instant::now() >= end {
                self.give_up(&format!("no {css}")).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the page shows these words.
    pub(crate) async fn reads(&self, words: &str) {
        let end = tokio::time::Instant::now() + PATIENCE;
        while !self.text("body").await.contains(words) {
            if tokio::time::Instant::now() >= end {
                self.give_up(&format!("no “{words}”")).await;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// The text that an element shows; empty while there is no such element.
    pub(crate) async fn text(&self, css: &str) -> String {
        let Some(Element(id)) = self.maybe(css).await else { return String::new() };
        // It may be gone by now, when a page has just been left.
        let text = self.call(Method::GET, &format!("/element/{id}/text"), Value::Null).await;
        text.ok().and_then(|text| Some(text.as_str()?.to_owned())).unwrap_or_default()
    }

    /// Clicks on an element.
    pub(crate) async fn click(&self, css: &str) {
        let Element(id) = self.find(css).await;
        if let Err(error) =
            self.call(Method::POST, &format!("/element/{id}/click"), json!({})).await
        {
            self.give_up(&format!("cannot click on {css}: {error}")).await;
        }
    }

    /// Replaces what is written in a field.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        let Element(id) = self.find(css).await;
        drop(self.call(Method::POST, &format!("/element/{id}/clear"), json!({})).await);
        let keys = json!({ "text": text });
        if let Err(error) = self.call(Method::POST, &format!("/element/{id}/value"), keys).await {
            self.give_up(&format!("cannot write into {css}: {error}")).await;
        }
    }

    /// Chooses an option of a list by its value.
    pub(crate) async fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value=\"{value}\"]")).await;
    }

    /// What a script returns.
    pub(crate) async fn script(&self, code: &str) -> Value {
        let script = json!({ "script": code, "args": [] });
        self.call(Method::POST, "/execute/sync", script).await.unwrap()
    }

    /// A command of Chromium's own protocol.
    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let command = json!({ "cmd": command, "params": parameters });
        self.call(Method::POST, "/goog/cdp/execute", command).await.unwrap()
    }

    /// Says that the user likes it dark.
    pub(crate) async fn likes_it_dark(&self) {
        let dark = json!({ "name": "prefers-color-scheme", "value": "dark" });
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": [dark] })).await;
    }

    /// Keeps the whole page as a picture.
    pub(crate) async fn photograph(&self, name: &str) {
        let size = "const page = document.documentElement; \
            return [innerWidth, Math.min(Math.max(innerHeight, page.scrollHeight), 5000)]";
        let size = self.script(size).await;
        let clip = json!({ "x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1 });
        let picture = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let taken = self.devtools("Page.captureScreenshot", picture).await;
        let png = base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap());
        std::fs::write(self.screenshots.join(format!("{name}.png")), png.unwrap()).unwrap();
    }

    /// Fails with a picture of what is shown.
    async fn give_up(&self, what: &str) -> ! {
        self.photograph("failure").await;
        let (url, text) = (self.url().await, self.text("body").await);
        panic!("{what} at {url}, which reads:\n{text}")
    }
}
