//! Locks on single bytes of a file, which the kernel frees when their holder dies.

use std::fs::File;
use std::io::{Error as IoError, ErrorKind};
use std::os::fd::AsRawFd;

use super::interruptions::INTERRUPTIONS;
use crate::error::{Error, Result};

/// A range of bytes for fcntl(2), with offsets of 64 bits on every machine.
#[cfg(target_os = "linux")]
type Range = libc::flock64;
#[cfg(not(target_os = "linux"))]
type Range = libc::flock;

/// Tries to lock one byte for writing, without waiting; the byte need not exist. The lock belongs to the
/// open file description (fcntl(2), F_OFD_SETLK): the kernel frees the lock when the description's last
/// descriptor is closed, also by the death of the process. Locking again through the same description succeeds.
///
/// `false` means EAGAIN only, which Linux and macOS return if another description holds the byte. EACCES is an error here,
/// although POSIX allows it for a byte that is held: on Linux it comes from a security module (AppArmor without `k`) or
/// a file system that refuses all locks, so a caller that waited for the lock would wait for ever.
///
/// # Errors
///
/// [`Error::Io`], [`Error::Invalid`] for a byte beyond 2^63 - 1.
pub fn try_lock(file: &File, byte: u64) -> Result<bool> {
    let mut lock = range(libc::F_WRLCK, byte, 1)?;
    match fcntl(file, libc::F_OFD_SETLK, &mut lock) {
        Ok(()) => Ok(true),
        Err(e) if e.raw_os_error() == Some(libc::EAGAIN) => Ok(false),
        Err(source) => Err(Error::Io { call: "fcntl(F_OFD_SETLK)", source }),
    }
}

/// Frees the byte's lock, if this description holds it.
///
/// # Errors
///
/// [`Error::Io`], [`Error::Invalid`] for a byte beyond 2^63 - 1.
pub fn unlock(file: &File, byte: u64) -> Result<()> {
    let mut lock = range(libc::F_UNLCK, byte, 1)?;
    fcntl(file, libc::F_OFD_SETLK, &mut lock)
        .map_err(|source| Error::Io { call: "fcntl(F_OFD_SETLK)", source })
}

/// Returns the lowest run of bytes in `from..to` that *another* description has locked, as (start, length), cut to the
/// range; `None` if there is none. Locks of `file`'s own description are not seen: ask through another description.
///
/// # Errors
///
/// [`Error::Io`], [`Error::Invalid`] for a byte beyond 2^63 - 1.
pub fn first_locked(file: &File, from: u64, to: u64) -> Result<Option<(u64, u64)>> {
    let mut found = None;
    let mut end = to;
    // The kernel reports any one of the conflicting locks, so this asks again for the bytes below that lock.
    while from < end {
        let mut lock = range(libc::F_WRLCK, from, end - from)?;
        fcntl(file, libc::F_OFD_GETLK, &mut lock)
            .map_err(|source| Error::Io { call: "fcntl(F_OFD_GETLK)", source })?;
        if number(lock.l_type) == number(libc::F_UNLCK) {
            break;
        }
        let start = u64::try_from(lock.l_start).unwrap_or(0).max(from);
        // A length of 0 means: up to the end of the file, even when the file grows.
        let length = u64::try_from(lock.l_len).unwrap_or(0);
        let stop = if length == 0 { end } else { (lock.l_start as u64 + length).min(end) };
        found = Some((start, stop.saturating_sub(start).max(1)));
        end = start;
    }
    Ok(found)
}

/// A constant of fcntl(2), whose type differs between systems.
fn number(kind: impl Into<i32>) -> i32 {
    kind.into()
}

fn range(kind: impl Into<i32>, start: u64, len: u64) -> Result<Range> {
    let offset = |value: u64| {
        i64::try_from(value).map_err(|_| Error::Invalid {
            what: "offset of a lock, at most 2^63 - 1",
            value: value.to_string(),
        })
    };
    Ok(Range {
        l_type: number(kind) as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: offset(start)?,
        l_len: offset(len)?,
        // Must be 0 for OFD commands.
        l_pid: 0,
    })
}

