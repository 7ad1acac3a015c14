//! Files and directories: making them, their owners and permissions, and bytes at an offset.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::os::unix::fs::{
    fchown, DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt,
};
use std::path::Path;

use crate::error::{Error, Result};
use crate::os::entry::{Entry, EntryKind};

fn io(call: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Io { call, source }
}

fn entry(found: &Metadata) -> Entry {
    let of = found.file_type();
    Entry {
        kind: if of.is_symlink() {
            EntryKind::Link
        } else if of.is_dir() {
            EntryKind::Directory
        } else if of.is_file() {
            EntryKind::File
        } else {
            EntryKind::Other
        },
        uid: found.uid(),
        gid: found.gid(),
        mode: found.mode() & 0o7777,
        links: found.nlink(),
        inode: (found.dev(), found.ino()),
    }
}

/// Describes the entry at a path. Does not follow a symbolic link in the last component.
///
/// # Errors
///
/// [`Error::Io`], also if there is none.
pub fn entry_at(path: &Path) -> Result<Entry> {
    std::fs::symlink_metadata(path).map(|found| entry(&found)).map_err(io("lstat"))
}

/// Describes an open file or directory.
///
/// # Errors
///
/// [`Error::Io`].
pub fn entry_of(file: &File) -> Result<Entry> {
    file.metadata().map(|found| entry(&found)).map_err(io("fstat"))
}

/// Makes a file that does not exist yet, and opens it for reading and writing. The umask may remove permissions.
///
/// # Errors
///
/// [`Error::Io`], also if the path has an entry.
pub fn create_new(path: &Path, mode: u32) -> Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true).mode(mode).open(path).map_err(io("open"))
}

/// Makes a directory. The umask may remove permissions.
///
/// # Errors
///
/// [`Error::Io`], also if the path has an entry.
pub fn make_directory(path: &Path, mode: u32) -> Result<()> {
    DirBuilder::new().mode(mode).create(path).map_err(io("mkdir"))
}

/// Sets the permission bits of the entry at a path.
///
/// # Errors
///
/// [`Error::Io`].
pub fn set_mode(path: &Path, mode: u32) -> Result<()> {
    std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(io("chmod"))
}

/// Sets the permission bits of an open file or directory.
///
/// # Errors
///
/// [`Error::Io`].
pub fn set_file_mode(file: &File, mode: u32) -> Result<()> {
    file.set_permissions(Permissions::from_mode(mode)).map_err(io("fchmod"))
}

/// Gives an open file or directory to a group.
///
/// # Errors
///
/// [`Error::Io`].
pub fn set_group(file: &File, gid: u32) -> Result<()> {
    fchown(file, None, Some(gid)).map_err(io("fchown"))
}

/// Fills `bytes` with those of the file from `offset`.
///
/// # Errors
///
/// [`Error::Io`], also if the file ends before.
pub fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> Result<()> {
    file.read_exact_at(bytes, offset).map_err(io("pread"))
}

/// Writes `bytes` to the file from `offset`.
///
/// # Errors
///
/// [`Error::Io`].
pub fn write_at(file: &File, bytes: &[u8], offset: u64) -> Result<()> {
    file.write_all_at(bytes, offset).map_err(io("pwrite"))
}
