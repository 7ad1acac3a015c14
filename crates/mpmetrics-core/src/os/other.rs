//! The calls for systems without an implementation: each call that can fail returns an error.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::error::{Error, Result};
use crate::os::described::Described;
use crate::os::entry::Entry;
use crate::os::not_held::NotHeld;
use crate::sync::{AtomicU64, Ordering};

const SHARED: Error = Error::Unsupported("shared memory");

/// A type without values, because no file can be mapped here.
#[derive(Debug)]
pub enum Mapping {}

#[allow(missing_docs, clippy::missing_errors_doc)]
impl Mapping {
    pub fn shared(_file: &File, _len: usize) -> Result<Self> {
        Err(SHARED)
    }

    #[must_use]
    pub fn as_ptr(&self) -> *mut u8 {
        match *self {}
    }

    #[must_use]
    pub fn len(&self) -> usize {
        match *self {}
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        match *self {}
    }
}

/// Words that a mutex takes.
pub const MUTEX_WORDS: usize = 8;

/// A mutex that can neither be initialised nor locked here.
#[derive(Clone, Copy)]
pub struct SharedMutex<'a>(core::marker::PhantomData<&'a AtomicU64>);

#[allow(missing_docs, clippy::missing_errors_doc)]
impl<'a> SharedMutex<'a> {
    #[must_use]
    pub fn at(words: &'a [AtomicU64]) -> Option<Self> {
        words.get(..MUTEX_WORDS).map(|_| Self(core::marker::PhantomData))
    }

    pub fn make(&self) -> Result<()> {
        Err(Error::Unsupported("robust mutexes"))
    }

    #[must_use]
    pub fn holder_goes_on(&self) -> bool {
        false
    }

    #[must_use]
    pub fn is_sound(&self) -> bool {
        false
    }

    pub fn lock(self, _: Duration, _: impl FnOnce()) -> Result<MutexHeld<'a>, NotHeld> {
        Err(NotHeld::Broken)
    }
}

/// The lock of a [`SharedMutex`], which no thread can hold here.
pub struct MutexHeld<'a>(core::marker::PhantomData<&'a AtomicU64>);

macro_rules! unsupported {
    ($($name:ident($($argument:ty),*) -> $value:ty;)*) => {$(
        /// Returns an error.
        ///
        /// # Errors
        ///
        /// [`Error::Unsupported`].
        pub fn $name($(_: $argument),*) -> Result<$value> {
            Err(SHARED)
        }
    )*};
}

unsupported! {
    allocate(&File, u64, u64) -> ();
    open_read_write(&Path) -> File;
    open_directory(&Path) -> File;
    rename_new(&Path, &Path) -> bool;
    reopen(&File, Option<&Path>) -> File;
    same_file(&File, &Path) -> bool;
    try_lock(&File, u64) -> bool;
    unlock(&File, u64) -> ();
    first_locked(&File, u64, u64) -> Option<(u64, u64)>;
    is_memory_backed(&Path) -> bool;
    create_new(&Path, u32) -> File;
    make_directory(&Path, u32) -> ();
    entry_at(&Path) -> Entry;
    entry_of(&File) -> Entry;
    set_mode(&Path, u32) -> ();
    set_file_mode(&File, u32) -> ();
    set_group(&File, u32) -> ();
    read_at(&File, &mut [u8], u64) -> ();
    write_at(&File, &[u8], u64) -> ();
    describe(u32) -> Option<Described>;
    describe_self() -> Described;
    pid_namespace() -> u64;
}

/// Returns false, because it is unknown here which errors mean that the process or the system has reached a limit.
pub(super) fn is_exhausted(_: &std::io::Error) -> bool {
    false
}

/// Sleeps for `us` microseconds, or a little longer.
pub fn sleep_us(us: u32) {
    std::thread::sleep(Duration::from_micros(u64::from(us)));
}

/// Sleeps at most 5 ms if the lower half of `word` is `expected`. There is no call here that waits for a change of a
/// word, so the caller polls.
pub fn futex_wait(word: &AtomicU64, expected: u32, timeout: Duration) {
    if word.load(Ordering::Acquire) as u32 == expected {
        std::thread::sleep(timeout.min(Duration::from_millis(5)));
    }
}

/// Does nothing, because no thread sleeps for long: see [`futex_wait`].
pub fn futex_wake(_word: &AtomicU64) {}

/// Microseconds since the first call.
#[must_use]
pub fn monotonic_us() -> u64 {
    static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    FIRST.get_or_init(Instant::now).elapsed().as_micros() as u64
}

/// Milliseconds since 1970, by the wall clock; 0 if it shows an earlier time.
#[must_use]
pub fn unix_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis() as u64)
}

/// Zeros, because the id is unknown here.
#[must_use]
pub fn boot_id() -> [u8; 16] {
    [0; 16]
}

/// Assumed bytes of a page of memory.
#[must_use]
pub fn page_size() -> usize {
    4096
}

/// An unpredictable random number.
#[must_use]
pub fn random_u64() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

/// The largest number, because the user is unknown here.
#[must_use]
pub fn effective_uid() -> u32 {
    u32::MAX
}

/// 0, because the parent is unknown here.
#[must_use]
pub fn parent_id() -> u32 {
    0
}
