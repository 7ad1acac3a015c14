//! Checks of waiting for words, and of mutexes.

use std::time::{Duration, Instant};

use super::scratch::{ensure, word, Found, Scratch, PATIENCE};
use crate::error::Error;
use crate::os::not_held::NotHeld;
use crate::os::system::{self, SharedMutex, MUTEX_WORDS};
use crate::sync::{AtomicU64, Ordering};

pub fn wakes(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, file) = scratch.file("waiting")?;
    (contract.allocate)(&file, 0, 4096)?;
    // Two mappings, because another process has the word at another address, and its call must end a wait, too.
    let one = (contract.map)(&file, 4096)?;
    let two = (contract.map)(&(contract.open_read_write)(&path)?, 4096)?;
    let begun = Instant::now();
    let late = || begun.elapsed() >= PATIENCE;
    word(&one, 1).store(1 << 40, Ordering::Relaxed);
    (contract.futex_wait)(word(&one, 1), 1, Duration::from_secs(60));
    ensure(!late(), "a wait took long although the word had another value")?;
    (contract.futex_wait)(word(&one, 1), 0, Duration::from_millis(1));
    ensure(!late(), "a wait took longer than asked")?;
    std::thread::scope(|scope| {
        let waits = || {
            while word(&one, 0).load(Ordering::Acquire) == 0 {
                (contract.futex_wait)(word(&one, 0), 0, 2 * PATIENCE);
            }
        };
        let thread = std::thread::Builder::new().spawn_scoped(scope, waits);
        let thread = thread.map_err(|source| Error::Io { call: "starting a thread", source })?;
        system::sleep_us(1_000);
        word(&two, 0).store(1, Ordering::Release);
        (contract.futex_wake)(word(&two, 0));
        let ended = thread.join().is_ok();
        ensure(ended && !late(), "a wait did not end when the word changed")
    })
}

pub fn mutex_excludes(_: &Scratch<'_>) -> Result<(), Found> {
    let words: [AtomicU64; MUTEX_WORDS] = Default::default();
    let mutex = SharedMutex::at(&words).ok_or(Found::Other("MUTEX_WORDS is too small"))?;
    let tries = || mutex.lock(Duration::ZERO, || ()).map(drop);
    ensure(tries() == Err(NotHeld::Broken), "a mutex that was not made was locked")?;
    if mutex.make().is_err() {
        return ensure(tries() == Err(NotHeld::Broken), "a mutex that was refused was locked");
    }
    let held = mutex.lock(Duration::ZERO, || ());
    ensure(held.is_ok(), "a new mutex could not be locked")?;
    let other = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, tries);
        thread.ok().and_then(|thread| thread.join().ok())
    });
    ensure(other == Some(Err(NotHeld::Late)), "two threads locked one mutex")?;
    drop(held);
    ensure(tries() == Ok(()), "a mutex that was unlocked could not be locked")
}
