//! Sleeping until a word of shared memory changes, across processes.
//!
//! macOS 14.4 has calls for that (`os/os_sync_wait_on_address.h`), which are looked up by name, because older systems
//! could not load the module otherwise. Without them, a wait is a sleep, after which the caller reads the word again.

use core::ffi::{c_int, c_void, CStr};
use std::sync::OnceLock;
use std::time::Duration;

use crate::os::posix::sleep_us;
use crate::sync::{AtomicU64, Ordering};

/// `int os_sync_wait_on_address_with_timeout(void *, uint64_t value, size_t, flags, clock, uint64_t nanoseconds)`
type Wait = unsafe extern "C" fn(*mut c_void, u64, usize, u32, u32, u64) -> c_int;
/// `int os_sync_wake_by_address_all(void *, size_t, flags)`
type Wake = unsafe extern "C" fn(*mut c_void, usize, u32) -> c_int;

/// The flag of both calls by which they find threads of other processes.
const SHARED: u32 = 1;
/// `OS_CLOCK_MACH_ABSOLUTE_TIME`
const CLOCK: u32 = 32;
/// Bytes of the word's half that is compared.
const HALF: usize = 4;
/// Microseconds between two reads of a word, if the system cannot wait for a change.
const POLL_US: u32 = 2_000;

/// The two calls; `None` on systems before 14.4.
fn calls() -> Option<(Wait, Wake)> {
    static CALLS: OnceLock<Option<(Wait, Wake)>> = OnceLock::new();
    *CALLS.get_or_init(|| {
        let wait = find(c"os_sync_wait_on_address_with_timeout")?;
        let wake = find(c"os_sync_wake_by_address_all")?;
        // SAFETY: the functions of these names have these types.
        Some(unsafe {
            (
                core::mem::transmute::<*mut c_void, Wait>(wait),
                core::mem::transmute::<*mut c_void, Wake>(wake),
            )
        })
    })
}

fn find(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name ends with NUL.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

/// Sleeps while the lower half of `word` is `expected`, until [`futex_wake`], and at most for `asked`. May return
/// early, so the caller reads the word again.
pub fn futex_wait(word: &AtomicU64, expected: u32, asked: Duration) {
    let nanoseconds = u64::try_from(asked.min(Duration::from_secs(86_400)).as_nanos()).unwrap_or(0);
    if nanoseconds == 0 || word.load(Ordering::Acquire) as u32 != expected {
        return;
    }
    let waited = calls().map(|(wait, _)| {
        // SAFETY: the address is that of the lower half of a living, aligned word, and the kernel only reads it.
        let left =
            unsafe { wait(half(word), u64::from(expected), HALF, SHARED, CLOCK, nanoseconds) };
        left >= 0 || matches!(errno(), libc::EINTR | libc::ETIMEDOUT)
    });
    if waited != Some(true) {
        sleep_us(POLL_US.min(u32::try_from(asked.as_micros()).unwrap_or(POLL_US)));
    }
}

/// Wakes all threads, of any process, that sleep in [`futex_wait`] on this word.
pub fn futex_wake(word: &AtomicU64) {
    if let Some((_, wake)) = calls() {
        // SAFETY: as above; waking touches no memory. The call fails if no thread sleeps, which is no error here.
        unsafe { wake(half(word), HALF, SHARED) };
    }
}

/// Returns the address of a word's lower half: all processors of macOS are little-endian.
fn half(word: &AtomicU64) -> *mut c_void {
    core::ptr::from_ref(word).cast_mut().cast()
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}
