//! The calls of a system, as a table.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use crate::error::Result;
use crate::os::described::Described;
use crate::os::entry::Entry;
use crate::os::system::{self, Mapping};
use crate::sync::AtomicU64;

/// The calls whose promises are checked. `os/mod.rs` says what each promises.
#[derive(Clone, Copy)]
#[allow(
    missing_docs,
    clippy::type_complexity,
    reason = "the table in `os/mod.rs` has the documents, and these are its signatures"
)]
pub struct Contract {
    pub try_lock: fn(&File, u64) -> Result<bool>,
    pub unlock: fn(&File, u64) -> Result<()>,
    pub first_locked: fn(&File, u64, u64) -> Result<Option<(u64, u64)>>,
    pub allocate: fn(&File, u64, u64) -> Result<()>,
    pub map: fn(&File, usize) -> Result<Mapping>,
    pub read_at: fn(&File, &mut [u8], u64) -> Result<()>,
    pub write_at: fn(&File, &[u8], u64) -> Result<()>,
    pub open_read_write: fn(&Path) -> Result<File>,
    pub open_directory: fn(&Path) -> Result<File>,
    pub reopen: fn(&File, Option<&Path>) -> Result<File>,
    pub create_new: fn(&Path, u32) -> Result<File>,
    pub make_directory: fn(&Path, u32) -> Result<()>,
    pub rename_new: fn(&Path, &Path) -> Result<bool>,
    pub entry_at: fn(&Path) -> Result<Entry>,
    pub entry_of: fn(&File) -> Result<Entry>,
    pub same_file: fn(&File, &Path) -> Result<bool>,
    pub set_mode: fn(&Path, u32) -> Result<()>,
    pub set_file_mode: fn(&File, u32) -> Result<()>,
    pub futex_wait: fn(&AtomicU64, u32, Duration),
    pub futex_wake: fn(&AtomicU64),
    pub describe: fn(u32) -> Result<Option<Described>>,
    pub describe_self: fn() -> Result<Described>,
    pub pid_namespace: fn() -> Result<u64>,
    pub boot_id: fn() -> [u8; 16],
    pub effective_uid: fn() -> u32,
    pub random_u64: fn() -> u64,
    pub monotonic_us: fn() -> u64,
    pub sleep_us: fn(u32),
}

impl Contract {
    /// The system that this build is for.
    pub const HERE: Self = Self {
        try_lock: system::try_lock,
        unlock: system::unlock,
        first_locked: system::first_locked,
        allocate: system::allocate,
        map: Mapping::shared,
        read_at: system::read_at,
        write_at: system::write_at,
        open_read_write: system::open_read_write,
        open_directory: system::open_directory,
        reopen: system::reopen,
        create_new: system::create_new,
        make_directory: system::make_directory,
        rename_new: system::rename_new,
        entry_at: system::entry_at,
        entry_of: system::entry_of,
        same_file: system::same_file,
        set_mode: system::set_mode,
        set_file_mode: system::set_file_mode,
        futex_wait: system::futex_wait,
        futex_wake: system::futex_wake,
        describe: system::describe,
        describe_self: system::describe_self,
        pid_namespace: system::pid_namespace,
        boot_id: system::boot_id,
        effective_uid: system::effective_uid,
        random_u64: system::random_u64,
        monotonic_us: system::monotonic_us,
        sleep_us: system::sleep_us,
    };
}
