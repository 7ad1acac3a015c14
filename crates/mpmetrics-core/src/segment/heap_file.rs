//! A heap in a segment's file.

use super::contents::{Contents, Inspection};
use super::directory::Access;
use super::open::{open, OpenOptions, Opened};
use super::reap::{self, RoomMaker};
use super::state;
use crate::error::{Error, Result};
use crate::heap::{self, Description, Heap, Limits, Setup};
use crate::layout::{header, lock, Words, HEADER_WORDS};
use crate::os::{self, ProcessIdentity};
use crate::region::Mapped;
use crate::sync::AtomicU64;
use std::fs::File;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The contents of a segment's file: a heap.
#[derive(Clone, Debug, Default)]
pub struct HeapContents {
    /// Limits of a new segment.
    pub limits: Limits,
    /// The application for which a new segment is made.
    pub description: Description,
}

/// Reads the words of a file's header, and the length of the file in bytes. Does not map the header, because a file may
/// be truncated at any time.
fn read_header(file: &File) -> Result<(Vec<AtomicU64>, u64)> {
    let len = file.metadata().map_err(|source| Error::Io { call: "fstat", source })?.len();
    if len < HEADER_WORDS * 8 {
        return Err(Error::Corrupt { what: "a header (the file is too short)", at: len });
    }
    let mut bytes = vec![0; HEADER_WORDS as usize * 8];
    os::read_at(file, &mut bytes, 0)?;
    let (words, _) = bytes.as_chunks::<8>();
    Ok((words.iter().map(|word| AtomicU64::new(u64::from_ne_bytes(*word))).collect(), len))
}

/// Stores a value to one word of a file's header, in one write.
fn write_header(file: &File, word: usize, value: u64) -> Result<()> {
    os::write_at(file, &value.to_ne_bytes(), word as u64 * 8)
}

impl Contents for HeapContents {
    fn initialise(&self, file: &File, root: Option<&ProcessIdentity>) -> Result<()> {
        os::allocate(file, 0, HEADER_WORDS * 8)?;
        let file = file.try_clone().map_err(|source| Error::Io { call: "dup", source })?;
        let region = Arc::new(Mapped::new(file, self.limits.bytes)?);
        let setup = Setup {
            limits: self.limits,
            root: root.cloned(),
            description: self.description.clone(),
        };
        Heap::create(region, &setup).map(drop)
    }

    fn inspect(&self, file: &File) -> Result<Inspection> {
        let (words, len) = read_header(file)?;
        let words = Words(&words);
        heap::check_header(words, len / 8)?;
        Ok(Inspection {
            root: heap::root(words),
            retired: words.header(header::RETIRED) != 0,
            last_attach_ms: words.header(header::LAST_ATTACH),
            root_wrote: words.header(header::ROOT_WROTE) != 0,
            idle_since_ms: words.header(header::IDLE_SINCE),
        })
    }

    fn retire(&self, file: &File) -> Result<()> {
        write_header(file, header::RETIRED, 1)
    }

    fn note_idle(&self, file: &File, unix_ms: u64) -> Result<()> {
        write_header(file, header::IDLE_SINCE, unix_ms)
    }

    fn heap_lock_byte(&self) -> u64 {
        lock::HEAP
    }

    fn slot_lock_range(&self) -> Range<u64> {
        lock::SLOTS..lock::SLOTS_END
    }
}

/// An open segment: its file, mapped, and the heap in it.
pub struct Segment {
    region: Arc<Mapped>,
    heap: Heap,
    path: PathBuf,
    /// Whether the user named the segment by its path. Then it is never removed.
    named: bool,
    /// Whether the file system of the segment keeps files in memory.
    pub memory_backed: bool,
    /// Better directories that cannot be used, each with the reason.
    pub passed_over: Vec<(PathBuf, Error)>,
}

