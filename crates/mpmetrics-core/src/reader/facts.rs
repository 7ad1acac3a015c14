//! Facts about a segment and the application that uses it.

use super::reading::Reading;
use crate::heap::{root, Description, Limits, GENERATIONS, SERIES, SLOTS};
use crate::layout::{header, slot, GenerationPair, Words};
use crate::os::ProcessIdentity;
use crate::scrape::largest;

/// Facts about a segment.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Layout version, `major << 16 | minor`, of the process that made the segment.
    pub version: u64,
    /// What the segment says about the application.
    pub description: Description,
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
    /// Number of series that live, counted by their generations. It is the number in the header, unless a series is being
    /// made or removed.
    pub counted_series: u64,
    /// Whether a holder of the heap lock is in the middle of a change, or died there; or whether removed series wait to
    /// be reclaimed.
    pub changing: bool,
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
    /// Number of its process among the workers of its cluster; 0 if it is none.
    pub worker: u32,
    /// Whether it lives.
    pub lives: bool,
    /// Unix time at which it attached, in milliseconds.
    pub claimed_ms: u64,
    /// Unix time at which it last showed that its event loop runs, in milliseconds; 0 if that is unknown. Node.js writers
    /// do so once a second, others only when they attach.
    pub seen_ms: u64,
}

impl Facts {
    /// Returns the facts in a copy of a segment. A damaged slot is left out.
    #[must_use]
    pub fn of(reading: &Reading) -> Self {
        let words = reading.words();
        let root = root(words);
        Self {
            version: words.header(header::VERSION),
            description: Description::read(words),
            made_ms: words.header(header::MADE),
            last_attach_ms: words.header(header::LAST_ATTACH),
            retired: words.header(header::RETIRED) != 0,
            root_lives: root.as_ref().and_then(ProcessIdentity::is_alive),
            root,
            limits: Limits::of(words),
            text_bytes: words.header(header::TEXT_BYTES),
            counted_series: counted_series(words),
            changing: [header::INTENT, header::DIRTY].iter().any(|one| words.header(*one) != 0),
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

/// Returns the number of places whose generations are those of living series.
fn counted_series(words: Words<'_>) -> u64 {
    let places = SERIES.count(words, header::SERIES).unwrap_or(0);
    let pair = |id: u32| GENERATIONS.find(words, id / 2).and_then(|at| words.load(at));
    let lives = |id: u32| pair(id).is_ok_and(|pair| GenerationPair(pair).of(id) % 2 == 1);
    (0..places).map(|id| u64::from(lives(id))).sum()
}

/// Returns the facts about a slot that was claimed at least once.
fn writer(words: Words<'_>, id: u32, lives: bool) -> Option<WriterFacts> {
    let at = SLOTS.find(words, id).ok()?;
    let load = |word: u64| words.load(at + word).ok();
    load(slot::INCARNATION).filter(|lived| *lived != 0)?;
    let (claimed_ms, seen_ms) = (load(slot::CLAIMED)?, load(slot::SEEN)?);
    // A writer of an older version stores neither: what is there is of the slot's owner before.
    let told = seen_ms >= claimed_ms;
    Some(WriterFacts {
        slot: id,
        process: load(slot::PROCESS)?,
        pid: load(slot::PID)? as u32,
        thread: load(slot::THREAD)? as u32,
        lives,
        worker: if told { load(slot::WORKER)? as u32 } else { 0 },
        claimed_ms,
        seen_ms: if told { seen_ms } else { 0 },
    })
}
