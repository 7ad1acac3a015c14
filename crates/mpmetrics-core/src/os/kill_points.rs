//! Kill points: named points at which a test makes a process die or stop. They exist only with the feature
//! `kill-points`, which no shipped build has: without it the macro expands to nothing.

/// A kill point, one of `POINTS`.
macro_rules! kill_point {
    ($name:literal) => {
        #[cfg(feature = "kill-points")]
        crate::os::kill_points::reach($name);
    };
}

#[cfg(feature = "kill-points")]
pub use armed::{reach, Held, POINTS, VARIABLE};

#[cfg(feature = "kill-points")]
mod armed {
    use crate::sync::{AtomicU64, Ordering};
    use std::sync::OnceLock;

    /// The environment variable that makes the process die or stop when it reaches a kill point for the nth time:
    /// `name:nth:die` or `name:nth:stop`.
    pub const VARIABLE: &str = "MPMETRICS_KILL_POINT";

    /// What a process holds at a kill point while other processes wait for it.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Held {
        /// Nothing: no other process waits.
        Nothing,
        /// The heap lock: a stopped holder makes others give up after
        /// [`LOCK_DEADLINE_US`](crate::heap::LOCK_DEADLINE_US).
        Heap,
        /// The lock of the segments' directory: a stopped holder makes others go on without it after a second.
        Directory,
        /// The heap lock of another segment, which this process makes, enters or removes: only processes that come to
        /// that segment wait.
        Other,
        /// An answer for which a scrape waits until its patience is over.
        Answer,
    }

    /// Every kill point. Those of one operation stand together, roughly in the order in which a process meets them.
    /// `docs/CONCURRENCY.md` has a row for each.
    pub const POINTS: &[(&str, Held)] = &[
        ("create.made", Held::Directory),
        ("create.marked", Held::Directory),
        ("create.header", Held::Directory),
        ("create.filled", Held::Directory),
        ("create.named", Held::Directory),
        ("attach.opened", Held::Nothing),
        ("attach.inspected", Held::Nothing),
        ("attach.mapped", Held::Nothing),
        ("lock.taken", Held::Heap),
        ("lock.intent", Held::Heap),
        ("lock.whole", Held::Heap),
        ("claim.locked", Held::Heap),
        ("claim.counted", Held::Heap),
        ("claim.filled", Held::Heap),
        ("claim.done", Held::Heap),
        ("adopt.begun", Held::Heap),
        ("adopt.closed", Held::Heap),
        ("adopt.freed", Held::Heap),
        ("adopt.scanned", Held::Heap),
        ("residue.tallied", Held::Heap),
        ("residue.joined", Held::Heap),
        ("residue.named", Held::Heap),
        ("residue.kept", Held::Heap),
        ("residue.freed", Held::Heap),
        ("residue.hidden", Held::Heap),
        ("merge.begun", Held::Heap),
        ("merge.noted", Held::Heap),
        ("merge.added", Held::Heap),
        ("merge.cleared", Held::Heap),
        ("octave.cleared", Held::Heap),
        ("octave.unlinked", Held::Heap),
        ("octave.handed", Held::Heap),
        ("octave.freed", Held::Heap),
        ("family.text", Held::Heap),
        ("family.record", Held::Heap),
        ("family.stated", Held::Heap),
        ("family.counted", Held::Heap),
        ("family.declared", Held::Heap),
        ("register.begun", Held::Heap),
        ("register.text", Held::Heap),
        ("register.place", Held::Heap),
        ("register.record", Held::Heap),
        ("register.published", Held::Heap),
        ("register.indexed", Held::Heap),
        ("register.counted", Held::Heap),
        ("register.filled", Held::Heap),
        ("register.done", Held::Heap),
        ("allocate.backed", Held::Heap),
        ("allocate.filled", Held::Heap),
        ("allocate.used", Held::Heap),
        ("allocate.unlinked", Held::Heap),
        ("allocate.reused", Held::Heap),
        ("allocate.table", Held::Heap),
        ("allocate.texts", Held::Heap),
        ("allocate.slab", Held::Heap),
        ("allocate.linked", Held::Heap),
        ("grow.file", Held::Heap),
        ("grow.index", Held::Heap),
        ("grow.replaced", Held::Heap),
        ("defaults.text", Held::Heap),
        ("defaults.stated", Held::Heap),
        ("defaults.carried", Held::Heap),
        ("defaults.renamed", Held::Heap),
        ("octave.room", Held::Heap),
        ("octave.made", Held::Heap),
        ("octave.linked", Held::Heap),
        ("release.hidden", Held::Nothing),
        ("release.freed", Held::Heap),
        ("release.dropped", Held::Heap),
        ("remove.stale", Held::Heap),
        ("remove.unindexed", Held::Heap),
        ("remove.text", Held::Heap),
        ("remove.free", Held::Heap),
        ("remove.dirty", Held::Nothing),
        ("remove.unlocked", Held::Nothing),
        ("reclaim.begun", Held::Heap),
        ("recover.begun", Held::Heap),
        ("recover.blocks", Held::Heap),
        ("recover.series", Held::Heap),
        ("recover.extents", Held::Heap),
        ("recover.done", Held::Heap),
        ("exemplar.block", Held::Heap),
        ("exemplar.made", Held::Heap),
        ("exemplar.locked", Held::Nothing),
        ("exemplar.half", Held::Nothing),
        ("exemplar.written", Held::Nothing),
        ("exemplar.shown", Held::Nothing),
        ("shared.slab", Held::Heap),
        ("shared.room", Held::Heap),
        ("shared.made", Held::Heap),
        ("shared.announced", Held::Nothing),
        ("shared.changed", Held::Nothing),
        ("shared.unlinked", Held::Heap),
        ("shared.freed", Held::Heap),
        ("scrape.living", Held::Nothing),
        ("scrape.block", Held::Nothing),
        ("scrape.walked", Held::Nothing),
        ("ring.rung", Held::Answer),
        ("ring.waits", Held::Answer),
        ("watch.rung", Held::Answer),
        ("answer.begun", Held::Answer),
        ("answer.stored", Held::Answer),
        ("answer.counted", Held::Answer),
        ("succeed.marked", Held::Nothing),
        ("shared.kept", Held::Directory),
        ("succeed.sealed", Held::Directory),
        ("succeed.copied", Held::Directory),
        ("succeed.named", Held::Nothing),
        ("follow.locked", Held::Other),
        ("follow.copied", Held::Other),
        ("follow.done", Held::Other),
        ("succeed.counts", Held::Other),
        ("retire.locked", Held::Other),
        ("retire.marked", Held::Nothing),
        ("retire.unlink", Held::Directory),
        ("reap.retired", Held::Directory),
    ];

    struct Armed {
        name: String,
        nth: u64,
        signal: i32,
        reached: AtomicU64,
    }

    #[allow(clippy::panic, reason = "only tests set the variable")]
    fn armed() -> Option<Armed> {
        let text = std::env::var(VARIABLE).ok()?;
        let wrong = || -> ! { panic!("{VARIABLE} must be name:nth:die or name:nth:stop: {text}") };
        let parts: Vec<&str> = text.split(':').collect();
        let [name, nth, what] = parts[..] else { wrong() };
        let signal = match what {
            "die" => libc::SIGKILL,
            "stop" => libc::SIGSTOP,
            _ => wrong(),
        };
        let nth = nth.parse().unwrap_or_else(|_| wrong());
        if !POINTS.iter().any(|(known, _)| *known == name) {
            wrong();
        }
        Some(Armed { name: name.to_owned(), nth, signal, reached: AtomicU64::new(0) })
    }

    /// Makes the process die or stop if the variable names this kill point and this time.
    pub fn reach(name: &str) {
        static ARMED: OnceLock<Option<Armed>> = OnceLock::new();
        let Some(armed) = ARMED.get_or_init(armed) else {
            return;
        };
        if armed.name == name && armed.reached.fetch_add(1, Ordering::Relaxed) + 1 == armed.nth {
            // SAFETY: raising a signal passes no memory. The signal is for this thread, so that it does not go on.
            unsafe { libc::raise(armed.signal) };
        }
    }
}
