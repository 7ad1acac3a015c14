//! Linux.

mod files;
mod futex;
mod locks;
mod memory;
mod mutex;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

pub(super) use files::is_exhausted;
pub use files::{is_memory_backed, open_directory, open_read_write, rename_new, reopen, same_file};
pub use futex::{futex_wait, futex_wake};
pub use locks::{first_locked, try_lock, unlock};
pub use memory::{allocate, page_size, Mapping};
pub use mutex::{MutexHeld, SharedMutex, MUTEX_WORDS};

/// How often one call is made again because a signal interrupted it, before that is its answer.
const INTERRUPTIONS: u32 = 1_000;

/// Sleeps for so many microseconds, or a little longer; shorter after a signal, or where a sandbox refuses
/// the call, at which `std::thread::sleep` panics. Callers look at a clock.
pub fn sleep_us(us: u32) {
    let asked = libc::timespec {
        tv_sec: (us / 1_000_000) as libc::time_t,
        tv_nsec: (us % 1_000_000 * 1_000) as libc::c_long,
    };
    // SAFETY: reads one timespec, and writes nothing, as no room for the rest is given.
    unsafe { libc::nanosleep(&raw const asked, core::ptr::null_mut()) };
}

/// A clock's time since its beginning; `None` before that, and where a sandbox refuses the call, at which
/// std's clocks panic.
fn clock(clock: libc::clockid_t) -> Option<Duration> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes one timespec, which `now` is.
    let done = unsafe { libc::clock_gettime(clock, &raw mut now) };
    (done == 0 && now.tv_sec >= 0).then(|| Duration::new(now.tv_sec as u64, now.tv_nsec as u32))
}

/// Microseconds of the monotonic clock: comparable between the processes of one boot.
#[must_use]
pub fn monotonic_us() -> u64 {
    clock(libc::CLOCK_MONOTONIC).map_or_else(
        || {
            // A sandbox that refuses it. A clock that stood still would make waits without end: this one goes
            // on by 1 ms a look.
            static LOOKS: Mutex<u64> = Mutex::new(0);
            let mut looks = LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
            *looks += 1_000;
            *looks
        },
        |time| time.as_micros() as u64,
    )
}

/// Milliseconds since 1970, by the wall clock; 0 if it stands before that.
#[must_use]
pub fn unix_ms() -> u64 {
    clock(libc::CLOCK_REALTIME).map_or(0, |time| time.as_millis() as u64)
}

/// Which boot of which machine this is: random, new at every boot; zeros where `/proc` does not tell.
#[must_use]
pub fn boot_id() -> [u8; 16] {
    static BOOT: OnceLock<[u8; 16]> = OnceLock::new();
    if let Some(known) = BOOT.get() {
        return *known;
    }
    match std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        Ok(text) => *BOOT.get_or_init(|| {
            let digits = text.trim().replace('-', "");
            u128::from_str_radix(&digits, 16).map_or([0; 16], u128::to_be_bytes)
        }),
        // Not kept: a process that has no descriptor left for a moment finds out the next time.
        Err(_) => [0; 16],
    }
}

/// A random number that nobody can foresee.
#[must_use]
pub fn random_u64() -> u64 {
    let mut bytes = [0_u8; 8];
    // SAFETY: writes at most eight bytes, which `bytes` has.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if got == 8 {
        return u64::from_ne_bytes(bytes);
    }
    // A sandbox that forbids the call: std's hasher keys have sources of their own.
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(monotonic_us())
}

/// The user in whose name this process acts.
#[must_use]
pub fn effective_uid() -> u32 {
    // SAFETY: cannot fail, takes nothing.
    unsafe { libc::geteuid() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_and_numbers_make_sense() {
        let before = monotonic_us();
        sleep_us(2_000);
        assert!(monotonic_us() - before >= 2_000);
        assert!(unix_ms() > 1_700_000_000_000);
        assert_ne!(random_u64(), random_u64());
        assert_ne!(boot_id(), [0; 16]);
        assert_eq!(boot_id(), boot_id());
    }
}
