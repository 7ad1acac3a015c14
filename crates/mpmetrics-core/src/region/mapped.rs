//! A region in a file that processes share.

use super::contract::{Locks, Region};
use crate::error::{Error, Result};
use crate::layout::header;
use crate::os;
use crate::sync::{AtomicU64, Ordering};
use std::fs::File;
use std::path::PathBuf;

/// A mapped file. The mapping reaches beyond the file's end up to the segment's limit, so that it never moves.
/// [`Region::words`] returns only words that are known to be backed.
///
/// If a stranger truncates the file while it is mapped, a process that reads beyond the new end is killed (SIGBUS), as
/// the documents say. A reader that must survive a truncation copies the file first.
pub struct Mapped {
    /// Declared before the mapping, so that it is dropped first. After that, no thread uses a mutex in the mapping.
    #[cfg(feature = "locked")]
    _guarded: crate::sync::Guarded,
    mapping: os::Mapping,
    /// The open file description through which the file grows and locks are queried. It never holds a lock.
    file: File,
    /// The path of the file, if it is known.
    path: Option<PathBuf>,
    /// Makes room on the file's file system, and returns whether it removed anything.
    make_room: Option<Box<dyn Fn() -> bool + Send + Sync>>,
    /// Number of bytes that the file is known to have.
    known: AtomicU64,
}

/// Smallest number of bytes of a file with a header.
const LEAST: u64 = crate::layout::HEADER_WORDS * 8;

impl Mapped {
    /// Maps a segment's file, which must have a header. The file can grow to `max_bytes`.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if the file is too short for a header, [`Error::Io`] if it cannot be mapped.
    pub fn new(file: File, max_bytes: u64) -> Result<Self> {
        let len = length(&file)?;
        if len < LEAST {
            return Err(Error::Corrupt { what: "a header (the file is too short)", at: len });
        }
        let reach = usize::try_from(max_bytes.max(LEAST)).unwrap_or(usize::MAX);
        let mapping = os::Mapping::shared(&file, reach)?;
        let known = AtomicU64::new(len.min(reach as u64));
        #[cfg(feature = "locked")]
        let _guarded = {
            let start = mapping.as_ptr();
            let words = crate::layout::HEADER_WORDS as usize;
            // SAFETY: the file has a header (checked above), the mapping begins with it and is
            // page-aligned, and the guard is dropped before it.
            let header = unsafe { core::slice::from_raw_parts(start.cast::<AtomicU64>(), words) };
            let stripes = std::sync::Arc::new(super::stripes::Stripes::new(header));
            crate::sync::guard(start.addr(), mapping.len(), stripes)
        };
        Ok(Self {
            #[cfg(feature = "locked")]
            _guarded,
            mapping,
            file,
            path: None,
            make_room: None,
            known,
        })
    }

    /// Sets the path of the file. [`Region::holder`] opens the file again by this path if there is no `/proc`.
    pub fn lies_at(&mut self, path: PathBuf) {
        self.path = Some(path);
    }

    /// Sets the function that makes room on the file's file system when the file cannot grow. It is called under the
    /// heap lock, and returns whether it removed anything.
    pub fn makes_room(&mut self, make_room: impl Fn() -> bool + Send + Sync + 'static) {
        self.make_room = Some(Box::new(make_room));
    }

    /// Returns the file, with the open file description that never holds a lock.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Returns the address of a word, for typed arrays over it.
    #[must_use]
    pub fn address(&self, word: u64) -> *mut u8 {
        self.mapping.as_ptr().wrapping_add(word as usize * 8)
    }

    fn slice(&self, bytes: u64) -> &[AtomicU64] {
        let bytes = (bytes as usize).min(self.mapping.len());
        // SAFETY: the mapping is page-aligned and at least `bytes` long, lives as long as `self`,
        // and the file was seen to back these bytes (`known`); it is never shrunk by us. All
        // access of all processes to these words is atomic, or by aligned plain loads and stores of
        // V8: it stores 8 bytes, and loads 8 or 4.
        unsafe { core::slice::from_raw_parts(self.mapping.as_ptr().cast::<AtomicU64>(), bytes / 8) }
    }
}

fn length(file: &File) -> Result<u64> {
    file.metadata().map(|data| data.len()).map_err(|source| Error::Io { call: "fstat", source })
}

impl Region for Mapped {
    fn words(&self) -> &[AtomicU64] {
        let known = self.known.load(Ordering::Acquire);
        let words = self.slice(known);
        let size = words[header::SIZE].load(Ordering::Acquire);
        if size <= known || known >= self.mapping.len() as u64 {
            return words;
        }
        // Another process grew the file. Takes the length from the file system, because the word may be damaged.
        let known =
            length(&self.file).map_or(known, |len| len.min(self.mapping.len() as u64)).max(known);
        self.known.store(known, Ordering::Release);
        self.slice(known)
    }

    fn grow(&self, words: u64) -> Result<()> {
        let need = words.saturating_mul(8);
        let limit = self.mapping.len() as u64;
        if need > limit {
            return Err(Error::Full { what: "the segment has reached its size limit" });
        }
        let size = self.words()[header::SIZE].load(Ordering::Acquire).min(limit);
        if need <= size {
            return Ok(());
        }
        // Grows by an eighth (at least 64 KiB, at most 8 MiB), so that growing is rare and a small segment stays small.
        // If the file system has no room for that, grows only by the bytes that are needed.
        let step = (size / 8).clamp(64 << 10, 8 << 20) & !4095;
        let wanted = (size + step).max(need).min(limit);
        let to = |end| os::allocate(&self.file, size, end - size).map(|()| end);
        let is_full = |done: &Result<u64>| matches!(done, Err(Error::Full { .. }));
        let mut done = to(wanted);
        if is_full(&done) {
            done = to(need);
        }
        if is_full(&done) && self.make_room.as_ref().is_some_and(|make_room| make_room()) {
            done = to(need);
        }
        let wanted = done?;
        kill_point!("grow.file");
        self.known.fetch_max(wanted, Ordering::AcqRel);
        self.slice(wanted)[header::SIZE].store(wanted, Ordering::Release);
        Ok(())
    }

    fn holder(&self) -> Result<Box<dyn Locks>> {
        Ok(Box::new(Holder { file: os::reopen(&self.file, self.path.as_deref())? }))
    }

    fn first_locked(&self, from: u64, to: u64) -> Result<Option<u64>> {
        Ok(os::first_locked(&self.file, from, to)?.map(|(start, _)| start))
    }
}

/// One open file description. Its locks exclude those of every other description, and are freed when it is closed.
struct Holder {
    file: File,
}

impl Locks for Holder {
    fn try_lock(&self, byte: u64) -> Result<bool> {
        os::try_lock(&self.file, byte)
    }

    fn unlock(&self, byte: u64) -> Result<()> {
        os::unlock(&self.file, byte)
    }
}
