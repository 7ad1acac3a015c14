//! What the kernel says about processes (proc_pidinfo).

use std::io::Error as IoError;
use std::mem::{size_of, MaybeUninit};

use crate::error::{Error, Result};
use crate::os::described::Described;
use crate::os::posix::{parent_id, Lives};

/// Describes the process that calls.
///
/// # Errors
///
/// [`Error::Io`] if the kernel refuses.
pub fn describe_self() -> Result<Described> {
    let found = describe(std::process::id())?;
    let found = found.ok_or(Error::Unsupported("the description of this process"))?;
    Ok(Described { ppid: parent_id(), ..found })
}

/// Describes the process that has the number `pid`; `None` if there is none. A zombie is described as one that does not
/// run, or is not found.
///
/// # Errors
///
/// [`Error::Io`] if the kernel refuses: processes of other users are not described.
pub fn describe(pid: u32) -> Result<Option<Described>> {
    let Ok(number) = libc::pid_t::try_from(pid) else { return Ok(None) };
    let mut found = MaybeUninit::<libc::proc_bsdinfo>::zeroed();
    let size = size_of::<libc::proc_bsdinfo>() as libc::c_int;
    // SAFETY: the call writes at most `size` bytes, which `found` has.
    let written = unsafe {
        libc::proc_pidinfo(number, libc::PROC_PIDTBSDINFO, 0, found.as_mut_ptr().cast(), size)
    };
    if written != size {
        let source = IoError::last_os_error();
        return match source.raw_os_error() {
            Some(libc::ESRCH) => Ok(None),
            _ => Err(Error::Io { call: "proc_pidinfo", source }),
        };
    }
    // SAFETY: all fields are numbers, for which all bytes are valid.
    let found = unsafe { found.assume_init() };
    let start_time = found.pbi_start_tvsec.wrapping_mul(1_000_000) + found.pbi_start_tvusec;
    Ok(Some(Described { ppid: found.pbi_ppid, start_time, runs: found.pbi_status != libc::SZOMB }))
}

/// A constant: macOS has no pid namespaces.
///
/// # Errors
///
/// None.
#[allow(clippy::unnecessary_wraps, reason = "the contract's signature")]
pub fn pid_namespace() -> Result<u64> {
    Ok(1)
}

/// The processes that may own a mutex.
pub struct Processes;

impl Lives for Processes {
    fn describe(pid: u32) -> Result<Option<Described>> {
        describe(pid)
    }
}
