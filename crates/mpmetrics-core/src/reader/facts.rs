//! Facts about a segment and the application that uses it.

use super::reading::Reading;
use crate::heap::{root, Limits, SLOTS};
use crate::layout::{header, slot, Words};
use crate::os::ProcessIdentity;
use crate::scrape::largest;

/// Facts about a segment.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Layout version, `major << 16 | minor`, of the process that made the segment.
    pub version: u64,
    /// Unix time at which the segment was made, in milliseconds.
    pub made_ms: u64,
    /// Unix time at which a writer last attached, in milliseconds.
    pub last_attach_ms: u64,
    /// Whether the segment is removed, or about to be removed.
    pub retired: bool,
    /// The root of the application; `None` in a segment that the user named.
    pub root: Option<ProcessIdentity>,
    /// Whether the root lives. `None` if there is no root, or this process cannot find out.
    pub root_lives: Option<bool>,
    /// The limits of the segment.
    pub limits: Limits,
    /// Bytes of label texts.
    pub text_bytes: u64,
    /// The writers of all slots, also those that have ended.
    pub writers: Vec<WriterFacts>,
    /// The ten metrics with most series, and the number of series of each.
    pub largest: Vec<(String, u64)>,
}

/// Facts about the writer that has a slot, or had it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriterFacts {
    /// Number of the slot.
    pub slot: u32,
    /// Key of its process, for [`Reading::of_process`].
    pub process: u64,
    /// Its process's pid, in the pid namespace of that process.
    pub pid: u32,
    /// Number of its thread; 0 for a main thread.
    pub thread: u32,
    /// Whether it lives.
    pub lives: bool,
    /// Unix time at which it attached, in milliseconds.
    pub claimed_ms: u64,
}

impl Facts {
    /// Returns the facts in a copy of a segment. A damaged slot is left out.
    #[must_use]
    pub fn of(reading: &Reading) -> Self {
        let words = reading.words();
        let root = root(words);
        Self {
            version: words.header(header::VERSION),
            made_ms: words.header(header::MADE),
            last_attach_ms: words.header(header::LAST_ATTACH),
            retired: words.header(header::RETIRED) != 0,
            root_lives: root.as_ref().and_then(ProcessIdentity::is_alive),
            root,
            limits: Limits::of(words),
            text_bytes: words.header(header::TEXT_BYTES),
            writers: (0..)
                .zip(reading.living())
                .filter_map(|(slot, lives)| writer(words, slot, *lives))
                .collect(),
            largest: largest(words),
        }
    }

    /// Whether the application lives, or may live: a writer lives, or the root does.
    #[must_use]
    pub fn lives(&self) -> bool {
        self.root_lives == Some(true) || self.writers.iter().any(|writer| writer.lives)
    }
}

/// Returns the facts about a slot that was claimed at least once.
fn writer(words: Words<'_>, id: u32, lives: bool) -> Option<WriterFacts> {
    let at = SLOTS.find(words, id).ok()?;
    let load = |word: u64| words.load(at + word).ok();
    load(slot::INCARNATION).filter(|lived| *lived != 0)?;
    Some(WriterFacts {
        slot: id,
        process: load(slot::PROCESS)?,
        pid: load(slot::PID)? as u32,
        thread: load(slot::THREAD)? as u32,
        lives,
        claimed_ms: load(slot::CLAIMED)?,
    })
}
