//! Removing segments that are not needed any more. Nothing depends on their being removed.

use std::fs::File;
use std::path::Path;
use std::sync::Mutex;

use crate::error::{Error, Result};
use crate::os;

use super::contents::Contents;
use super::create::SegmentPath;
use super::directory::{Access, PATIENCE_US};
use super::state;

/// Time in milliseconds for which a segment must have had no living writer before it is reaped, if this process cannot
/// tell whether the segment's root lives. That is so if the root ran in another pid namespace or boot, and was no
/// writer itself. The only worker of a cluster may have died a moment ago, while the primary lives and is about to
/// start another worker.
const GRACE_MS: u64 = 120_000;

/// Smallest time between two passes that make room, in microseconds.
const PAUSE_US: u64 = 1_000_000;

/// Longest duration of one pass, in microseconds: a pass delays the start of a process. The next start continues.
const BUDGET_US: u64 = 250_000;

/// The purpose of a pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Tidying up, after [`GRACE_MS`].
    Order,
    /// Room that a living application needs. Such a pass does not wait for [`GRACE_MS`].
    Room,
}

/// Removes segments and temporary files that earlier applications left in the directory of `segment_path`. Returns
/// whether it removed a segment. The caller holds the directory's lock. A segment that cannot be inspected or removed
/// stays for the next pass.
pub fn reap(segment_path: &SegmentPath, contents: &impl Contents, want: Want) -> bool {
    let deadline = os::monotonic_us() + BUDGET_US;
    let mut removed = false;
    for entry in std::fs::read_dir(segment_path.parent()).into_iter().flatten().flatten() {
        if os::monotonic_us() > deadline {
            break;
        }
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.contains(".heap.new-") {
            segment_path.clear_temporary(&path);
        } else if name.ends_with(".heap") && path != segment_path.path() {
            // A segment that is unsafe, corrupt or of another version stays.
            removed |= reap_one(segment_path, &path, contents, want).unwrap_or(false);
        } else if state::is_orphan(&path, segment_path.path()) {
            let _ = std::fs::remove_dir_all(&path);
        }
    }
    removed
}

fn reap_one(
    segment_path: &SegmentPath,
    path: &Path,
    contents: &impl Contents,
    want: Want,
) -> Result<bool> {
    let Some(file) = segment_path.open_file(path)? else { return Ok(false) };
    let found = contents.inspect(&file)?;
    let alive = match (found.retired, found.root) {
        (true, _) => Some(false),
        // A segment without a root is one that the user named. It stays, so that later programs continue its counters.
        (false, None) => return Ok(false),
        (false, Some(root)) => root.is_alive(),
    };
    if alive == Some(true) {
        return Ok(false);
    }
    // A process that attaches claims its slot under the heap lock. So while this process holds the lock and no slot is
    // locked, no other process uses the segment, and after it is marked as retired, none can. This open file
    // description is new and holds no slot, so it sees the locks of all other processes, in any namespace.
    if !os::try_lock(&file, contents.heap_lock_byte())? {
        return Ok(false);
    }
    let _held = Held { file: &file, byte: contents.heap_lock_byte() };
    if !found.retired {
        let slots = contents.slot_lock_range();
        if os::first_locked(&file, slots.start, slots.end)?.is_some() {
            return Ok(false);
        }
        if alive.is_none() && want == Want::Order && !is_over(&file, contents)? {
            return Ok(false);
        }
        retire(&file, contents)?;
    }
    let removed = remove(path, &file)?;
    if removed {
        state::remove(path);
    }
    Ok(removed)
}

/// Retires a segment that no process uses. The caller holds the heap lock, and removes the file next.
pub(super) fn retire(file: &File, contents: &impl Contents) -> Result<()> {
    contents.retire(file)?;
    kill_point!("reap.retired");
    Ok(())
}

