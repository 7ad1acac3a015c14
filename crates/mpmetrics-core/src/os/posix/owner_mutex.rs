//! A mutex in shared memory for systems without robust mutexes: a word says which process has it.
//!
//! The word is 0 while the mutex is free, and else has the pid and the lower half of the start time of its owner's
//! process. A thread takes the mutex by a compare-exchange. A thread that waits asks the system whether the owner's
//! process lives. If it is dead, the thread takes the mutex by a compare-exchange, too, so only one of several threads
//! that wait gets it. From then on the word names the new owner's process: if this process dies while it repairs what
//! the mutex guards, the next owner repairs it again.
//!
//! A thread that ended without unlocking would keep the mutex for as long as its process lives. This does not happen,
//! because guards are dropped before threads end. The system may refuse to describe a process of another user. The
//! death of such an owner is noticed only when no process has its pid, or when the system describes the process that
//! has its pid; until then, waits for the mutex end with [`NotHeld::Late`].

use core::marker::PhantomData;
use core::time::Duration;

use super::clock::{monotonic_us, sleep_us};
use crate::error::{Error, Result};
use crate::os::described::Described;
use crate::os::not_held::NotHeld;
use crate::sync::{AtomicU64, Ordering};

/// Words that a mutex takes.
pub const MUTEX_WORDS: usize = 8;
/// The value of the first word of a mutex that was made.
const MADE: u64 = 0x6d75_7465_7802;
/// Tries before the first sleep.
const SPINS: u32 = 100;
/// Microseconds of the first sleep and of the longest.
const SLEEPS_US: (u32, u32) = (20, 500);

/// What the system says about processes.
pub trait Lives {
    /// Describes the process that has the number `pid`; `None` if there is none.
    ///
    /// # Errors
    ///
    /// An error means that it is unknown.
    fn describe(pid: u32) -> Result<Option<Described>>;
}

/// A mutex in words that several processes map.
pub struct OwnerMutex<'a, L> {
    made: &'a AtomicU64,
    owner: &'a AtomicU64,
    lives: PhantomData<L>,
}

impl<L> Clone for OwnerMutex<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L> Copy for OwnerMutex<'_, L> {}

impl<'a, L: Lives> OwnerMutex<'a, L> {
    /// The mutex in the first [`MUTEX_WORDS`] of these words, initialised or not; `None` if there are fewer.
    #[must_use]
    pub fn at(words: &'a [AtomicU64]) -> Option<Self> {
        match words.get(..MUTEX_WORDS)? {
            [made, owner, ..] => Some(Self { made, owner, lives: PhantomData }),
            _ => None,
        }
    }

    /// Initialises the mutex as unlocked, regardless of the words' contents. No thread may use it.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] in a build with the feature `locked`. There a word consists of two halves, so processes
    /// cannot change it by one compare-exchange.
    /// The errors of [`Lives::describe`] if the system does not describe this process.
    pub fn make(&self) -> Result<()> {
        self.made.store(0, Ordering::Relaxed);
        if cfg!(feature = "locked") {
            return Err(Error::Unsupported("mutexes of locked words"));
        }
        own_word::<L>()?;
        self.owner.store(0, Ordering::Relaxed);
        // SYNC POINT with `lock`: a thread that sees this store sees the whole mutex.
        self.made.store(MADE, Ordering::Release);
        Ok(())
    }

