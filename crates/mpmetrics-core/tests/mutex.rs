//! A mutex in a mapped file. Processes count under it, and are killed or stopped while they hold it.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

mod signals;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mpmetrics_core::os::{self, NotHeld, SharedMutex, MUTEX_WORDS};
use mpmetrics_core::region::{Mapped, Region};
use mpmetrics_core::sync::{AtomicU64, Ordering};

const FILE: &str = "MPMETRICS_MUTEX_FILE";
const ROLE: &str = "MPMETRICS_MUTEX_ROLE";
const PATIENCE: Duration = Duration::from_secs(300);
/// Indexes of words in the file: the mutex, and after it the word that it guards.
const MUTEX: usize = 64;
const GUARDED: usize = MUTEX + MUTEX_WORDS;
const ROUNDS: u64 = 50_000;

struct Shared(Mapped);

impl Shared {
    fn at(path: &Path) -> Self {
        Self(Mapped::new(os::open_read_write(path).unwrap(), 1 << 16).unwrap())
    }

    fn made() -> (tempfile::TempDir, Self) {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("file"), vec![0; 8192]).unwrap();
        let shared = Self::at(&dir.path().join("file"));
        shared.mutex().make().unwrap();
        (dir, shared)
    }

    fn mutex(&self) -> SharedMutex<'_> {
        SharedMutex::at(&self.0.words()[MUTEX..]).unwrap()
    }

    fn guarded(&self) -> &AtomicU64 {
        &self.0.words()[GUARDED]
    }

    /// Adds by a load and a store, which loses updates unless the caller holds the lock.
    fn add(&self, by: u64) {
        let before = self.guarded().load(Ordering::Relaxed);
        self.guarded().store(before + by, Ordering::Relaxed);
    }
}

/// Not a test: the program of the other processes.
#[test]
#[ignore = "the program of the other processes"]
fn other() {
    let shared = Shared::at(Path::new(&std::env::var(FILE).unwrap()));
    match std::env::var(ROLE).unwrap().as_str() {
        "count" => {
            for _ in 0..ROUNDS {
                let _held = shared.mutex().lock(PATIENCE, || panic!("no holder died")).unwrap();
                shared.add(1);
            }
        }
        // Locks the mutex, says so, and sleeps until it is killed, or exits without unlocking the mutex.
        role => {
            let _held =
                shared.mutex().lock(PATIENCE, || shared.guarded().store(7, Ordering::Relaxed));
            println!("\nheld");
            std::io::stdout().flush().unwrap();
            if role == "exit" {
                std::process::exit(0);
            }
            std::thread::sleep(PATIENCE);
        }
    }
}

struct Other(Child);

impl Other {
    fn start(dir: &tempfile::TempDir, role: &str) -> Self {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "other", "--ignored", "--nocapture", "--test-threads=1"])
            .env(FILE, dir.path().join("file"))
            .env(ROLE, role)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self(child)
    }

    /// Starts a process, and waits until it holds the mutex.
    fn holding(dir: &tempfile::TempDir, role: &str) -> Self {
        let mut other = Self::start(dir, role);
        let lines = BufReader::new(other.0.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line == "held"));
        other
    }

    fn signal(&self, name: &str) {
        signals::send(&self.0, name);
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn processes_and_threads_exclude_each_other() {
    let (dir, shared) = Shared::made();
    let mut others = [Other::start(&dir, "count"), Other::start(&dir, "count")];
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let _held = shared.mutex().lock(PATIENCE, || panic!("no holder died")).unwrap();
                    shared.add(1);
                }
            });
        }
    });
    for other in &mut others {
        assert!(other.0.wait().unwrap().success());
    }
    assert_eq!(shared.guarded().load(Ordering::Relaxed), 4 * ROUNDS);
}

#[test]
fn the_next_holder_mends_after_a_holder_was_killed_or_exited() {
    let (dir, shared) = Shared::made();
    for _ in 0..5 {
        let mut victim = Other::holding(&dir, "hold");
        assert_eq!(shared.mutex().lock(Duration::ZERO, || ()).err(), Some(NotHeld::Late));
        victim.0.kill().unwrap();
        victim.0.wait().unwrap();
        let mut mended = 0;
        drop(shared.mutex().lock(PATIENCE, || mended += 1).unwrap());
        drop(shared.mutex().lock(PATIENCE, || mended += 1).unwrap());
        assert_eq!(mended, 1);
    }
    // The same holds if the holder exits without unlocking, and if another process mends.
    let mut leaver = Other::holding(&dir, "exit");
    leaver.0.wait().unwrap();
    let heir = Other::holding(&dir, "hold");
    assert_eq!(shared.guarded().load(Ordering::Relaxed), 7, "mended by the heir");
    drop(heir);
    let mut mended = false;
    drop(shared.mutex().lock(PATIENCE, || mended = true).unwrap());
    assert!(mended);
}

#[test]
fn a_stopped_holder_stops_nobody_else() {
    let (dir, shared) = Shared::made();
    let holder = Other::holding(&dir, "hold");
    holder.signal("-STOP");
    let begun = Instant::now();
    for _ in 0..10 {
        let patience = Duration::from_millis(5);
        assert_eq!(shared.mutex().lock(patience, || ()).err(), Some(NotHeld::Late));
    }
    assert!(begun.elapsed() < PATIENCE / 2, "{:?}", begun.elapsed());
    holder.signal("-CONT");
    holder.signal("-KILL");
    let mut mended = false;
    drop(shared.mutex().lock(PATIENCE, || mended = true).unwrap());
    assert!(mended);
}
