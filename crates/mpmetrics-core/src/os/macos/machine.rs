//! The id of this boot, and random numbers.

use std::ffi::CStr;
use std::sync::OnceLock;

use crate::os::posix::{monotonic_us, parse_uuid};

/// Returns the kernel's random id of this boot (`kern.bootsessionuuid`); zeros if the kernel does not tell.
#[must_use]
pub fn boot_id() -> [u8; 16] {
    static BOOT: OnceLock<[u8; 16]> = OnceLock::new();
    *BOOT.get_or_init(|| {
        let mut text = [0_u8; 64];
        let mut length = text.len();
        // SAFETY: the name ends with NUL; the call writes at most `length` bytes, which `text` has, and the length.
        let code = unsafe {
            libc::sysctlbyname(
                c"kern.bootsessionuuid".as_ptr(),
                text.as_mut_ptr().cast(),
                &raw mut length,
                core::ptr::null_mut(),
                0,
            )
        };
        let found = CStr::from_bytes_until_nul(&text).ok().and_then(|text| text.to_str().ok());
        found.filter(|_| code == 0).map_or([0; 16], parse_uuid)
    })
}

/// An unpredictable random number.
#[must_use]
pub fn random_u64() -> u64 {
    let mut bytes = [0_u8; 8];
    // SAFETY: writes eight bytes, which `bytes` has.
    if unsafe { libc::getentropy(bytes.as_mut_ptr().cast(), bytes.len()) } == 0 {
        return u64::from_ne_bytes(bytes);
    }
    // A sandbox forbids the call. std has other sources of random numbers for the keys of its hasher.
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(monotonic_us())
}
