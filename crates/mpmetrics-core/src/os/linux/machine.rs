//! The id of this boot, and random numbers.

use std::sync::OnceLock;

use crate::os::posix::{monotonic_us, parse_uuid};

/// Returns the kernel's random id of this boot of this machine; zeros if it cannot be read from `/proc`.
#[must_use]
pub fn boot_id() -> [u8; 16] {
    static BOOT: OnceLock<[u8; 16]> = OnceLock::new();
    if let Some(known) = BOOT.get() {
        return *known;
    }
    match std::fs::read_to_string("/proc/sys/kernel/random/boot_id") {
        Ok(text) => *BOOT.get_or_init(|| parse_uuid(&text)),
        // Not cached: a process that has no descriptor left for a moment succeeds the next time.
        Err(_) => [0; 16],
    }
}

/// An unpredictable random number.
#[must_use]
pub fn random_u64() -> u64 {
    let mut bytes = [0_u8; 8];
    // Not `getrandom(3)`, which glibc before 2.25 lacks: the module could not be loaded there.
    // SAFETY: writes at most eight bytes, which `bytes` has.
    let got = unsafe { libc::syscall(libc::SYS_getrandom, bytes.as_mut_ptr(), bytes.len(), 0) };
    if got == 8 {
        return u64::from_ne_bytes(bytes);
    }
    // A sandbox forbids the call. std has other sources of random numbers for the keys of its hasher.
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(monotonic_us())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_make_sense() {
        assert_ne!(random_u64(), random_u64());
        assert_ne!(boot_id(), [0; 16]);
        assert_eq!(boot_id(), boot_id());
    }
}
