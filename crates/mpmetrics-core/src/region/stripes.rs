//! The mutexes under which the words of a segment change if the target has no 64-bit atomics. The header has
//! [`lock_stripe::COUNT`] of them; mutex n is for the pages whose number modulo that count is n.

use crate::error::Result;
use crate::layout::{header, lock_stripe, HEADER_WORDS, PAGE_WORDS};
use crate::os::{self, NotHeld, SharedMutex};
use crate::sync::{AtomicU32, AtomicU64, Guard, Note, Ordering};
use std::time::Duration;

/// How long to wait for a mutex before looking whether its holder is stopped. Work under the mutex takes nanoseconds, so
/// a process that holds it longer has been stopped, or waits for a processor.
const PATIENCE: Duration = Duration::from_millis(20);
/// How many times to wait for a holder that has not been stopped: on a crowded machine, a second in all.
const WAITS: u32 = 50;
/// Milliseconds for which, after a wait in vain, a mutex is tried without waiting: otherwise a scrape would wait for it
/// at each word.
const SUSPECT_MS: u32 = 50;

/// The mutexes of one mapping.
pub struct Stripes {
    header: &'static [AtomicU64],
    /// For each mutex, until when it is tried without waiting: milliseconds of the monotonic clock, wrapping around; 0
    /// if it is waited for.
    suspect: [AtomicU32; lock_stripe::COUNT],
}

/// Initialises the mutexes of a new segment, before any other process sees it.
pub fn make(words: &[AtomicU64]) -> Result<()> {
    for stripe in 0..lock_stripe::COUNT {
        if let Some(mutex) = words.get(locate(stripe)).and_then(SharedMutex::at) {
            mutex.make()?;
        }
    }
    Ok(())
}

fn locate(stripe: usize) -> std::ops::Range<usize> {
    let from = header::LOCKS + stripe * lock_stripe::WORDS;
    from..from + lock_stripe::WORDS
}

impl Stripes {
    /// The mutexes of a header.
    pub fn new(header: &'static [AtomicU64]) -> Self {
        Self { header, suspect: Default::default() }
    }

    fn word(&self, index: usize) -> Option<&AtomicU64> {
        self.header.get(index)
    }

    /// Completes the store that a dead holder had noted.
    fn mend(&self, note: &Note<'_>) {
        let at = note.word.load(Ordering::Acquire);
        let all = self.word(header::SIZE).map_or(0, |size| size.load(Ordering::Acquire) / 8);
        if at != 0 && at <= all {
            let base = self.header.as_ptr();
            // SAFETY: the word lies within the bytes that the header says are backed, in the mapping that
            // begins with the header.
            let word = unsafe { &*base.add(at as usize - 1) };
            word.store(note.value.load(Ordering::Acquire), Ordering::Release);
        }
        note.word.store(0, Ordering::Release);
    }
}

impl Guard for Stripes {
    fn with(&self, address: usize, work: &mut dyn FnMut(Option<&Note<'_>>)) {
        let index = (address - self.header.as_ptr().addr()) / 8;
        let stripe = index / PAGE_WORDS as usize % lock_stripe::COUNT;
        let from = header::LOCKS + stripe * lock_stripe::WORDS;
        let (Some(words), Some(word), Some(value), Some(suspect)) = (
            self.header.get(locate(stripe)),
            self.word(from + lock_stripe::NOTE),
            self.word(from + lock_stripe::NOTED),
            self.suspect.get(stripe),
        ) else {
            return work(None);
        };
        let note = Note { word, value, index: index as u64 };
        let Some(mutex) = SharedMutex::at(words) else {
            return work(None);
        };
        let until = suspect.load(Ordering::Relaxed);
        let now_ms = || (os::monotonic_us() / 1000) as u32;
        let tried_only = until != 0 && (until.wrapping_sub(now_ms()) as i32) > 0;
        let patience = if tried_only { Duration::ZERO } else { PATIENCE };
        let mut held = mutex.lock(patience, || self.mend(&note));
        for _ in 1..WAITS {
            if tried_only || !matches!(held, Err(NotHeld::Late)) || !mutex.holder_goes_on() {
                break;
            }
            held = mutex.lock(PATIENCE, || self.mend(&note));
        }
        match held {
            Ok(held) => {
                work(Some(&note));
                drop(held);
                if until != 0 {
                    suspect.store(0, Ordering::Relaxed);
                }
            }
            Err(NotHeld::Late) => {
                suspect.store(now_ms().wrapping_add(SUSPECT_MS).max(1), Ordering::Relaxed);
                work(None);
            }
            // The mutex is not initialised or is damaged. Mutexes are initialised before any other process sees the
            // segment, so until then no lock is needed.
            Err(NotHeld::Broken) => work(None),
        }
    }
}

const _: () = assert!(
    header::LOCKS + lock_stripe::COUNT * lock_stripe::WORDS <= HEADER_WORDS as usize
        && lock_stripe::NOTE >= os::MUTEX_WORDS
);
