//! Removing one segment, because its user says so.

use super::contents::Contents;
use super::create::SegmentPath;
use super::directory::Access;
use super::heap_file::HeapContents;
use super::reap::{retire, unlink, Held};
use super::state;
use crate::error::{Error, Result};
use crate::os::{self, ProcessIdentity};
use crate::reader::{look, Facts, SegmentFile};
use std::path::Path;

/// What [`remove`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The file is gone.
    Removed,
    /// The segment is in use, and stays: the pids of the processes that use it.
    InUse(Vec<u32>),
}

/// Removes the segment at a path, also one that the user named, unless a process uses it: unless a slot's byte is
/// locked, a slot is awaited, or the root lives. A process that starts meanwhile either finds the segment and claims a
/// slot, so that the segment stays, or finds it retired and makes another.
///
/// # Errors
/// [`Error::Unsafe`] if the file belongs to another user, or is no regular file; [`Error::Busy`] if a process holds the
/// heap lock; [`Error::Corrupt`], [`Error::Version`] or [`Error::Machine`] for a file that this build cannot read, which
/// stays; [`Error::Io`].
pub fn remove(path: &Path) -> Result<Removal> {
    remove_at(path).map_err(|error| match error {
        Error::Unsafe { .. } => error,
        other => other.at(path),
    })
}

fn remove_at(path: &Path) -> Result<Removal> {
    let stranger = SegmentFile::open(path)?;
    let Some(segment_path) = SegmentPath::beside(path, Access::of(stranger.file())?) else {
        let value = path.display().to_string();
        return Err(Error::Invalid { what: "a segment is given by the path of a file", value });
    };
    let Some(file) = segment_path.open_file(path)? else { return Ok(Removal::Removed) };
    let contents = HeapContents::default();
    if !os::try_lock(&file, contents.heap_lock_byte())? {
        return Err(Error::Busy);
    }
    let _held = Held { file: &file, byte: contents.heap_lock_byte() };
    // Read under the heap lock, so that no writer attaches meanwhile.
    let found = contents.inspect(&file)?;
    let facts = Facts::of(&look(&stranger)?);
    let living = facts.writers.iter().filter(|writer| writer.lives);
    let mut pids: Vec<u32> = living.map(|writer| writer.pid).collect();
    let root = found.root.filter(|root| root.is_alive() == Some(true));
    pids.extend(root.map(|ProcessIdentity { pid, .. }| pid));
    pids.sort_unstable();
    pids.dedup();
    if !pids.is_empty() && !found.retired {
        return Ok(Removal::InUse(pids));
    }
    retire(&file, &contents)?;
    if unlink(path, &file)? {
        state::remove(path);
    }
    Ok(Removal::Removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::segment::Segment;

    #[test]
    fn a_segment_goes_only_when_nobody_uses_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.heap");
        assert_eq!(remove(&path).map_err(|error| error.code()), Err(Code::Io));
        let segment = Segment::at(&path).unwrap();
        let writer = segment.heap().writer(7, 77).unwrap();
        assert_eq!(remove(&path).unwrap(), Removal::InUse(vec![77]));
        assert!(path.exists() && !segment.heap().retired());
        let held = segment.heap().hold_lock().unwrap();
        assert_eq!(remove(&path).map_err(|error| error.code()), Err(Code::Busy));
        drop((held, writer));
        assert_eq!(remove(&path).unwrap(), Removal::Removed);
        assert!(!path.exists() && segment.heap().retired());
    }

    #[test]
    fn what_cannot_be_read_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.heap");
        std::fs::write(&path, "no segment").unwrap();
        assert_eq!(remove(&path).map_err(|error| error.code()), Err(Code::Corrupt));
        assert!(path.exists());
    }
}
