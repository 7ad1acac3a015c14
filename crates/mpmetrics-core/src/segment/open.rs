//! Finding a segment, or making it.

use super::contents::Contents;
use super::create::{attach, create, Attached, SegmentPath};
use super::directory::{self, Access, Directory, PATIENCE_US};
use super::probe::{probe, CHECKED};
use super::reap::{self, Want};
use crate::error::{Code, Error, Result};
use crate::heap::Description;
use crate::os::conformance::Contract;
use crate::os::{self, ProcessIdentity};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Largest number of times that [`open`] tries, if it finds files that other processes are making or removing.
const ROUNDS: u32 = 32;
/// In this many tries, counted from the first, an error that says that a file or directory does not exist is taken to
/// mean that a stranger removed a directory just now, and [`open`] tries again. In later tries such an error must have
/// another cause, and is treated like any other error.
const SWEPT_ROUNDS: u32 = 8;

/// The segment to open, and how to make it.
#[derive(Clone, Debug, Default)]
pub struct OpenOptions {
    /// Absolute path of a segment that the user named. It is never removed.
    pub path: Option<PathBuf>,
    /// Name of a segment in our own directory, if `path` is not given: 1 to 64 of `[a-z0-9-]`.
    pub name: Option<String>,
    /// Absolute paths of the directories in which our own directory may be, the best first.
    pub directories: Vec<PathBuf>,
    /// Whether to make the segment if it does not exist.
    pub create: bool,
    /// The root of the application; `None` if the user chose the name.
    pub root: Option<ProcessIdentity>,
    /// Permission bits of the file; if not given, 0600, or 0660 with `gid`. The directory's bits follow from them.
    pub mode: Option<u32>,
    /// Group of file and directory, for applications whose processes run as several users. Files that belong to this
    /// group are trusted, also those of other users.
    pub gid: Option<u32>,
    /// The application, which is noted in the segment if this call makes it.
    pub description: Description,
}

/// A segment that was found or made.
#[derive(Debug)]
pub struct Opened {
    /// A new open file description of the segment's file.
    pub file: File,
    /// The path of the file.
    pub path: PathBuf,
    /// Whether this call made the file.
    pub created: bool,
    /// Whether its file system keeps files in memory. If not, the kernel writes the file to a disk now and then.
    pub memory_backed: bool,
    /// Better directories that cannot be used, each with the reason.
    pub passed_over: Vec<(PathBuf, Error)>,
}

/// Finds the segment. If there is none, makes it if `options.create` is set, and else returns `None`.
///
/// Searches all directories before it makes a segment anywhere, so that processes agree on one even if a better
/// directory was full or missing for a while. A process that makes a segment in our own directory reaps the segments
/// that earlier applications left there.
///
/// # Errors
///
/// - [`Error::Invalid`] for options that break a rule.
/// - [`Error::Unsafe`], [`Error::Retired`] and the errors of [`Contents::inspect`] about a file that exists, with its
///   path.
/// - [`Error::Nowhere`] if the segment cannot be made in any directory.
/// - [`Error::Busy`] if a file that is being removed stays there.
/// - [`Error::Unkept`] if the system does not do what a segment needs. It is checked on every system but Linux.
pub fn open(options: &OpenOptions, contents: &impl Contents) -> Result<Option<Opened>> {
    open_on(CHECKED, options, contents)
}

