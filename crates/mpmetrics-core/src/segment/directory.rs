//! Our own directory in a directory that all users share, and the rules for which of its files are trusted.

use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::os::{self, Entry, EntryKind};

/// How long [`open`](super::open()) waits for a directory's lock, in microseconds. The wait is limited, because the
/// lock's holder may be stopped.
pub const PATIENCE_US: u64 = 1_000_000;

/// The reason why an entry that other users may use is refused. (Kubernetes' fsGroup gives a group access to all files
/// of a volume.)
const TOO_OPEN: &str = "its mode lets other users in (if a group is to share it, as with an fsGroup, call \
                        configure({ gid, mode: 0o660 }) with that group; else take the permission away)";

/// The users whose files are trusted, and the permissions that our own files get.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    mode: u32,
    gid: Option<u32>,
}

impl Access {
    /// Checks the user's settings.
    pub fn new(mode: Option<u32>, gid: Option<u32>) -> Result<Self> {
        let mode = mode.unwrap_or(if gid.is_some() { 0o660 } else { 0o600 });
        if mode & !0o666 != 0 || mode & 0o600 != 0o600 {
            return Err(Error::Invalid {
                what: "mode of a segment is 0600 and maybe bits of 0066",
                value: format!("0{mode:o}"),
            });
        }
        Ok(Self { mode, gid })
    }

    /// Returns the access that a segment's file has, for further files beside it.
    pub fn of(file: &File) -> Result<Self> {
        let found = os::entry_of(file)?;
        let mode = found.mode & 0o666;
        Ok(Self { mode, gid: (mode & 0o060 != 0).then_some(found.gid) })
    }

    /// Returns the mode of the directory: users that may read the file may also search the directory.
    fn directory_mode(self) -> u32 {
        self.mode | (self.mode & 0o444) >> 2
    }

    /// Returns whether a directory is ours, lacks permissions for ourselves, and gives others no more than it should.
    fn is_narrowed(self, found: &Entry) -> bool {
        found.kind == EntryKind::Directory
            && found.uid == os::effective_uid()
            && found.mode & 0o700 != 0o700
            && found.mode & !self.directory_mode() & 0o077 == 0
    }

    /// Fails with the rule that the entry at `path` breaks. An entry is trusted if it is ours, or belongs to the
    /// configured group, and if it grants no more permissions than were configured.
    fn check(self, path: &Path, found: &Entry, allowed: u32) -> Result<()> {
        let bad = |why| Err(Error::Unsafe { path: path.to_owned(), why });
        if found.uid != os::effective_uid() && self.gid != Some(found.gid) {
            return bad("it belongs to another user");
        }
        if found.mode & !allowed & 0o077 != 0 {
            return bad(TOO_OPEN);
        }
        Ok(())
    }

    /// Checks a segment's file. The caller does so before it opens the file, and again afterwards.
    pub fn check_file(self, path: &Path, found: &Entry) -> Result<()> {
        let bad = |why| Err(Error::Unsafe { path: path.to_owned(), why });
        match found.kind {
            EntryKind::File => self.check(path, found, self.mode),
            EntryKind::Link => bad("it is a symbolic link"),
            _ => bad("it is not a regular file"),
        }
    }

    /// Gives a new file or directory exactly the configured permissions, independent of the umask.
    fn apply(self, file: &File, mode: u32) -> Result<()> {
        if let Some(gid) = self.gid {
            os::set_group(file, gid)?;
        }
        os::set_file_mode(file, mode)
    }

    /// Makes a file that does not exist yet.
    pub fn make_file(self, path: &Path) -> Result<File> {
        let file = os::create_new(path, 0o600)?;
        self.apply(&file, self.mode)?;
        Ok(file)
    }
}

/// Whether an error says that there is no such file or directory.
pub fn is_gone(error: &Error) -> bool {
    match error {
        Error::Io { source, .. } => source.kind() == ErrorKind::NotFound,
        Error::At { source, .. } => is_gone(source),
        _ => false,
    }
}

/// Fails for a name that could lead out of the directory, or could be the name of a temporary file.
pub fn check_name(name: &str) -> Result<()> {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if (1..=64).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    Err(Error::Invalid {
        what: "name of a segment is 1 to 64 of a-z, 0-9 and -",
        value: name.to_owned(),
    })
}

