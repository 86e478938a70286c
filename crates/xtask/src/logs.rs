//! `./dev logs`: the words of every process, or of one, and on request those to come.
use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};

use crate::command;
use crate::instance::Instance;
use crate::screen;

const LINES: usize = 40;

/// Prints the last lines of one log or of all, and follows them with `follow` until Ctrl-C.
///
/// # Errors
/// When there is no such log; the message lists those there are.
pub(crate) fn run(name: Option<&str>, follow: bool) -> Result<()> {
    let instance = Instance::from_environment()?;
    let known = names(&instance);
    ensure!(!known.is_empty(), "no logs yet: ./dev up makes them");
    let chosen: Vec<String> = match name {
        None => known,
        Some(name) if known.iter().any(|log| log == name) => vec![name.to_owned()],
        Some(name) => bail!("no log is called {name}; there are {}", known.join(", ")),
    };
    let lines = if chosen.len() == 1 { LINES } else { 5 };
    let width = chosen.iter().map(String::len).max().unwrap_or_default();
    let mut followed = Vec::new();
    for log in &chosen {
        let prefix = if chosen.len() == 1 { String::new() } else { format!("{log:<width$} | ") };
        let path = instance.log(log);
        print_lines(&prefix, &command::tail(&path, lines));
        followed.push(Followed::from_end(path, prefix)?);
    }
    if !follow {
        return Ok(());
    }
    loop {
        for log in &mut followed {
            log.pass_on()?;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn names(instance: &Instance) -> Vec<String> {
    let Ok(files) = fs::read_dir(instance.logs()) else { return Vec::new() };
    let mut names: Vec<String> = files
        .filter_map(|file| Some(file.ok()?.file_name().to_str()?.strip_suffix(".log")?.to_owned()))
        .collect();
    names.sort();
    names
}

/// A log that grows while we read it.
struct Followed {
    path: PathBuf,
    prefix: String,
    position: u64,
}

impl Followed {
    fn from_end(path: PathBuf, prefix: String) -> Result<Self> {
        let position = fs::metadata(&path).context("reading a log")?.len();
        Ok(Self { path, prefix, position })
    }

    /// Prints whole lines only; the rest waits for its end.
    fn pass_on(&mut self) -> Result<()> {
        let mut file = File::open(&self.path).context("reading a log")?;
        file.seek(SeekFrom::Start(self.position))?;
        let mut fresh = Vec::new();
        file.read_to_end(&mut fresh)?;
        let Some(end) = fresh.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
        let whole = fresh.get(..end).unwrap_or_default();
        self.position += u64::try_from(end)? + 1;
        print_lines(&self.prefix, &String::from_utf8_lossy(whole));
        Ok(())
    }
}

fn print_lines(prefix: &str, text: &str) {
    for line in text.lines() {
        screen::say(format!("{prefix}{line}"));
    }
}
