//! Making the file of a segment, and attaching to a file that exists.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::os::{self, ProcessIdentity};

use super::contents::Contents;
use super::directory::{is_gone, Access, Directory, Lock};

/// The byte of a temporary file that its creator keeps locked while it lives. It lies far beyond every byte that a
/// writer of a heap locks.
const BIRTH_BYTE: u64 = 1 << 62;

/// The path of a segment, which may not exist yet, and which files are trusted there.
#[derive(Debug)]
pub struct SegmentPath {
    path: PathBuf,
    access: Access,
    /// Our own directory; `None` if the user named the path, because then the directory is not ours.
    directory: Option<Directory>,
}

impl SegmentPath {
    /// Returns the path of the segment with this name in our own directory.
    pub fn derived(directory: Directory, name: &str) -> Self {
        let path = directory.path.join(format!("{name}.heap"));
        Self { path, access: directory.access, directory: Some(directory) }
    }

    /// Returns the path of a segment that is known to be in our own directory, or `None` if the path has no directory.
    pub fn beside(path: &Path, access: Access) -> Option<Self> {
        let directory = Directory { path: path.parent()?.to_owned(), access };
        Some(Self { path: path.to_owned(), access, directory: Some(directory) })
    }

    /// Returns a path that the user named.
    pub fn named(path: &Path, access: Access) -> Result<Self> {
        if !path.is_absolute() || path.file_name().is_none() {
            return Err(Error::Invalid {
                what: "a segment is given by the absolute path of a file",
                value: path.display().to_string(),
            });
        }
        Ok(Self { path: path.to_owned(), access, directory: None })
    }

