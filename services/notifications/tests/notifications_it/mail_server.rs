//! A mail server for tests: takes every mail, or refuses some recipients for good.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The mails that were taken, as they came.
pub(crate) type Mails = Arc<Mutex<Vec<String>>>;

/// Listens on a free port.
pub(crate) async fn start() -> (String, Mails) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let mails = Mails::default();
    let taken = Arc::clone(&mails);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(talk(stream, Arc::clone(&taken)));
        }
    });
    (url, mails)
}

/// As much of RFC 5321 as it takes.
async fn talk(stream: TcpStream, mails: Mails) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut say =
        async |text: &str| write.write_all(format!("{text}\r\n").as_bytes()).await.unwrap();
    say("220 test").await;
    while let Ok(Some(line)) = lines.next_line().await {
        let upper = line.to_uppercase();
        if upper.starts_with("RCPT") && upper.contains("NOBODY@") {
            say("550 no such mailbox").await;
        } else if upper.starts_with("DATA") {
            say("354 go on").await;
            let mut mail = String::new();
            while let Ok(Some(line)) = lines.next_line().await {
                if line == "." {
                    break;
                }
                mail.push_str(&line);
                mail.push('\n');
            }
            mails.lock().unwrap().push(mail);
            say("250 taken").await;
        } else if upper.starts_with("QUIT") {
            say("221 bye").await;
            return;
        } else {
            say("250 fine").await;
        }
    }
}
