//! Scrapes that wait for answers.

use super::words::{self, Listener};
use crate::heap::Heap;
use crate::layout::header;
use crate::os;
use std::time::Duration;

/// A function that is called once, when all answers are there or the deadline has passed. It must not block.
pub type Done = Box<dyn FnOnce() + Send>;

/// Microseconds between two checks whether the listeners of all waits still live. The kernel frees a dead writer's
/// lock, but wakes no thread.
const CHECK_US: u64 = 10_000;

/// One scrape that waits.
pub(super) struct Wait {
    /// The isolate that waits; see [`super::Doorbell::forget`].
    pub owner: u64,
    /// The ring that has to be answered.
    pub ring: u32,
    /// The deadline, in microseconds of the monotonic clock.
    pub deadline_us: u64,
    /// The listeners that the ring asked and that have not answered yet.
    pub asked: Vec<Listener>,
    /// The function that is called when the wait ends.
    pub done: Done,
}

/// All waiting scrapes of a process.
#[derive(Default)]
pub(super) struct Waits {
    pub all: Vec<Wait>,
    /// Whether the waiter's thread runs.
    pub running: bool,
    /// Time of the last check whether listeners still live. Not every answer leads to a check, because a check costs a
    /// system call for each listener that has not answered.
    checked_us: u64,
}

impl Waits {
    /// Ends the waits whose answers are all there or whose deadline has passed. Returns the time until the next check,
    /// or `None` if no scrape waits any more.
    pub fn notify(&mut self, heap: &Heap) -> Option<Duration> {
        let now = os::monotonic_us();
        let check = now.saturating_sub(self.checked_us) >= CHECK_US;
        if check {
            self.checked_us = now;
        }
        for wait in &mut self.all {
            // If the words cannot be read, the wait ends: the scrape itself reports the error.
            let Wait { asked, ring, .. } = wait;
            asked.retain(|listener| words::owes(heap, *listener, *ring, check).unwrap_or(false));
        }
        for over in self.take_out(|wait| wait.asked.is_empty() || wait.deadline_us <= now) {
            let late = over.asked.len() as u64;
            if late > 0 {
                heap.words().add_header(header::COLLECT_TIMEOUTS, late);
            }
            (over.done)();
        }
        let next = self.all.iter().map(|wait| wait.deadline_us).min()?;
        Some(Duration::from_micros(next.saturating_sub(now).clamp(1, CHECK_US)))
    }

    /// Removes and returns the waits that a rule chooses.
    pub fn take_out(&mut self, rule: impl Fn(&Wait) -> bool) -> Vec<Wait> {
        let (out, stay) = std::mem::take(&mut self.all).into_iter().partition(|wait| rule(wait));
        self.all = stay;
        out
    }
}
