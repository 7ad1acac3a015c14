//! Mapping a file.

use std::fs::File;
use std::io::{Error as IoError, ErrorKind};
use std::os::fd::AsRawFd;
use std::ptr::NonNull;

use crate::error::{Error, Result};

/// A file's bytes, shared with every other process that maps it.
///
/// Touching a page that lies beyond the end of the file kills the process (SIGBUS): only bytes for which
/// [`allocate`](crate::os::allocate) has succeeded may be touched.
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
        // nothing. macOS has no such advice.
        #[cfg(target_os = "linux")]
        // SAFETY: the range is the mapping just made, and this advice does not change its contents.
        unsafe {
            libc::madvise(address, len, libc::MADV_DONTDUMP)
        };
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

/// Bytes of a page of memory.
#[must_use]
pub fn page_size() -> usize {
    // SAFETY: takes and returns a number.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

/// Fails if `len` is 0 or the bytes end beyond 2^63 - 1.
pub fn refused_bytes(offset: u64, len: u64) -> Result<()> {
    let end = offset.checked_add(len).and_then(|end| i64::try_from(end).ok());
    if len == 0 || end.is_none() {
        return Err(Error::Invalid {
            what: "bytes to allocate (offset + length)",
            value: format!("{offset} + {len}"),
        });
    }
    Ok(())
}