/// Does what [`open`] does. If `checked` is a contract, first checks in the segment's directory that the calls of the
/// contract do what a segment needs, and only then returns or makes the segment.
pub(super) fn open_on(
    checked: Option<&Contract>,
    options: &OpenOptions,
    contents: &impl Contents,
) -> Result<Option<Opened>> {
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
    // All rounds have one deadline: together they wait for a directory's lock no longer than a single round would.
    let until = os::monotonic_us() + PATIENCE_US;
    for round in 0..ROUNDS {
        // Sleeps longer from round to round. Another round is needed only if another process is removing or making the
        // file, or took this process's temporary file for a dead creator's, or if a stranger removed a directory.
        os::sleep_us(round * round * 50);
        let turn = match &named {
            Some(segment_path) => at(segment_path, checked, options, contents)?,
            None => {
                let swept = round < SWEPT_ROUNDS;
                chain(name, access, checked, options, contents, until, swept)?
            }
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

/// Tries once to open or make the segment at a path that the user named.
fn at(
    segment_path: &SegmentPath,
    checked: Option<&Contract>,
    options: &OpenOptions,
    contents: &impl Contents,
) -> Result<Turn> {
    match attach(segment_path, contents)? {
        Attached::File(file) => {
            check(checked, segment_path)?;
            return Ok(Turn::Done(Some(opened(segment_path, file, false, Vec::new()))));
        }
        Attached::Retired(_) => return Err(Error::Retired.at(segment_path.path())),
        Attached::Moving => return Ok(Turn::Again),
        Attached::Absent if !options.create => return Ok(Turn::Done(None)),
        Attached::Absent => {}
    }
    check(checked, segment_path)?;
    segment_path.clear_leftovers();
    // Makes the segment without a root, so that it is never reaped.
    match create(segment_path, None, contents).map_err(|e| e.at(segment_path.path()))? {
        Some(file) => Ok(Turn::Done(Some(opened(segment_path, file, true, Vec::new())))),
        None => Ok(Turn::Again),
    }
}

/// Tries once to open the segment in any of the directories, or to make it in the best one in which it can be made.
///
/// If `swept` is true, and an error says that a file or directory does not exist, a stranger is assumed to have removed
/// a directory meanwhile, and the result is [`Turn::Again`]. A segment must not be made in a worse directory then:
/// processes that make the better directory again would not find it.
fn chain(
    name: &str,
    access: Access,
    checked: Option<&Contract>,
    options: &OpenOptions,
    contents: &impl Contents,
    until: u64,
    swept: bool,
) -> Result<Turn> {
    let gone = |error: &Error| swept && directory::is_gone(error);
    let mut passed_over = Vec::new();
    let mut fit = Vec::new();
    for parent in &options.directories {
        // Does not make the directory here, because a worse directory may have the segment.
        let segment_path = match Directory::open(parent, access, false) {
            Ok(Some(directory)) => SegmentPath::derived(directory, name),
            Ok(None) => {
                fit.push(parent);
                continue;
            }
            Err(e) if gone(&e) => return Ok(Turn::Again),
            Err(e) if os::is_of_process(&e) => return Err(e.at(parent)),
            Err(e) => {
                passed_over.push((parent.clone(), e));
                continue;
            }
        };
        match attach(&segment_path, contents) {
            Ok(Attached::File(file)) => match check(checked, &segment_path) {
                Ok(()) => {
                    let found = opened(&segment_path, file, false, passed_over);
                    return Ok(Turn::Done(Some(found)));
                }
                Err(e) if gone(&e) => return Ok(Turn::Again),
                Err(e) => return Err(e),
            },
            Ok(Attached::Retired(file)) => match reap::unlink_at(&segment_path, &file, until) {
                Err(e) if !gone(&e) => return Err(e),
                _ => return Ok(Turn::Again),
            },
            Ok(Attached::Moving) => return Ok(Turn::Again),
            Ok(Attached::Absent) => fit.push(parent),
            Err(e) if gone(&e) => return Ok(Turn::Again),
            // The directory cannot be used: another user's file has our name, or the file system is read-only.
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
        match make(parent, name, access, checked, options, contents, until) {
            Ok(Some((segment_path, file))) => {
                return Ok(Turn::Done(Some(opened(&segment_path, file, true, passed_over))));
            }
            Ok(None) => return Ok(Turn::Again),
            Err(e) if gone(&e) => return Ok(Turn::Again),
            Err(e) if os::is_of_process(&e) => return Err(e.at(parent)),
            // In a worse directory, this process would not meet the processes whose check of this directory succeeded.
            Err(e) if checked.is_some() && e.code() == Code::Unsupported => {
                return Err(e.at(parent));
            }
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

/// Makes the segment below one parent. Returns `None` if another process has made it meanwhile.
fn make(
    parent: &Path,
    name: &str,
    access: Access,
    checked: Option<&Contract>,
    options: &OpenOptions,
    contents: &impl Contents,
    until: u64,
) -> Result<Option<(SegmentPath, File)>> {
    let Some(directory) = Directory::open(parent, access, true)? else { return Ok(None) };
    let segment_path = SegmentPath::derived(directory, name);
    check(checked, &segment_path)?;
    // Holds the directory's lock while it reaps old segments and makes the new one, so that other processes that start
    // at the same time wait and then attach, instead of each filling a file. Without the lock the result is the same.
    let lock = segment_path.lock(until).ok();
    if lock.is_some() {
        if !matches!(attach(&segment_path, contents)?, Attached::Absent) {
            return Ok(None);
        }
        reap::reap(&segment_path, contents, Want::Order);
    }
    let root = options.root.as_ref();
    let made = match create(&segment_path, root, contents) {
        // If there is no room, reaps without waiting for `reap::GRACE_MS`. If that removes a segment, tries once more.
        Err(Error::Full { .. })
            if lock.is_some() && reap::reap(&segment_path, contents, Want::Room) =>
        {
            create(&segment_path, root, contents)
        }
        made => made,
    };
    Ok(made?.map(|file| (segment_path, file)))
}

/// Checks in the segment's directory that the calls of the contract `checked` do what a segment needs. Does nothing if
/// `checked` is `None`.
fn check(checked: Option<&Contract>, segment_path: &SegmentPath) -> Result<()> {
    checked.map_or(Ok(()), |contract| probe(segment_path, contract))
}

fn opened(
    segment_path: &SegmentPath,
    file: File,
    created: bool,
    passed_over: Vec<(PathBuf, Error)>,
) -> Opened {
    // `memory_backed` is only shown to users, so an error does not matter.
    let memory_backed = os::is_memory_backed(segment_path.parent()).unwrap_or(false);
    Opened { file, path: segment_path.path().to_owned(), created, memory_backed, passed_over }
}
