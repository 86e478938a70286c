//! The thread that writes a journal: all who wait share one `fdatasync`.

use std::fs::File;
use std::io::{Error, Write as _};
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::oneshot;

enum Order {
    Write(String),
    Settle(oneshot::Sender<Result<(), Error>>),
}

/// Hands lines to the thread, which ends with the last copy of this.
#[derive(Clone, Debug)]
pub(super) struct Writer(Sender<Order>);

impl Writer {
    pub(super) fn start(file: File) -> Result<Self, Error> {
        let (sender, receiver) = channel();
        std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write(file, &receiver))?;
        Ok(Self(sender))
    }

    /// A thread that is gone shows in [`Writer::settled`].
    pub(super) fn write(&self, line: String) {
        let _ = self.0.send(Order::Write(line));
    }

    pub(super) async fn settled(&self) -> Result<(), Error> {
        let gone = || Error::other("the journal's thread is gone");
        let (sender, receiver) = oneshot::channel();
        self.0.send(Order::Settle(sender)).map_err(|_| gone())?;
        receiver.await.map_err(|_| gone())?
    }
}

/// Writes what has come together, then makes it last if anybody waits for that.
fn write(mut file: File, orders: &Receiver<Order>) {
    while let Ok(first) = orders.recv() {
        let (mut lines, mut waiting) = (String::new(), Vec::new());
        for order in std::iter::once(first).chain(orders.try_iter()) {
            match order {
                Order::Write(line) => {
                    lines.push_str(&line);
                    lines.push('\n');
                }
                Order::Settle(who) => waiting.push(who),
            }
        }
        let mut outcome = file.write_all(lines.as_bytes());
        if outcome.is_ok() && !waiting.is_empty() {
            outcome = file.sync_data();
        }
        let failure = outcome.err().map(|error| error.to_string());
        for who in waiting {
            // Nobody minds an answer to one who has left.
            let _ = who.send(failure.clone().map_or(Ok(()), |text| Err(Error::other(text))));
        }
        if failure.is_some() {
            // A journal with a hole is worse than none: everybody gets errors from now on.
            return;
        }
    }
}
