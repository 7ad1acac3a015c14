//! A mutex in shared memory that survives the death of its holder.
//!
//! It is a POSIX mutex that is process-shared and robust (pthread_mutexattr_setrobust(3)). The C library defines its
//! bytes, so a segment is marked with the library that made it. This module adds:
//!
//! - The first word says that the rest is initialised, so that zeros or half a mutex are never locked.
//! - A thread tries to lock it until a deadline of the monotonic clock. pthread_mutex_timedlock(3) uses the wall clock:
//!   if that is set back by an hour, the caller waits for an hour; pthread_mutex_clocklock(3) is missing in musl and in
//!   glibc before 2.30.
//! - Before each try, the field by which the C library chooses the mutex's algorithm is compared with the expected
//!   value. Other algorithms (priority inheritance, recursion) may wait without a bound, or abort. If the field is
//!   intact, each try ends at once, whatever the other bytes are.

use core::marker::PhantomData;
use core::mem::{align_of, size_of, MaybeUninit};
use core::time::Duration;
use std::io::Error as IoError;
use std::sync::OnceLock;

use super::process::goes_on;
use crate::error::{Error, Result};
use crate::os::not_held::NotHeld;
use crate::os::posix::{monotonic_us, sleep_us};
use crate::sync::{AtomicU64, Ordering};

/// Words that a mutex takes.
pub const MUTEX_WORDS: usize = 8;
/// The value of the first word, once the others are initialised.
const MADE: u64 = 0x6d75_7465_7801;
/// Tries before the first sleep. The work under a lock takes less time than falling asleep.
const SPINS: u32 = 100;
/// Microseconds of the first sleep and of the longest.
const SLEEPS_US: (u32, u32) = (20, 500);

/// Offset of the `int` by which the C library chooses an algorithm: `__data.__kind` of glibc, `_m_type` of musl.
const KIND: usize = if cfg!(target_env = "musl") {
    0
} else if cfg!(target_pointer_width = "64") {
    16
} else {
    12
};

/// Offset of the `int` with the holder's thread id, which the kernel reads, too (get_robust_list(2)): `__data.__lock` of
/// glibc, `_m_lock` of musl.
const HOLDER: usize = if cfg!(target_env = "musl") { 4 } else { 0 };
/// The bits of the thread id in it: `FUTEX_TID_MASK` of `<linux/futex.h>`.
const THREAD: u32 = 0x3fff_ffff;

const _: () = assert!(size_of::<libc::pthread_mutex_t>() <= (MUTEX_WORDS - 1) * 8);
const _: () = assert!(align_of::<libc::pthread_mutex_t>() <= align_of::<AtomicU64>());

/// A mutex in words that several processes map.
#[derive(Clone, Copy)]
pub struct SharedMutex<'a> {
    made: &'a AtomicU64,
    bytes: &'a [AtomicU64],
}

impl<'a> SharedMutex<'a> {
    /// The mutex in the first [`MUTEX_WORDS`] of these words, initialised or not; `None` if there are fewer.
    #[must_use]
    pub fn at(words: &'a [AtomicU64]) -> Option<Self> {
        let (made, bytes) = words.get(..MUTEX_WORDS)?.split_first()?;
        Some(Self { made, bytes })
    }

    /// Initialises the mutex as unlocked, regardless of the words' contents.
    ///
    /// No thread may use the mutex: it was never initialised, or [`SharedMutex::lock`] returned [`NotHeld::Broken`].
    /// The caller holds another lock, so that no other thread initialises the mutex, too. If a living thread held the
    /// mutex, this would break that thread's list of locks.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the system has no such mutex.
    pub fn make(&self) -> Result<()> {
        self.made.store(0, Ordering::Relaxed);
        // SAFETY: the pointer is to `MUTEX_WORDS - 1` living words, of sufficient size and alignment (asserted above),
        // and the caller ensures that no thread uses them.
        unsafe { init(self.pointer())? };
        // SYNC POINT with `lock`: a thread that sees this store sees the whole mutex.
        self.made.store(MADE, Ordering::Release);
        Ok(())
    }

