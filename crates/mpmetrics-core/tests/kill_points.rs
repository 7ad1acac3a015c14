//! A process dies, or stops, at each kill point. After that, another process scrapes without waiting, makes a series,
//! claims a slot, and sees the right numbers; a process that has to wait waits for a limited time; and a process that
//! was stopped goes on and ends without an error. `cargo test -p mpmetrics-core --features kill-points --test
//! kill_points`

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

mod cold_paths;
mod derived_words;
mod handle;
mod scene;
mod signals;
mod totals;

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;

use cold_paths::told;
use mpmetrics_core::os::kill_points::{Held, POINTS, VARIABLE};
use scene::{End, Scene, DIRECTORY};

/// Not a test: the program that dies or stops.
#[test]
#[ignore = "the program of the victims"]
fn victim() {
    let directory = PathBuf::from(std::env::var(DIRECTORY).expect("started by the test below"));
    if let Err(error) = cold_paths::run(&directory) {
        panic!("{error}");
    }
}

/// Whether the victim reaches a kill point while it makes, enters or removes its second segment, `other`.
fn of_other(point: &str) -> bool {
    let paths = ["create.", "retire.", "reap.", "succeed.", "follow."];
    paths.iter().any(|path| point.starts_with(path))
}

fn check(point: &str, held: Held, nth: u32, end: End) {
    let mut scene = Scene::new(point, nth, end);
    let ended = scene.until(end == End::Stop);
    let reached = match (end, ended) {
        (End::Die, Some(status)) => status.signal() == Some(9),
        (End::Stop, ended) => ended.is_none(),
        (End::Die, None) => false,
    };
    assert!(reached, "{}: never reached, {ended:?}", scene.what);
    scene.held = None;
    scene.check_numbers();
    let locked = end == End::Stop && held == Held::Heap;
    scene.check_new(locked);
    // A scrape does not wait for a dead process. For a stopped process that has yet to answer, it waits until the time
    // for callbacks is over.
    if told(scene.directory.path(), "listens").is_some() {
        let late = scene.ring();
        assert_eq!(late, end == End::Stop && held == Held::Answer, "{}", scene.what);
    }
    let held_now = if end == End::Stop { held } else { Held::Nothing };
    if of_other(point) {
        scene.check_other(held_now);
    }
    if end == End::Stop {
        signals::send(&scene.victim, "-CONT");
        let status = scene.until(false).expect("an end");
        assert!(status.success(), "{}: it does not go on, see above: {status}", scene.what);
        scene.check_numbers();
        scene.check_new(false);
    }
    scene.check_whole();
    scene.check_tidied();
    scene.check_numbers();
}

/// Checks all kill points, three at a time.
fn at_every_point(end: End) {
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some((point, held)) = POINTS.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if std::panic::catch_unwind(|| check(point, *held, 1, end)).is_err() {
                        failed.lock().unwrap().push(*point);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner().unwrap(), Vec::<&str>::new(), "see above");
}

#[test]
fn a_process_that_dies_at_any_kill_point_leaves_a_heap_in_which_all_others_go_on() {
    at_every_point(End::Die);
}

#[test]
fn a_process_that_stops_at_any_kill_point_leaves_a_heap_in_which_all_others_go_on() {
    at_every_point(End::Stop);
}

/// Dies or stops when a kill point is reached for the n-th time: in the middle of a sweep, a walk, a growth.
#[test]
fn later_arrivals_at_kill_points_that_are_reached_several_times() {
    // The 2nd to the 16th addition of merges: in blocks of a counter, a histogram, a summary and its buckets, and in
    // residues. Each reaches `merge.added` and then `merge.cleared`; the 16th is tested at `merge.cleared` only.
    let added = (2..=15).map(|nth| ("merge.added", nth));
    let cleared = (2..=16).map(|nth| ("merge.cleared", nth));
    let others = [
        ("lock.intent", 300),
        ("octave.linked", 2),
        ("octave.freed", 2),
        ("residue.kept", 2),
        ("residue.joined", 2),
        ("residue.freed", 2),
        ("residue.freed", 3),
        ("register.published", 500),
        ("register.filled", 250),
        ("allocate.texts", 40),
        ("allocate.filled", 12),
        ("allocate.table", 2),
        ("grow.file", 2),
        ("defaults.renamed", 350),
        ("exemplar.half", 3),
        ("exemplar.locked", 3),
        ("scrape.block", 400),
        ("answer.stored", 2),
        ("answer.counted", 2),
    ];
    for (point, nth) in added.chain(cleared).chain(others) {
        let (_, held) = POINTS.iter().find(|(name, _)| *name == point).expect("a kill point");
        check(point, *held, nth, End::Die);
        check(point, *held, nth, End::Stop);
    }
}

/// `POINTS` has the names that are in the sources, and docs/CONCURRENCY.md has a row for each.
#[test]
fn every_kill_point_is_in_the_list_and_in_the_document() {
    let mut sources = String::new();
    let mut folders = vec![PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => sources.push_str(&std::fs::read_to_string(path).unwrap()),
            }
        }
    }
    let mut placed: Vec<&str> = sources
        .split("kill_point!(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    placed.sort_unstable();
    let mut listed: Vec<&str> = POINTS.iter().map(|(name, _)| *name).collect();
    listed.sort_unstable();
    assert_eq!(placed, listed);
    let document = include_str!("../../../docs/CONCURRENCY.md");
    let mut written: Vec<(&str, Held)> = document
        .lines()
        .filter_map(|line| {
            let mut columns = line.strip_prefix("| `")?.split(" | ");
            let name = columns.next()?.strip_suffix('`')?;
            let held = match columns.nth(1)? {
                "nothing" => Held::Nothing,
                "heap lock" => Held::Heap,
                "directory lock" => Held::Directory,
                "heap lock of its own segment" => Held::Other,
                "an answer" => Held::Answer,
                _ => return None,
            };
            name.contains('.').then_some((name, held))
        })
        .collect();
    written.sort_unstable_by_key(|(name, _)| *name);
    let mut points = POINTS.to_vec();
    points.sort_unstable_by_key(|(name, _)| *name);
    assert_eq!(written, points);
}

/// To show that shipped builds have no kill points, another test checks that the packed binary does not contain the
/// variable's name. Here the name is found, so that test would find it, too.
#[test]
fn the_name_of_the_variable_is_in_a_build_with_the_feature() {
    let build = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert!(build.windows(VARIABLE.len()).any(|bytes| bytes == VARIABLE.as_bytes()));
}
