//! The receiving side of SMTP (RFC 5321): what a client needs to hand over mails, and no more.

use std::io::Error;
use std::time::Duration;

use tokio::io::{
    AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader,
};
use tokio::net::TcpStream;

use super::store::Store;

/// Largest mail, in bytes.
const LARGEST: usize = 5 * 1024 * 1024;
/// Longest command line, with its end (RFC 5321, 4.5.3.1.4, and room for parameters).
const LONGEST_LINE: u64 = 2048;
/// Most recipients of one mail (RFC 5321, 4.5.3.1.8).
const RECIPIENTS: usize = 100;
/// Time for a client to say the next thing.
const PATIENCE: Duration = Duration::from_secs(300);

/// The mail in the making.
#[derive(Debug, Default)]
struct Draft {
    from: Option<String>,
    to: Vec<String>,
}

/// What to do after a command.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    Say(&'static str),
    TakeData,
    Leave,
}

/// Talks with one client until it leaves.
pub(crate) async fn converse(mut stream: TcpStream, store: Store) {
    let _ = stream.set_nodelay(true);
    let (reading, mut writing) = stream.split();
    let mut lines = BufReader::new(reading);
    if let Err(error) = talk(&mut lines, &mut writing, &store).await {
        tracing::debug!(%error, "a mail client left without a word");
    }
}

async fn talk(
    lines: &mut (impl AsyncBufRead + Unpin),
    writing: &mut (impl tokio::io::AsyncWrite + Unpin),
    store: &Store,
) -> Result<(), Error> {
    let mut draft = Draft::default();
    writing.write_all(b"220 sandbox ESMTP ready\r\n").await?;
    while let Some(line) = read_line(lines).await? {
        let next = match String::from_utf8(line) {
            Ok(line) => obey(line.trim_end_matches(['\r', '\n']), &mut draft),
            Err(_) => Next::Say("500 5.5.2 not UTF-8"),
        };
        match next {
            Next::Say(answer) => say(writing, answer).await?,
            Next::Leave => return say(writing, "221 2.0.0 bye").await,
            Next::TakeData => {
                say(writing, "354 end with <CRLF>.<CRLF>").await?;
                let answer = match read_mail(lines).await? {
                    None => "552 5.3.4 the mail is too large",
                    Some(mail) => keep(store, std::mem::take(&mut draft), &mail).await,
                };
                say(writing, answer).await?;
            }
        }
    }
    Ok(())
}

async fn say(
    writing: &mut (impl tokio::io::AsyncWrite + Unpin),
    answer: &str,
) -> Result<(), Error> {
    writing.write_all(format!("{answer}\r\n").as_bytes()).await
}

async fn keep(store: &Store, draft: Draft, mail: &[u8]) -> &'static str {
    match store.keep(draft.from.unwrap_or_default(), draft.to, mail).await {
        Ok(()) => "250 2.0.0 kept",
        Err(error) => {
            tracing::error!(%error, "a mail was not kept");
            "451 4.3.0 try again later"
        }
    }
}

fn obey(line: &str, draft: &mut Draft) -> Next {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb.to_ascii_uppercase().as_str() {
        "EHLO" => {
            *draft = Draft::default();
            Next::Say(
                "250-sandbox\r\n250-SIZE 5242880\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING",
            )
        }
        "HELO" | "RSET" => {
            *draft = Draft::default();
            Next::Say("250 2.0.0 ok")
        }
        "MAIL" if draft.from.is_some() => Next::Say("503 5.5.1 one sender is enough"),
        "MAIL" => match path(rest, "FROM:") {
            Some((_, size)) if size > LARGEST => Next::Say("552 5.3.4 the mail is too large"),
            Some((from, _)) => {
                draft.from = Some(from);
                Next::Say("250 2.1.0 ok")
            }
            None => Next::Say("501 5.1.7 expected MAIL FROM:<address>"),
        },
        "RCPT" if draft.from.is_none() => Next::Say("503 5.5.1 first MAIL"),
        "RCPT" if draft.to.len() >= RECIPIENTS => Next::Say("452 4.5.3 too many recipients"),
        "RCPT" => match path(rest, "TO:") {
            Some((to, _)) if !to.is_empty() => {
                draft.to.push(to);
                Next::Say("250 2.1.5 ok")
            }
            _ => Next::Say("501 5.1.3 expected RCPT TO:<address>"),
        },
        "DATA" if draft.to.is_empty() => Next::Say("503 5.5.1 first RCPT"),
        "DATA" => Next::TakeData,
        "NOOP" => Next::Say("250 2.0.0 ok"),
        "QUIT" => Next::Leave,
        _ => Next::Say("502 5.5.2 unknown command"),
    }
}