/// A lock of a byte, held until this is dropped.
pub(super) struct Held<'a> {
    pub file: &'a File,
    pub byte: u64,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Closing the file would not always free the lock: a child that this process has just forked still has the file
        // open until it executes a program.
        let _ = os::unlock(self.file, self.byte);
    }
}

/// Returns whether an application without a living writer has ended, as far as its segment tells. The first process
/// that checks notes the time. A writer that attaches later makes the note invalid.
fn is_over(file: &File, contents: &impl Contents) -> Result<bool> {
    // Inspects the file again, now under the heap lock, so that no writer attaches meanwhile.
    let found = contents.inspect(file)?;
    // If a root that was a writer lived, it would hold the lock of its slot's byte.
    if found.root_wrote {
        return Ok(true);
    }
    let now = os::unix_ms();
    if found.idle_since_ms > found.last_attach_ms && found.idle_since_ms <= now {
        return Ok(now - found.idle_since_ms >= GRACE_MS);
    }
    contents.note_idle(file, now.max(found.last_attach_ms + 1))?;
    Ok(false)
}

/// Makes room for a segment in use that cannot grow: removes the segments that earlier applications left in the same
/// directory. Does not wait for the directory's lock, because the caller may hold a heap lock.
pub struct RoomMaker<C> {
    segment_path: SegmentPath,
    contents: C,
    next_us: Mutex<u64>,
}

impl<C: Contents> RoomMaker<C> {
    /// Makes a `RoomMaker` for the segment at this path in our own directory. Returns `None` if the path has no
    /// directory.
    pub fn new(path: &Path, access: Access, contents: C) -> Option<Self> {
        let segment_path = SegmentPath::beside(path, access)?;
        Some(Self { segment_path, contents, next_us: Mutex::new(0) })
    }

    /// Removes the segments that can be removed, at most once a second. Returns whether it removed any.
    pub fn make_room(&self) -> bool {
        let Ok(mut next) = self.next_us.try_lock() else { return false };
        let now = os::monotonic_us();
        if now < *next {
            return false;
        }
        let made = self
            .segment_path
            .lock(0)
            .is_ok_and(|_lock| reap(&self.segment_path, &self.contents, Want::Room));
        *next = os::monotonic_us() + PAUSE_US;
        made
    }
}

/// Removes the path if it still names the file, and returns whether it did. The caller holds the directory's lock.
fn remove(path: &Path, file: &File) -> Result<bool> {
    if !os::same_file(file, path)? {
        return Ok(false);
    }
    kill_point!("retire.unlink");
    std::fs::remove_file(path).map_err(|source| Error::Io { call: "unlink", source })?;
    Ok(true)
}

/// Removes the path of a retired segment if it still names the file, under the directory's lock.
pub fn unlink_at(segment_path: &SegmentPath, file: &File, until: u64) -> Result<bool> {
    let _lock = segment_path.lock(until).map_err(|error| error.at(segment_path.path()))?;
    let removed = remove(segment_path.path(), file)?;
    if removed {
        state::remove(segment_path.path());
    }
    Ok(removed)
}

/// Removes the file of a segment if the path still names it, and returns whether it did. Either the caller has marked
/// the segment as retired under the heap lock, or it still holds the heap lock and marks the segment next. If the
/// user named the segment, its file is removed for one reason only: a copy of an older segment is to take its path.
///
/// # Errors
///
/// [`Error::Busy`] if the directory stays locked for a second; [`Error::Io`]; [`Error::Invalid`] for a path without a
/// directory.
pub fn unlink(path: &Path, file: &File) -> Result<bool> {
    let Some(segment_path) = SegmentPath::beside(path, Access::of(file)?) else {
        return Err(Error::Invalid {
            what: "a segment is given by the absolute path of a file",
            value: path.display().to_string(),
        });
    };
    let until = os::monotonic_us() + PATIENCE_US;
    let _lock = segment_path.lock(until).map_err(|error| error.at(path))?;
    remove(path, file)
}
