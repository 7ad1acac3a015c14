//! The words of the doorbell: which slots have callbacks, which rings there were, and which were answered.

use crate::error::Result;
use crate::heap::{Heap, SLOTS};
use crate::layout::{header, lock, slot, Answer, MAX_SLOTS};
use crate::os;
use std::time::Duration;

/// One life of a slot whose writer has `collect` callbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Slot number.
    pub slot: u32,
    /// The slot's life.
    pub incarnation: u32,
}

/// The present value of the doorbell, modulo 2^32.
pub fn bell(heap: &Heap) -> u32 {
    heap.words().header(header::DOORBELL) as u32
}

/// Rings; returns the new value of the bell. A thread that reads this value sees what the caller stored before: the
/// addition releases, [`bell`] acquires.
pub fn ring(heap: &Heap) -> u32 {
    let rung = heap.words().add_header(header::DOORBELL, 1).wrapping_add(1) as u32;
    kill_point!("ring.rung");
    wake(heap, header::DOORBELL);
    rung
}

/// Sleeps while the lower half of a header word is `seen`, at most for `timeout`. May return early.
pub fn sleep(heap: &Heap, index: usize, seen: u32, timeout: Duration) {
    if let Ok(word) = heap.words().at(index as u64) {
        os::futex_wait(word, seen, timeout);
    }
}

/// Wakes all threads that sleep on a header word.
pub fn wake(heap: &Heap, index: usize) {
    if let Ok(word) = heap.words().at(index as u64) {
        os::futex_wake(word);
    }
}

/// The living writers with callbacks, except one slot.
///
/// # Errors
/// [`crate::Error::Corrupt`]; [`crate::Error::Io`] if the system does not tell which slots live.
pub fn listeners(heap: &Heap, except: Option<u32>) -> Result<Vec<Listener>> {
    let words = heap.words();
    let slots = words.header(header::SLOTS).min(u64::from(MAX_SLOTS)) as u32;
    let mut found = Vec::new();
    for slot in (0..slots).filter(|slot| except != Some(*slot)) {
        let at = SLOTS.find(words, slot)?;
        let answer = Answer::unpack(words.load(at + slot::ANSWER)?);
        let lives = u64::from(answer.incarnation) == words.load(at + slot::INCARNATION)?;
        if answer.incarnation != 0 && lives && is_alive(heap, slot)? {
            found.push(Listener { slot, incarnation: answer.incarnation });
        }
    }
    Ok(found)
}

/// Whether a listener still has to answer a ring: it has callbacks, and has not answered. With `ask`, a system call
/// also checks that it lives.
///
/// # Errors
/// As [`listeners`].
pub fn owes(heap: &Heap, listener: Listener, ring: u32, ask: bool) -> Result<bool> {
    let words = heap.words();
    let at = SLOTS.find(words, listener.slot)?;
    let answer = Answer::unpack(words.load(at + slot::ANSWER)?);
    let open = answer.incarnation == listener.incarnation && !answer.covers(ring);
    Ok(open && (!ask || is_alive(heap, listener.slot)?))
}

/// Stores that a life of a slot has callbacks and has answered this ring, if the slot is still in that life.
///
/// # Errors
/// [`crate::Error::Corrupt`].
pub fn answer(heap: &Heap, from: Listener, bell: u32) -> Result<()> {
    let answer = Answer { bell, incarnation: from.incarnation };
    store(heap, from, answer)?;
    kill_point!("answer.stored");
    // Pairs with the waiter's load of this word, which the waiter makes before it reads the answers.
    heap.words().add_header(header::ANSWERS, 1);
    kill_point!("answer.counted");
    wake(heap, header::ANSWERS);
    Ok(())
}

/// Stores that a life of a slot has no callbacks any more.
///
/// # Errors
/// [`crate::Error::Corrupt`].
pub fn forget(heap: &Heap, from: Listener) -> Result<()> {
    store(heap, from, Answer { bell: 0, incarnation: 0 })?;
    heap.words().add_header(header::ANSWERS, 1);
    wake(heap, header::ANSWERS);
    Ok(())
}

fn store(heap: &Heap, from: Listener, answer: Answer) -> Result<()> {
    let words = heap.words();
    let at = SLOTS.find(words, from.slot)?;
    // Another writer may have adopted the slot. If it does so between this check and the store, the word names a past
    // life or none, and readers ignore the word until the new owner answers.
    if words.load(at + slot::INCARNATION)? == u64::from(from.incarnation) {
        words.store(at + slot::ANSWER, answer.pack())?;
    }
    Ok(())
}

fn is_alive(heap: &Heap, slot: u32) -> Result<bool> {
    let byte = lock::SLOTS + u64::from(slot);
    Ok(heap.region().first_locked(byte, byte + 1)?.is_some())
}
