//! Whether the system does, in a directory, what a segment there needs. Checked at the first use on every system but
//! Linux, on which all tests run.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::create::SegmentPath;
use crate::error::Result;
use crate::os::conformance::{quick, Contract};
use crate::os::{boot_id, write_at};

/// The contract that is checked; `None` on Linux, where nothing is checked.
pub const CHECKED: Option<&Contract> =
    if cfg!(target_os = "linux") { None } else { Some(&Contract::HERE) };

/// The file beside a segment that says for which boot and version the checks have succeeded there.
const MARK: &str = ".mpmetrics-checked";

/// Directories in which the checks have succeeded in this process.
static KNOWN: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Checks the system in the directory of `segment_path`, unless the checks of this version have succeeded there since
/// the boot.
///
/// # Errors
///
/// Those of [`quick`]. They are not remembered, because the cause may pass.
pub fn probe(segment_path: &SegmentPath, contract: &Contract) -> Result<()> {
    let directory = segment_path.parent();
    let mark = directory.join(MARK);
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known().iter().any(|one| one == directory) || is_marked(segment_path, &mark) {
        return Ok(());
    }
    quick(contract, directory).map_err(|error| error.at(directory))?;
    known().push(directory.to_owned());
    // Without a mark, each process checks.
    let _ = set_mark(segment_path, &mark);
    Ok(())
}

/// The contents of the mark: the boot and the version. `None` if the boot is unknown.
fn expected() -> Option<String> {
    let boot = u128::from_be_bytes(boot_id());
    (boot != 0).then(|| format!("{boot:032x} {}\n", env!("CARGO_PKG_VERSION")))
}

/// Whether the mark says that the checks have succeeded. A mark that another user could have made is not trusted: its
/// file must have an owner and permissions that a segment's file may have.
fn is_marked(segment_path: &SegmentPath, mark: &Path) -> bool {
    use std::io::Read;

    let Some(expected) = expected() else { return false };
    let Ok(Some(file)) = segment_path.open_file(mark) else { return false };
    let mut found = Vec::new();
    let read = file.take(expected.len() as u64 + 1).read_to_end(&mut found);
    read.is_ok() && found == expected.as_bytes()
}

fn set_mark(segment_path: &SegmentPath, mark: &Path) -> Result<()> {
    let Some(expected) = expected() else { return Ok(()) };
    let file = match segment_path.open_file(mark)? {
        Some(file) => file,
        None => segment_path.make_file(mark)?,
    };
    // A mark of another version may be longer. A reader of half a mark checks once more.
    let _ = file.set_len(0);
    write_at(&file, expected.as_bytes(), 0)
}
