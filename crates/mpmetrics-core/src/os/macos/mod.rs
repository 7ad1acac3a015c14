//! macOS.
//!
//! This folder was type-checked, and has been neither linked nor run on macOS yet. So the first use of a directory
//! checks the contract there (`segment/probe.rs`), and what fails means memory storage.

mod allocation;
mod files;
mod machine;
mod process;
mod waiting;

pub use super::posix::*;
pub use allocation::allocate;
pub use files::{is_memory_backed, rename_new, reopen};
pub use machine::{boot_id, random_u64};
pub use process::{describe, describe_self, pid_namespace};
pub use waiting::{futex_wait, futex_wake};

/// A mutex whose owner is asked for by its pid: macOS has no robust mutexes.
pub type SharedMutex<'a> = OwnerMutex<'a, process::Processes>;
/// The lock of a [`SharedMutex`].
pub type MutexHeld<'a> = OwnerHeld<'a, process::Processes>;
