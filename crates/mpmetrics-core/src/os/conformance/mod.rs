//! Checks of what the contract of `os/` promises, which run on every system.
//!
//! [`quick`] takes a few milliseconds: on systems other than Linux, the first process that opens a segment in a directory
//! runs it there (see `segment/probe.rs`). [`all`] runs slower checks, too, some of which start further processes. Its
//! caller names the program of these processes, which must call [`other`]. Only `tests/conformance.rs` calls [`all`].
//! A check calls what it checks through a [`Contract`], so that a test can pass one with a fault. Only the mutex is
//! always that of this system.

mod contract;
mod files;
mod locks;
mod machine;
mod memory;
mod others;
mod processes;
mod scratch;
mod waiting;

use std::path::Path;

use super::system::is_exhausted;
use crate::error::{Code, Error, Result};
pub use contract::Contract;
pub use others::other;
use scratch::Scratch;
pub use scratch::{Found, Program};

/// A check: the sentence that must be true, and what finds out.
type Check = (&'static str, fn(&Scratch<'_>) -> Result<(), Found>);

/// Checks that take a few milliseconds.
const QUICK: &[Check] = &[
    ("locks exclude open file descriptions", locks::exclude_descriptions),
    ("locks exclude threads", locks::exclude_threads),
    ("the lowest lock of others is found", locks::lowest_is_found),
    ("a process's lock excludes others, and falls with the process", locks::fall_with_a_process),
    ("mappings of a file are the same memory", memory::mappings_are_coherent),
    ("a mapping shows what is allocated after it was made", memory::mappings_see_growth),
    ("an allocation without room is an error", memory::no_room_is_an_error),
    ("a wait ends when the word changes", waiting::wakes),
    ("a mutex excludes threads, or is refused", waiting::mutex_excludes),
    ("a name is given once", files::names_are_given_once),
    ("a file that is opened again is the same file", files::reopened_is_the_same),
    ("links are not followed", files::links_are_not_followed),
    ("permissions are those that were set", files::permissions_are_set),
    ("a process is told from its earlier and later ones", processes::lives_differ),
    ("a boot has one id", processes::one_boot),
    ("the monotonic clock goes forward", machine::clocks_go_forward),
    ("random numbers differ", machine::random_numbers_differ),
    ("a new file belongs to this user", machine::files_are_ours),
];

/// Checks that need a program, or take longer.
const SLOW: &[Check] = &[
    ("processes that start later have later start times", processes::start_times_grow),
    ("locks exclude processes that share a mapping", others::locks_exclude_processes),
    ("a wait ends when another process changes the word", others::wakes_processes),
    ("a mutex outlives its holder, or is refused", others::mutex_outlives_its_holder),
    ("a limit of file sizes is an error", others::limit_is_an_error),
];

/// Runs the checks that take a few milliseconds, in a new directory below `parent`.
///
/// # Errors
///
/// [`Error::Unkept`] with the first check that fails. [`Error::Full`], and an error that is about the process (it has no
/// descriptor left, for example), say nothing about the system.
pub fn quick(contract: &Contract, parent: &Path) -> Result<()> {
    run(QUICK, contract, parent, None)
}

/// Runs all checks, in a new directory below `parent`. A check calls `program` with a role and a path, to get a command
/// that starts a further process. That process must call [`other`] with a contract and with this role and path.
///
/// # Errors
///
/// As [`quick`].
pub fn all(contract: &Contract, parent: &Path, program: &Program<'_>) -> Result<()> {
    run(QUICK, contract, parent, None)?;
    run(SLOW, contract, parent, Some(program))
}

/// Returns the names of the checks of [`quick`], and of those that only [`all`] has.
#[must_use]
pub fn names() -> [Vec<&'static str>; 2] {
    [QUICK, SLOW].map(|checks| checks.iter().map(|(name, _)| *name).collect())
}

fn run(
    checks: &[Check],
    contract: &Contract,
    parent: &Path,
    program: Option<&Program<'_>>,
) -> Result<()> {
    let scratch = Scratch::new(contract, parent, program)?;
    for &(check, holds) in checks {
        holds(&scratch).map_err(|found| match found {
            Found::Refused(Error::Io { call, source }) if is_exhausted(&source) => {
                Error::Io { call, source }
            }
            Found::Refused(error) if error.code() == Code::Full => error,
            Found::Refused(error) => Error::Unkept { check, found: error.to_string() },
            Found::Other(what) => Error::Unkept { check, found: what.to_owned() },
        })?;
    }
    Ok(())
}