    /// Whether this is an initialised mutex. It may still have become unusable (ENOTRECOVERABLE), which only
    /// [`SharedMutex::lock`] finds out.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        // SYNC POINT: pairs with the last store of `make`.
        self.made.load(Ordering::Acquire) == MADE
            && expected_kind().is_some_and(|kind| kind == self.kind())
    }

    /// Locks the mutex, and waits no longer than `patience`.
    ///
    /// If the last holder died, the guarded data may be half-changed: this calls `mend`, which repairs the data. If the
    /// process dies in `mend`, the next thread that locks calls it again.
    ///
    /// # Errors
    ///
    /// [`NotHeld`].
    pub fn lock(
        self,
        patience: Duration,
        mend: impl FnOnce(),
    ) -> core::result::Result<MutexHeld<'a>, NotHeld> {
        let mut until = None;
        let (mut tries, mut nap) = (0, SLEEPS_US.0);
        loop {
            if !self.is_sound() {
                return Err(NotHeld::Broken);
            }
            // SAFETY: the words are an initialised mutex (by its first word) of the expected kind, and live as long as
            // `self`. Whatever the bytes besides the kind are, this call neither waits nor follows a pointer among
            // them: it overwrites the links of the list of locks without reading them.
            match unsafe { libc::pthread_mutex_trylock(self.pointer()) } {
                0 => return Ok(MutexHeld { mutex: self, thread: PhantomData }),
                libc::EOWNERDEAD => {
                    let held = MutexHeld { mutex: self, thread: PhantomData };
                    mend();
                    // SAFETY: this thread has just locked it.
                    unsafe { libc::pthread_mutex_consistent(self.pointer()) };
                    return Ok(held);
                }
                libc::EBUSY | libc::EAGAIN | libc::EDEADLK => {}
                // ENOTRECOVERABLE, EINVAL.
                _ => return Err(NotHeld::Broken),
            }
            tries += 1;
            if tries < SPINS {
                core::hint::spin_loop();
                continue;
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

    /// Whether the mutex is held by a thread that is known to be neither stopped nor dead. If so, the thread only waits
    /// for a processor, or for a page.
    #[must_use]
    pub fn holder_goes_on(&self) -> bool {
        goes_on(self.int_at(HOLDER) & THREAD)
    }

    fn pointer(&self) -> *mut libc::pthread_mutex_t {
        self.bytes.as_ptr().cast_mut().cast()
    }

    fn kind(&self) -> u32 {
        self.int_at(KIND)
    }

    fn int_at(&self, offset: usize) -> u32 {
        let word = self.bytes.get(offset / 8).map_or(0, |word| word.load(Ordering::Relaxed));
        // On a big-endian machine, the first bytes in memory are the highest of the word.
        let from_first = if cfg!(target_endian = "big") { 4 - offset % 8 } else { offset % 8 };
        (word >> (from_first * 8)) as u32
    }
}

/// The lock of a [`SharedMutex`]; dropping it unlocks the mutex. It belongs to the thread that locked.
pub struct MutexHeld<'a> {
    mutex: SharedMutex<'a>,
    thread: PhantomData<*const ()>,
}

impl Drop for MutexHeld<'_> {
    fn drop(&mut self) {
        // SAFETY: this thread locked the mutex, because `thread` keeps this value from moving to another thread. If the
        // mutex was overwritten meanwhile, the call fails (EPERM) and changes nothing.
        unsafe { libc::pthread_mutex_unlock(self.mutex.pointer()) };
    }
}