    /// Returns the path of the segment's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the directory of the segment's file.
    pub fn parent(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Locks the directory, and waits for its lock until this time of the monotonic clock. Fails if it stays locked, or
    /// if the directory is not ours.
    pub fn lock(&self, until: u64) -> Result<Lock> {
        self.directory.as_ref().map_or(Err(Error::Busy), |directory| directory.lock(until))
    }

    /// Returns the beginning of all temporary names of this segment.
    fn temporary_prefix(&self) -> String {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        format!(".{name}.new-")
    }

    /// Checks and opens a file of this directory. Returns `None` if the file does not exist.
    pub fn open_file(&self, path: &Path) -> Result<Option<File>> {
        // Checks the file before it opens it, because opening a device can have effects, and because the error for
        // another user's file should say so, and not be EACCES.
        let found = match os::entry_at(path) {
            Err(error) if is_gone(&error) => return Ok(None),
            found => found?,
        };
        self.access.check_file(path, &found)?;
        let file = match os::open_read_write(path) {
            Err(error) if is_gone(&error) => return Ok(None),
            other => other?,
        };
        self.access.check_file(path, &os::entry_of(&file)?)?;
        Ok(Some(file))
    }

    /// Makes a file of this directory that does not exist yet.
    pub fn make_file(&self, path: &Path) -> Result<File> {
        self.access.make_file(path)
    }

    /// Removes the temporary files of this segment whose creators died.
    pub fn clear_leftovers(&self) {
        let prefix = self.temporary_prefix();
        for entry in std::fs::read_dir(self.parent()).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                self.clear_temporary(&entry.path());
            }
        }
    }

    /// Removes a temporary file if its creator is dead.
    pub fn clear_temporary(&self, path: &Path) {
        let Ok(Some(file)) = self.open_file(path) else { return };
        // If a living creator has not locked its new file yet, the file is removed, too, and the creator makes another.
        if matches!(os::try_lock(&file, BIRTH_BYTE), Ok(true)) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The result of attaching to the segment at a path.
pub enum Attached {
    /// The file of a segment to use.
    File(File),
    /// The file of a segment that is removed, or about to be removed.
    Retired(File),
    /// The file was removed meanwhile, or still had its temporary name, too: the caller tries again.
    Moving,
    /// There is no file.
    Absent,
}

/// Opens the segment at a path, if there is one.
pub fn attach(segment_path: &SegmentPath, contents: &impl Contents) -> Result<Attached> {
    let path = segment_path.path();
    let wrap = |e: Error| match e {
        Error::Unsafe { .. } => e,
        other => other.at(path),
    };
    let Some(file) = segment_path.open_file(path).map_err(wrap)? else {
        return Ok(Attached::Absent);
    };
    kill_point!("attach.opened");
    match os::entry_of(&file).map_err(wrap)?.links {
        1 => {}
        // The file was removed after it was opened.
        0 => return Ok(Attached::Moving),
        // On a file system where a new file gets its name by a hard link, it may still have its temporary name, too.
        _ if forget_twin(segment_path, &file) => return Ok(Attached::Moving),
        _ => return Err(Error::Unsafe { path: path.to_owned(), why: "it has further hard links" }),
    }
    if contents.inspect(&file).map_err(wrap)?.retired {
        return Ok(Attached::Retired(file));
    }
    kill_point!("attach.inspected");
    Ok(Attached::File(file))
}

/// Removes the temporary name of a file that already has its final name. Returns whether it had a temporary name, which
/// is gone now.
fn forget_twin(segment_path: &SegmentPath, file: &File) -> bool {
    let prefix = segment_path.temporary_prefix();
    let entries = std::fs::read_dir(segment_path.parent()).into_iter().flatten().flatten();
    let twin = entries
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
        .find(|entry| matches!(os::same_file(file, &entry.path()), Ok(true)));
    twin.is_some_and(|entry| match std::fs::remove_file(entry.path()) {
        Ok(()) => true,
        Err(e) => e.kind() == ErrorKind::NotFound,
    })
}

/// Most times that [`create`] makes the file. Before the file is locked, another process may take it for a dead
/// creator's, and remove it. Each process that starts does so once at most, and many may start at once.
const TRIES: u32 = 32;

/// Makes the segment's file. Returns `None` if another process has made it first.
pub fn create(
    segment_path: &SegmentPath,
    root: Option<&ProcessIdentity>,
    contents: &impl Contents,
) -> Result<Option<File>> {
    let mut tries = 1;
    loop {
        match create_once(segment_path, root, contents) {
            Err(Error::Io { source, .. }) if tries < TRIES && is_taken(&source) => tries += 1,
            done => return done,
        }
    }
}

/// Returns whether the error says that another process took the new file for a dead creator's, and removes it.
fn is_taken(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotFound)
}

fn create_once(
    segment_path: &SegmentPath,
    root: Option<&ProcessIdentity>,
    contents: &impl Contents,
) -> Result<Option<File>> {
    let name = format!("{}{:016x}", segment_path.temporary_prefix(), os::random_u64());
    let born = segment_path.parent().join(name);
    let file = segment_path.make_file(&born)?;
    kill_point!("create.made");
    let done = fill_and_name(segment_path, &born, &file, root, contents);
    if !matches!(done, Ok(true)) {
        let _ = std::fs::remove_file(&born);
    }
    Ok(done?.then_some(file))
}

fn fill_and_name(
    segment_path: &SegmentPath,
    born: &Path,
    file: &File,
    root: Option<&ProcessIdentity>,
    contents: &impl Contents,
) -> Result<bool> {
    if !os::try_lock(file, BIRTH_BYTE)? {
        // Another process took the file for a dead creator's, between making and locking it, and removes it.
        let source = ErrorKind::WouldBlock.into();
        return Err(Error::Io { call: "fcntl(F_OFD_SETLK) of a new file", source });
    }
    kill_point!("create.marked");
    contents.initialise(file, root)?;
    kill_point!("create.filled");
    match os::rename_new(born, segment_path.path()) {
        Ok(true) => {
            kill_point!("create.named");
            os::unlock(file, BIRTH_BYTE).map(|()| true)
        }
        other => other,
    }
}
