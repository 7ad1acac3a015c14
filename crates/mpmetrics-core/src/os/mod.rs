//! What the heap needs of the operating system: the only system calls of this crate.
//!
//! Every implementation has the same items; `linux/` is the only one. On other systems each call that could fail
//! returns [`crate::Error::Unsupported`], so that the crate compiles and says why it does nothing.

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

/// Whether the system refuses the process, and not a directory or file: any other would be refused, too, and going on
/// in another directory would part this process from those that are not refused.
#[must_use]
pub fn is_of_process(error: &Error) -> bool {
    match error {
        Error::Io { source, .. } => system::is_exhausted(source),
        Error::At { source, .. } => is_of_process(source),
        _ => false,
    }
}