/// The kind of a new mutex; `None` if the system has no such mutexes.
fn expected_kind() -> Option<u32> {
    static EXPECTED: OnceLock<Option<u32>> = OnceLock::new();
    *EXPECTED.get_or_init(|| {
        let words: [AtomicU64; MUTEX_WORDS] = Default::default();
        let model = SharedMutex::at(&words)?;
        model.make().ok()?;
        let kind = model.kind();
        // SAFETY: initialised just above, and never locked.
        unsafe { libc::pthread_mutex_destroy(model.pointer()) };
        Some(kind)
    })
}

/// Initialises a process-shared, robust mutex.
///
/// # Safety
///
/// The pointer must be to writable memory of a mutex's size and alignment that no thread uses.
unsafe fn init(mutex: *mut libc::pthread_mutex_t) -> Result<()> {
    let refused = |call| {
        move |code| match code {
            0 => Ok(()),
            code => Err(Error::Io { call, source: IoError::from_raw_os_error(code) }),
        }
    };
    let mut attributes = MaybeUninit::<libc::pthread_mutexattr_t>::uninit();
    let at = attributes.as_mut_ptr();
    // SAFETY: `at` is room for attributes, which the first call initialises and the last destroys; the
    // caller guarantees the memory of the mutex.
    unsafe {
        refused("pthread_mutexattr_init")(libc::pthread_mutexattr_init(at))?;
        let made = refused("pthread_mutexattr_setpshared")(libc::pthread_mutexattr_setpshared(
            at,
            libc::PTHREAD_PROCESS_SHARED,
        ))
        .and_then(|()| {
            let code = libc::pthread_mutexattr_setrobust(at, libc::PTHREAD_MUTEX_ROBUST);
            refused("pthread_mutexattr_setrobust")(code)
        })
        .and_then(|()| refused("pthread_mutex_init")(libc::pthread_mutex_init(mutex, at)));
        libc::pthread_mutexattr_destroy(at);
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(2);

    fn words() -> [AtomicU64; MUTEX_WORDS] {
        Default::default()
    }

    fn mutex(words: &[AtomicU64]) -> SharedMutex<'_> {
        SharedMutex::at(words).unwrap()
    }

    #[test]
    fn what_was_not_made_is_not_locked() {
        assert!(SharedMutex::at(&words()[1..]).is_none());
        let words = words();
        assert!(matches!(mutex(&words).lock(SOON, || ()), Err(NotHeld::Broken)));
        words[0].store(MADE, Ordering::Relaxed);
        assert!(!mutex(&words).is_sound(), "a mutex of zeros is of another kind");
        mutex(&words).make().unwrap();
        assert!(mutex(&words).is_sound());
        words[0].store(0, Ordering::Relaxed);
        assert!(matches!(mutex(&words).lock(SOON, || ()), Err(NotHeld::Broken)));
    }

    #[test]
    fn one_at_a_time_and_no_waiting_without_end() {
        let words = words();
        mutex(&words).make().unwrap();
        let held = mutex(&words).lock(SOON, || unreachable!()).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let begun = monotonic_us();
                assert!(matches!(mutex(&words).lock(SOON, || ()), Err(NotHeld::Late)));
                assert!(monotonic_us() - begun >= 2_000);
            });
        });
        assert!(matches!(mutex(&words).lock(SOON, || ()), Err(NotHeld::Late)), "not recursive");
        drop(held);
        drop(mutex(&words).lock(SOON, || unreachable!()).unwrap());
    }

    #[test]
    fn a_holder_that_sleeps_goes_on_and_one_that_died_does_not() {
        let words = words();
        mutex(&words).make().unwrap();
        assert!(!mutex(&words).holder_goes_on(), "no thread holds it");
        let held = mutex(&words).lock(SOON, || ()).unwrap();
        assert!(mutex(&words).holder_goes_on());
        drop(held);
        die_holding(&words, || ());
        assert!(!mutex(&words).holder_goes_on());
    }

    /// Locks the mutex in a thread, and waits until the thread has ended without unlocking. `mend` runs in that thread.
    fn die_holding(words: &[AtomicU64], mend: impl FnOnce() + Send) {
        std::thread::scope(|scope| {
            let dies = scope.spawn(|| core::mem::forget(mutex(words).lock(SOON, mend).unwrap()));
            // The scope alone waits only for the closure's end, and the thread may live a little longer.
            dies.join().unwrap();
        });
    }

    #[test]
    fn mend_runs_after_the_death_of_a_holder_and_again_if_the_mending_thread_dies() {
        let words = words();
        mutex(&words).make().unwrap();
        die_holding(&words, || unreachable!());
        // Dies before it marks the mutex as consistent.
        std::thread::scope(|scope| {
            // SAFETY: as in `lock`, whose first half this is.
            let dies =
                scope.spawn(|| unsafe { libc::pthread_mutex_trylock(mutex(&words).pointer()) });
            assert_eq!(dies.join().unwrap(), libc::EOWNERDEAD);
        });
        let mut mended = 0;
        die_holding(&words, || mended += 1);
        drop(mutex(&words).lock(SOON, || mended += 1).unwrap());
        drop(mutex(&words).lock(SOON, || mended += 1).unwrap());
        assert_eq!(mended, 2);
    }

    #[test]
    fn one_that_was_unlocked_without_repair_is_broken_and_can_be_made_again() {
        let words = words();
        mutex(&words).make().unwrap();
        die_holding(&words, || unreachable!());
        // SAFETY: as in `lock`; unlocking without `pthread_mutex_consistent` makes the mutex unusable for ever.
        unsafe {
            assert_eq!(libc::pthread_mutex_trylock(mutex(&words).pointer()), libc::EOWNERDEAD);
            assert_eq!(libc::pthread_mutex_unlock(mutex(&words).pointer()), 0);
        }
        assert!(matches!(mutex(&words).lock(SOON, || ()), Err(NotHeld::Broken)));
        mutex(&words).make().unwrap();
        drop(mutex(&words).lock(SOON, || unreachable!()).unwrap());
    }

    #[test]
    fn any_bytes_are_answered_in_time() {
        let mut random = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = move || {
            random ^= random >> 12;
            random ^= random << 25;
            random ^= random >> 27;
            random
        };
        let (mut locked, mut late, mut broken) = (0, 0, 0);
        for round in 0..20_000 {
            let words = words();
            mutex(&words).make().unwrap();
            match round % 4 {
                0 => words[1..].iter().for_each(|word| word.store(next(), Ordering::Relaxed)),
                1 => words[next() as usize % MUTEX_WORDS].store(next(), Ordering::Relaxed),
                2 => {
                    let bit = next() as usize % (MUTEX_WORDS * 64);
                    words[bit / 64].fetch_xor(1 << (bit % 64), Ordering::Relaxed);
                }
                // All bytes but the kind, because the check before each try reads only the kind.
                _ => {
                    let kind = words[1 + KIND / 8].load(Ordering::Relaxed);
                    words[1..].iter().for_each(|word| word.store(next(), Ordering::Relaxed));
                    let mask = 0xffff_ffff << (KIND % 8 * 8);
                    let rest = words[1 + KIND / 8].load(Ordering::Relaxed) & !mask;
                    words[1 + KIND / 8].store(rest | kind & mask, Ordering::Relaxed);
                    if round % 8 == 3 {
                        words[1].fetch_and(!0xffff_ffff, Ordering::Relaxed);
                    }
                }
            }
            let answer = mutex(&words).lock(Duration::from_micros(1), || ());
            match answer {
                Ok(held) => {
                    locked += 1;
                    drop(held);
                }
                Err(NotHeld::Late) => late += 1,
                Err(NotHeld::Broken) => broken += 1,
            }
        }
        assert!(locked > 1000 && late > 1000 && broken > 1000, "{locked} {late} {broken}");
    }
}
