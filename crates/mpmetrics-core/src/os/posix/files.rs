//! Opening and comparing files, and giving them names.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io::{Error as IoError, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use crate::error::{Error, Result};

/// Whether an error means that a limit is reached: EMFILE (the process has no descriptor left), ENFILE (the
/// system has none left), ENOMEM.
pub fn is_exhausted(error: &IoError) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM))
}

/// Opens an existing file for reading and writing, through an open file description of its own (locks
/// through one description do not exclude each other). Follows no symbolic link in the last component
/// and does not wait for the other end of a FIFO; the caller checks that the file is a regular one.
///
/// # Errors
///
/// [`Error::Io`]; a symbolic link is ELOOP.
pub fn open_read_write(path: &Path) -> Result<File> {
    // std adds O_CLOEXEC.
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|source| Error::Io { call: "open", source })
}

/// Opens a directory, not following a symbolic link in the last component.
///
/// # Errors
///
/// [`Error::Io`]; a symbolic link or a file is ENOTDIR (ELOOP on some file systems).
pub fn open_directory(path: &Path) -> Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_DIRECTORY)
        .open(path)
        .map_err(|source| Error::Io { call: "open", source })
}

/// Gives a file or directory its final name where the system cannot do so in one step, as
/// [`rename_new`](crate::os::rename_new) says. `call` failed with `error` before.
///
/// # Errors
///
/// [`Error::Io`].
pub fn rename_in_steps(from: &Path, to: &Path, call: &'static str, error: IoError) -> Result<bool> {
    if from.is_dir() {
        return match std::fs::rename(from, to) {
            Ok(()) => Ok(true),
            Err(e) if matches!(e.raw_os_error(), Some(libc::EEXIST | libc::ENOTEMPTY)) => Ok(false),
            Err(_) => Err(Error::Io { call, source: error }),
        };
    }
    match std::fs::hard_link(from, to) {
        // The new name is published, so this call has succeeded. If the old name cannot be removed, it is reaped later.
        Ok(()) => {
            let _ = std::fs::remove_file(from);
            Ok(true)
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(false),
        Err(_) => Err(Error::Io { call, source: error }),
    }
}

/// A path as C takes it.
///
/// # Errors
///
/// [`Error::Invalid`] for a path with a NUL byte.
pub fn c_path(path: &Path) -> Result<CString> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Error::Invalid {
        what: "a path has no NUL byte",
        value: path.display().to_string(),
    })
}

/// Whether `path` names `file` now; false if it names nothing.
///
/// # Errors
///
/// [`Error::Io`].
pub fn same_file(file: &File, path: &Path) -> Result<bool> {
    let own = file.metadata().map_err(|source| Error::Io { call: "fstat", source })?;
    match std::fs::symlink_metadata(path) {
        Ok(named) => Ok(own.dev() == named.dev() && own.ino() == named.ino()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(Error::Io { call: "lstat", source }),
    }
}
