//! A file of JSON lines, from which a sandbox knows after a restart what it promised in the last 30 days.

mod writer;

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::marker::PhantomData;
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::from_slice;

use crate::Error;
use writer::Writer;

/// Seconds for which an entry is kept. Nothing that a sandbox plays takes so long.
const KEPT: i64 = 30 * 24 * 3600;

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line<T> {
    /// When it was written, in unix seconds.
    at: i64,
    entry: T,
}

/// The file, opened for appending. Copies write to the same file.
#[derive(Debug)]
pub struct Journal<T> {
    writer: Writer,
    entries: PhantomData<fn(T)>,
}

impl<T> Clone for Journal<T> {
    fn clone(&self) -> Self {
        Self { writer: self.writer.clone(), entries: PhantomData }
    }
}

impl<T: Serialize + DeserializeOwned> Journal<T> {
    /// Opens the file, or makes it; gives back what it holds. A last line that was cut off by a crash
    /// was never promised to anybody and is taken away, and so is what is older than 30 days.
    ///
    /// # Errors
    /// The file cannot be used, or holds a line of another kind.
    pub fn open(path: &Path) -> Result<(Self, Vec<T>), Error> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let (mut lines, length) = read(&file)?;
        file.set_len(length)?;
        let (all, oldest) = (lines.len(), kernel::unix_seconds() - KEPT);
        lines.retain(|line: &Line<T>| line.at >= oldest);
        if lines.len() < all {
            file = rewrite(path, &lines)?;
        }
        file.seek(SeekFrom::End(0))?;
        let entries = lines.into_iter().map(|line| line.entry).collect();
        Ok((Self { writer: Writer::start(file)?, entries: PhantomData }, entries))
    }

    /// Appends an entry, in the order of calls. It is on disk when [`Journal::settled`] has returned.
    pub fn append(&self, entry: &T) {
        match serde_json::to_string(&Line { at: kernel::unix_seconds(), entry }) {
            Ok(line) => self.writer.write(line),
            Err(error) => tracing::error!(%error, "an entry cannot be written as JSON"),
        }
    }

    /// Waits until everything appended so far is on disk (`fdatasync`, shared by those who wait).
    ///
    /// # Errors
    /// The disk refused; nothing may be promised then.
    pub async fn settled(&self) -> Result<(), Error> {
        Ok(self.writer.settled().await?)
    }
}

/// Puts a file with these lines only in the place of the old one, whole or not at all.
fn rewrite<T: Serialize>(path: &Path, lines: &[Line<T>]) -> Result<File, Error> {
    let fresh = path.with_extension("new");
    let mut text = String::new();
    for line in lines {
        text.push_str(&serde_json::to_string(line).map_err(std::io::Error::other)?);
        text.push('\n');
    }
    let mut file = File::create(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    Ok(file)
}

/// The lines, and the length in bytes of the whole ones.
fn read<T: DeserializeOwned>(file: &File) -> Result<(Vec<Line<T>>, u64), Error> {
    let mut reader = BufReader::new(file);
    let (mut lines, mut length, mut bytes) = (Vec::new(), 0, Vec::new());
    loop {
        bytes.clear();
        let count = reader.read_until(b'\n', &mut bytes)?;
        if count == 0 || bytes.last() != Some(&b'\n') {
            return Ok((lines, length));
        }
        // Journals of earlier builds have entries without a time: they count as new.
        let bare = |_| Ok(Line { at: kernel::unix_seconds(), entry: from_slice(&bytes)? });
        let line = from_slice(&bytes).or_else(bare);
        let number = lines.len() + 1;
        lines.push(line.map_err(|source| Error::Journal { line: number, source })?);
        length += u64::try_from(count).unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("journal-{name}-{}", uuid::Uuid::new_v4()))
    }

    #[tokio::test]
    async fn what_was_settled_is_there_after_a_restart() {
        let path = path("restart");
        let (journal, before) = Journal::<u32>::open(&path).unwrap();
        for number in 0..100 {
            journal.append(&number);
        }
        journal.settled().await.unwrap();

        let (_, after) = Journal::<u32>::open(&path).unwrap();

        assert_eq!((before.len(), after), (0, (0..100).collect()));
    }

    #[tokio::test]
    async fn a_line_that_a_crash_cut_off_is_taken_away() {
        let path = path("torn");
        File::create(&path).unwrap().write_all(b"1\n2\n3").unwrap();

        let (journal, entries) = Journal::<u32>::open(&path).unwrap();
        journal.append(&4);
        journal.settled().await.unwrap();

        assert_eq!(entries, [1, 2]);
        assert_eq!(Journal::<u32>::open(&path).unwrap().1, [1, 2, 4]);
    }

    #[tokio::test]
    async fn what_is_older_than_thirty_days_is_taken_out_of_the_file() {
        let path = path("old");
        let now = kernel::unix_seconds();
        let aged = |days: i64, entry: u32| {
            let line = Line { at: now - days * 24 * 3600, entry };
            serde_json::to_string(&line).unwrap()
        };
        let before = format!("{}\n{}\n3\n4", aged(31, 1), aged(29, 2));
        std::fs::write(&path, before).unwrap();

        let (journal, entries) = Journal::<u32>::open(&path).unwrap();
        journal.append(&5);
        journal.settled().await.unwrap();

        assert_eq!(entries, [2, 3]);
        assert_eq!(Journal::<u32>::open(&path).unwrap().1, [2, 3, 5]);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 3);
    }

    #[test]
    fn a_line_of_another_kind_is_named() {
        let path = path("broken");
        File::create(&path).unwrap().write_all(b"1\nx\n").unwrap();

        assert!(matches!(Journal::<u32>::open(&path), Err(Error::Journal { line: 2, .. })));
    }
}
