//! Finding a segment, or making it.

use super::contents::Contents;
use super::create::{attach, create, Attached, SegmentPath};
use super::directory::{self, Access, Directory, PATIENCE_US};
use super::reap::{self, Want};
use crate::error::{Code, Error, Result};
use crate::os::{self, ProcessIdentity};
use std::fs::File;
use std::path::{Path, PathBuf};

/// How often [`open`] starts again when it finds a file that is just being made or removed.
const ROUNDS: u32 = 32;

/// Which segment is wanted.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Absolute path of a segment that the user named. It is never removed.
    pub path: Option<PathBuf>,
    /// Else its name in our own directory: `[a-z0-9-]`, 1 to 64 letters.
    pub name: Option<String>,
    /// Absolute paths of the parents of our own directory, best first.
    pub directories: Vec<PathBuf>,
    /// Make the segment if it is not there.
    pub create: bool,
    /// The root of the application; `None` if the user chose the name.
    pub root: Option<ProcessIdentity>,
    /// Permission bits of the file; 0600 if it is not given. The directory's follow from them.
    pub mode: Option<u32>,
    /// Group of file and directory, for applications whose processes run as several users. The directory belongs to the
    /// group then, and files of other members are trusted.
    pub gid: Option<u32>,
}

/// A segment that was found or made.
#[derive(Debug)]
pub struct Opened {
    /// A new open file description of it.
    pub file: File,
    /// Its path.
    pub path: PathBuf,
    /// Whether this call made it.
    pub created: bool,
    /// Whether its file system keeps files in memory; on a disk, the kernel writes them back now and then.
    pub memory_backed: bool,
    /// Better directories that cannot be used, each with the reason.
    pub passed_over: Vec<(PathBuf, Error)>,
}

/// Finds the segment, or makes it if `options.create` says so; `None` if there is none.
///
/// All directories are searched before a segment is made anywhere, so that processes agree even if a better directory
/// was full, or missing, only for a while. A process that makes one reaps what earlier applications left in the same
/// directory.
///
/// # Errors
///
/// [`Error::Invalid`] for options that break a rule; [`Error::Unsafe`], [`Error::Retired`] and what
/// [`Contents::inspect`] says about a file that is there, with its path; [`Error::Nowhere`] if it cannot
/// be made in any directory; [`Error::Busy`] if a removed file does not go away.
pub fn open(options: &OpenOptions, contents: &impl Contents) -> Result<Option<Opened>> {
    let access = Access::new(options.mode, options.gid)?;
    let named = match (&options.path, &options.name) {
        (Some(path), None) => Some(SegmentPath::named(path, access)?),
        (None, Some(name)) => directory::check_name(name).map(|()| None)?,
        _ => {
            return Err(Error::Invalid {
                what: "a segment is given by either its path or its name",
                value: format!("{:?} and {:?}", options.path, options.name),
            })
        }
    };
    let name = options.name.as_deref().unwrap_or_default();
    // One deadline for all rounds: however often this starts again, it does not wait longer for a directory's lock.
    let until = os::monotonic_us() + PATIENCE_US;
    for round in 0..ROUNDS {
        // Only a file that is being removed, or a temporary file that was taken for a dead creator's, leads to another
        // round.
        os::sleep_us(round * round * 50);
        let turn = match &named {
            Some(segment_path) => at(segment_path, options, contents)?,
            None => chain(name, access, options, contents, until)?,
        };
        match turn {
            Turn::Done(opened) => return Ok(opened),
            Turn::Again => {}
        }
    }
    Err(Error::Busy)
}

enum Turn {
    Done(Option<Opened>),
    Again,
}

/// One try at a path that the user named.
fn at(segment_path: &SegmentPath, options: &OpenOptions, contents: &impl Contents) -> Result<Turn> {
    match attach(segment_path, contents)? {
        Attached::File(file) => {
            return Ok(Turn::Done(Some(opened(segment_path, file, false, Vec::new()))))
        }
        Attached::Retired(_) => return Err(Error::Retired.at(segment_path.path())),
        Attached::Moving => return Ok(Turn::Again),
        Attached::Absent if !options.create => return Ok(Turn::Done(None)),
        Attached::Absent => {}
    }
    segment_path.clear_leftovers();
    // No root: the user's segment is never reaped.
    match create(segment_path, None, contents).map_err(|e| e.at(segment_path.path()))? {
        Some(file) => Ok(Turn::Done(Some(opened(segment_path, file, true, Vec::new())))),
        None => Ok(Turn::Again),
    }
}

