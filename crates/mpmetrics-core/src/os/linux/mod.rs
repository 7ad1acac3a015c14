//! Linux.

mod files;
mod futex;
mod locks;
mod memory;
mod mutex;

use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub use files::{is_memory_backed, open_directory, open_read_write, rename_new, reopen, same_file};
pub use futex::{futex_wait, futex_wake};
pub use locks::{first_locked, try_lock, unlock};
pub use memory::{allocate, page_size, Mapping};
pub use mutex::{MutexHeld, SharedMutex, MUTEX_WORDS};

/// Sleeps for so many microseconds, or a little longer.
pub fn sleep_us(us: u32) {
    std::thread::sleep(Duration::from_micros(u64::from(us)));
}

/// Microseconds of the monotonic clock: comparable between the processes of one boot.
#[must_use]
pub fn monotonic_us() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes one timespec, which `now` is. CLOCK_MONOTONIC always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000 + now.tv_nsec as u64 / 1_000
}

/// Milliseconds since 1970, by the wall clock; 0 if it stands before that.
#[must_use]
pub fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
}

/// Which boot of which machine this is: random, new at every boot; zeros where `/proc` does not tell.
#[must_use]
pub fn boot_id() -> [u8; 16] {
    static BOOT: OnceLock<[u8; 16]> = OnceLock::new();
    *BOOT.get_or_init(|| {
        let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        let digits = text.trim().replace('-', "");
        u128::from_str_radix(&digits, 16).map_or([0; 16], u128::to_be_bytes)
    })
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
