//! Checks that start processes of a program, which calls [`other`].

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::contract::Contract;
use super::scratch::{ensure, soon, word, Found, Running, Scratch, PATIENCE};
use crate::error::{Code, Error, Result};
use crate::os::not_held::NotHeld;
use crate::os::system::{self, Mapping, SharedMutex, MUTEX_WORDS};
use crate::sync::{AtomicU64, Ordering};

const BYTES: usize = 4096;
/// The byte that a process locks while it counts.
const LOCK: u64 = 1 << 40;
/// How many processes count, and how often each does.
const COUNTING: u64 = 4;
const ROUNDS: u64 = 500;
/// Words of the file: the count; the word on which processes wait; how many processes are ready or, if there is only
/// one, how far it has got; and the words of a mutex.
const COUNT: usize = 0;
const BELL: usize = 1;
const READY: usize = 2;
const MUTEX: usize = 64;
/// Longest time for which another process is waited for until it has started, which takes milliseconds on an idle
/// machine.
const START: Duration = Duration::from_secs(10);
/// Longest time for which a process that counts does not get the lock. On a busy machine, one that sleeps between its
/// tries may find it held until the others have counted to the end.
const TURN: Duration = Duration::from_secs(60);

/// Does the work of a process that a check of [`all`](super::all) started. `role` says which work; `path` names the
/// check's file.
///
/// # Errors
///
/// An error means that the check fails.
pub fn other(contract: &Contract, role: &str, path: &Path) -> Result<(), Found> {
    let file = (contract.open_read_write)(path)?;
    if role == "allocate" {
        let refused = (contract.allocate)(&file, 0, 8 << 20);
        let full = refused.is_err_and(|error| error.code() == Code::Full);
        return ensure(full, "more than the limit was allocated");
    }
    let mapping = (contract.map)(&file, BYTES)?;
    let count = word(&mapping, COUNT);
    match role {
        "count" => {
            // All begin at once: otherwise each would be done before the next has started.
            word(&mapping, READY).fetch_add(1, Ordering::AcqRel);
            let begun = || Ok(word(&mapping, BELL).load(Ordering::Acquire) != 0);
            soon(START, begun, "the processes that count did not begin")?;
            (0..ROUNDS).try_for_each(|_| {
                let locked = || Ok((contract.try_lock)(&file, LOCK)?);
                soon(TURN, locked, "the lock was never free")?;
                // Loses counts if two processes have the lock.
                let before = count.load(Ordering::Acquire);
                std::thread::yield_now();
                count.store(before + 1, Ordering::Release);
                Ok((contract.unlock)(&file, LOCK)?)
            })
        }
        "wait" => {
            let bell = word(&mapping, BELL);
            word(&mapping, READY).store(1, Ordering::Release);
            while bell.load(Ordering::Acquire) == 0 {
                (contract.futex_wait)(bell, 0, START);
            }
            word(&mapping, READY).store(2, Ordering::Release);
            Ok(())
        }
        "mutex" => {
            let held = mutex(&mapping)?.lock(PATIENCE, || ());
            ensure(held.is_ok(), "a new mutex could not be locked")?;
            word(&mapping, READY).store(1, Ordering::Release);
            std::thread::sleep(START * 4);
            Ok(())
        }
        _ => Err(Found::Other("there is no such role")),
    }
}

fn mutex(mapping: &Mapping) -> Result<SharedMutex<'_>, Found> {
    let start = mapping.as_ptr().cast::<AtomicU64>().cast_const().wrapping_add(MUTEX);
    // SAFETY: these words are in the first page of the mapping, and the file is long enough for that page. The slice
    // does not outlive the mapping.
    let words = unsafe { core::slice::from_raw_parts(start, MUTEX_WORDS) };
    SharedMutex::at(words).ok_or(Found::Other("a mutex has another size"))
}