    /// Whether this is an initialised mutex.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        // SYNC POINT: pairs with the last store of `make`.
        self.made.load(Ordering::Acquire) == MADE
    }

    /// Locks the mutex, and waits no longer than `patience`. If the last holder died, calls `mend`, which repairs what
    /// the mutex guards. If the process dies in `mend`, the next thread that locks calls it again.
    ///
    /// # Errors
    ///
    /// [`NotHeld`].
    pub fn lock(
        self,
        patience: Duration,
        mend: impl FnOnce(),
    ) -> core::result::Result<OwnerHeld<'a, L>, NotHeld> {
        let own = own_word::<L>().map_err(|_| NotHeld::Broken)?;
        let mut until = None;
        let (mut tries, mut nap) = (0, SLEEPS_US.0);
        loop {
            if !self.is_sound() {
                return Err(NotHeld::Broken);
            }
            let Err(owner) = self.take(0, own) else {
                return Ok(OwnerHeld { mutex: self, own, thread: PhantomData });
            };
            tries += 1;
            if tries < SPINS {
                core::hint::spin_loop();
                continue;
            }
            if owner != own && is_dead::<L>(owner) && self.take(owner, own).is_ok() {
                let held = OwnerHeld { mutex: self, own, thread: PhantomData };
                mend();
                return Ok(held);
            }
            let now = monotonic_us();
            let until = *until.get_or_insert_with(|| {
                now.saturating_add(u64::try_from(patience.as_micros()).unwrap_or(u64::MAX))
            });
            if now >= until {
                return Err(NotHeld::Late);
            }
            sleep_us(nap.min(u32::try_from(until - now).unwrap_or(nap)));
            nap = (nap * 2).min(SLEEPS_US.1);
        }
    }

    /// Always false: whether the holder is stopped is not asked here.
    #[must_use]
    pub fn holder_goes_on(&self) -> bool {
        false
    }

    /// Makes this process the owner in place of `before`; else returns the owner.
    fn take(&self, before: u64, own: u64) -> core::result::Result<u64, u64> {
        // SYNC POINT: acquires what the last holder stored; pairs with `drop` of its guard.
        self.owner.compare_exchange(before, own, Ordering::Acquire, Ordering::Relaxed)
    }
}

/// The lock of an [`OwnerMutex`]; dropping it unlocks the mutex. It belongs to the thread that locked.
pub struct OwnerHeld<'a, L> {
    mutex: OwnerMutex<'a, L>,
    own: u64,
    thread: PhantomData<*const ()>,
}

impl<L> Drop for OwnerHeld<'_, L> {
    fn drop(&mut self) {
        // SYNC POINT: releases what this holder stored; pairs with `take`. If the word was overwritten meanwhile, it
        // stays as it is.
        let _ =
            self.mutex.owner.compare_exchange(self.own, 0, Ordering::Release, Ordering::Relaxed);
    }
}

/// The word of a process that has the mutex.
fn word_of(pid: u32, start_time: u64) -> u64 {
    u64::from(pid) << 32 | start_time & 0xffff_ffff
}

/// The word of this process. A process keeps its pid and its start time, so each thread computes the word once, and
/// again only in a forked child, which has another pid.
fn own_word<L: Lives>() -> Result<u64> {
    use std::cell::Cell;
    thread_local! {
        static OWN: Cell<(u32, u64)> = const { Cell::new((0, 0)) };
    }
    let pid = std::process::id();
    let (known, word) = OWN.get();
    if known == pid {
        return Ok(word);
    }
    let found = L::describe(pid)?.ok_or(Error::Unsupported("the description of this process"))?;
    let word = word_of(pid, found.start_time);
    OWN.set((pid, word));
    Ok(word)
}

