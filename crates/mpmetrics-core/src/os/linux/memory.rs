//! Mapping a file, and allocating its bytes.

use std::fs::File;
use std::io::{Error as IoError, ErrorKind};
use std::os::fd::AsRawFd;
use std::ptr::NonNull;

// With 64-bit offsets, also on 32-bit systems.
#[cfg(not(all(target_env = "gnu", target_pointer_width = "32")))]
use libc::posix_fallocate;
#[cfg(all(target_env = "gnu", target_pointer_width = "32"))]
use libc::posix_fallocate64 as posix_fallocate;

use crate::error::{Error, Result};

/// A file's bytes, shared with every other process that maps it.
///
/// Touching a page that lies beyond the end of the file kills the process (SIGBUS): only bytes for which
/// [`allocate`] has succeeded may be touched.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: the mapping is plain memory that stays where it is until it is dropped. It hands out only a raw pointer, and
// code that dereferences the pointer is responsible for races.
unsafe impl Send for Mapping {}
// SAFETY: as above; `&Mapping` gives nothing but the address and the length.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first `len` bytes of `file` for reading and writing. `len` may reach beyond the end of the
    /// file, so that a file that grows need not be mapped again.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] for a length of 0, [`Error::Io`] if the system refuses.
    pub fn shared(file: &File, len: usize) -> Result<Self> {
        if len == 0 {
            return Err(Error::Invalid {
                what: "a mapping has at least one byte",
                value: "0".into(),
            });
        }
        // SAFETY: a fresh mapping at an address of the kernel's choice touches no memory of ours, and the
        // descriptor is open for as long as `file` is borrowed.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_NORESERVE,
                file.as_raw_fd(),
                0,
            )
        };
        if address == libc::MAP_FAILED {
            return Err(Error::Io { call: "mmap", source: IoError::last_os_error() });
        }
        let Some(start) = NonNull::new(address.cast::<u8>()) else {
            return Err(Error::Io { call: "mmap", source: ErrorKind::AddrNotAvailable.into() });
        };
        // A core dump of a server need not contain the metrics of all processes. This is advice: a refusal changes
        // nothing.
        // SAFETY: the range is the mapping just made, and this advice does not change its contents.
        unsafe { libc::madvise(address, len, libc::MADV_DONTDUMP) };
        Ok(Self { start, len })
    }

    /// The start of the mapping, aligned to a page.
    #[must_use]
    pub fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The length in bytes, as it was asked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Always false: a mapping has at least one byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range came from one mmap and is unmapped once; code that kept the raw pointer must not use it any
        // more (JavaScript's views keep the mapping itself alive).
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// Makes sure that `len` bytes from `offset` can be stored to without SIGBUS, and lengthens the file if it ends before.
/// `ftruncate` would "succeed" on a full tmpfs, and the next store would kill the process.
///
/// # Errors
///
/// [`Error::Full`] if the file system, a quota, a limit or the memory is exhausted; [`Error::Invalid`] if `len` is 0 or
/// the bytes end beyond 2^63 - 1; [`Error::Io`].
pub fn allocate(file: &File, offset: u64, len: u64) -> Result<()> {
    let end = offset.checked_add(len).and_then(|end| i64::try_from(end).ok());
    if len == 0 || end.is_none() {
        return Err(Error::Invalid {
            what: "bytes to allocate (offset + length)",
            value: format!("{offset} + {len}"),
        });
    }
    let (mut done, mut step, mut interruptions) = (0, len, 0);
    while done < len {
        let part = step.min(len - done);
        // SAFETY: takes numbers only; both fit, as `end` does.
        let code =
            unsafe { posix_fallocate(file.as_raw_fd(), (offset + done) as i64, part as i64) };
        match code {
            0 => (done, interruptions) = (done + part, 0),
            // tmpfs starts the call over after a signal. Under a profiler's timer a big step might never end, so the
            // next step is half as big.
            libc::EINTR if interruptions < super::interruptions::INTERRUPTIONS => {
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

/// Bytes of a page of memory.
#[must_use]
pub fn page_size() -> usize {
    // SAFETY: takes and returns a number.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

#[cfg(test)]
mod tests {
    use super::super::open_read_write;
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