impl Segment {
    /// Opens a segment. If it does not exist, makes it if the options say so, and else returns `None`.
    ///
    /// # Errors
    /// As [`open`]. Each error has the path of the file or directory that it is about.
    pub fn open(options: &OpenOptions, limits: Limits) -> Result<Option<Self>> {
        let contents = HeapContents { limits, description: options.description.clone() };
        open(options, &contents)
            .and_then(|opened| opened.map(|opened| Self::map(opened, options)).transpose())
            .map_err(|error| match &options.path {
                Some(path) => error.of_named(path),
                None => error,
            })
    }

    pub(super) fn map(opened: Opened, options: &OpenOptions) -> Result<Self> {
        let Opened { file, path, memory_backed, passed_over, .. } = opened;
        let mapped = read_header(&file).and_then(|(header, len)| {
            let words = Words(&header);
            heap::check_header(words, len / 8)?;
            let mut region = Mapped::new(file, words.header(header::MAX_BYTES))?;
            region.lies_at(path.clone());
            if options.path.is_none() {
                let access = Access::new(options.mode, options.gid)?;
                if let Some(maker) = RoomMaker::new(&path, access, HeapContents::default()) {
                    region.makes_room(move || maker.make_room());
                }
            }
            let region = Arc::new(region);
            Ok((Heap::open(region.clone())?, region))
        });
        let (heap, region) = mapped.map_err(|error| error.at(&path))?;
        kill_point!("attach.mapped");
        let named = options.path.is_some();
        Ok(Self { region, heap, path, named, memory_backed, passed_over })
    }

    /// Opens the segment at a path, or makes it, for programs that name their segment.
    ///
    /// # Errors
    /// As [`Segment::open`].
    pub fn at(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let options =
            OpenOptions { path: Some(path.clone()), create: true, ..OpenOptions::default() };
        let opened = Self::open(&options, Limits::default())?;
        opened.ok_or_else(|| Error::Retired.at(path))
    }

    /// Returns the heap.
    #[must_use]
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// Returns the file's path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds the path to an error. If the user named the segment and the file itself is at fault (it is damaged, retired
    /// or of another version), adds advice, too.
    #[must_use]
    pub fn told(&self, error: Error) -> Error {
        if self.named {
            error.of_named(&self.path)
        } else {
            error.at(&self.path)
        }
    }

    /// Returns advice for a segment whose bytes are damaged, as the end of a sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        if self.named {
            format!("stop the processes that use it and delete it: rm '{}'", self.path.display())
        } else {
            "restart the application, which makes another".to_owned()
        }
    }

    /// Returns the mapping, for typed arrays over it.
    #[must_use]
    pub fn region(&self) -> &Arc<Mapped> {
        &self.region
    }

    /// Returns device and inode, which differ between segments that had the same path one after the other.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn inode(&self) -> Result<(u64, u64)> {
        os::entry_of(self.region.file()).map(|entry| entry.inode)
    }

    /// Returns whether the path still names this segment, and the segment is not retired. If this process has no
    /// permission to check the path any more (after `setuid`), assumes that the path names the segment: the mapping
    /// still works, and the other processes still use the segment.
    #[must_use]
    pub fn is_current(&self) -> bool {
        let named = match os::same_file(self.region.file(), &self.path) {
            Err(Error::Io { source, .. }) => source.kind() == ErrorKind::PermissionDenied,
            named => named.unwrap_or(false),
        };
        named && !self.heap.retired()
    }

    /// Removes the file if no slot is awaited, and no writers live except those of `process`. Returns whether it
    /// removed the file. Does not remove a segment that the user named.
    ///
    /// # Errors
    /// [`Error::Busy`] if a lock is not free in time, [`Error::Io`].
    pub fn tidy(&self, process: Option<u64>) -> Result<bool> {
        if self.named || !self.heap.retire(process)? {
            return Ok(false);
        }
        let removed = reap::unlink(&self.path, self.region.file())?;
        if removed {
            state::remove(&self.path);
        }
        Ok(removed)
    }
}
