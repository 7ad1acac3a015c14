//! The file of a segment, open for reading only.

use crate::error::{Error, Result};
use crate::layout::{header, lock, HEADER_WORDS, MAX_SLOTS};
use crate::os::{self, EntryKind};
use crate::sync::AtomicU64;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Bytes that one `pread` reads at most.
const PIECE: usize = 1 << 20;

/// A segment's file, of any user whose file this process may read. Its bytes are not trusted.
pub struct SegmentFile {
    file: File,
    path: PathBuf,
}

impl SegmentFile {
    /// Opens the file at a path.
    ///
    /// # Errors
    /// [`Error::Io`] if there is none, or this process may not read it; [`Error::Unsafe`] for a symbolic link, a
    /// directory, or anything else that is no regular file.
    pub fn open(path: &Path) -> Result<Self> {
        let bad = |why| Err(Error::Unsafe { path: path.to_owned(), why });
        let located = |error: Error| error.at(path);
        // Checked before the file is opened: opening a device can have effects, and opening a FIFO waits.
        let found = os::entry_at(path).map_err(located)?;
        match found.kind {
            EntryKind::File => {}
            EntryKind::Link => return bad("it is a symbolic link"),
            _ => return bad("it is not a regular file"),
        }
        let file = File::open(path)
            .map_err(|source| Error::Io { call: "open", source })
            .map_err(located)?;
        if os::entry_of(&file).map_err(located)?.inode != found.inode {
            return bad("it changed while it was looked at");
        }
        Ok(Self { file, path: path.to_owned() })
    }

    /// Returns the path by which the file was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file, which this process cannot store to.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Returns the number of whole words of the file now.
    pub(super) fn len(&self) -> Result<u64> {
        let data = self.file.metadata().map_err(|source| Error::Io { call: "fstat", source })?;
        Ok(data.len() / 8)
    }

    /// Appends the file's words from a reference on, in the order of their addresses: a sequence word before its cells
    /// is read before them, and one that follows its cells after them.
    pub(super) fn append(&self, at: u64, len: u64, to: &mut Vec<AtomicU64>) -> Result<()> {
        let full = |_| Error::Full { what: "there is no memory for a copy of it" };
        to.try_reserve_exact(usize::try_from(len).unwrap_or(usize::MAX)).map_err(full)?;
        // `pread` copies to the addresses of whole words, so that it copies whole words.
        let mut bytes = vec![0; PIECE.min(len as usize * 8)];
        let (mut from, end) = (at * 8, (at + len) * 8);
        while from < end {
            let piece = &mut bytes[..PIECE.min((end - from) as usize)];
            self.fill(piece, from)?;
            let (words, _) = piece.as_chunks::<8>();
            to.extend(words.iter().map(|word| AtomicU64::new(u64::from_ne_bytes(*word))));
            from += piece.len() as u64;
        }
        Ok(())
    }

    /// Returns the file's words from a reference on.
    pub(super) fn words(&self, at: u64, len: u64) -> Result<Vec<AtomicU64>> {
        let mut words = Vec::new();
        self.append(at, len, &mut words)?;
        Ok(words)
    }

    /// Returns the words of the header.
    pub(super) fn header(&self) -> Result<Vec<AtomicU64>> {
        let len = self.len()?;
        if len < HEADER_WORDS {
            return Err(Error::Corrupt { what: "a header (the file is too short)", at: len * 8 });
        }
        self.words(0, HEADER_WORDS)
    }

    /// Returns for each slot whether its writer lives. Asks, and locks nothing.
    pub(super) fn living(&self, slots: u64) -> Result<Vec<bool>> {
        let slots = slots.min(u64::from(MAX_SLOTS));
        let mut living = vec![false; slots as usize];
        let mut from = lock::SLOTS;
        while let Some((start, len)) = os::first_locked(&self.file, from, lock::SLOTS + slots)? {
            for byte in start..start.saturating_add(len).min(lock::SLOTS + slots) {
                living[(byte - lock::SLOTS) as usize] = true;
            }
            from = start.saturating_add(len).max(from + 1);
        }
        Ok(living)
    }

    fn fill(&self, bytes: &mut [u8], from: u64) -> Result<()> {
        match os::read_at(&self.file, bytes, from) {
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::UnexpectedEof => {
                let at = header::USED as u64 * 8;
                Err(Error::Corrupt { what: "a length inside the segment (truncated?)", at })
            }
            done => done,
        }
    }
}
