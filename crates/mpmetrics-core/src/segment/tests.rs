use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::{symlink, FileExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::create::{create, SegmentPath};
use super::directory::{Access, Directory};
use super::*;
use crate::error::{Code, Error, Result};
use crate::os::{self, ProcessIdentity};

mod hostile;
mod life;
mod many;
mod probe;

const HEAP_LOCK: u64 = 1 << 40;
const SLOTS: Range<u64> = HEAP_LOCK + 1..HEAP_LOCK + 1025;

/// Contents of a single page. Its words are: magic, whether the segment is retired, time of the last attach, the root,
/// whether the root was a writer, and the time of the note that no slot was locked.
struct Page;

impl Contents for Page {
    fn initialise(&self, file: &File, root: Option<&ProcessIdentity>) -> Result<()> {
        os::allocate(file, 0, 4096)?;
        let mut page = Vec::new();
        page.extend(*b"a page!!");
        page.extend(0_u64.to_le_bytes());
        page.extend(os::unix_ms().to_le_bytes());
        if let Some(root) = root {
            page.extend(1_u64.to_le_bytes());
            page.extend(u64::from(root.pid).to_le_bytes());
            page.extend(root.start_time.to_le_bytes());
            page.extend(root.pid_namespace.to_le_bytes());
            page.extend(root.boot_id);
        }
        file.write_all_at(&page, 0).unwrap();
        Ok(())
    }

    fn inspect(&self, file: &File) -> Result<Inspection> {
        let mut page = [0; 4096];
        let corrupt = |_| Error::Corrupt { what: "a page", at: 0 };
        file.read_exact_at(&mut page, 0).map_err(corrupt)?;
        if &page[..8] != b"a page!!" {
            return Err(Error::Corrupt { what: "its magic", at: 0 });
        }
        let word = |n: usize| u64::from_le_bytes(page[n * 8..n * 8 + 8].try_into().unwrap());
        let root = (word(3) == 1).then(|| ProcessIdentity {
            pid: word(4) as u32,
            ppid: 0,
            start_time: word(5),
            pid_namespace: word(6),
            boot_id: page[56..72].try_into().unwrap(),
        });
        Ok(Inspection {
            root,
            retired: word(1) != 0,
            last_attach_ms: word(2),
            root_wrote: word(9) != 0,
            idle_since_ms: word(10),
        })
    }

    fn retire(&self, file: &File) -> Result<()> {
        file.write_all_at(&1_u64.to_le_bytes(), 8).unwrap();
        Ok(())
    }

    fn note_idle(&self, file: &File, unix_ms: u64) -> Result<()> {
        file.write_all_at(&unix_ms.to_le_bytes(), 80).unwrap();
        Ok(())
    }

    fn heap_lock_byte(&self) -> u64 {
        HEAP_LOCK
    }

    fn slot_lock_range(&self) -> Range<u64> {
        SLOTS
    }
}

/// Makes an empty directory for segments, in memory if there is a /dev/shm.
fn parent() -> tempfile::TempDir {
    let shm = Path::new("/dev/shm");
    if shm.is_dir() {
        tempfile::tempdir_in(shm).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

fn derived(parents: &[&Path], name: &str) -> OpenOptions {
    OpenOptions {
        name: Some(name.to_owned()),
        directories: parents.iter().map(|p| p.to_path_buf()).collect(),
        create: true,
        root: Some(ProcessIdentity::current().unwrap()),
        ..OpenOptions::default()
    }
}

fn make(options: &OpenOptions) -> Opened {
    open(options, &Page).unwrap().unwrap()
}

/// Returns the identity of a dead process that lived in this namespace and boot.
fn dead() -> ProcessIdentity {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let it = ProcessIdentity::of(child.id()).unwrap().unwrap();
    child.wait().unwrap();
    it
}

/// Attaches like a writer: opens the segment, claims a slot under the heap lock, and checks that the path still names
/// the file.
fn join(options: &OpenOptions, slot: u64) -> Opened {
    loop {
        let opened = make(options);
        while !os::try_lock(&opened.file, HEAP_LOCK).unwrap() {
            os::sleep_us(20);
        }
        if !Page.inspect(&opened.file).unwrap().retired {
            assert!(os::try_lock(&opened.file, SLOTS.start + slot).unwrap());
            os::unlock(&opened.file, HEAP_LOCK).unwrap();
            if os::same_file(&opened.file, &opened.path).unwrap() {
                return opened;
            }
        }
    }
}

/// Ends like the last writer of an application: frees the slot, and removes the segment if no other slot is locked.
/// Returns whether it removed the segment.
fn tidy(opened: &Opened, slot: u64) -> bool {
    os::unlock(&opened.file, SLOTS.start + slot).unwrap();
    if !os::try_lock(&opened.file, HEAP_LOCK).unwrap() {
        return false;
    }
    let idle = os::first_locked(&opened.file, SLOTS.start, SLOTS.end).unwrap().is_none();
    if idle {
        Page.retire(&opened.file).unwrap();
    }
    os::unlock(&opened.file, HEAP_LOCK).unwrap();
    idle && unlink(&opened.path, &opened.file).unwrap()
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|n| n != ".lock");
    names.sort();
    names
}

fn own(parent: &Path) -> PathBuf {
    parent.join(format!("mpmetrics-{}", os::effective_uid()))
}

/// Returns a command that runs one test of this program in a process of its own. `part` tells that process what to do.
fn another(test: &str, part: &str, argument: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    let module = module_path!().split_once("::").unwrap().1;
    command
        .args([&format!("{module}::{test}"), "--exact", "--nocapture", "--test-threads=1", "-q"])
        .env("MPMETRICS_TEST_PART", part)
        .env("MPMETRICS_TEST_ARGUMENT", argument)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped());
    command
}

/// Returns the part and the argument that [`another`] gave, if this is such a process.
fn part() -> Option<(String, PathBuf)> {
    let part = std::env::var("MPMETRICS_TEST_PART").ok()?;
    Some((part, std::env::var_os("MPMETRICS_TEST_ARGUMENT")?.into()))
}
