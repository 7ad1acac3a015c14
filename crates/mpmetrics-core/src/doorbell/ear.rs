//! One isolate with `collect` callbacks, as the watcher of its process sees it.

use super::asking::goes_on;
use super::words::{self, Listener};
use crate::error::Result;
use crate::heap::Heap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Tells an isolate to run its callbacks. Called on the watcher's thread; must not block.
pub type Rung = Box<dyn Fn() + Send>;

/// An isolate that runs callbacks when others ring.
pub struct Ear {
    heap: Heap,
    pub(super) who: Listener,
    heard: Mutex<Heard>,
}

struct Heard {
    /// The value of the bell when callbacks last began to run.
    handled: u32,
    /// Scrapes up to this ring are not asked about any more.
    left: u32,
    /// The latest answer, which a run that was given up and settles late must not replace.
    answered: u32,
    /// Rings since `handled` that this isolate made: a scrape runs the callbacks of its own isolate by itself.
    own: Vec<u32>,
    /// The isolate was told, and has not begun yet: it need not be told again.
    told: bool,
    /// None once the isolate has left, and must not be called any more.
    rung: Option<Rung>,
}

impl Ear {
    pub(super) fn new(heap: Heap, who: Listener, bell: u32, rung: Rung) -> Self {
        let heard = Heard {
            handled: bell,
            left: bell,
            answered: bell,
            own: Vec::new(),
            told: false,
            rung: Some(rung),
        };
        Self { heap, who, heard: Mutex::new(heard) }
    }

    /// The callbacks begin to run; the value to pass to [`Ear::answer`].
    #[must_use]
    pub fn begin(&self) -> u32 {
        let mut heard = self.lock();
        heard.told = false;
        heard.handled = words::bell(&self.heap);
        heard.own.clear();
        kill_point!("answer.begun");
        heard.handled
    }

    /// The callbacks that ran since [`Ear::begin`] returned this, or since that ring of this isolate, have settled.
    pub fn answer(&self, bell: u32) {
        // Held, so that an isolate that has left does not answer.
        let mut heard = self.lock();
        if heard.rung.is_some() && is_newer(bell, heard.answered) {
            heard.answered = bell;
            let handled = heard.handled;
            if bell != handled && is_newer(bell, handled) {
                heard.handled = bell;
                heard.own.retain(|ring| *ring != bell && is_newer(*ring, bell));
            }
            // If the heap is corrupt, the next scrape says so.
            let _ = words::answer(&self.heap, self.who, bell);
        }
    }

    /// Whether a scrape is under way for which callbacks of this isolate have begun to run, or that is its own.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system refuses the call.
    pub fn is_asked(&self) -> Result<bool> {
        let (from, to) = {
            let heard = self.lock();
            (heard.left, heard.handled)
        };
        goes_on(&self.heap, from, to)
    }

    /// Those scrapes are not asked about any more, even if they are still under way.
    pub fn leave(&self) {
        let mut heard = self.lock();
        heard.left = heard.handled;
    }

    /// Rings for a scrape of this isolate, which is not to react to that.
    pub(super) fn ring(&self) -> u32 {
        // SYNC POINT: the watcher of this process sees the bell at once, and checks here whose ring it was.
        let mut heard = self.lock();
        let rung = words::ring(&self.heap);
        heard.own.push(rung);
        rung
    }

    /// The bell has this value now: tells the isolate, if another one rang.
    pub(super) fn hear(&self) {
        let mut heard = self.lock();
        let bell = words::bell(&self.heap);
        let rings = bell.wrapping_sub(heard.handled);
        if rings == 0 || heard.told {
            return;
        }
        if heard.own.len() as u64 == u64::from(rings) {
            heard.handled = bell;
            heard.own.clear();
        } else if let Some(rung) = &heard.rung {
            kill_point!("watch.rung");
            rung();
            heard.told = true;
        }
    }

    /// After this the isolate is not called any more.
    pub(super) fn close(&self) {
        let rung = self.lock().rung.take();
        // Outside of the lock: the callback may have a destructor that is not ours.
        drop(rung);
        let _ = words::forget(&self.heap, self.who);
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a ring is not before another.
fn is_newer(ring: u32, than: u32) -> bool {
    ring.wrapping_sub(than) < 1 << 31
}
