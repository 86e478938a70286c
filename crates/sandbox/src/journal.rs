//! An append-only file of JSON lines, from which a sandbox knows after a restart what it had promised.

mod writer;

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom};
use std::marker::PhantomData;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Error;
use writer::Writer;

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
    /// was never promised to anybody and is taken away.
    ///
    /// # Errors
    /// The file cannot be used, or holds a line of another kind.
    pub fn open(path: &Path) -> Result<(Self, Vec<T>), Error> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
        let (entries, length) = read(&file)?;
        file.set_len(length)?;
        file.seek(SeekFrom::End(0))?;
        Ok((Self { writer: Writer::start(file)?, entries: PhantomData }, entries))
    }

    /// Appends an entry, in the order of calls. It is on disk when [`Journal::settled`] has returned.
    pub fn append(&self, entry: &T) {
        match serde_json::to_string(entry) {
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

/// The entries, and the length in bytes of the whole lines.
fn read<T: DeserializeOwned>(file: &File) -> Result<(Vec<T>, u64), Error> {
    let mut reader = BufReader::new(file);
    let (mut entries, mut length, mut line) = (Vec::new(), 0, Vec::new());
    loop {
        line.clear();
        let bytes = reader.read_until(b'\n', &mut line)?;
        if bytes == 0 || line.last() != Some(&b'\n') {
            return Ok((entries, length));
        }
        let number = entries.len() + 1;
        let entry = serde_json::from_slice(&line);
        entries.push(entry.map_err(|source| Error::Journal { line: number, source })?);
        length += u64::try_from(bytes).unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

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

    #[test]
    fn a_line_of_another_kind_is_named() {
        let path = path("broken");
        File::create(&path).unwrap().write_all(b"1\nx\n").unwrap();

        assert!(matches!(Journal::<u32>::open(&path), Err(Error::Journal { line: 2, .. })));
    }
}
