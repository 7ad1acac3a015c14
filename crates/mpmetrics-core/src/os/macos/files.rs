//! Opening a file once more, and giving a file its final name.

use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::io::Error as IoError;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::os::posix::{c_path, open_read_write, rename_in_steps, same_file};

/// Opens another open file description of the same file: by `path` or, if that fails, by the path that the kernel knows
/// for the file. A file without a name cannot be opened again.
///
/// # Errors
///
/// [`Error::Io`], also if neither path names the file.
pub fn reopen(file: &File, path: Option<&Path>) -> Result<File> {
    let known = known_path(file);
    let mut error = None;
    for at in [path, known.as_deref()].into_iter().flatten() {
        match open_read_write(at) {
            // Compares the files after the open, because another file may have got the name before the open.
            Ok(other) if same_file(&other, at)? && same_file(file, at)? => return Ok(other),
            Ok(_) => {}
            Err(failed) => error = Some(failed),
        }
    }
    let source = IoError::from_raw_os_error(libc::ENOENT);
    Err(error.unwrap_or(Error::Io { call: "open of a file that is open", source }))
}

/// The path of an open file, if it has one.
fn known_path(file: &File) -> Option<PathBuf> {
    let mut text = [0_u8; libc::PATH_MAX as usize];
    // SAFETY: the command writes a text that ends with NUL, of at most PATH_MAX bytes, which `text` has.
    let code = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETPATH, text.as_mut_ptr()) };
    let path = CStr::from_bytes_until_nul(&text).ok()?;
    (code != -1).then(|| PathBuf::from(OsStr::from_bytes(path.to_bytes())))
}

/// Gives a file or directory its final name if nothing has that name yet. Returns whether it did. With plain `rename`
/// the last of several creators would win.
///
/// Some file systems cannot do this in one step. Then a file gets a second link, and loses the first: it has two names
/// for a moment. If the caller dies in that moment, the file has two names until a later start removes the first. A
/// directory is renamed by plain `rename`, which can replace only an empty directory.
///
/// # Errors
///
/// [`Error::Io`]; [`Error::Invalid`] for a path with a NUL byte.
pub fn rename_new(from: &Path, to: &Path) -> Result<bool> {
    let (source, target) = (c_path(from)?, c_path(to)?);
    // SAFETY: both texts end with NUL and live through the call, which reads nothing else.
    let done = unsafe { libc::renamex_np(source.as_ptr(), target.as_ptr(), libc::RENAME_EXCL) };
    if done == 0 {
        return Ok(true);
    }
    let error = IoError::last_os_error();
    match error.raw_os_error() {
        Some(libc::EEXIST) => Ok(false),
        Some(libc::ENOENT) => Err(Error::Io { call: "renamex_np", source: error }),
        _ => rename_in_steps(from, to, "renamex_np", error),
    }
}

/// False: the temporary directory, in which segments lie, is on a disk. There is no tmpfs that all programs find.
///
/// # Errors
///
/// None.
#[allow(clippy::unnecessary_wraps, reason = "the contract's signature")]
pub fn is_memory_backed(_: &Path) -> Result<bool> {
    Ok(false)
}
