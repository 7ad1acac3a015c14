//! What the kernel tells about this boot and this process, and random numbers.

use super::clock::monotonic_us;
use std::sync::OnceLock;

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
        // Not cached: a process that has no descriptor left for a moment succeeds the next time.
        Err(_) => [0; 16],
    }
}

/// An unpredictable random number.
#[must_use]
pub fn random_u64() -> u64 {
    let mut bytes = [0_u8; 8];
    // SAFETY: writes at most eight bytes, which `bytes` has.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if got == 8 {
        return u64::from_ne_bytes(bytes);
    }
    // A sandbox forbids the call: the keys of std's hasher have sources of their own.
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
    fn numbers_make_sense() {
        assert_ne!(random_u64(), random_u64());
        assert_ne!(boot_id(), [0; 16]);
        assert_eq!(boot_id(), boot_id());
    }
}
