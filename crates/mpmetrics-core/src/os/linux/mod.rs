//! Linux.

mod clock;
mod files;
mod futex;
mod interruptions;
mod locks;
mod machine;
mod memory;
mod mutex;

pub use clock::{monotonic_us, sleep_us, unix_ms};
pub(super) use files::is_exhausted;
pub use files::{is_memory_backed, open_directory, open_read_write, rename_new, reopen, same_file};
pub use futex::{futex_wait, futex_wake};
pub use locks::{first_locked, try_lock, unlock};
pub use machine::{boot_id, effective_uid, random_u64};
pub use memory::{allocate, page_size, Mapping};
pub use mutex::{MutexHeld, SharedMutex, MUTEX_WORDS};
