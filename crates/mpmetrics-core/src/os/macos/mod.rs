//! macOS.
//!
//! This folder was type-checked, and has been neither linked nor run on macOS yet. So the first use of a directory
//! checks the contract there (`segment/probe.rs`). If a check fails, metrics are kept in memory storage.

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

/// A mutex that names its owner's process, so that a waiting thread can ask whether the process lives: macOS has no
/// robust mutexes.
pub type SharedMutex<'a> = OwnerMutex<'a, process::Processes>;
/// The lock of a [`SharedMutex`].
pub type MutexHeld<'a> = OwnerHeld<'a, process::Processes>;
