//! Rings, answers and waits in a heap in process memory, with real threads.

use mpmetrics_core::doorbell::{Doorbell, Ear};
use mpmetrics_core::heap::{Heap, Setup, Writer};
use mpmetrics_core::layout::header;
use mpmetrics_core::region::Owned;
use std::cell::Cell;
use std::sync::mpsc::{channel, Receiver, RecvTimeoutError, Sender};
use std::sync::Arc;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(300);
const SHORT: Duration = Duration::from_millis(60);

/// One process of an application: a doorbell of its own on the common heap.
struct Process {
    bell: Arc<Doorbell>,
    writer: Writer,
    ear: Option<Arc<Ear>>,
    /// Receives a message each time that the isolate is told to run callbacks.
    told: Receiver<()>,
    tell: Sender<()>,
    /// Number of the latest ring.
    rung: Cell<Option<u32>>,
}

impl Process {
    fn new(heap: &Heap, key: u64) -> Self {
        let (tell, told) = channel();
        let writer = heap.writer(key, key as u32).unwrap();
        Self {
            bell: Doorbell::new(heap.clone()),
            writer,
            ear: None,
            told,
            tell,
            rung: Cell::default(),
        }
    }

    fn listening(heap: &Heap, key: u64) -> Self {
        let mut process = Self::new(heap, key);
        let tell = process.tell.clone();
        let (slot, life) = (process.writer.slot(), process.writer.incarnation());
        let rung = Box::new(move || tell.send(()).unwrap());
        process.ear = Some(process.bell.listen(slot, life, rung).unwrap());
        process
    }

    /// Rings. Returns a receiver that gets a message when the wait is over; `None` if the scrape does not wait.
    fn ring(&self, patience: Duration) -> Option<Receiver<()>> {
        let (done, over) = channel();
        let done = Box::new(move || done.send(()).unwrap());
        let ring = self.bell.ring(self.ear.as_deref(), 1, patience, || Ok(done)).unwrap();
        self.rung.set(ring);
        ring.map(|_| over)
    }

    /// Whether a scrape is under way for which this isolate ran callbacks.
    fn asked(&self) -> bool {
        self.ear.as_ref().unwrap().is_asked().unwrap()
    }

    fn answer(&self) {
        self.told.recv_timeout(LONG).unwrap();
        let ear = self.ear.as_ref().unwrap();
        ear.answer(ear.begin());
    }

    fn leave(mut self) -> Writer {
        self.bell.leave(&self.ear.take().unwrap());
        self.writer
    }
}

fn heap() -> Heap {
    let setup = Setup::default();
    Heap::create(Arc::new(Owned::new(1 << 17)), &setup).unwrap()
}

fn timeouts(heap: &Heap) -> u64 {
    heap.words().header(header::COLLECT_TIMEOUTS)
}

#[test]
fn nobody_is_waited_for_or_rung_where_nobody_has_callbacks() {
    let heap = heap();
    let (scraper, _other) = (Process::new(&heap, 1), Process::new(&heap, 2));
    assert!(scraper.ring(LONG).is_none());
    let alone = Process::listening(&heap, 3);
    assert!(alone.ring(LONG).is_none());
    assert_eq!(heap.words().header(header::DOORBELL), 0);
}

#[test]
fn a_ring_ends_when_all_others_have_answered_it() {
    let heap = heap();
    let scraper = Process::listening(&heap, 1);
    let (one, two) = (Process::listening(&heap, 2), Process::listening(&heap, 3));
    for _ in 0..100 {
        let over = scraper.ring(LONG).unwrap();
        one.answer();
        assert!(over.try_recv().is_err());
        two.answer();
        over.recv_timeout(LONG).unwrap();
    }
    assert!(scraper.told.try_recv().is_err(), "told of its own ring");
    assert!(one.told.try_recv().is_err() && two.told.try_recv().is_err(), "told twice");
    assert_eq!(timeouts(&heap), 0);
}

