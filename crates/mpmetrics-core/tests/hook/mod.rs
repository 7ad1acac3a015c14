//! A region that runs a hook when the heap asks for its words. The hook acts as another writer in the middle
//! of a call, or as a death of the caller.
#![allow(dead_code, reason = "each test program uses its part")]

use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use mpmetrics_core::heap::{Heap, Setup, Writer};
use mpmetrics_core::layout::{header, Words};
use mpmetrics_core::region::{Locks, Owned, Region};
use mpmetrics_core::sync::AtomicU64;
use mpmetrics_core::Result;

use crate::derived_words::DerivedWords;

type Hook = Box<dyn FnOnce(Words<'_>) + Send>;

/// Runs a hook at the n-th look, which is a request of the heap for its words. May show only the first `most` words.
pub struct HookedRegion {
    words: Owned,
    left: AtomicI64,
    hook: Mutex<Option<Hook>>,
    /// Number of looks that see only the first `most` words.
    pub narrow: AtomicI64,
    pub most: AtomicI64,
    /// Whether each look finds that an adopter has moved another cell since the look before.
    pub moving: AtomicBool,
}

impl HookedRegion {
    pub fn heap() -> (Arc<Self>, Heap) {
        let region = Arc::new(Self {
            words: Owned::new(1 << 18),
            left: AtomicI64::new(0),
            hook: Mutex::new(None),
            narrow: AtomicI64::new(0),
            most: AtomicI64::new(0),
            moving: AtomicBool::new(false),
        });
        let heap = Heap::create(region.clone(), &Setup::default()).expect("room for a heap");
        (region, heap)
    }

    /// Arms the hook for the n-th look from now on.
    pub fn arm(&self, n: i64, hook: impl FnOnce(Words<'_>) + Send + 'static) {
        *self.hook.lock().unwrap() = Some(Box::new(hook));
        self.left.store(n, SeqCst);
    }

    /// Disarms the hook. Returns whether it never ran.
    pub fn disarm(&self) -> bool {
        self.left.store(0, SeqCst);
        self.hook.lock().unwrap().take().is_some()
    }
}

impl Region for HookedRegion {
    fn words(&self) -> &[AtomicU64] {
        let words = self.words.words();
        if self.left.fetch_sub(1, SeqCst) == 1 {
            let hook = self.hook.lock().unwrap().take();
            if let Some(hook) = hook {
                hook(Words(words));
            }
        }
        if self.moving.load(SeqCst) {
            Words(words).add_header(header::MERGES, 2);
        }
        if self.narrow.fetch_sub(1, SeqCst) > 0 {
            return &words[..self.most.load(SeqCst) as usize];
        }
        words
    }

    fn grow(&self, words: u64) -> Result<()> {
        self.words.grow(words)
    }

    fn holder(&self) -> Result<Box<dyn Locks>> {
        self.words.holder()
    }

    fn first_locked(&self, from: u64, to: u64) -> Result<Option<u64>> {
        self.words.first_locked(from, to)
    }
}

/// Checks that the derived words equal those that a recovery derives.
pub fn assert_whole(heap: &Heap, when: &str) {
    drop(heap.hold_lock().expect("the heap lock"));
    let before = DerivedWords::read(heap.words());
    heap.words().set_header(header::INTENT, 1);
    drop(heap.hold_lock().expect("the heap lock"));
    assert_eq!(DerivedWords::read(heap.words()), before, "{when}");
}

/// Runs a call once for each of its looks at the words, with the hook at that look.
pub fn at_every_look(
    prepare: impl Fn(&Heap) -> Writer,
    call: impl Fn(&mut Writer) -> Result<()>,
    hook: impl Fn(Words<'_>) + Clone + Send + 'static,
    check: impl Fn(&Heap, Writer, &str),
) {
    for n in 1.. {
        let (region, heap) = HookedRegion::heap();
        let mut writer = prepare(&heap);
        region.arm(n, hook.clone());
        let done = catch_unwind(AssertUnwindSafe(|| call(&mut writer)));
        let never = region.disarm();
        match done {
            Ok(done) => done.unwrap_or_else(|error| panic!("at look {n}: {error}")),
            Err(cause) if cause.is::<Death>() => {}
            Err(cause) => resume_unwind(cause),
        }
        check(&heap, writer, &format!("at look {n}"));
        if never {
            assert!(n > 2, "the call hardly looks at the heap");
            return;
        }
    }
}

pub struct Death;

/// Dies as a process does: the call does not go on. If the call held the heap lock, the next holder finds the intent
/// word set.
pub fn die(_: Words<'_>) {
    resume_unwind(Box::new(Death));
}

/// Removes the first series, as a writer does that finds the heap lock held.
pub fn remove_first(words: Words<'_>) {
    let generation = words.header(header::GENERATION_CHUNKS) + 8;
    let seen = words.load(generation).unwrap();
    if seen as u32 % 2 == 1 {
        words.store(generation, seen + 1).unwrap();
        words.set_header(header::DIRTY, 1);
    }
}
