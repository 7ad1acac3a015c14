//! The interface to the operating system: no other module of this crate makes system calls, or uses what only some
//! systems have (`libc`, `std::os`).
//!
//! Linux and macOS have a folder each, whose `mod.rs` exports the names of this contract: `linux` and `macos`. `posix`
//! has what the two have in common. `other.rs` exports the names for all other systems. There, each call that can fail
//! returns [`Error::Unsupported`], except the lock call of a mutex, which returns [`NotHeld::Broken`]. `conformance`
//! checks what the contract promises.
//!
//! # The contract
//!
//! | name | signature | what it promises |
//! |---|---|---|
//! | `try_lock` | `(&File, byte: u64) -> Result<bool>` | Locks a byte, which need not exist, and does not wait. The lock belongs to the open file description: others of the same or another process are refused (`false`), the same one is not. It falls when the last descriptor of the description is closed, also by a death |
//! | `unlock` | `(&File, byte: u64) -> Result<()>` | Frees the lock, if this description has it |
//! | `first_locked` | `(&File, from: u64, to: u64) -> Result<Option<(u64, u64)>>` | The lowest run of bytes that other descriptions have locked, as (start, length), cut to the range |
//! | `allocate` | `(&File, offset: u64, len: u64) -> Result<()>` | Lengthens the file if it ends before. Afterwards no store to these bytes kills the process. Where there is no room for all of them, that is an error. The caller makes sure that no other process lengthens the file meanwhile |
//! | `Mapping::shared` | `(&File, len: usize) -> Result<Mapping>` | The same memory for all processes that map the file, coherent with `read_at` and `write_at`. It may reach beyond the file's end, and shows bytes that are allocated later |
//! | `page_size` | `() -> usize` | Bytes of a page of memory. No layout depends on it |
//! | `read_at`, `write_at` | `(&File, &mut [u8], offset: u64) -> Result<()>`, `(&File, &[u8], offset: u64) -> Result<()>` | All of the bytes, or an error |
//! | `open_read_write` | `(&Path) -> Result<File>` | A new open file description; follows no link at the path's end, and does not wait for a FIFO's other end |
//! | `open_directory` | `(&Path) -> Result<File>` | A directory; follows no link at the path's end |
//! | `reopen` | `(&File, path: Option<&Path>) -> Result<File>` | A new open file description of the same file, or an error |
//! | `create_new` | `(&Path, mode: u32) -> Result<File>` | Makes a file; an error if the path has an entry |
//! | `make_directory` | `(&Path, mode: u32) -> Result<()>` | Makes a directory; an error if the path has an entry |
//! | `rename_new` | `(from: &Path, to: &Path) -> Result<bool>` | Gives a file its final name, unless the name is taken (`false`). Of several processes, one succeeds |
//! | `entry_at`, `entry_of` | `(&Path) -> Result<Entry>`, `(&File) -> Result<Entry>` | Kind, owner, permissions, inode; of a link itself |
//! | `same_file` | `(&File, &Path) -> Result<bool>` | Whether the path names the open file now |
//! | `set_mode`, `set_file_mode`, `set_group` | `(&Path, u32) -> Result<()>`, `(&File, u32) -> Result<()>`, `(&File, u32) -> Result<()>` | The permissions and the group, exactly |
//! | `is_memory_backed` | `(&Path) -> Result<bool>` | Whether the file system keeps its files in memory |
//! | `futex_wait` | `(&AtomicU64, expected: u32, Duration)` | Sleeps while the word's lower half is `expected`, for the duration at the longest. May return early. A system that cannot wait for a change polls |
//! | `futex_wake` | `(&AtomicU64)` | Ends the waits on this word of all threads and processes, at once or at their next poll |
//! | `SharedMutex` | see the type | Excludes threads and processes; after its holder's death, the next one that locks it repairs what it guards. `make` is an error on systems without such mutexes; exemplars are left out there. `holder_goes_on` may be false where it is not known |
//! | `MUTEX_WORDS` | `usize` | Words of a mutex: 8 |
//! | `MutexHeld` | guard | Unlocks the mutex when it is dropped, in the thread that locked it |
//! | `describe`, `describe_self`, `pid_namespace` | see `system` | What [`ProcessIdentity`] consists of, by which the lives of processes are told apart |
//! | `boot_id` | `() -> [u8; 16]` | The same for all processes of a boot; zeros if unknown |
//! | `effective_uid` | `() -> u32` | The user whose files are ours |
//! | `parent_id` | `() -> u32` | The pid of the parent; 0 if it is in another namespace |
//! | `random_u64` | `() -> u64` | Unpredictable |
//! | `monotonic_us` | `() -> u64` | Never goes back; comparable between the processes of one boot |
//! | `unix_ms` | `() -> u64` | The wall clock |
//! | `sleep_us` | `(u32)` | Sleeps; a signal may end that early |
//! | `is_exhausted` | `(&io::Error) -> bool` | Whether the error is about the process or the system, not about a file |

#[macro_use]
pub mod kill_points;

pub mod conformance;
mod described;
mod entry;
mod identity;
mod not_held;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod posix;
#[cfg_attr(target_os = "linux", path = "linux/mod.rs")]
#[cfg_attr(target_os = "macos", path = "macos/mod.rs")]
#[cfg_attr(not(any(target_os = "linux", target_os = "macos")), path = "other.rs")]
mod system;

use crate::error::Error;
pub use entry::{Entry, EntryKind};
pub use identity::ProcessIdentity;
pub use not_held::NotHeld;
pub use system::{
    allocate, boot_id, create_new, effective_uid, entry_at, entry_of, first_locked, futex_wait,
    futex_wake, is_memory_backed, make_directory, monotonic_us, open_directory, open_read_write,
    page_size, parent_id, random_u64, read_at, rename_new, reopen, same_file, set_file_mode,
    set_group, set_mode, sleep_us, try_lock, unix_ms, unlock, write_at, Mapping, MutexHeld,
    SharedMutex, MUTEX_WORDS,
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
