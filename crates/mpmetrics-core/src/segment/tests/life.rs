//! Which segments a process may remove, and when.

use super::*;
use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::process::Child;
use std::time::{Duration, Instant};

fn with_root(parent: &Path, name: &str, root: Option<ProcessIdentity>) -> OpenOptions {
    OpenOptions { root, ..derived(&[parent], name) }
}

/// Makes a segment in `parent`, and so reaps old segments there. Returns the names of the other files that are left.
fn after_a_start(parent: &Path) -> Vec<String> {
    let name = format!("start-{:x}", os::random_u64());
    let opened = make(&with_root(parent, &name, Some(dead())));
    let mut names = names(&own(parent));
    names.retain(|n| *n != format!("{name}.heap"));
    fs::remove_file(opened.path).unwrap();
    names
}

#[test]
fn segments_of_ended_applications_are_reaped_and_those_that_may_be_in_use_are_kept() {
    let dir = parent();
    let elsewhere = ProcessIdentity { pid_namespace: 1, ..dead() };
    let at = |name, root| make(&with_root(dir.path(), name, root));
    at("living-root", Some(ProcessIdentity::current().unwrap()));
    at("elsewhere", Some(elsewhere));
    at("user", None);
    let orphan = join(&with_root(dir.path(), "orphan", Some(dead())), 3);
    let busy = at("busy", Some(dead()));
    assert!(os::try_lock(&busy.file, HEAP_LOCK).unwrap());
    at("left", Some(dead()));
    let kept = ["busy.heap", "elsewhere.heap", "living-root.heap", "orphan.heap", "user.heap"];
    assert_eq!(after_a_start(dir.path()), kept);

    drop((orphan, busy));
    // `elsewhere` stays: the start before this one has just noted that no slot in it is locked, and it is reaped two
    // minutes after that note.
    assert_eq!(after_a_start(dir.path()), ["elsewhere.heap", "living-root.heap", "user.heap"]);
    for name in ["elsewhere.heap", "living-root.heap", "user.heap"] {
        aged(dir.path(), name, 1000 * 3_600, 121);
    }
    assert_eq!(after_a_start(dir.path()), ["living-root.heap", "user.heap"]);
}

/// Changes the times in a segment: its last writer attached `attached` seconds ago, and the note that no slot was
/// locked was made `noted` seconds ago.
fn aged(parent: &Path, name: &str, attached: u64, noted: u64) {
    let file = os::open_read_write(&own(parent).join(name)).unwrap();
    let ago = |seconds: u64| (os::unix_ms() - seconds * 1000).to_le_bytes();
    file.write_all_at(&ago(attached), 16).unwrap();
    file.write_all_at(&ago(noted), 80).unwrap();
}

#[test]
fn in_another_namespace_the_locks_the_note_and_the_root_decide_what_is_reaped() {
    let dir = parent();
    let elsewhere = ProcessIdentity { pid_namespace: 1, ..dead() };
    let at = |name| with_root(dir.path(), name, Some(elsewhere));
    // Name, (seconds since the last writer attached, seconds since the note, whether the root was a writer), whether
    // the segment is kept.
    let cases = [
        ("crashed-worker", (9_000, 119, false), true),
        ("crashed-cluster", (9_000, 121, false), false),
        ("came-after-the-note", (100, 200, false), true),
        ("root-wrote", (0, 9_000, true), false),
    ];
    for (name, (attached, noted, root_wrote), _) in cases {
        let opened = make(&at(name));
        opened.file.write_all_at(&u64::from(root_wrote).to_le_bytes(), 72).unwrap();
        aged(dir.path(), &format!("{name}.heap"), attached, noted);
    }
    let living = join(&at("living"), 7);
    living.file.write_all_at(&1_u64.to_le_bytes(), 72).unwrap();
    aged(dir.path(), "living.heap", 9_000, 9_000);
    let mut kept: Vec<String> =
        cases.iter().filter(|case| case.2).map(|case| format!("{}.heap", case.0)).collect();
    kept.push("living.heap".to_owned());
    kept.sort();
    assert_eq!(after_a_start(dir.path()), kept);

    // A pass that makes room does not wait for two minutes: of the segments that are left, it keeps only the one with a
    // living writer.
    let segment_path =
        SegmentPath::beside(&own(dir.path()).join("mine.heap"), Access::new(None, None).unwrap());
    assert!(reap::reap(&segment_path.unwrap(), &Page, reap::Want::Room));
    assert_eq!(names(&own(dir.path())), ["living.heap"]);
}

