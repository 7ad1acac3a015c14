//! The build for targets without 64-bit atomics: a word of a segment has two halves there, which change under a mutex.
//! Other processes go on if a process dies or stops while it holds such a mutex.
//!
//! `cargo test -p mpmetrics-core --features locked --test locked`

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use mpmetrics_core::cells::stores::Stores;
use mpmetrics_core::layout::{header, lock_stripe, MACHINE};
use mpmetrics_core::os::SharedMutex;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::segment::Segment;
use mpmetrics_core::sync::{AtomicU64, Ordering};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

const PATH: &str = "MPMETRICS_LOCKED_PATH";
const WHAT: &str = "MPMETRICS_LOCKED_WHAT";
/// A word of the header that has no other use. Its mutex is the first one.
const WORD: usize = 300;

const fn twice(n: u64) -> u64 {
    n << 32 | n
}

fn word(segment: &Segment) -> &AtomicU64 {
    &segment.heap().words().0[WORD]
}

fn mutex(segment: &Segment) -> SharedMutex<'_> {
    SharedMutex::at(&segment.heap().words().0[header::LOCKS..]).unwrap()
}

/// Not a test: the program that is killed or stopped.
#[test]
#[ignore = "the program of the victims"]
fn victim() {
    let segment = Segment::at(PathBuf::from(std::env::var(PATH).unwrap())).unwrap();
    let set = |index: usize, value| {
        segment.heap().words().0[index].store(value, Ordering::Release);
    };
    match std::env::var(WHAT).unwrap().as_str() {
        "stores" => {
            let mut n = 0;
            loop {
                n = (n + 1) & 0xffff_ffff;
                set(WORD, twice(n));
            }
        }
        // Imitates a store that is interrupted: takes the lock, notes the new value and the word, changes one half of
        // the word to its new value, and dies.
        "half" => {
            std::mem::forget(mutex(&segment).lock(Duration::from_secs(1), || ()).unwrap());
            set(header::LOCKS + lock_stripe::NOTED, twice(7));
            set(header::LOCKS + lock_stripe::NOTE, WORD as u64 + 1);
            set(WORD, 7 << 32 | 5);
            std::process::abort();
        }
        // Keeps the lock until it is killed, as a process does that is stopped under the lock.
        "stops" => {
            std::mem::forget(mutex(&segment).lock(Duration::from_secs(1), || ()).unwrap());
            set(WORD + 1, 1);
            loop {
                std::thread::sleep(Duration::from_secs(1));
            }
        }
        what => panic!("{what}"),
    }
}

fn start(path: &Path, what: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--ignored", "--nocapture", "--test-threads=1"])
        .env(PATH, path)
        .env(WHAT, what)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn scene() -> (tempfile::TempDir, PathBuf, Segment) {
    let shm = Path::new("/dev/shm");
    let directory = tempfile::tempdir_in(if shm.is_dir() { shm } else { Path::new("/tmp") });
    let directory = directory.unwrap();
    let path = directory.path().join("locked.heap");
    let segment = Segment::at(path.clone()).unwrap();
    (directory, path, segment)
}

#[test]
fn a_segment_of_this_build_is_marked_and_javascript_stores_nothing() {
    assert_eq!(MACHINE.to_le_bytes()[4], 1);
    assert_eq!(Stores::here(), Stores::Native);
}

#[test]
fn writers_killed_at_any_moment_leave_whole_words() {
    let (_directory, path, segment) = scene();
    let mut seen = std::collections::HashSet::new();
    for round in 0..100_u64 {
        let mut victim = start(&path, "stores");
        let before = word(&segment).load(Ordering::Acquire);
        while word(&segment).load(Ordering::Acquire) == before {
            std::thread::yield_now();
        }
        std::thread::sleep(Duration::from_micros(round * 37 % 1000));
        victim.kill().unwrap();
        victim.wait().unwrap();
        for _ in 0..3 {
            let value = word(&segment).load(Ordering::Acquire);
            assert_eq!(value >> 32, value & 0xffff_ffff, "round {round}");
            seen.insert(value);
        }
        let note = &segment.heap().words().0[header::LOCKS + lock_stripe::NOTE];
        assert_eq!(note.load(Ordering::Acquire), 0, "round {round}");
        // Other processes can change the word, too.
        word(&segment).store(twice(round), Ordering::Release);
        assert_eq!(word(&segment).load(Ordering::Acquire), twice(round));
    }
    assert!(seen.len() > 50, "killed at one moment only");
}

#[test]
fn a_store_whose_writer_died_between_two_halves_is_completed() {
    let (_directory, path, segment) = scene();
    word(&segment).store(twice(3), Ordering::Release);
    start(&path, "half").wait().unwrap();
    assert_eq!(word(&segment).load(Ordering::Acquire), twice(7));
    word(&segment).store(twice(8), Ordering::Release);
    assert_eq!(word(&segment).load(Ordering::Acquire), twice(8));
}

#[test]
fn a_holder_that_has_not_been_stopped_is_waited_for() {
    let (_directory, _path, segment) = scene();
    let released = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let held = mutex(&segment).lock(Duration::from_secs(1), || ()).unwrap();
        let adds = scope.spawn(|| {
            word(&segment).fetch_add(1, Ordering::AcqRel);
            released.load(Ordering::Acquire)
        });
        std::thread::sleep(Duration::from_millis(100));
        released.store(true, Ordering::Release);
        drop(held);
        assert!(adds.join().unwrap(), "the word was changed while another thread had its mutex");
    });
}

#[test]
fn a_process_that_is_stopped_while_it_holds_a_mutex_delays_nobody_for_long() {
    let (_directory, path, segment) = scene();
    let mut victim = start(&path, "stops");
    let until = Instant::now() + Duration::from_secs(300);
    while segment.heap().words().0[WORD + 1].load(Ordering::Acquire) == 0 {
        assert!(Instant::now() < until, "the victim does not get the lock");
    }
    let begun = Instant::now();
    for n in 0..10_000 {
        word(&segment).store(twice(n), Ordering::Release);
        assert_eq!(word(&segment).load(Ordering::Acquire), twice(n));
    }
    let mut writer = segment.heap().writer(1, 1).unwrap();
    let filter = Filter { everything: true, ..Filter::default() };
    scrape(segment.heap(), &filter).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(100), "{:?}", begun.elapsed());
    assert!(writer.owns_slot());
    victim.kill().unwrap();
    victim.wait().unwrap();
    // The mutex is repaired, and can be locked again.
    std::thread::sleep(Duration::from_millis(60));
    word(&segment).store(twice(1), Ordering::Release);
    drop(mutex(&segment).lock(Duration::from_secs(1), || ()).unwrap());
    writer.withdraw(0).unwrap();
}
