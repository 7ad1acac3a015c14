//! Sleeping until a word of shared memory changes, across processes.

use std::time::Duration;

use crate::os::posix::sleep_us;
use crate::sync::AtomicU64;

/// Microseconds between two reads of a word, if the system cannot wait for a change.
const POLL_US: u32 = 5_000;

/// Sleeps while the lower half of `word` is `expected`, until [`futex_wake`], and at most for `asked`. May return
/// early, so the caller reads the word again.
pub fn futex_wait(word: &AtomicU64, expected: u32, asked: Duration) {
    let timeout = libc::timespec {
        tv_sec: asked.as_secs().min(86_400) as libc::time_t,
        tv_nsec: asked.subsec_nanos() as libc::c_long,
    };
    // SAFETY: the address is that of half of a living, aligned word, and the kernel only reads it and the timespec.
    // Not FUTEX_PRIVATE_FLAG, because other processes wake this thread.
    let slept = unsafe {
        libc::syscall(
            libc::SYS_futex,
            lower_half(word),
            libc::FUTEX_WAIT,
            expected,
            &raw const timeout,
        )
    };
    // EAGAIN: the word has changed already. EINTR and ETIMEDOUT: this thread has slept. Any other error means that an
    // emulator or a sandbox refuses the call (ENOSYS, EPERM, or whatever its author chose): poll.
    if slept != 0 && !matches!(errno(), libc::EAGAIN | libc::EINTR | libc::ETIMEDOUT) {
        sleep_us(POLL_US.min(u32::try_from(asked.as_micros()).unwrap_or(POLL_US)));
    }
}

/// Wakes all threads, of any process, that sleep in [`futex_wait`] on this word.
pub fn futex_wake(word: &AtomicU64) {
    // SAFETY: as above; waking touches no memory.
    unsafe { libc::syscall(libc::SYS_futex, lower_half(word), libc::FUTEX_WAKE, libc::c_int::MAX) };
}

/// Returns the address of a word's lower half, which comes second on a big-endian machine.
fn lower_half(word: &AtomicU64) -> *const u32 {
    core::ptr::from_ref(word).cast::<u32>().wrapping_add(usize::from(cfg!(target_endian = "big")))
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Ordering;
    use std::time::Instant;

    #[test]
    fn a_word_that_differs_is_not_slept_on_and_one_that_changes_wakes() {
        let word = AtomicU64::new(7 | 1 << 40);
        let begun = Instant::now();
        futex_wait(&word, 8, Duration::from_secs(60));
        futex_wait(&word, 7, Duration::from_millis(5));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while word.load(Ordering::Acquire) as u32 == 7 {
                    futex_wait(&word, 7, Duration::from_secs(60));
                }
            });
            std::thread::sleep(Duration::from_millis(20));
            word.store(8, Ordering::Release);
            futex_wake(&word);
        });
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