#[test]
fn callbacks_that_began_before_a_ring_do_not_answer_it_and_rings_do_not_pile_up() {
    let heap = heap();
    let (scraper, other) = (Process::new(&heap, 1), Process::listening(&heap, 2));
    let first = scraper.ring(LONG).unwrap();
    other.told.recv_timeout(LONG).unwrap();
    let ear = other.ear.as_ref().unwrap();
    let begun = ear.begin();
    let later: Vec<_> = (0..10).map(|_| scraper.ring(LONG).unwrap()).collect();
    ear.answer(begun);
    first.recv_timeout(LONG).unwrap();
    assert!(later.iter().all(|over| over.recv_timeout(Duration::from_millis(5)).is_err()));
    other.answer();
    for over in later {
        over.recv_timeout(LONG).unwrap();
    }
    assert!(other.told.recv_timeout(Duration::from_millis(5)).is_err(), "told once for ten rings");
}

#[test]
fn who_does_not_answer_is_given_up_and_counted() {
    let heap = heap();
    let (scraper, prompt) = (Process::new(&heap, 1), Process::listening(&heap, 2));
    let _deaf = Process::listening(&heap, 3);
    let begun = Instant::now();
    let over = scraper.ring(SHORT).unwrap();
    prompt.answer();
    over.recv_timeout(LONG).unwrap();
    assert!(begun.elapsed() >= SHORT);
    assert_eq!(timeouts(&heap), 1);
    assert!(scraper.ring(Duration::ZERO).is_none(), "rings without waiting");
    prompt.answer();
}

#[test]
fn nobody_waits_for_the_dead_or_for_who_has_left() {
    let heap = heap();
    let (scraper, dies) = (Process::new(&heap, 1), Process::listening(&heap, 2));
    let leaves = Process::listening(&heap, 3);
    let over = scraper.ring(LONG).unwrap();
    drop(dies.writer);
    assert!(over.recv_timeout(Duration::from_millis(50)).is_err());
    let left = leaves.leave();
    over.recv_timeout(LONG).unwrap();
    assert_eq!(timeouts(&heap), 0);
    // The adopter of the dead writer's slot does not take over its callbacks.
    let adopter = Process::new(&heap, 4);
    assert!(adopter.writer.incarnation() > 1);
    assert!(scraper.ring(LONG).is_none());
    drop(left);
}

#[test]
fn the_function_of_a_scrape_that_was_forgotten_is_not_called() {
    let heap = heap();
    let (scraper, _deaf) = (Process::new(&heap, 1), Process::listening(&heap, 2));
    let over = scraper.ring(SHORT).unwrap();
    scraper.bell.forget(1);
    // The function was dropped, and was neither called nor kept.
    assert_eq!(over.recv_timeout(LONG), Err(RecvTimeoutError::Disconnected));
}

#[test]
fn rings_of_many_are_all_answered() {
    let heap = heap();
    let all: Vec<_> = (1..5).map(|key| Process::listening(&heap, key)).collect();
    std::thread::scope(|scope| {
        for process in all {
            scope.spawn(move || {
                let answer = |process: &Process| {
                    let ear = process.ear.as_ref().unwrap();
                    ear.answer(ear.begin());
                };
                for _ in 0..200 {
                    let over = process.ring(LONG);
                    while over.as_ref().is_some_and(|over| over.try_recv().is_err()) {
                        if process.told.recv_timeout(Duration::from_micros(200)).is_ok() {
                            answer(&process);
                        }
                    }
                }
                drop(process.leave());
            });
        }
    });
    assert_eq!(timeouts(&heap), 0);
}

