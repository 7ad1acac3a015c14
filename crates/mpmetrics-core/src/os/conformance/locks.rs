//! Checks of locks on bytes.

use std::process::Stdio;

use super::scratch::{ensure, soon, Found, Running, Scratch, PATIENCE};
use crate::error::{Error, Result};

/// A byte far beyond the file's end, as those that heaps lock.
const FAR: u64 = 1 << 40;

pub fn exclude_descriptions(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, one) = scratch.file("descriptions")?;
    let two = (contract.open_read_write)(&path)?;
    ensure((contract.try_lock)(&one, FAR)?, "a free byte could not be locked")?;
    ensure((contract.try_lock)(&one, FAR)?, "its own lock excluded a description")?;
    ensure(!(contract.try_lock)(&two, FAR)?, "two descriptions locked one byte")?;
    ensure((contract.try_lock)(&two, FAR + 1)?, "a lock took more than its byte")?;
    (contract.unlock)(&two, FAR)?;
    ensure(!(contract.try_lock)(&two, FAR)?, "a description freed the lock of another")?;
    drop((contract.open_read_write)(&path)?);
    ensure(!(contract.try_lock)(&two, FAR)?, "closing another description freed the lock")?;
    (contract.unlock)(&one, FAR)?;
    ensure((contract.try_lock)(&two, FAR)?, "a lock that was given back was still held")?;
    drop(two);
    // Another thread of this process may be starting a process, which has the descriptor for a moment.
    soon(
        PATIENCE,
        || Ok((contract.try_lock)(&one, FAR)?),
        "closing a description did not free its lock",
    )
}

pub fn exclude_threads(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, one) = scratch.file("threads")?;
    ensure((contract.try_lock)(&one, FAR)?, "a free byte could not be locked")?;
    let locks = || -> Result<bool> {
        (contract.open_read_write)(&path).and_then(|two| (contract.try_lock)(&two, FAR))
    };
    ensure(!in_thread(locks)?, "two threads locked one byte")?;
    let unlocks = || (contract.unlock)(&one, FAR).map(|()| true);
    ensure(in_thread(unlocks)?, "a thread could not free the lock of another")?;
    ensure(in_thread(locks)?, "a lock belonged to the thread that took it")
}

/// Runs `work` in a new thread.
fn in_thread<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, work);
        let thread = thread.map_err(|source| Error::Io { call: "starting a thread", source })?;
        let ended = thread.join();
        ended.unwrap_or(Err(Error::Unsupported("a thread that ends")))
    })
}

pub fn lowest_is_found(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, asks) = scratch.file("lowest")?;
    let first = |from, to| (contract.first_locked)(&asks, from, to);
    ensure(first(0, 1 << 62)?.is_none(), "a lock was found where there is none")?;
    let (one, two) = ((contract.open_read_write)(&path)?, (contract.open_read_write)(&path)?);
    for (file, at) in [(&one, 30), (&two, 10), (&one, 20), (&one, 21)] {
        ensure((contract.try_lock)(file, FAR + at)?, "a free byte could not be locked")?;
    }
    let found = [
        first(FAR, FAR + 100)? == Some((FAR + 10, 1)),
        first(FAR + 11, FAR + 100)? == Some((FAR + 20, 2)),
        first(FAR + 21, FAR + 22)? == Some((FAR + 21, 1)),
        first(FAR + 22, FAR + 30)?.is_none(),
        first(FAR + 31, FAR + 100)?.is_none(),
    ];
    ensure(found == [true; 5], "another run of locked bytes was found")?;
    let own = (contract.first_locked)(&two, FAR, FAR + 20)?;
    ensure(own.is_none(), "a description's own lock was found")
}

pub fn fall_with_a_process(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, asks) = scratch.file("process")?;
    let held = (contract.open_read_write)(&path)?;
    ensure((contract.try_lock)(&held, FAR)?, "a free byte could not be locked")?;
    // Only the other process has the description afterwards.
    let mut other = Running::idle(Stdio::from(held))?;
    let excluded = "the lock of another process did not exclude this one";
    ensure(!(contract.try_lock)(&asks, FAR)?, excluded)?;
    let seen = (contract.first_locked)(&asks, FAR, FAR + 1)? == Some((FAR, 1));
    ensure(seen, "the lock of another process was not found")?;
    other.kill();
    other.reap();
    soon(
        PATIENCE,
        || Ok((contract.try_lock)(&asks, FAR)?),
        "the lock of a dead process did not fall",
    )
}