/// Whether the process of an owner's word is known to be dead.
fn is_dead<L: Lives>(owner: u64) -> bool {
    let pid = (owner >> 32) as u32;
    match L::describe(pid) {
        Ok(Some(found)) => !found.runs || word_of(pid, found.start_time) != owner,
        Ok(None) => owner != 0,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};

    const SOON: Duration = Duration::from_millis(2);

    struct Here;

    impl Lives for Here {
        fn describe(pid: u32) -> Result<Option<Described>> {
            crate::os::system::describe(pid)
        }
    }

    fn words() -> [AtomicU64; MUTEX_WORDS] {
        Default::default()
    }

    fn mutex(words: &[AtomicU64]) -> OwnerMutex<'_, Here> {
        OwnerMutex::at(words).unwrap()
    }

    /// Starts another process, and makes it the owner.
    fn other_has(words: &[AtomicU64]) -> Child {
        let child = Command::new("sleep").arg("60").stdout(Stdio::null()).spawn().unwrap();
        let found = Here::describe(child.id()).unwrap().unwrap();
        words[1].store(word_of(child.id(), found.start_time), Ordering::Relaxed);
        child
    }

    #[test]
    fn what_was_not_made_is_not_locked() {
        assert!(OwnerMutex::<Here>::at(&words()[1..]).is_none());
        let words = words();
        assert!(matches!(mutex(&words).lock(SOON, || ()), Err(NotHeld::Broken)));
        mutex(&words).make().unwrap();
        assert!(mutex(&words).is_sound());
        words[0].store(0, Ordering::Relaxed);
        assert!(matches!(mutex(&words).lock(SOON, || ()), Err(NotHeld::Broken)));
    }

    #[test]
    fn one_thread_at_a_time_and_no_update_is_lost() {
        let (words, sum) = (words(), AtomicU64::new(0));
        mutex(&words).make().unwrap();
        let held = mutex(&words).lock(SOON, || unreachable!()).unwrap();
        assert!(matches!(mutex(&words).lock(SOON, || ()), Err(NotHeld::Late)), "not recursive");
        drop(held);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..2_000 {
                        let patience = Duration::from_secs(60);
                        let _held = mutex(&words).lock(patience, || unreachable!()).unwrap();
                        sum.store(sum.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(sum.load(Ordering::Relaxed), 8_000);
        assert_eq!(words[1].load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_living_owner_is_waited_for_and_mend_runs_once_after_its_death() {
        let words = words();
        mutex(&words).make().unwrap();
        let mut other = other_has(&words);
        let begun = monotonic_us();
        assert!(matches!(mutex(&words).lock(SOON, || unreachable!()), Err(NotHeld::Late)));
        assert!(monotonic_us() - begun >= 2_000);
        assert!(!mutex(&words).holder_goes_on(), "it is not asked");
        other.kill().unwrap();
        let mut mended = 0;
        // A zombie is dead, too.
        drop(mutex(&words).lock(Duration::from_secs(10), || mended += 1).unwrap());
        drop(mutex(&words).lock(SOON, || mended += 1).unwrap());
        assert_eq!(mended, 1);
        other.wait().unwrap();
    }

    #[test]
    fn a_process_that_has_the_pid_of_a_dead_owner_is_not_the_owner() {
        let words = words();
        mutex(&words).make().unwrap();
        let mut other = other_has(&words);
        words[1].fetch_xor(1, Ordering::Relaxed);
        let mut mended = 0;
        drop(mutex(&words).lock(Duration::ZERO, || mended += 1).unwrap());
        assert_eq!(mended, 1);
        other.kill().unwrap();
        other.wait().unwrap();
    }

    #[test]
    fn of_several_that_wait_one_takes_the_mutex_of_a_dead_owner() {
        let (words, mended) = (words(), AtomicU64::new(0));
        mutex(&words).make().unwrap();
        let mut other = other_has(&words);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mend = || {
                        mended.fetch_add(1, Ordering::Relaxed);
                    };
                    drop(mutex(&words).lock(Duration::from_secs(60), mend).unwrap());
                });
            }
            other.kill().unwrap();
            other.wait().unwrap();
        });
        assert_eq!(mended.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn any_bytes_are_answered_in_time() {
        let words = words();
        for owner in [1, 1 << 32, u64::MAX, 0x7fff_ffff << 32, 0xffff_ffff] {
            mutex(&words).make().unwrap();
            words[1].store(owner, Ordering::Relaxed);
            let begun = monotonic_us();
            let _ = mutex(&words).lock(Duration::ZERO, || ()).map(drop);
            assert!(monotonic_us() - begun < 1_000_000);
        }
    }
}
