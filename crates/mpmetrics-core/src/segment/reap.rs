//! Removing segments: tidying, never part of correctness.

use std::fs::File;
use std::path::Path;

use crate::error::{Error, Result};
use crate::os;

use super::create::Place;
use super::directory::{Access, Directory};
use super::Contents;

/// A segment whose root cannot be judged from here, because it ran in another pid namespace or boot, is
/// given up after this time without a new writer.
const FORGOTTEN_MS: u64 = 24 * 60 * 60 * 1000;

/// How long one pass may take: it delays a start. The next start goes on.
const BUDGET_US: u64 = 250_000;

/// Removes what earlier applications left beside `place`. The caller holds the directory's lock. What
/// cannot be judged or removed stays for the next time.
pub fn reap(place: &Place, contents: &impl Contents) {
    let deadline = os::monotonic_us() + BUDGET_US;
    for entry in std::fs::read_dir(place.parent()).into_iter().flatten().flatten() {
        if os::monotonic_us() > deadline {
            return;
        }
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.contains(".heap.new-") {
            place.clear_temporary(&path);
        } else if name.ends_with(".heap") && path != place.path() {
            // Unsafe, corrupt or of another version: none of ours to judge.
            let _ = reap_one(place, &path, contents);
        }
    }
}

fn reap_one(place: &Place, path: &Path, contents: &impl Contents) -> Result<bool> {
    let Some(file) = place.open_file(path)? else { return Ok(false) };
    let found = contents.inspect(&file)?;
    if !found.retired {
        // Without a root the user named it: it is kept, and counters go on.
        let Some(root) = found.root else { return Ok(false) };
        let gone = match root.is_alive() {
            Some(alive) => !alive,
            None => os::unix_ms().saturating_sub(found.last_attach_ms) > FORGOTTEN_MS,
        };
        if !gone {
            return Ok(false);
        }
    }
    // Who attaches claims its slot under the heap's lock: with the lock held and no slot taken, nobody
    // has a place in it, and after the mark nobody gets one. The description is fresh and holds no
    // slot, so it sees everybody's. Dropping it gives the lock back.
    if !os::try_lock(&file, contents.heap_lock_byte())? {
        return Ok(false);
    }
    let slots = contents.slot_lock_range();
    if !found.retired {
        if os::first_locked(&file, slots.start, slots.end)?.is_some() {
            return Ok(false);
        }
        contents.retire(&file)?;
        kill_point!("reap.retired");
    }
    remove(path, &file)
}

/// Removes the path if it still names the file. The caller holds the directory's lock.
fn remove(path: &Path, file: &File) -> Result<bool> {
    if !os::same_file(file, path)? {
        return Ok(false);
    }
    kill_point!("retire.unlink");
    std::fs::remove_file(path).map_err(|source| Error::Io { call: "unlink", source })?;
    Ok(true)
}

/// Removes a retired file that is still at its place.
pub fn unlink_at(place: &Place, file: &File) -> Result<bool> {
    let Some(_lock) = place.lock() else { return Err(Error::Busy.at(place.path())) };
    remove(place.path(), file)
}

/// Removes the file of a derived segment that the caller has marked retired under the heap's lock;
/// whether the path still named it. A segment that the user named must not be given here.
///
/// # Errors
///
/// [`Error::Busy`] if the directory's lock was not to be had within a second; [`Error::Io`];
/// [`Error::Invalid`] for a path without a directory.
pub fn unlink(path: &Path, file: &File) -> Result<bool> {
    let parent = path.parent().ok_or_else(|| Error::Invalid {
        what: "a segment is given by the absolute path of a file",
        value: path.display().to_string(),
    })?;
    let directory = Directory { path: parent.to_owned(), access: Access::new(None, None)? };
    let Some(_lock) = directory.lock() else { return Err(Error::Busy.at(path)) };
    remove(path, file)
}