/// The name of our own directory, of this user or of a group.
pub fn own_directory(gid: Option<u32>) -> String {
    match gid {
        Some(gid) => format!("mpmetrics-g{gid}"),
        None => format!("mpmetrics-{}", os::effective_uid()),
    }
}

/// Our own directory: `mpmetrics-<uid>` in a parent, or `mpmetrics-g<gid>` if a group was configured, so that all its
/// members search the same directory.
#[derive(Debug)]
pub struct Directory {
    /// The directory's path.
    pub path: PathBuf,
    /// The users whose files in the directory are trusted.
    pub access: Access,
}

impl Directory {
    /// Opens the directory. If it does not exist, makes it if `make` is true, and else returns `None`.
    pub fn open(parent: &Path, access: Access, make: bool) -> Result<Option<Self>> {
        if !parent.is_absolute() {
            return Err(Error::Invalid {
                what: "a directory is given by its absolute path",
                value: parent.display().to_string(),
            });
        }
        let path = parent.join(own_directory(access.gid));
        let mut found = match os::entry_at(&path) {
            Err(error) if is_gone(&error) && make => {
                make_directory(&path, access)?;
                os::entry_at(&path)?
            }
            Err(error) if is_gone(&error) => return Ok(None),
            found => found?,
        };
        if access.is_narrowed(&found) {
            // The umask of the process that made the directory removed permissions of its owner, too, or that process
            // has not set the mode yet. Sets the mode by path, because a directory that cannot be opened has no
            // descriptor.
            os::set_mode(&path, access.directory_mode())?;
            found = os::entry_at(&path)?;
        }
        // Checks the kind before it opens the directory with O_NOFOLLOW, whose error would not say what is wrong. Other
        // users cannot replace our directory between these calls if the parent has the sticky bit, or if only the
        // parent's owner can write to the parent. The parent's owner can.
        if found.kind != EntryKind::Directory {
            return Err(Error::Unsafe { path, why: "it is not a directory" });
        }
        access.check(&path, &found, access.directory_mode())?;
        let opened = os::entry_of(&os::open_directory(&path)?)?;
        if opened.inode != found.inode {
            return Err(Error::Unsafe { path, why: "it changed while it was looked at" });
        }
        Ok(Some(Self { path, access }))
    }

    /// Takes the lock under which files are made and removed. Tries at least once, and until this time of the monotonic
    /// clock.
    ///
    /// Fails with [`Error::Busy`] if the directory stays locked, because the lock's holder is stopped, and with another
    /// error if it cannot be locked at all.
    pub fn lock(&self, until: u64) -> Result<Lock> {
        let path = self.path.join(".lock");
        let file = match os::open_read_write(&path) {
            Ok(file) => file,
            // Opens the file once more if making it fails, because another process may have made it meanwhile.
            Err(_) => self.access.make_file(&path).or_else(|_| os::open_read_write(&path))?,
        };
        let mut pause = 100;
        loop {
            if os::try_lock(&file, 0)? {
                return Ok(Lock { file });
            }
            if os::monotonic_us() >= until {
                return Err(Error::Busy);
            }
            os::sleep_us(pause);
            pause = (pause * 2).min(2_000);
        }
    }
}

/// The directory's lock, held until this is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a child that this process forks has the same open file description until it
        // executes a program. If this fails, the lock is freed with the last descriptor.
        let _ = os::unlock(&self.file, 0);
    }
}

fn make_directory(path: &Path, access: Access) -> Result<()> {
    if access.gid.is_none() && access.mode == 0o600 {
        // `Directory::open` adds permissions that the umask removed.
        return match os::make_directory(path, 0o700) {
            Err(Error::Io { source, .. }) if source.kind() == ErrorKind::AlreadyExists => Ok(()),
            made => made,
        };
    }
    // Sets group and mode after mkdir, under a temporary name: under the final name, other processes would refuse the
    // directory until its group and mode are set.
    let mut born = path.as_os_str().to_owned();
    born.push(format!(".new-{:016x}", os::random_u64()));
    let born = PathBuf::from(born);
    os::make_directory(&born, 0o700)?;
    // Sets the mode by path first, because the umask may have removed the permissions to open the directory.
    let done = os::set_mode(&born, 0o700)
        .and_then(|()| os::open_directory(&born))
        .and_then(|file| access.apply(&file, access.directory_mode()))
        .and_then(|()| os::rename_new(&born, path));
    if !matches!(done, Ok(true)) {
        let _ = std::fs::remove_dir(&born);
    }
    done.map(|_| ())
}
