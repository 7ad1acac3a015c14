//! Clocks and sleep.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Sleeps for `us` microseconds, or a little longer. A signal ends the sleep early, and a sandbox may refuse the call
/// (`std::thread::sleep` panics then), so callers check a clock.
pub fn sleep_us(us: u32) {
    let asked = libc::timespec {
        tv_sec: (us / 1_000_000) as libc::time_t,
        tv_nsec: (us % 1_000_000 * 1_000) as libc::c_long,
    };
    // SAFETY: reads one timespec, and writes nothing, because the pointer to the remaining time is null.
    unsafe { libc::nanosleep(&raw const asked, core::ptr::null_mut()) };
}

/// Returns a clock's time since its beginning. Returns `None` if the time is negative, or if a sandbox refuses the call
/// (std's clocks panic then).
fn clock(clock: libc::clockid_t) -> Option<Duration> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: writes one timespec, which `now` is.
    let done = unsafe { libc::clock_gettime(clock, &raw mut now) };
    (done == 0 && now.tv_sec >= 0).then(|| Duration::new(now.tv_sec as u64, now.tv_nsec as u32))
}

/// Microseconds of the monotonic clock: comparable between the processes of one boot.
#[must_use]
pub fn monotonic_us() -> u64 {
    clock(libc::CLOCK_MONOTONIC).map_or_else(
        || {
            // A sandbox refuses the call. If this returned the same time at each call, waits would never end: so the
            // time advances by 1 ms at each call.
            static LOOKS: Mutex<u64> = Mutex::new(0);
            let mut looks = LOOKS.lock().unwrap_or_else(PoisonError::into_inner);
            *looks += 1_000;
            *looks
        },
        |time| time.as_micros() as u64,
    )
}

/// Milliseconds since 1970, by the wall clock; 0 if it shows an earlier time or cannot be read.
#[must_use]
pub fn unix_ms() -> u64 {
    clock(libc::CLOCK_REALTIME).map_or(0, |time| time.as_millis() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_make_sense() {
        let before = monotonic_us();
        sleep_us(2_000);
        assert!(monotonic_us() - before >= 2_000);
        assert!(unix_ms() > 1_700_000_000_000);
    }
}