/// Locks, or asks for locks.
#[cfg(target_pointer_width = "64")]
fn call(file: &File, command: libc::c_int, lock: &mut Range) -> libc::c_int {
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and these commands read and write one
    // structure, which `lock` is.
    unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut *lock) }
}

/// Locks, or asks for locks, without the C library: its `fcntl` takes a structure with offsets of 32 bits.
#[cfg(target_pointer_width = "32")]
fn call(file: &File, command: libc::c_int, lock: &mut Range) -> libc::c_int {
    // SAFETY: as above, and the call returns an `int`.
    unsafe { libc::syscall(libc::SYS_fcntl64, file.as_raw_fd(), command, &raw mut *lock) as i32 }
}

fn fcntl(file: &File, command: libc::c_int, lock: &mut Range) -> std::io::Result<()> {
    // These commands do not sleep, so a signal hardly ever interrupts them. The loop is bounded all the same.
    let mut interruptions = 0;
    loop {
        if call(file, command, lock) == 0 {
            return Ok(());
        }
        let error = IoError::last_os_error();
        interruptions += 1;
        if error.kind() != ErrorKind::Interrupted || interruptions > INTERRUPTIONS {
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::os::{open_read_write, reopen};

    fn file() -> (tempfile::TempDir, std::path::PathBuf, File) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, b"").unwrap();
        let file = open_read_write(&path).unwrap();
        (dir, path, file)
    }

    #[test]
    fn two_descriptions_exclude_each_other_within_one_process() {
        let (_dir, path, a) = file();
        let b = open_read_write(&path).unwrap();
        let c = reopen(&a, None).unwrap();
        let far = 1 << 40;
        assert!(try_lock(&a, far).unwrap());
        assert!(try_lock(&a, far).unwrap(), "again through the same description");
        assert!(!try_lock(&b, far).unwrap());
        assert!(!try_lock(&c, far).unwrap());
        assert!(try_lock(&b, far + 1).unwrap());
        unlock(&b, far).unwrap(); // b does not hold it, so nothing happens
        assert!(!try_lock(&b, far).unwrap());
        drop(c); // closing another description frees no lock of a's
        assert!(!try_lock(&b, far).unwrap());
        unlock(&a, far).unwrap();
        assert!(try_lock(&b, far).unwrap());
        drop(b);
        assert!(try_lock(&a, far).unwrap(), "closing gives locks back");
        assert!(matches!(try_lock(&a, u64::MAX), Err(Error::Invalid { .. })));
    }

    #[test]
    fn the_lowest_lock_is_found_and_cut_to_the_range() {
        let (_dir, path, asker) = file();
        assert_eq!(first_locked(&asker, 0, 1 << 50).unwrap(), None);
        let holders: Vec<File> = (0..8).map(|_| open_read_write(&path).unwrap()).collect();
        for (at, holder) in [70_u64, 30, 50, 40, 60, 10, 20, 80].iter().zip(&holders) {
            assert!(try_lock(holder, *at).unwrap());
        }
        assert_eq!(first_locked(&asker, 0, 100).unwrap(), Some((10, 1)));
        assert_eq!(first_locked(&asker, 11, 100).unwrap(), Some((20, 1)));
        assert_eq!(first_locked(&asker, 31, 40).unwrap(), None);
        assert_eq!(first_locked(&asker, 81, 1 << 50).unwrap(), None);
        assert_eq!(first_locked(&asker, 5, 5).unwrap(), None);
        for at in 0..10 {
            assert!(try_lock(&holders[5], at).unwrap()); // 0..=10 in one run
        }
        assert_eq!(first_locked(&asker, 3, 7).unwrap(), Some((3, 4)));
        assert_eq!(first_locked(&asker, 3, 100).unwrap(), Some((3, 8)));
        assert_eq!(first_locked(&holders[5], 0, 15).unwrap(), None, "its own are not seen");
    }
}