#[test]
fn a_process_that_has_a_segment_open_without_a_slot_finds_it_retired() {
    let dir = parent();
    let early = make(&with_root(dir.path(), "a", Some(dead())));
    assert_eq!(after_a_start(dir.path()), [""; 0]);
    assert!(Page.inspect(&early.file).unwrap().retired);
    let later = join(&derived(&[dir.path()], "a"), 0);
    assert!(later.created);
}

#[test]
fn only_a_retired_file_that_no_user_named_is_replaced_and_unlink_spares_the_new_file() {
    let dir = parent();
    let options = derived(&[dir.path()], "a");
    let old = make(&options);
    Page.retire(&old.file).unwrap();
    let new = make(&options);
    assert!(new.created);
    assert!(!os::same_file(&old.file, &old.path).unwrap());
    assert!(!unlink(&old.path, &old.file).unwrap(), "the path names the new file");
    assert!(os::same_file(&new.file, &new.path).unwrap());
    assert!(unlink(&new.path, &new.file).unwrap());

    let path = Some(dir.path().join("named"));
    let named = OpenOptions { path, create: true, ..OpenOptions::default() };
    Page.retire(&make(&named).file).unwrap();
    let error = open(&named, &Page).unwrap_err();
    assert_eq!(error.code(), Code::Retired);
    assert!(dir.path().join("named").exists());
}

#[test]
fn only_the_last_writer_removes_the_segment() {
    let dir = parent();
    let options = derived(&[dir.path()], "a");
    let (one, two) = (join(&options, 1), join(&options, 2));
    assert!(!tidy(&one, 1));
    assert!(two.path.exists());
    assert!(tidy(&two, 2));
    assert_eq!(names(&own(dir.path())), [""; 0]);
}

/// Contents that are never filled: `initialise` sleeps until the test kills the process, so the file keeps its
/// temporary name.
struct Stuck;

impl Contents for Stuck {
    fn initialise(&self, _: &File, _: Option<&ProcessIdentity>) -> Result<()> {
        println!("ready");
        std::thread::sleep(Duration::from_secs(60));
        Ok(())
    }
    fn inspect(&self, file: &File) -> Result<Inspection> {
        Page.inspect(file)
    }
    fn retire(&self, file: &File) -> Result<()> {
        Page.retire(file)
    }
    fn note_idle(&self, file: &File, unix_ms: u64) -> Result<()> {
        Page.note_idle(file, unix_ms)
    }
    fn heap_lock_byte(&self) -> u64 {
        HEAP_LOCK
    }
    fn slot_lock_range(&self) -> Range<u64> {
        SLOTS
    }
}

fn ready(test: &str, word: &str, argument: &Path) -> Child {
    let mut child = another(test, word, argument).spawn().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    // Waits until the process prints "ready" or ends.
    assert!(output.lines().any(|line| line.unwrap().contains("ready")), "{test} {word}");
    child
}

#[test]
fn what_a_killed_process_left_is_gone_after_the_next_start() {
    const TEST: &str = "life::what_a_killed_process_left_is_gone_after_the_next_start";
    if let Some((word, path)) = part() {
        let options = derived(&[&path], &word);
        if word == "stuck" {
            let _ = open(&options, &Stuck);
        }
        let _joined = join(&options, 9);
        println!("ready");
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let dir = parent();
    let mut living = ready(TEST, "living", dir.path());
    let mut stuck = ready(TEST, "stuck", dir.path());
    // The stuck process holds the directory's lock: this start continues without the lock, and reaps nothing.
    let started = Instant::now();
    let names = after_a_start(dir.path());
    assert!(started.elapsed() < Duration::from_secs(50));
    assert!(names.len() == 2 && names[0].starts_with(".stuck.heap.new-"), "{names:?}");
    assert_eq!(names[1], "living.heap");
    let segment_path = SegmentPath::derived(
        Directory::open(dir.path(), Access::new(None, None).unwrap(), false).unwrap().unwrap(),
        "stuck",
    );
    segment_path.clear_leftovers();
    assert_eq!(self::names(&own(dir.path())).len(), 2, "the file's creator lives");

    stuck.kill().unwrap();
    stuck.wait().unwrap();
    assert_eq!(after_a_start(dir.path()), ["living.heap"]);
    living.kill().unwrap();
    living.wait().unwrap();
    assert_eq!(after_a_start(dir.path()), [""; 0]);
}

#[test]
fn a_file_that_kept_its_temporary_name_loses_it() {
    let dir = parent();
    let options = derived(&[dir.path()], "a");
    let made = make(&options);
    // Leaves the two names that a creator leaves if it is killed between link and unlink.
    fs::hard_link(&made.path, own(dir.path()).join(".a.heap.new-0123456789abcdef")).unwrap();
    let found = make(&options);
    assert_eq!(found.file.metadata().unwrap().ino(), made.file.metadata().unwrap().ino());
    assert_eq!(names(&own(dir.path())), ["a.heap"]);
}

/// Contents of a page. The first call of `initialise` removes the directory of the file that it fills.
struct Swept<'a> {
    directory: &'a Path,
    times: Cell<u32>,
}