/// One try along the chain of directories.
fn chain(
    name: &str,
    access: Access,
    options: &OpenOptions,
    contents: &impl Contents,
    until: u64,
) -> Result<Turn> {
    let mut passed_over = Vec::new();
    let mut fit = Vec::new();
    for parent in &options.directories {
        // Nothing is made yet, not even a directory.
        let segment_path = match Directory::open(parent, access, false) {
            Ok(Some(directory)) => SegmentPath::derived(directory, name),
            Ok(None) => {
                fit.push(parent);
                continue;
            }
            Err(e) if os::is_of_process(&e) => return Err(e.at(parent)),
            Err(e) => {
                passed_over.push((parent.clone(), e));
                continue;
            }
        };
        match attach(&segment_path, contents) {
            Ok(Attached::File(file)) => {
                return Ok(Turn::Done(Some(opened(&segment_path, file, false, passed_over))));
            }
            Ok(Attached::Retired(file)) => {
                reap::unlink_at(&segment_path, &file, until)?;
                return Ok(Turn::Again);
            }
            Ok(Attached::Moving) => return Ok(Turn::Again),
            Ok(Attached::Absent) => fit.push(parent),
            // Not usable: another user's file under our name, a read-only file system.
            Err(e) if matches!(e.code(), Code::Unsafe | Code::Io) && !os::is_of_process(&e) => {
                passed_over.push((parent.clone(), e));
            }
            Err(e) => return Err(e),
        }
    }
    if !options.create {
        return Ok(Turn::Done(None));
    }
    for parent in fit {
        match make(parent, name, access, options, contents, until) {
            Ok(Some((segment_path, file))) => {
                return Ok(Turn::Done(Some(opened(&segment_path, file, true, passed_over))));
            }
            Ok(None) => return Ok(Turn::Again),
            Err(e) if os::is_of_process(&e) => return Err(e.at(parent)),
            Err(e) => passed_over.push((parent.clone(), e)),
        }
    }
    if passed_over.is_empty() {
        return Err(Error::Invalid {
            what: "a segment with a name needs a directory",
            value: name.to_owned(),
        });
    }
    passed_over.sort_by_key(|(parent, _)| options.directories.iter().position(|d| d == parent));
    Err(Error::Nowhere { tried: passed_over })
}

/// Makes the segment below one parent; `None` if another process did at the same moment.
fn make(
    parent: &Path,
    name: &str,
    access: Access,
    options: &OpenOptions,
    contents: &impl Contents,
    until: u64,
) -> Result<Option<(SegmentPath, File)>> {
    let Some(directory) = Directory::open(parent, access, true)? else { return Ok(None) };
    let segment_path = SegmentPath::derived(directory, name);
    // Held while old segments are reaped and the new one is made, so that processes that start at the same time wait
    // and attach, instead of each filling a file. It is correct without the lock, too.
    let lock = segment_path.lock(until).ok();
    if lock.is_some() {
        if !matches!(attach(&segment_path, contents)?, Attached::Absent) {
            return Ok(None);
        }
        reap::reap(&segment_path, contents, Want::Order);
    }
    let root = options.root.as_ref();
    let made = match create(&segment_path, root, contents) {
        // Before this fails for want of room, all segments without a living writer are removed that may be.
        Err(Error::Full { .. })
            if lock.is_some() && reap::reap(&segment_path, contents, Want::Room) =>
        {
            create(&segment_path, root, contents)
        }
        made => made,
    };
    Ok(made?.map(|file| (segment_path, file)))
}

fn opened(
    segment_path: &SegmentPath,
    file: File,
    created: bool,
    passed_over: Vec<(PathBuf, Error)>,
) -> Opened {
    // Only for a warning.
    let memory_backed = os::is_memory_backed(segment_path.parent()).unwrap_or(false);
    Opened { file, path: segment_path.path().to_owned(), created, memory_backed, passed_over }
}
