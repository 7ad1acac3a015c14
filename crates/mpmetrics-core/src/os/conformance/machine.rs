//! Checks of clocks, random numbers and the user.

use super::scratch::{ensure, Found, Scratch};

/// The clock must have advanced by 2 ms after at most this number of sleeps of 0.5 ms. The number is larger than four,
/// because a signal may end some sleeps early.
const SLEEPS: u32 = 200;

pub fn clocks_go_forward(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let begun = (contract.monotonic_us)();
    let (mut before, mut sleeps) = (begun, 0);
    while before < begun + 2_000 {
        ensure(sleeps < SLEEPS, "it stands still, or sleeps do not last")?;
        (contract.sleep_us)(500);
        let now = (contract.monotonic_us)();
        ensure(now >= before, "it went back")?;
        (before, sleeps) = (now, sleeps + 1);
    }
    Ok(())
}

pub fn random_numbers_differ(scratch: &Scratch<'_>) -> Result<(), Found> {
    let next = scratch.contract.random_u64;
    let (one, two, three) = (next(), next(), next());
    ensure(one != two && two != three && three != one, "the same one came twice")
}

pub fn files_are_ours(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (_, file) = scratch.file("owner")?;
    let found = (contract.entry_of)(&file)?;
    ensure(found.uid == (contract.effective_uid)(), "it belongs to another user")
}
