//! What Linux and macOS have in common.

mod clock;
mod entries;
mod files;
pub(super) mod interruptions;
mod locks;
mod mapping;
// Linux has robust mutexes, so there this module is compiled only for its own tests.
#[cfg(any(all(test, not(feature = "locked")), target_os = "macos"))]
mod owner_mutex;
mod user;

pub use clock::{monotonic_us, sleep_us, unix_ms};
pub use entries::{
    create_new, entry_at, entry_of, make_directory, read_at, set_file_mode, set_group, set_mode,
    write_at,
};
pub(super) use files::{c_path, is_exhausted, rename_in_steps};
pub use files::{open_directory, open_read_write, same_file};
pub use locks::{first_locked, try_lock, unlock};
pub(super) use mapping::refused_bytes;
pub use mapping::{page_size, Mapping};
#[cfg(target_os = "macos")]
pub use owner_mutex::{Lives, OwnerHeld, OwnerMutex, MUTEX_WORDS};
pub(super) use user::parse_uuid;
pub use user::{effective_uid, parent_id};
