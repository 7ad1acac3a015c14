//! Makes another file in place of one that a stranger removed.

use super::contents::{Contents, Inspection};
use super::heap_file::{HeapContents, Segment};
use super::open::{open, OpenOptions};
use super::reap;
use crate::error::{Error, Result};
use crate::heap::{self, Heap, Limits, Succession};
use crate::layout::{header, retired, HEADER_WORDS};
use crate::os::{self, ProcessIdentity};
use crate::region::{Mapped, Region};
use std::fs::File;
use std::ops::Range;

/// Number of times that one call may displace a segment that another process has made under the name meanwhile.
const ROUNDS: u32 = 4;

/// The contents of the new file: a copy of the segment.
struct Copy<'a> {
    of: &'a Heap,
    contents: HeapContents,
}

impl Contents for Copy<'_> {
    fn initialise(&self, file: &File, _: Option<&ProcessIdentity>) -> Result<()> {
        os::allocate(file, 0, HEADER_WORDS * 8)?;
        let file = file.try_clone().map_err(|source| Error::Io { call: "dup", source })?;
        let region = Mapped::new(file, self.of.words().header(header::MAX_BYTES))?;
        heap::copy(self.of, &region)?;
        self.of.words().set_header(header::RETIRED, retired::NAMED);
        Ok(())
    }

    fn inspect(&self, file: &File) -> Result<Inspection> {
        self.contents.inspect(file)
    }

    fn retire(&self, file: &File) -> Result<()> {
        self.contents.retire(file)
    }

    fn note_idle(&self, file: &File, unix_ms: u64) -> Result<()> {
        self.contents.note_idle(file, unix_ms)
    }

    fn heap_lock_byte(&self) -> u64 {
        self.contents.heap_lock_byte()
    }

    fn slot_lock_range(&self) -> Range<u64> {
        self.contents.slot_lock_range()
    }
}

impl Segment {
    /// As [`Segment::open`], for a process whose segment `before` is not current any more. If a stranger removed the
    /// file of `before`, opens a copy of `before`; if no process has made a copy yet, makes it. If another segment has
    /// the name, and does not have to give it to a copy, opens that one. The process's writers then
    /// [follow](heap::Writer::follow).
    ///
    /// # Errors
    /// As [`Segment::open`]; [`Error::Busy`] if the call has to be tried again. Until then all writers go on in
    /// `before`.
    pub fn open_after(
        options: &OpenOptions,
        limits: Limits,
        before: &Self,
    ) -> Result<Option<Self>> {
        if let Some(segment) = Self::find_copy(options, limits, before)? {
            return Ok(Some(segment));
        }
        let locks = before.region().holder()?;
        let gone = match Succession::begin(before.heap(), &*locks) {
            Err(Error::Retired) => return Self::open(options, limits),
            gone => gone?,
        };
        let contents = Copy {
            of: before.heap(),
            contents: HeapContents { limits, ..HeapContents::default() },
        };
        // If a copy was made recently, makes no other. If the file of that copy is gone, too, the writers in it have
        // newer counts, and make the next copy.
        let waits = gone.has_heirs();
        let options = OpenOptions { create: !waits, ..options.clone() };
        for _ in 0..ROUNDS {
            let Some(opened) = open(&options, &contents)? else { break };
            let segment = Self::map(opened, &options)?;
            let copied = segment.heap().descends_from(before.heap());
            if copied || !waits && !gone.displaces(segment.heap()) {
                kill_point!("succeed.named");
                gone.end(copied)?;
                return Ok(Some(segment));
            }
            if waits {
                break;
            }
            segment.make_room()?;
        }
        Err(Error::Busy.at(before.path()))
    }

    /// Opens the copy of `before` that another process has made. Many writers look for it at once, so this needs no
    /// lock of `before`.
    fn find_copy(options: &OpenOptions, limits: Limits, before: &Self) -> Result<Option<Self>> {
        let words = before.heap().words();
        if words.header(header::RETIRED) != retired::SUCCEEDED {
            return Ok(None);
        }
        let options = OpenOptions { create: false, ..options.clone() };
        let Some(segment) = Self::open(&options, limits)? else { return Ok(None) };
        if !segment.heap().descends_from(before.heap()) {
            return Ok(None);
        }
        words.set_header(header::COPIED, os::unix_ms());
        Ok(Some(segment))
    }

    /// Gives up this segment's name. Its writers find it removed, and move their counts to the segment that gets the
    /// name.
    fn make_room(&self) -> Result<()> {
        self.heap().displace(|| reap::unlink(self.path(), self.region().file()).map(drop))
    }
}