#[test]
fn an_isolate_that_answered_a_scrape_is_asked_until_the_scrape_has_read_or_is_gone() {
    let heap = heap();
    let listener = Process::listening(&heap, 1);
    let (one, other) = (Process::new(&heap, 2), Process::new(&heap, 3));
    assert!(!listener.asked(), "no scrape has rung");
    let first = one.ring(LONG).unwrap();
    assert!(!listener.asked(), "its callbacks have not begun to run");
    listener.answer();
    first.recv_timeout(LONG).unwrap();
    assert!(listener.asked(), "the first scrape was answered, and has not read");
    let second = other.ring(LONG).unwrap();
    one.bell.over(one.rung.get().unwrap());
    assert!(!listener.asked(), "the other's ring was not handled");
    listener.answer();
    second.recv_timeout(LONG).unwrap();
    assert!(listener.asked());
    one.bell.over(one.rung.get().unwrap());
    assert!(listener.asked(), "a second end of one scrape ends no other scrape");
    other.bell.forget(1);
    assert!(!listener.asked(), "the isolate that made the last scrape has ended");
    // A process that dies frees its locks.
    let third = one.ring(LONG).unwrap();
    listener.answer();
    third.recv_timeout(LONG).unwrap();
    assert!(listener.asked());
    drop(one);
    // The thread that waited for answers to the rings of `one` may keep its doorbell and locks for a moment longer.
    let begun = Instant::now();
    while listener.asked() {
        assert!(begun.elapsed() < LONG, "the scrape of a process that is gone never ends");
        std::thread::yield_now();
    }
    // The listener gives up a scrape that does not end, such as that of a stopped process.
    let fourth = other.ring(LONG).unwrap();
    listener.answer();
    fourth.recv_timeout(LONG).unwrap();
    assert!(listener.asked());
    listener.ear.as_ref().unwrap().leave();
    assert!(!listener.asked(), "given up");
    other.bell.over(other.rung.get().unwrap());
    drop(listener.leave());
}

#[test]
fn a_listener_knows_each_of_the_scrapes_that_ring_at_once() {
    let heap = heap();
    let listener = Process::listening(&heap, 1);
    let scrapers: Vec<_> = (2..10).map(|key| Process::new(&heap, key)).collect();
    for _ in 0..200 {
        let all: Vec<_> = std::thread::scope(|scope| {
            let bells = scrapers.iter().map(|scraper| {
                let bell = Arc::clone(&scraper.bell);
                scope.spawn(move || bell.ring(None, 1, LONG, || Ok(Box::new(|| ()))).unwrap())
            });
            let rings: Vec<_> = bells.collect();
            rings.into_iter().map(|ring| ring.join().unwrap().unwrap()).collect()
        });
        listener.answer();
        for (scraper, ring) in scrapers.iter().zip(&all) {
            // All rings came before the answer, so it covers them all.
            assert!(listener.asked());
            scraper.bell.over(*ring);
        }
        while listener.told.try_recv().is_ok() {
            let ear = listener.ear.as_ref().unwrap();
            ear.answer(ear.begin());
        }
        assert!(!listener.asked());
    }
    drop(listener.leave());
}

#[test]
fn callbacks_that_ran_for_an_own_scrape_answer_the_rings_before_it() {
    let heap = heap();
    let (one, other) = (Process::listening(&heap, 1), Process::listening(&heap, 2));
    let first = one.ring(LONG).unwrap();
    let second = other.ring(LONG).unwrap();
    other.told.recv_timeout(LONG).unwrap();
    // The callbacks of `other` ran after both rings, for its own scrape.
    other.ear.as_ref().unwrap().answer(other.rung.get().unwrap());
    first.recv_timeout(LONG).unwrap();
    assert!(other.asked(), "the first scrape has not read, nor has its own");
    assert!(second.try_recv().is_err(), "the first process has not answered");
    one.answer();
    second.recv_timeout(LONG).unwrap();
    one.bell.over(one.rung.get().unwrap());
    assert!(other.asked(), "its own scrape is under way");
    other.bell.over(other.rung.get().unwrap());
    assert!(!other.asked());
    // A later ring is heard.
    let third = one.ring(LONG).unwrap();
    let ear = other.ear.as_ref().unwrap();
    ear.answer(ear.begin());
    third.recv_timeout(LONG).unwrap();
    drop((one.leave(), other.leave()));
}
