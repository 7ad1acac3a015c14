//! Allocating bytes of a file.

use std::fs::File;
use std::io::Error as IoError;
use std::os::fd::AsRawFd;

// With 64-bit offsets, also on 32-bit systems.
#[cfg(not(all(target_env = "gnu", target_pointer_width = "32")))]
use libc::posix_fallocate;
#[cfg(all(target_env = "gnu", target_pointer_width = "32"))]
use libc::posix_fallocate64 as posix_fallocate;

use crate::error::{Error, Result};
use crate::os::posix::interruptions::INTERRUPTIONS;
use crate::os::posix::refused_bytes;

/// Makes sure that `len` bytes from `offset` can be stored to without SIGBUS, and lengthens the file if it ends before.
/// `ftruncate` would "succeed" on a full tmpfs, and the next store would kill the process.
///
/// # Errors
///
/// [`Error::Full`] if the file system, a quota, a limit or the memory is exhausted; [`Error::Invalid`] if `len` is 0 or
/// the bytes end beyond 2^63 - 1; [`Error::Io`].
pub fn allocate(file: &File, offset: u64, len: u64) -> Result<()> {
    refused_bytes(offset, len)?;
    let (mut done, mut step, mut interruptions) = (0, len, 0);
    while done < len {
        let part = step.min(len - done);
        // SAFETY: takes numbers only; both fit (checked above).
        let code =
            unsafe { posix_fallocate(file.as_raw_fd(), (offset + done) as i64, part as i64) };
        // The function returns the error's number. That of zig's musl returns -1, and sets `errno`.
        let code = if code == -1 { errno() } else { code };
        match code {
            0 => (done, interruptions) = (done + part, 0),
            // tmpfs starts the call over after a signal. Under a profiler's timer a big step might never end, so the
            // next step is half as big.
            libc::EINTR if interruptions < INTERRUPTIONS => {
                interruptions += 1;
                step = (step / 2).max(64 * 1024);
            }
            libc::ENOSPC => return Err(Error::Full { what: "no space left on the file system" }),
            libc::EDQUOT => return Err(Error::Full { what: "the disk quota is used up" }),
            libc::EFBIG => return Err(Error::Full { what: "the file size limit is reached" }),
            libc::ENOMEM => return Err(Error::Full { what: "no memory left" }),
            code => {
                let source = IoError::from_raw_os_error(code);
                return Err(Error::Io { call: "posix_fallocate", source });
            }
        }
    }
    Ok(())
}

fn errno() -> i32 {
    IoError::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

#[cfg(test)]
mod tests {
    use super::super::{open_read_write, page_size, Mapping};
    use super::*;
    use crate::sync::{AtomicU64, Ordering};

    fn file() -> (tempfile::TempDir, std::path::PathBuf, File) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, b"").unwrap();
        let file = open_read_write(&path).unwrap();
        (dir, path, file)
    }

    #[test]
    fn two_mappings_of_one_file_are_the_same_memory() {
        let (_dir, path, file) = file();
        allocate(&file, 0, 8192).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 8192);
        let one = Mapping::shared(&file, 1 << 30).unwrap(); // far beyond the end
        let two = Mapping::shared(&open_read_write(&path).unwrap(), 8192).unwrap();
        assert_ne!(one.as_ptr(), two.as_ptr());
        let word = |m: &Mapping, at: usize| {
            // SAFETY: `at` is below 8192, which is allocated, and a multiple of 8.
            unsafe { m.as_ptr().add(at).cast::<AtomicU64>().cast_const() }
        };
        // SAFETY: both mappings outlive these references.
        let (a, b) = unsafe { (&*word(&one, 8184), &*word(&two, 8184)) };
        a.store(42, Ordering::Relaxed);
        assert_eq!(b.load(Ordering::Relaxed), 42);
        drop(two);
        assert_eq!(a.load(Ordering::Relaxed), 42);
        assert_eq!(one.as_ptr() as usize % page_size(), 0);
        assert!(matches!(Mapping::shared(&file, 0), Err(Error::Invalid { .. })));
    }

    #[test]
    fn allocating_grows_and_never_shrinks() {
        let (_dir, _, file) = file();
        allocate(&file, 4096, 4096).unwrap();
        allocate(&file, 0, 16).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 8192);
        assert!(matches!(allocate(&file, u64::MAX, 1), Err(Error::Invalid { .. })));
        assert!(matches!(allocate(&file, 0, 0), Err(Error::Invalid { .. })));
        let huge = allocate(&file, 0, 1 << 62).unwrap_err();
        assert!(matches!(huge, Error::Full { .. }), "{huge}");
    }
}
