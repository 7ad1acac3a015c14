//! The directory in which checks make files, and what they have in common.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use super::contract::Contract;
use crate::error::{Error, Result};
use crate::os::system::{self, Mapping};
use crate::sync::AtomicU64;

/// The beginning of the names of directories in which checks make files.
const PREFIX: &str = ".check-";
/// Age after which such a directory is taken for that of a process that died.
const LEFT: Duration = Duration::from_secs(60);
/// Longest time for which a quick check waits for something that takes less than a millisecond on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(4);

/// Returns a command for a process that calls [`other`](super::other) with a role and a path.
pub type Program<'a> = dyn Fn(&str, &Path) -> Command + 'a;

/// Why a check fails.
#[derive(Debug)]
pub enum Found {
    /// A call returned an error.
    Refused(Error),
    /// What happened in place of what was promised.
    Other(&'static str),
}

impl From<Error> for Found {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

/// Fails with `otherwise` unless `holds`.
pub fn ensure(holds: bool, otherwise: &'static str) -> Result<(), Found> {
    if holds {
        Ok(())
    } else {
        Err(Found::Other(otherwise))
    }
}

/// Calls `holds` until it returns true, for `patience` at the longest; fails with `otherwise` if it never does.
pub fn soon(
    patience: Duration,
    mut holds: impl FnMut() -> Result<bool, Found>,
    otherwise: &'static str,
) -> Result<(), Found> {
    // Not by the clock of the contract, which may be at fault, too.
    let begun = Instant::now();
    while !holds()? {
        ensure(begun.elapsed() < patience, otherwise)?;
        system::sleep_us(200);
    }
    Ok(())
}

/// A directory for the files of checks, which is removed at the end.
pub struct Scratch<'a> {
    /// The calls that are checked.
    pub contract: &'a Contract,
    program: Option<&'a Program<'a>>,
    directory: PathBuf,
}

impl<'a> Scratch<'a> {
    /// Makes the directory.
    pub fn new(
        contract: &'a Contract,
        parent: &Path,
        program: Option<&'a Program<'a>>,
    ) -> Result<Self> {
        clear(parent);
        let directory = parent.join(format!("{PREFIX}{:016x}", system::random_u64()));
        system::make_directory(&directory, 0o700)?;
        Ok(Self { contract, program, directory })
    }

    /// A path in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Makes an empty file, and opens it.
    pub fn file(&self, name: &str) -> Result<(PathBuf, File), Found> {
        let path = self.path(name);
        let file = (self.contract.create_new)(&path, 0o600)?;
        Ok((path, file))
    }

    /// Starts a process that calls [`other`](super::other) with a role and a path.
    pub fn start(&self, role: &str, path: &Path) -> Result<Running, Found> {
        let program = self.program.ok_or(Found::Other("this check needs a program"))?;
        Running::of(&mut program(role, path))
    }

    /// The command of [`Scratch::start`].
    pub fn command(&self, role: &str, path: &Path) -> Result<Command, Found> {
        self.program.map(|program| program(role, path)).ok_or(Found::Other("there is no program"))
    }
}

impl Drop for Scratch<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// Removes the directories of processes that died during their checks.
fn clear(parent: &Path) {
    for entry in std::fs::read_dir(parent).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        let made = entry.metadata().and_then(|data| data.modified());
        let age = made.map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
        if age.is_ok_and(|age| age > LEFT) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// A process that is killed at the end.
pub struct Running(pub Child);

impl Running {
    /// Starts a process.
    pub fn of(command: &mut Command) -> Result<Self, Found> {
        let child = command.spawn();
        let child = child.map_err(|source| Error::Io { call: "starting a process", source })?;
        Ok(Self(child))
    }

    /// Starts a process that does nothing until it is killed. `held` is its standard error.
    pub fn idle(held: Stdio) -> Result<Self, Found> {
        let stdin = Stdio::piped();
        Self::of(Command::new("/bin/cat").stdin(stdin).stdout(Stdio::null()).stderr(held))
    }

    /// Kills the process. It is a zombie until [`Running::reap`].
    pub fn kill(&mut self) {
        let _ = self.0.kill();
    }

    /// Waits for the end of the process. Returns whether it succeeded.
    pub fn reap(&mut self) -> bool {
        self.0.wait().is_ok_and(|status| status.success())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        self.reap();
    }
}

/// Returns a word of a mapping.
///
/// # Panics
///
/// Never: if the index is beyond the mapping, the result is the last word of the mapping.
pub fn word(mapping: &Mapping, index: usize) -> &AtomicU64 {
    let index = index.min(mapping.len() / 8 - 1);
    // SAFETY: the mapping is aligned to a page and contains the whole word, and the reference does not outlive it.
    // The caller asks only for words for which the file has bytes.
    unsafe { &*mapping.as_ptr().cast::<AtomicU64>().add(index) }
}
