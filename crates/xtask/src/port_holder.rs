//! Finds out who holds a port that we want, from /proc alone.
use std::fmt;
use std::fs;
use std::net::TcpListener;

/// A port that something else already listens on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    port: u16,
    wanted_by: String,
    holder: Option<Holder>,
}

/// The process behind a listening socket.
#[derive(Debug, PartialEq, Eq)]
struct Holder {
    pid: u32,
    command: String,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "port {} is taken: {} wants it, and ", self.port, self.wanted_by)?;
        match &self.holder {
            Some(Holder { pid, command }) => write!(f, "process {pid} ({command}) holds it"),
            None => write!(f, "a process that we may not look at holds it"),
        }
    }
}

/// The claims, as (port, who wants it), that cannot be met.
pub(crate) fn taken(claims: &[(u16, String)]) -> Vec<Taken> {
    claims
        .iter()
        .filter(|(port, _)| TcpListener::bind(("127.0.0.1", *port)).is_err())
        .map(|(port, by)| Taken { port: *port, wanted_by: by.clone(), holder: holder(*port) })
        .collect()
}

fn holder(port: u16) -> Option<Holder> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let inodes: Vec<String> = tables
        .iter()
        .filter_map(|table| table.as_deref().ok())
        .flat_map(|table| listening_inodes(table, port))
        .collect();
    let processes = fs::read_dir("/proc").ok()?;
    processes
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .find(|pid| holds_any(*pid, &inodes))
        .map(|pid| Holder { pid, command: command(pid) })
}

/// The socket inodes that listen on `port`, from a table in the format of `/proc/net/tcp`.
fn listening_inodes(table: &str, port: u16) -> Vec<String> {
    const LISTEN: &str = "0A";
    let suffix = format!(":{port:04X}");
    table
        .lines()
        .skip(1)
        .filter_map(|line| {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let listens = fields.get(1)?.ends_with(&suffix) && *fields.get(3)? == LISTEN;
            listens.then(|| (*fields.get(9).unwrap_or(&"")).to_owned())
        })
        .collect()
}

fn holds_any(pid: u32, inodes: &[String]) -> bool {
    let Ok(files) = fs::read_dir(format!("/proc/{pid}/fd")) else { return false };
    files.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).any(|target| {
        let target = target.to_string_lossy();
        inodes.iter().any(|inode| target == format!("socket:[{inode}]"))
    })
}

fn command(pid: u32) -> String {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line).replace('\0', " ");
    let short: String = line.trim().chars().take(80).collect();
    if short.is_empty() { "unknown".to_owned() } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_names_the_port_the_wish_and_the_holder() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();

        let refusals = taken(&[(port, "the gateway".to_owned())]);

        let message = refusals[0].to_string();
        let me = std::process::id();
        assert!(message.starts_with(&format!("port {port} is taken: the gateway")), "{message}");
        assert!(message.contains(&format!("process {me} (")), "{message}");
    }

    #[test]
    fn a_free_port_is_nobodys() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);

        assert_eq!(taken(&[(port, "orders".to_owned())]), []);
    }

    #[test]
    fn only_listeners_hold_a_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n\
            0: 0100007F:1F90 00000000:0000 0A 0:0 0:0 0 0 0 4711 1\n\
            1: 0100007F:1F90 0100007F:BEEF 01 0:0 0:0 0 0 0 4712 1\n";

        assert_eq!(listening_inodes(table, 8080), ["4711"]);
    }
}
