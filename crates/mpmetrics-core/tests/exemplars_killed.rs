//! Processes that record exemplars without a pause are killed or stopped at any instruction. The scraped
//! exemplars are whole, no scrape waits, and the other processes go on.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

mod handle;
mod signals;

use std::collections::HashSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use handle::{spec, Handle};
use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::heap::{Heap, Writer};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::os::ProcessIdentity;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::segment::Segment;
use mpmetrics_core::{Code, Result};

const SEGMENT: &str = "MPMETRICS_EXEMPLAR_SEGMENT";
const NUMBER: &str = "MPMETRICS_EXEMPLAR_NUMBER";
/// Buckets of the histogram of `spec`.
const BUCKETS: u32 = 3;
const WRITERS: u64 = 3;
const LONGEST_SCRAPE: Duration = Duration::from_secs(60);

/// Labels with the number of the writer and the value, of lengths from short to nearly the limit.
fn text(value: u64, number: u64) -> String {
    format!("n=\"{number}\",v=\"{value}\",pad=\"{}\"", "p".repeat((value % 100) as usize))
}

fn bind(writer: &mut Writer, number: u64) -> Result<[Handle; 2]> {
    let counter = writer.family(&spec(MetricType::Counter), 0)?;
    let histogram = writer.family(&spec(MetricType::Histogram), 0)?;
    Ok([
        // A series that only this process has, and one that all processes have.
        Handle::bind(writer, MetricType::Counter, counter, format!("a=\"{number}\"").as_bytes())?,
        Handle::bind(writer, MetricType::Histogram, histogram, b"a=\"all\"")?,
    ])
}

/// Not a test: the program that is killed.
#[test]
#[ignore = "the program that is killed"]
fn victim() {
    let segment = Segment::at(std::env::var(SEGMENT).unwrap()).unwrap();
    let number: u64 = std::env::var(NUMBER).unwrap().parse().unwrap();
    let process = ProcessIdentity::current().unwrap();
    let start = || {
        let mut writer = segment.heap().writer(process.key(), process.pid)?;
        bind(&mut writer, number).map(|handles| (writer, handles))
    };
    // Other victims, which are stopped or killed, may hold the heap lock for a long time.
    let (mut writer, handles) = loop {
        match start() {
            Err(error) if error.code() == Code::Busy => {}
            started => break started.unwrap(),
        }
    };
    for value in 1.. {
        let text = text(value, number);
        let given =
            Given { value: value as f64, time: value as f64, text: text.as_bytes(), types: b"" };
        let handle = &handles[value as usize % 2];
        let bucket =
            if handle.metric_type == MetricType::Counter { 0 } else { value as u32 % BUCKETS };
        match writer.exemplar(
            (handle.address.slab, handle.address.cell, handle.key()),
            bucket,
            &given,
        ) {
            Err(error) if error.code() == Code::Busy => {}
            done => done.unwrap(),
        }
    }
}

struct Victim(Child);

impl Victim {
    fn start(segment: &Path, number: u64) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--ignored", "--nocapture", "--test-threads=1"])
            .env(SEGMENT, segment)
            .env(NUMBER, number.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn signal(&self, name: &str) {
        signals::send(&self.0, name);
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Scrapes, and checks that every exemplar is one that a writer recorded. Returns, for each exemplar, the labels of the
/// series and the exemplar's value.
fn check(heap: &Heap) -> HashSet<(String, u64)> {
    let filter = Filter { everything: true, exemplars: true, ..Filter::default() };
    let begun = Instant::now();
    let snapshot = scrape(heap, &filter).unwrap().0;
    assert!(begun.elapsed() < LONGEST_SCRAPE, "a scrape of {:?}", begun.elapsed());
    let mut seen = HashSet::new();
    for series in snapshot.families.iter().flat_map(|family| &family.series) {
        for exemplar in snapshot.exemplars(series) {
            let labels = String::from_utf8(snapshot.bytes(exemplar.labels.text).to_vec()).unwrap();
            let number = labels.split('"').nth(1).unwrap();
            let value = exemplar.value as u64;
            assert_eq!(labels, text(value, number.parse().unwrap()));
            assert_eq!(exemplar.time, exemplar.value);
            let owner = String::from_utf8_lossy(snapshot.bytes(series.labels.text)).into_owned();
            seen.insert((owner, value));
        }
    }
    seen
}

fn own(number: usize) -> String {
    format!("a=\"{number}\"")
}

/// Scrapes until `seen` returns true; fails after ten minutes.
fn until(heap: &Heap, what: &str, seen: impl Fn(&HashSet<(String, u64)>) -> bool) {
    let begun = Instant::now();
    loop {
        if seen(&check(heap)) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(600), "{what}");
    }
}

#[test]
fn killed_or_stopped_at_any_instruction_nobody_leaves_half_an_exemplar() {
    let directory =
        tempfile::tempdir_in(if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" });
    let path = directory.unwrap().keep().join("exemplars.heap");
    let heap = Segment::at(&path).unwrap().heap().clone();
    let mut victims: Vec<Victim> = (0..WRITERS).map(|n| Victim::start(&path, n)).collect();
    let all = |seen: &HashSet<(String, u64)>| {
        (0..WRITERS as usize).all(|number| seen.iter().any(|(owner, _)| *owner == own(number)))
    };
    until(&heap, "some do not record", all);
    let kills: u64 = std::env::var("MPMETRICS_KILLS").map_or(40, |n| n.parse().unwrap());
    let mut random = u64::from(std::process::id());
    for round in 0..kills {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_micros(random >> 52));
        let victim = (random >> 33) as usize % victims.len();
        if round % 4 == 0 {
            // The victim is stopped at any instruction: others go on recording, and scrapes go on.
            victims[victim].signal("-STOP");
            let (before, stopped) = (check(&heap), own(victim));
            // `check` returns the labels of each exemplar's series. They tell which victim recorded the exemplar only
            // if the series is a single victim's. The labels of these series have the same length; those of the series
            // that all victims have are longer.
            let goes_on = |it: &&(String, u64)| it.0.len() == stopped.len() && it.0 != stopped;
            until(&heap, "no process goes on", |seen| {
                seen.difference(&before).any(|other| goes_on(&other))
            });
            victims[victim].signal("-CONT");
        }
        let next = Victim::start(&path, victim as u64);
        // Kills the old process and waits for its end. The next process has been started already. If it claims its slot
        // only after the kill, it adopts the slot of a killed process.
        drop(std::mem::replace(&mut victims[victim], next));
        check(&heap);
    }
    until(&heap, "some do not record any more", all);
    drop(victims);
    check(&heap);
    // A new writer adopts the slot of one of the victims.
    let mut writer = heap.writer(1, 1).unwrap();
    let [counter, _] = bind(&mut writer, 0).unwrap();
    let text = text(9_000_000_000_000_000, 0);
    let given = Given { value: 9e15, time: 9e15, text: text.as_bytes(), types: b"" };
    writer
        .exemplar((counter.address.slab, counter.address.cell, counter.key()), 0, &given)
        .unwrap();
    assert!(check(&heap).contains(&(own(0), 9_000_000_000_000_000)));
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
}
