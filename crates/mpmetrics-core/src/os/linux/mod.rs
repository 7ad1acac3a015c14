//! Linux.

mod allocation;
mod files;
mod futex;
mod machine;
mod mutex;
mod process;

pub use super::posix::*;
pub use allocation::allocate;
pub use files::{is_memory_backed, rename_new, reopen};
pub use futex::{futex_wait, futex_wake};
pub use machine::{boot_id, random_u64};
pub use mutex::{MutexHeld, SharedMutex, MUTEX_WORDS};
pub use process::{describe, describe_self, pid_namespace};
