//! Allocating bytes of a file.

use std::fs::File;
use std::io::Error as IoError;
use std::os::fd::AsRawFd;

use crate::error::{Error, Result};
use crate::os::posix::interruptions::INTERRUPTIONS;
use crate::os::posix::refused_bytes;

/// Makes sure that the file has `len` bytes from `offset`, and that the disk has room for those by which the file
/// grows. Bytes below the file's end are taken as allocated, because segments have no holes. One process at a time
/// lengthens a file: it has the heap lock, or the file has no name yet.
///
/// `ftruncate` alone would succeed on a full disk. Where the file system cannot allocate (F_PREALLOCATE returns ENOTSUP),
/// that is an error, and the segment is made elsewhere.
///
/// # Errors
///
/// [`Error::Full`] if the file system, a quota or a limit is exhausted; [`Error::Invalid`] if `len` is 0 or the bytes end
/// beyond 2^63 - 1; [`Error::Io`].
pub fn allocate(file: &File, offset: u64, len: u64) -> Result<()> {
    refused_bytes(offset, len)?;
    let found = file.metadata().map_err(|source| Error::Io { call: "fstat", source })?;
    let (end, known) = (offset + len, found.len());
    if end <= known {
        return Ok(());
    }
    let mut wanted = libc::fstore_t {
        fst_flags: libc::F_ALLOCATEALL,
        fst_posmode: libc::F_PEOFPOSMODE,
        fst_offset: 0,
        fst_length: (end - known) as libc::off_t,
        fst_bytesalloc: 0,
    };
    // SAFETY: the descriptor is open for as long as `file` is borrowed, and the command reads and writes one
    // `fstore_t`.
    again("fcntl(F_PREALLOCATE)", || unsafe {
        libc::fcntl(file.as_raw_fd(), libc::F_PREALLOCATE, &raw mut wanted)
    })?;
    // SAFETY: takes numbers only; the end fits (checked above).
    again("ftruncate", || unsafe { libc::ftruncate(file.as_raw_fd(), end as libc::off_t) })
}

/// Makes a call again if a signal interrupts it, and returns its error.
fn again(call: &'static str, mut make: impl FnMut() -> libc::c_int) -> Result<()> {
    let mut interruptions = 0;
    while make() == -1 {
        let source = IoError::last_os_error();
        interruptions += 1;
        match source.raw_os_error() {
            Some(libc::EINTR) if interruptions <= INTERRUPTIONS => {}
            Some(libc::ENOSPC) => {
                return Err(Error::Full { what: "no space left on the file system" });
            }
            Some(libc::EDQUOT) => return Err(Error::Full { what: "the disk quota is used up" }),
            Some(libc::EFBIG) => {
                return Err(Error::Full { what: "the file size limit is reached" });
            }
            _ => return Err(Error::Io { call, source }),
        }
    }
    Ok(())
}
