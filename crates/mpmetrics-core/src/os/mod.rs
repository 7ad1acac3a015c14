//! The interface to the operating system: no other module of this crate makes system calls.
//!
//! There is one implementation for Linux, and one for all other systems. The latter has the same items, so that the
//! crate compiles on these systems. There, each call that can fail returns [`crate::Error::Unsupported`], except the
//! lock call of a mutex, which returns [`NotHeld::Broken`].

#[macro_use]
pub mod kill_points;

mod identity;
mod not_held;
#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(not(target_os = "linux"), path = "other.rs")]
mod system;

use crate::error::Error;
pub use identity::ProcessIdentity;
pub use not_held::NotHeld;
pub use system::{
    allocate, boot_id, effective_uid, first_locked, futex_wait, futex_wake, is_memory_backed,
    monotonic_us, open_directory, open_read_write, page_size, random_u64, rename_new, reopen,
    same_file, sleep_us, try_lock, unix_ms, unlock, Mapping, MutexHeld, SharedMutex, MUTEX_WORDS,
};

/// Whether the error is about the process (it has no descriptor left, for example), not about a directory or a file.
/// If so, the caller does not try another directory: that would fail, too, or this process would use another segment
/// than the processes that have no such error.
#[must_use]
pub fn is_of_process(error: &Error) -> bool {
    match error {
        Error::Io { source, .. } => system::is_exhausted(source),
        Error::At { source, .. } => is_of_process(source),
        _ => false,
    }
}
