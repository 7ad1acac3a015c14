//! Checks of what a system says about processes.

use std::process::Stdio;

use super::scratch::{ensure, soon, Found, Running, Scratch, PATIENCE};
use crate::os::system;

pub fn lives_differ(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let own = (contract.describe_self)()?;
    ensure(own.runs, "this process does not run")?;
    ensure(own.start_time != 0, "this process has no start time")?;
    let seen = (contract.describe)(std::process::id())?;
    ensure(seen == Some(own), "this process is described differently by its pid")?;
    let namespace = || (contract.pid_namespace)();
    ensure(namespace()? == namespace()?, "this process changed its pid namespace")?;
    let mut other = Running::idle(Stdio::null())?;
    let pid = other.0.id();
    let found = (contract.describe)(pid)?.ok_or(Found::Other("a process was not found"))?;
    ensure(found.runs, "a process that runs was taken for dead")?;
    ensure(found.ppid == std::process::id(), "a process has another parent")?;
    ensure(found.start_time >= own.start_time, "a process started before its parent")?;
    ensure((contract.describe)(pid)? == Some(found), "a process changed its identity")?;
    other.kill();
    let runs = || Ok(!(contract.describe)(pid)?.is_some_and(|now| now.runs));
    soon(PATIENCE, runs, "a process that was killed was taken for a running one")?;
    other.reap();
    // The pid may belong to another process by now.
    let left = (contract.describe)(pid)?;
    ensure(left.is_none_or(|now| now != found), "a process was found that has ended")
}

pub fn start_times_grow(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let start = |other: &Running| {
        let found = (contract.describe)(other.0.id());
        found.map(|found| found.map_or(0, |found| found.start_time))
    };
    let one = Running::idle(Stdio::null())?;
    system::sleep_us(50_000);
    let two = Running::idle(Stdio::null())?;
    ensure(start(&one)? < start(&two)?, "two processes have the same start time")
}

pub fn one_boot(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    ensure((contract.boot_id)() != [0; 16], "it is unknown")?;
    ensure((contract.boot_id)() == (contract.boot_id)(), "it changed")
}