impl Contents for Swept<'_> {
    fn initialise(&self, file: &File, root: Option<&ProcessIdentity>) -> Result<()> {
        self.times.set(self.times.get() + 1);
        if self.times.get() == 1 {
            fs::remove_dir_all(self.directory).unwrap();
        }
        Page.initialise(file, root)
    }

    fn inspect(&self, file: &File) -> Result<Inspection> {
        Page.inspect(file)
    }

    fn retire(&self, file: &File) -> Result<()> {
        Page.retire(file)
    }

    fn note_idle(&self, file: &File, unix_ms: u64) -> Result<()> {
        Page.note_idle(file, unix_ms)
    }

    fn heap_lock_byte(&self) -> u64 {
        Page.heap_lock_byte()
    }

    fn slot_lock_range(&self) -> Range<u64> {
        Page.slot_lock_range()
    }
}

#[test]
fn open_makes_its_directory_again_if_that_is_removed_meanwhile_and_uses_no_other() {
    let (best, other) = (parent(), parent());
    let options = derived(&[best.path(), other.path()], "swept");
    let swept = Swept { directory: &own(best.path()), times: Cell::new(0) };
    let opened = open(&options, &swept).unwrap().unwrap();
    assert_eq!(opened.path, own(best.path()).join("swept.heap"));
    assert!(opened.passed_over.is_empty());
    assert_eq!(make(&options).path, opened.path);
}

/// A child has the descriptors of its parent from its fork until it executes a program.
#[test]
fn the_lock_of_a_directory_is_freed_although_a_child_has_its_descriptor() {
    use std::os::fd::BorrowedFd;
    let dir = parent();
    make(&with_root(dir.path(), "mine", Some(dead())));
    let path = own(dir.path()).join("mine.heap");
    let segment_path = SegmentPath::beside(&path, Access::new(None, None).unwrap()).unwrap();
    let held = segment_path.lock(0).unwrap();
    let lock = own(dir.path()).join(".lock");
    let is_lock = |fd: &i32| {
        std::fs::read_link(format!("/proc/self/fd/{fd}")).is_ok_and(|target| target == lock)
    };
    let number = (0..1024).find(is_lock).unwrap();
    // SAFETY: the descriptor is open for as long as `held` lives.
    let shared = unsafe { BorrowedFd::borrow_raw(number) }.try_clone_to_owned().unwrap();
    drop(held);
    drop(segment_path.lock(0).unwrap());
    drop(shared);
}

#[test]
fn a_state_folder_is_removed_with_its_segment_and_when_its_segment_is_gone() {
    let dir = parent();
    let folder = |name: &str| {
        let path = own(dir.path()).join(name);
        fs::create_dir(&path).unwrap();
        fs::write(path.join("manifest.json"), "{}").unwrap();
    };
    make(&with_root(dir.path(), "living", Some(ProcessIdentity::current().unwrap())));
    make(&with_root(dir.path(), "left", Some(dead())));
    for name in
        ["living.heap.state-1", "left.heap.state-1", "left.heap.state-2", "gone.heap.state-1"]
    {
        folder(name);
    }
    assert_eq!(after_a_start(dir.path()), ["living.heap", "living.heap.state-1"]);
}