/// A mapped file for one of the checks.
fn shared(scratch: &Scratch<'_>, name: &str) -> Result<(std::path::PathBuf, Mapping), Found> {
    let (path, file) = scratch.file(name)?;
    (scratch.contract.allocate)(&file, 0, BYTES as u64)?;
    let mapping = (scratch.contract.map)(&file, BYTES)?;
    Ok((path, mapping))
}

pub fn locks_exclude_processes(scratch: &Scratch<'_>) -> Result<(), Found> {
    let (path, mapping) = shared(scratch, "counting")?;
    let start = |_| scratch.start("count", &path);
    let mut others = (0..COUNTING).map(start).collect::<Result<Vec<_>, _>>()?;
    ready(&mapping, COUNTING, "a process that counts did not start")?;
    word(&mapping, BELL).store(1, Ordering::Release);
    let ended = others.iter_mut().all(Running::reap);
    ensure(ended, "a process that counts failed")?;
    let sum = word(&mapping, COUNT).load(Ordering::Acquire);
    ensure(sum == COUNTING * ROUNDS, "processes that held the lock at once lost counts")
}

/// Waits until other processes have raised the word `READY` to a value.
fn ready(mapping: &Mapping, value: u64, otherwise: &'static str) -> Result<(), Found> {
    soon(START, || Ok(word(mapping, READY).load(Ordering::Acquire) == value), otherwise)
}

pub fn wakes_processes(scratch: &Scratch<'_>) -> Result<(), Found> {
    let (path, mapping) = shared(scratch, "ringing")?;
    let mut other = scratch.start("wait", &path)?;
    ready(&mapping, 1, "a process that waits did not start")?;
    system::sleep_us(20_000);
    word(&mapping, BELL).store(1, Ordering::Release);
    (scratch.contract.futex_wake)(word(&mapping, BELL));
    // `PATIENCE` is shorter than the wait's timeout, so the check fails if the wait lasts to its timeout.
    let ended = || Ok(word(&mapping, READY).load(Ordering::Acquire) == 2);
    soon(PATIENCE, ended, "a wait of another process did not end")?;
    ensure(other.reap(), "a process that waits failed")
}

pub fn mutex_outlives_its_holder(scratch: &Scratch<'_>) -> Result<(), Found> {
    let (path, mapping) = shared(scratch, "mutex")?;
    let mutex = mutex(&mapping)?;
    if mutex.make().is_err() {
        return Ok(());
    }
    let mut other = scratch.start("mutex", &path)?;
    ready(&mapping, 1, "a process did not lock a new mutex")?;
    let mut mended = 0;
    let late = mutex.lock(Duration::ZERO, || mended += 1).err();
    ensure(late == Some(NotHeld::Late) && mended == 0, "two processes locked one mutex")?;
    other.kill();
    other.reap();
    for _ in 0..2 {
        let held = mutex.lock(PATIENCE, || mended += 1);
        ensure(held.is_ok(), "a mutex whose holder died could not be locked")?;
    }
    ensure(mended == 1, "what the mutex guards was not repaired exactly once")
}

pub fn limit_is_an_error(scratch: &Scratch<'_>) -> Result<(), Found> {
    let (path, _) = scratch.file("limit")?;
    let asked = scratch.command("allocate", &path)?;
    // The signal is ignored, as Node.js does.
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", r#"trap "" XFSZ; ulimit -f 2048; exec "$0" "$@""#]);
    limited.arg(asked.get_program()).args(asked.get_args());
    for (name, value) in asked.get_envs() {
        if let Some(value) = value {
            limited.env(name, value);
        }
    }
    limited.stdout(std::process::Stdio::null());
    ensure(Running::of(&mut limited)?.reap(), "there was no error, or the process was killed")?;
    let data = std::fs::metadata(&path).map_err(|source| Error::Io { call: "stat", source })?;
    ensure(data.len() <= 2 << 20, "the file is longer than the limit")
}
