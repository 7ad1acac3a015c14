//! What the kernel says about processes, in `/proc`.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;

use crate::error::{Error, Result};
use crate::os::described::Described;
use crate::os::posix::parent_id;

const ILLEGIBLE: Error = Error::Unsupported("the form of /proc/<pid>/stat");

fn io(call: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Io { call, source }
}

/// Describes the process that calls.
///
/// # Errors
///
/// [`Error::Io`] or [`Error::Unsupported`] if `/proc/self` cannot be read or makes no sense.
pub fn describe_self() -> Result<Described> {
    let stat = std::fs::read("/proc/self/stat").map_err(io("reading /proc/self/stat"))?;
    let found = parse_stat(&stat).ok_or(ILLEGIBLE)?;
    // Not the parent in /proc/self/stat, because /proc may be mounted for an outer namespace.
    Ok(Described { ppid: parent_id(), ..found })
}

/// Describes the process that has the number `pid` in the caller's pid namespace; `None` if there is none.
///
/// # Errors
///
/// [`Error::Unsupported`] if `/proc` shows another pid namespace, [`Error::Io`] if it cannot be read.
pub fn describe(pid: u32) -> Result<Option<Described>> {
    check_namespace()?;
    // The number is one of the caller's namespace, even if the process itself is in a nested one. The process's own
    // ns/pid link is not read, because that fails if the process belongs to another user.
    match std::fs::read(format!("/proc/{pid}/stat")) {
        Ok(stat) => parse_stat(&stat).ok_or(ILLEGIBLE).map(Some),
        // ESRCH: it died between the open and the read.
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) if e.raw_os_error() == Some(libc::ESRCH) => Ok(None),
        Err(e) => Err(io("reading /proc/<pid>/stat")(e)),
    }
}

/// Whether a thread of the caller's pid namespace is known to be neither stopped nor dead.
pub fn goes_on(thread: u32) -> bool {
    let stat =
        check_namespace().ok().and_then(|()| std::fs::read(format!("/proc/{thread}/stat")).ok());
    let state =
        stat.as_deref().and_then(after_name).and_then(|rest| rest.trim_start().bytes().next());
    // Runs or waits for a processor (R), waits for an event (S), for a disk or a page (D), or is idle (I).
    matches!(state, Some(b'R' | b'S' | b'D' | b'I'))
}

/// After `unshare --pid` without a new mount of /proc, the numbers in /proc are those of another namespace.
fn check_namespace() -> Result<()> {
    let own = std::fs::read_link("/proc/self").map_err(io("reading /proc/self"))?;
    match own.to_str().and_then(|text| text.parse().ok()) == Some(std::process::id()) {
        true => Ok(()),
        false => Err(Error::Unsupported("/proc shows another pid namespace")),
    }
}

/// Returns the inode of the caller's pid namespace.
///
/// # Errors
///
/// [`Error::Io`] if `/proc` does not tell.
pub fn pid_namespace() -> Result<u64> {
    let found = std::fs::metadata("/proc/self/ns/pid");
    found.map(|namespace| namespace.ino()).map_err(io("stat of /proc/self/ns/pid"))
}

/// The fields after the command name of a file as in proc_pid_stat(5). The name is in parentheses and may contain any
/// character, even `)` and spaces, so the other fields begin after the *last* `)`.
fn after_name(stat: &[u8]) -> Option<&str> {
    let end = stat.iter().rposition(|&b| b == b')')?;
    std::str::from_utf8(stat.get(end + 1..)?).ok()
}

/// State, parent and start time from a file as in proc_pid_stat(5).
fn parse_stat(stat: &[u8]) -> Option<Described> {
    let mut fields = after_name(stat)?.split_ascii_whitespace();
    let state = *fields.next()?.as_bytes().first()?; // field 3
    let ppid = fields.next()?.parse().ok()?; // field 4
    let start_time = fields.nth(17)?.parse().ok()?; // field 22
    let runs = !matches!(state, b'Z' | b'X' | b'x');
    Some(Described { ppid, start_time, runs })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_full_of_parentheses_does_not_confuse() {
        let stat = b"7 (a) R (b)) S 5 7 7 0 -1 4 1 0 0 0 1 2 0 0 20 0 1 0 4242 0 0\n";
        assert_eq!(parse_stat(stat), Some(Described { ppid: 5, start_time: 4242, runs: true }));
        assert_eq!(parse_stat(b"7 (x) S 5 7"), None);
        assert_eq!(parse_stat(b""), None);
    }
}