/// The address and announced size of `FROM:<address> SIZE=…`.
fn path(rest: &str, keyword: &str) -> Option<(String, usize)> {
    let rest = rest.trim();
    let head = rest.get(..keyword.len())?;
    let tail = rest.get(keyword.len()..)?.trim_start();
    let (address, parameters) = tail.strip_prefix('<')?.split_once('>')?;
    let size = parameters
        .split_ascii_whitespace()
        .find_map(|one| one.to_ascii_uppercase().strip_prefix("SIZE=")?.parse().ok());
    head.eq_ignore_ascii_case(keyword).then(|| (address.to_owned(), size.unwrap_or(0)))
}

/// A command; `None` when the client has left.
async fn read_line(lines: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Vec<u8>>, Error> {
    let mut line = Vec::new();
    let reading = (&mut *lines).take(LONGEST_LINE);
    let bytes = tokio::time::timeout(PATIENCE, { reading }.read_until(b'\n', &mut line)).await??;
    if bytes > 0 && line.last() != Some(&b'\n') {
        return Err(Error::other("a line without an end"));
    }
    Ok((bytes > 0).then_some(line))
}

/// The mail up to the lonely dot, without its dot-stuffing; `None` when it is too large.
async fn read_mail(lines: &mut (impl AsyncBufRead + Unpin)) -> Result<Option<Vec<u8>>, Error> {
    let (mut mail, mut line, mut too_large) = (Vec::new(), Vec::new(), false);
    loop {
        line.clear();
        let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
        let reading = (&mut *lines).take(most);
        let bytes =
            tokio::time::timeout(PATIENCE, { reading }.read_until(b'\n', &mut line)).await??;
        if bytes == 0 || (line.last() != Some(&b'\n') && too_large) {
            return Err(Error::other("the mail ended in the middle"));
        }
        if line == b".\r\n" {
            return Ok((!too_large).then_some(mail));
        }
        let text = line.strip_prefix(b".").unwrap_or(&line);
        too_large |= mail.len() + text.len() > LARGEST;
        if !too_large {
            mail.extend_from_slice(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(draft: &mut Draft, line: &str) -> u16 {
        match obey(line, draft) {
            Next::Say(answer) => answer[..3].parse().unwrap(),
            Next::TakeData => 354,
            Next::Leave => 221,
        }
    }

    #[test]
    fn commands_have_an_order() {
        let mut draft = Draft::default();

        assert_eq!(said(&mut draft, "RCPT TO:<b@x.org>"), 503);
        assert_eq!(said(&mut draft, "DATA"), 503);
        assert_eq!(said(&mut draft, "mail from:<a@x.org> SIZE=100"), 250);
        assert_eq!(said(&mut draft, "MAIL FROM:<a@x.org>"), 503);
        assert_eq!(said(&mut draft, "RCPT TO:<>"), 501);
        assert_eq!(said(&mut draft, "RCPT TO:<b@x.org>"), 250);
        assert_eq!(said(&mut draft, "DATA"), 354);
        assert_eq!(said(&mut draft, "RSET"), 250);
        assert_eq!(said(&mut draft, "DATA"), 503);
        assert_eq!(said(&mut draft, "VRFY b"), 502);
    }

    #[test]
    fn a_mail_that_is_announced_too_large_is_refused() {
        assert_eq!(said(&mut Draft::default(), "MAIL FROM:<a@x.org> SIZE=5242881"), 552);
    }

    #[tokio::test]
    async fn dots_are_unstuffed_and_only_a_lonely_one_ends() {
        let mut wire = &b"Subject: x\r\n\r\n..\r\n.a\r\n.\n\r\n.\r\nQUIT\r\n"[..];

        let mail = read_mail(&mut wire).await.unwrap().unwrap();

        assert_eq!(mail, b"Subject: x\r\n\r\n.\r\na\r\n\n\r\n");
        assert_eq!(wire, b"QUIT\r\n");
    }
}
