//! Our own directory inside a shared one, and the rules for which of its files are trusted.

use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::os;

/// How long [`open`](super::open()) waits for a directory's lock, in microseconds. Its holder may be stopped.
pub const PATIENCE_US: u64 = 1_000_000;

/// Why an entry that other users may use is refused. Kubernetes' fsGroup gives a group access to all files of a volume.
const TOO_OPEN: &str = "its mode lets other users in (if a group is to share it, as with an fsGroup, call \
                        configure({ gid, mode: 0o660 }) with that group; else take the permission away)";

/// Whose files are trusted, and which permissions ours get.
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

    /// A user that may read may also search.
    fn directory_mode(self) -> u32 {
        self.mode | (self.mode & 0o444) >> 2
    }

    /// Whether a directory is ours and lacks permissions for us, and grants none that it should not.
    fn is_narrowed(self, found: &Metadata) -> bool {
        found.is_dir()
            && found.uid() == os::effective_uid()
            && found.mode() & 0o700 != 0o700
            && found.mode() & !self.directory_mode() & 0o077 == 0
    }

    /// The rule that the entry at `path` breaks, as an error. An entry is trusted if it is ours or, where a group was
    /// configured, the group's, and if it grants no more than was configured.
    fn check(self, path: &Path, found: &Metadata, allowed: u32) -> Result<()> {
        let bad = |why| Err(Error::Unsafe { path: path.to_owned(), why });
        if found.uid() != os::effective_uid() && self.gid != Some(found.gid()) {
            return bad("it belongs to another user");
        }
        if found.mode() & 0o7777 & !allowed & 0o077 != 0 {
            return bad(TOO_OPEN);
        }
        Ok(())
    }

    /// Checks a segment's file, before opening it and again afterwards.
    pub fn check_file(self, path: &Path, found: &Metadata) -> Result<()> {
        let kind = found.file_type();
        let bad = |why| Err(Error::Unsafe { path: path.to_owned(), why });
        if kind.is_symlink() {
            return bad("it is a symbolic link");
        }
        if !kind.is_file() {
            return bad("it is not a regular file");
        }
        self.check(path, found, self.mode)
    }

    /// Gives a new file or directory exactly the configured permissions, whatever the umask is.
    fn apply(self, file: &File, mode: u32) -> Result<()> {
        if let Some(gid) = self.gid {
            std::os::unix::fs::fchown(file, None, Some(gid)).map_err(io("fchown"))?;
        }
        file.set_permissions(Permissions::from_mode(mode)).map_err(io("fchmod"))
    }

    /// Makes a file that does not exist yet.
    pub fn make_file(self, path: &Path) -> Result<File> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(io("open"))?;
        self.apply(&file, self.mode)?;
        Ok(file)
    }
}

fn io(call: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    move |source| Error::Io { call, source }
}

/// Refuses a name that could lead out of the directory or be that of a temporary file.
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

/// `mpmetrics-<uid>` in a parent, or `mpmetrics-g<gid>` where a group was configured, so that all its
/// members search the same directory.
#[derive(Debug)]
pub struct Directory {
    /// Its path.
    pub path: PathBuf,
    /// Whose files are trusted in it.
    pub access: Access,
}

impl Directory {
    /// Opens it, or makes it if `make` says so; `None` if it is not there.
    pub fn open(parent: &Path, access: Access, make: bool) -> Result<Option<Self>> {
        if !parent.is_absolute() {
            return Err(Error::Invalid {
                what: "a directory is given by its absolute path",
                value: parent.display().to_string(),
            });
        }
        let name = match access.gid {
            Some(gid) => format!("mpmetrics-g{gid}"),
            None => format!("mpmetrics-{}", os::effective_uid()),
        };
        let path = parent.join(name);
        let look = || std::fs::symlink_metadata(&path);
        let mut found = match look() {
            Ok(found) => found,
            Err(e) if e.kind() == ErrorKind::NotFound && make => {
                make_directory(&path, access)?;
                look().map_err(io("lstat"))?
            }
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(io("lstat")(e)),
        };
        if access.is_narrowed(&found) {
            // The umask of its maker removed more than others' permissions, or its mode is not set yet. By the path,
            // because a directory that cannot be opened has no descriptor.
            std::fs::set_permissions(&path, Permissions::from_mode(access.directory_mode()))
                .map_err(io("chmod"))?;
            found = look().map_err(io("lstat"))?;
        }
        // Not O_NOFOLLOW alone: the error is to say what is wrong. If it is ours and others cannot write to it, only
        // the owner of the parent can replace it.
        if !found.is_dir() {
            return Err(Error::Unsafe { path, why: "it is not a directory" });
        }
        access.check(&path, &found, access.directory_mode())?;
        let opened = os::open_directory(&path)?.metadata().map_err(io("fstat"))?;
        if (opened.dev(), opened.ino()) != (found.dev(), found.ino()) {
            return Err(Error::Unsafe { path, why: "it changed while it was looked at" });
        }
        Ok(Some(Self { path, access }))
    }

    /// Takes the lock under which files are made and removed. Tries at least once, and until this time of the monotonic
    /// clock.
    ///
    /// [`Error::Busy`] if it stays locked, because its holder is stopped; else why it cannot be locked at all.
    pub fn lock(&self, until: u64) -> Result<Lock> {
        let path = self.path.join(".lock");
        let file = match os::open_read_write(&path) {
            Ok(file) => file,
            // Another process may make it at the same moment.
            Err(_) => self.access.make_file(&path).or_else(|_| os::open_read_write(&path))?,
        };
        let mut pause = 100;
        loop {
            if os::try_lock(&file, 0)? {
                return Ok(Lock { _file: file });
            }
            if os::monotonic_us() >= until {
                return Err(Error::Busy);
            }
            os::sleep_us(pause);
            pause = (pause * 2).min(2_000);
        }
    }
}

/// The directory's lock, held until this is dropped: closing the description frees it.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

fn make_directory(path: &Path, access: Access) -> Result<()> {
    let make = |path: &Path| DirBuilder::new().mode(0o700).create(path);
    if access.gid.is_none() && access.mode == 0o600 {
        // Permissions that the umask removed are added when it is checked.
        return match make(path) {
            Err(e) if e.kind() != ErrorKind::AlreadyExists => Err(io("mkdir")(e)),
            _ => Ok(()),
        };
    }
    // Group and mode are set after mkdir: under its final name, other processes would refuse it until then.
    let mut born = path.as_os_str().to_owned();
    born.push(format!(".new-{:016x}", os::random_u64()));
    let born = PathBuf::from(born);
    make(&born).map_err(io("mkdir"))?;
    // By the path first: with this umask it may be impossible to open.
    let done = std::fs::set_permissions(&born, Permissions::from_mode(0o700))
        .map_err(io("chmod"))
        .and_then(|()| os::open_directory(&born))
        .and_then(|file| access.apply(&file, access.directory_mode()))
        .and_then(|()| os::rename_new(&born, path));
    if !matches!(done, Ok(true)) {
        let _ = std::fs::remove_dir(&born);
    }
    done.map(|_| ())
}
