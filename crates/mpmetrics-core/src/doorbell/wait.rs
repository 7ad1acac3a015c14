//! Scrapes that wait for answers.

use super::words::{self, Listener};
use crate::heap::Heap;
use crate::layout::header;
use crate::os;
use std::time::Duration;

/// Called once, when the answers are there or the time is over. Must not block.
pub type Done = Box<dyn FnOnce() + Send>;

/// How often to ask which slots still live: the kernel frees a dead writer's lock, but wakes no thread.
const ASK_US: u64 = 10_000;

/// One scrape that waits.
pub(super) struct Wait {
    /// Which isolate waits; see [`super::Doorbell::forget`].
    pub owner: u64,
    /// The ring that has to be answered.
    pub ring: u32,
    /// The deadline, by the monotonic clock.
    pub deadline_us: u64,
    /// The listeners that have not answered yet.
    pub asked: Vec<Listener>,
    /// Called at the end.
    pub done: Done,
}

/// All scrapes of a process that wait.
#[derive(Default)]
pub(super) struct Waits {
    pub all: Vec<Wait>,
    /// Whether there is a thread for them.
    pub running: bool,
    /// When the waiter last asked which slots live: otherwise each of many answers would cost a system call for each
    /// other one.
    asked_us: u64,
}

impl Waits {
    /// Calls those whose answers are there or whose time is over; how long the others may wait undisturbed, None if
    /// there are none.
    pub fn notify(&mut self, heap: &Heap) -> Option<Duration> {
        let now = os::monotonic_us();
        let ask = now.saturating_sub(self.asked_us) >= ASK_US;
        if ask {
            self.asked_us = now;
        }
        for wait in &mut self.all {
            // If the words cannot be read, this does not wait: the scrape itself will say what is wrong.
            let Wait { asked, ring, .. } = wait;
            asked.retain(|listener| words::owes(heap, *listener, *ring, ask).unwrap_or(false));
        }
        for over in self.take_out(|wait| wait.asked.is_empty() || wait.deadline_us <= now) {
            let late = over.asked.len() as u64;
            if late > 0 {
                heap.words().add_header(header::COLLECT_TIMEOUTS, late);
            }
            (over.done)();
        }
        let next = self.all.iter().map(|wait| wait.deadline_us).min()?;
        Some(Duration::from_micros(next.saturating_sub(now).clamp(1, ASK_US)))
    }

    /// Takes out those that a rule chooses.
    pub fn take_out(&mut self, rule: impl Fn(&Wait) -> bool) -> Vec<Wait> {
        let (out, stay) = std::mem::take(&mut self.all).into_iter().partition(|wait| rule(wait));
        self.all = stay;
        out
    }
}
