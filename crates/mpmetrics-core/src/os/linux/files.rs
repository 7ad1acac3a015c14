//! Opening a file once more, giving a file its final name, and kinds of file systems.

use std::fs::{File, OpenOptions};
use std::io::{Error as IoError, ErrorKind};
use std::os::fd::AsRawFd;
use std::path::Path;

use crate::error::{Error, Result};
use crate::os::posix::{c_path, open_read_write, rename_in_steps, same_file};

/// Opens another open file description of the same file, even if its path names another file by now. Without `/proc`,
/// opens `path`, if that still names the file.
///
/// # Errors
///
/// [`Error::Io`], also where `/proc` is not mounted and `path` does not name the file.
pub fn reopen(file: &File, path: Option<&Path>) -> Result<File> {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .open(format!("/proc/self/fd/{}", file.as_raw_fd()));
    match (opened, path) {
        (Err(e), Some(path)) if e.kind() == ErrorKind::NotFound && same_file(file, path)? => {
            let other = open_read_write(path)?;
            if same_file(&other, path)? && same_file(file, path)? {
                return Ok(other);
            }
            Err(Error::Io { call: "open of /proc/self/fd", source: e })
        }
        (opened, _) => opened.map_err(|source| Error::Io { call: "open of /proc/self/fd", source }),
    }
}

/// Gives a file or directory its final name if nothing has that name yet. Returns whether it did. With plain `rename`
/// the last of several creators would win.
///
/// Some systems cannot do this in one step (a file system returns EINVAL, a kernel ENOSYS, a sandbox that does not know
/// the call EPERM). Then:
///
/// - A file gets a second link, and loses the first. It has two names for a moment. If the caller dies in that
///   moment, it has both until a later process removes the first.
/// - A directory cannot have a second link, so it is renamed by plain `rename`. This can replace only an empty
///   directory: one that another process has just given the same name.
///
/// # Errors
///
/// [`Error::Io`]; [`Error::Invalid`] for a path with a NUL byte.
pub fn rename_new(from: &Path, to: &Path) -> Result<bool> {
    let (source, target) = (c_path(from)?, c_path(to)?);
    // Through `syscall`: musl before 1.2.6 has no wrapper.
    // SAFETY: both texts end with NUL and live through the call, which reads nothing else.
    let done = unsafe {
        libc::syscall(
            libc::SYS_renameat2,
            libc::AT_FDCWD,
            source.as_ptr(),
            libc::AT_FDCWD,
            target.as_ptr(),
            libc::RENAME_NOREPLACE,
        )
    };
    if done == 0 {
        return Ok(true);
    }
    let error = IoError::last_os_error();
    match error.raw_os_error() {
        Some(libc::EEXIST) => Ok(false),
        Some(libc::ENOENT) => Err(Error::Io { call: "renameat2", source: error }),
        _ => rename_in_steps(from, to, "renameat2", error),
    }
}

/// Whether the file system at `path` keeps its files in memory (tmpfs, ramfs) and not on a disk.
///
/// # Errors
///
/// [`Error::Io`]; [`Error::Invalid`] for a path with a NUL byte.
pub fn is_memory_backed(path: &Path) -> Result<bool> {
    const TMPFS: u32 = 0x0102_1994;
    const RAMFS: u32 = 0x8584_58f6;

    let text = c_path(path)?;
    let mut answer = std::mem::MaybeUninit::<libc::statfs>::zeroed();
    // SAFETY: `text` ends with NUL, and the call writes one statfs, which `answer` has room for.
    if unsafe { libc::statfs(text.as_ptr(), answer.as_mut_ptr()) } != 0 {
        return Err(Error::Io { call: "statfs", source: IoError::last_os_error() });
    }
    // SAFETY: all fields are integers, for which zeroed bytes are valid.
    let answer = unsafe { answer.assume_init() };
    // The field's width differs between targets; the magic numbers have 32 bits.
    let magic = answer.f_type as u32;
    Ok(magic == TMPFS || magic == RAMFS)
}

#[cfg(test)]
mod tests {
    use super::super::open_directory;
    use super::*;

    fn file() -> (tempfile::TempDir, std::path::PathBuf, File) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, b"").unwrap();
        let file = open_read_write(&path).unwrap();
        (dir, path, file)
    }

    #[test]
    fn a_path_may_come_to_name_another_file() {
        let (dir, path, file) = file();
        assert!(same_file(&file, &path).unwrap());
        let other = dir.path().join("other");
        std::fs::write(&other, b"x").unwrap();
        assert!(!same_file(&file, &other).unwrap());
        std::fs::rename(&other, &path).unwrap();
        assert!(!same_file(&file, &path).unwrap());
        assert!(same_file(&reopen(&file, None).unwrap(), &path).is_ok_and(|same| !same));
        std::fs::remove_file(&path).unwrap();
        assert!(!same_file(&file, &path).unwrap());
    }

    #[test]
    fn a_new_name_is_given_once() {
        let (dir, path, file) = file();
        let (name, late) = (dir.path().join("name"), dir.path().join("late"));
        assert!(rename_new(&path, &name).unwrap());
        assert!(same_file(&file, &name).unwrap() && !path.exists());
        std::fs::write(&late, b"late").unwrap();
        assert!(!rename_new(&late, &name).unwrap());
        assert!(same_file(&file, &name).unwrap() && late.exists());
        assert!(rename_new(&dir.path().join("absent"), &path).is_err());
    }

    #[test]
    fn links_and_pipes_neither_lead_elsewhere_nor_block() {
        let (dir, path, _file) = file();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let Err(Error::Io { source, .. }) = open_read_write(&link) else { panic!("followed") };
        assert_eq!(source.raw_os_error(), Some(libc::ELOOP));
        std::os::unix::fs::symlink(dir.path(), dir.path().join("dir")).unwrap();
        assert!(open_directory(&dir.path().join("dir")).is_err());
        assert!(open_directory(dir.path()).is_ok());
        let fifo = dir.path().join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        assert!(!open_read_write(&fifo).unwrap().metadata().unwrap().is_file());
    }

    #[test]
    fn a_disk_is_told_from_memory() {
        assert!(!is_memory_backed(Path::new("/proc")).unwrap());
        assert!(is_memory_backed(Path::new("/nowhere")).is_err());
        if std::fs::read_to_string("/proc/mounts").unwrap().contains(" /dev/shm tmpfs ") {
            assert!(is_memory_backed(Path::new("/dev/shm")).unwrap());
        }
    }
}
