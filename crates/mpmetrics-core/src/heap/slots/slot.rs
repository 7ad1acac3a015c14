//! Slots: the records of writers. A slot lives while its writer holds the lock of the slot's byte. When the writer dies
//! in any way, the kernel frees that lock, and the next new writer adopts the slot and continues its counts.

use super::adopt::adopt;
use super::awaited::is_awaited;
use super::claimed::{mutex, Claimed, Owner};
use crate::error::{Error, Result};
use crate::form::of_one_life;
use crate::heap::blocks::block;
use crate::heap::init;
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::SLOTS;
use crate::layout::{block as blk, header, lock, slot, BlockHead, Words, MAX_SLOTS};
use crate::os::{self, NotHeld};
use crate::region::Locks;
use std::time::Duration;

/// Locks the byte of the first slot that is neither locked nor awaited, and takes over the slot. So there are never
/// more slots than writers that lived, or were awaited, at the same time.
pub fn claim(locked: &Locked<'_>, locks: &dyn Locks, owner: Owner) -> Result<Claimed> {
    init::first_tables(locked)?;
    let slots = locked.words().header(header::SLOTS) as u32;
    let mut id = 0;
    while id < slots
        && (is_awaited(locked.words(), id)? || !locks.try_lock(lock::SLOTS + u64::from(id))?)
    {
        id += 1;
    }
    if id == slots {
        if id >= MAX_SLOTS {
            return Err(Error::Limit { what: "writers at once", limit: u64::from(MAX_SLOTS) });
        }
        SLOTS.ensure(locked, id)?;
        if !locks.try_lock(lock::SLOTS + u64::from(id))? {
            return Err(Error::Corrupt { what: "a free slot", at: header::SLOTS as u64 * 8 });
        }
        locked.words().set_header(header::SLOTS, u64::from(id) + 1);
        kill_point!("claim.counted");
    }
    kill_point!("claim.locked");
    let claimed = take_over(locked, id, owner);
    if claimed.is_err() {
        let _ = locks.unlock(lock::SLOTS + u64::from(id));
    }
    claimed
}

fn take_over(locked: &Locked<'_>, id: u32, owner: Owner) -> Result<Claimed> {
    let words = locked.words();
    let at = SLOTS.find(words, id)?;
    let lived = words.load(at + slot::INCARNATION)?;
    // Skips 0, which means that the slot was never used.
    let incarnation = (lived as u32).wrapping_add(1).max(1);
    let mut claimed = Claimed { slot: id, incarnation, ..Claimed::default() };
    if lived != 0 {
        adopt(locked, id, &mut claimed)?;
        words.add_header(header::ADOPTIONS, 1);
    }
    make_mutex(words, id)?;
    let now = os::unix_ms();
    words.store(at + slot::PROCESS, owner.process)?;
    // No scrape shows a gauge of the past life with the pid and the thread that are stored here (see `scrape::walk`):
    // the blocks of these gauges are free by now, or are residues. If a scrape shows a residue with a pid and a thread,
    // it reads both from the residue's cells, which name the writer that left the residue.
    words.store(at + slot::PID, u64::from(owner.pid))?;
    words.store(at + slot::THREAD, u64::from(owner.thread))?;
    // Withdraws the announcement of a shared gauge's block: the writer that made it is dead, or has lost the slot.
    words.store(at + slot::SHARED, 0)?;
    words.store(at + slot::AWAITED, 0)?;
    words.store(at + slot::CLAIMED, now)?;
    words.store(at + slot::WORKER, u64::from(owner.worker))?;
    words.store(at + slot::SEEN, now)?;
    words.set_header(header::LAST_ATTACH, now);
    if owner.thread == 0 && init::root(words).is_some_and(|root| root.key() == owner.process) {
        words.set_header(header::ROOT_WROTE, 1);
    }
    kill_point!("claim.filled");
    // SYNC POINT: a scrape that reads this number finds each gauge of the past life freed, or as a residue.
    words.store(at + slot::INCARNATION, u64::from(incarnation))?;
    kill_point!("claim.done");
    Ok(claimed)
}

/// Takes the gauges of a process's dead writers out of their slots, as the next writer of each slot would. Returns how
/// many there were.
///
/// No slot's byte is locked for this: only the holder of the heap lock claims a slot.
pub fn end_lives(locked: &Locked<'_>, pid: u32) -> Result<u32> {
    let words = locked.words();
    let mut gauges = 0;
    for (id, living) in (0..).zip(locked.heap().living()?) {
        let at = SLOTS.find(words, id)?;
        let incarnation = words.load(at + slot::INCARNATION)? as u32;
        let of_process = words.load(at + slot::PID)? == u64::from(pid);
        if !living && incarnation != 0 && of_process && !is_awaited(words, id)? {
            let mut claimed = Claimed { slot: id, incarnation, ..Claimed::default() };
            gauges += adopt(locked, id, &mut claimed)?;
        }
    }
    Ok(gauges)
}

/// Hides the gauges that a writer has in a slot that it lost, because it moves their values to another slot: those that
/// count the dead would be counted twice. Returns whether it hid them.
///
/// Changes nothing if the slot lives, or has another life by now. Another writer may have made residues of the gauges
/// then, which stay.
pub fn hide_lost(locked: &Locked<'_>, id: u32, incarnation: u32) -> Result<bool> {
    let words = locked.words();
    let at = SLOTS.find(words, id)?;
    let living = locked.heap().living()?.get(id as usize).copied().unwrap_or(false);
    if living || words.load(at + slot::INCARNATION)? != u64::from(incarnation) {
        return Ok(false);
    }
    block::for_each_slab(words, words.load(at + slot::FIRST_SLAB)?, |slab, len| {
        block::for_each_block(words, slab, len, |at, head| {
            let own = head.incarnation == incarnation && !head.residue;
            if own && of_one_life(head.kind) {
                words.store(at + blk::HEAD, BlockHead { absent: true, ..head }.pack())?;
            }
            Ok(())
        })
        .map(drop)
    })?;
    Ok(true)
}

/// Initialises a slot's mutex if it was never initialised or is unusable. The slot's last writer is dead.
///
/// If a living thread holds the mutex, it is not changed: that thread's writer lost the slot by accident, while it
/// stored an exemplar. If the holder died, the closure that `lock` calls repairs nothing, because no scrape shows a
/// half-written exemplar. If the system has no robust mutexes, `make` fails, and no exemplars are recorded.
pub fn make_mutex(words: Words<'_>, id: u32) -> Result<()> {
    let mutex = mutex(words, id)?;
    if let Err(NotHeld::Broken) = mutex.lock(Duration::ZERO, || ()) {
        let _ = mutex.make();
    }
    Ok(())
}

const _: () = assert!(blk::CELLS == 3 && slot::MUTEX_WORDS as usize == os::MUTEX_WORDS);
