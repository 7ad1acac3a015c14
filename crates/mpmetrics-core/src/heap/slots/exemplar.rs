//! Exemplars in a writer's slabs. A counter, and each bucket of a histogram, has a block for its exemplar. The block is
//! made when the first exemplar is recorded, and later exemplars overwrite the first. If a later exemplar does not fit
//! into the block, it gets a larger block, and the old block is freed.
//!
//! An exemplar's block has a reference to the series' block to which it belongs, and copies of that block's key and
//! birth. A scrape shows the exemplar only while key and birth are equal in both blocks, and the series lives. So the
//! exemplar is not shown any more after the series was removed, or after the series' block was hidden and shown again.
//! When the series' block is freed, the exemplar's block is freed, too.

use super::claimed::{self, Claimed};
use super::room::put_back;
use crate::cells::exemplar::{self as cells, Given};
use crate::error::{Error, Result};
use crate::heap::blocks::block::{self, exemplar_buckets};
use crate::heap::memory::heap::Heap;
use crate::heap::memory::lock::Locked;
use crate::layout::{
    block as blk, exemplar as layout, header, BlockBirth, BlockHead, BlockKey, BlockKind, Words,
};
use crate::os;
use std::collections::HashSet;
use std::time::Duration;

/// How long to wait for the slot's mutex. In an intact heap no other thread takes it.
const PATIENCE: Duration = Duration::from_millis(1);
/// Microseconds of the first and of the longest pause, during which no exemplar is recorded. A pause begins when the
/// heap lock or the slot's mutex was not free in time, or memory was full. Without pauses, a program that records in a
/// loop would wait in each round for the heap lock, if a stopped process holds it.
const PAUSES_US: (u64, u64) = (10_000, 1_000_000);
/// Numbers of words of text for which a block may have room. They are few, so that freed blocks fit later exemplars.
const SIZES: [u64; 6] = [8, 16, 32, 64, 128, cells::MAX_BYTES as u64 / 8];

/// Records an exemplar for a bucket of the writer's own block, or counts the exemplar as dropped. `lock` takes the heap
/// lock. It is called only if the exemplar needs a new block.
pub fn record<'a>(
    heap: &'a Heap,
    mine: &mut Claimed,
    (of, head): (u64, BlockHead),
    bucket: u32,
    given: &Given<'_>,
    lock: impl FnOnce() -> Result<Locked<'a>>,
) -> Result<()> {
    let done = if os::monotonic_us() < mine.exemplars.pause.0 {
        Err(Error::Busy)
    } else {
        record_now(heap, mine, (of, head), bucket, given, lock)
    };
    let pause = &mut mine.exemplars.pause;
    match done {
        Ok(()) => pause.1 = 0,
        Err(_) => {
            heap.words().add_header(header::EXEMPLARS_DROPPED, 1);
            let now = os::monotonic_us();
            if matches!(done, Err(Error::Busy | Error::Full { .. })) && now >= pause.0 {
                pause.1 = (pause.1 * 2).clamp(PAUSES_US.0, PAUSES_US.1);
                pause.0 = now + pause.1;
            }
        }
    }
    done
}

fn record_now<'a>(
    heap: &'a Heap,
    mine: &mut Claimed,
    (of, head): (u64, BlockHead),
    bucket: u32,
    given: &Given<'_>,
    lock: impl FnOnce() -> Result<Locked<'a>>,
) -> Result<()> {
    if head.absent || bucket >= exemplar_buckets(head) {
        let value = bucket.to_string();
        return Err(Error::Invalid { what: "a bucket for an exemplar in this block", value });
    }
    let at = match fitting(heap.words(), mine, of, bucket, given)? {
        Some(at) => at,
        None => {
            let locked = lock()?;
            let at = allocate(&locked, mine, of, bucket, given)?;
            kill_point!("exemplar.made");
            // SYNC POINT: until `put_back` frees the old block, a scrape finds it and the new block, which is empty.
            if let Some(old) = mine.exemplars.blocks.insert((of, bucket), at) {
                put_back(locked.words(), mine, old)?;
            }
            at
        }
    };
    // Loads the words again, because `allocate` may have grown the heap.
    let words = heap.words();
    let mutex = claimed::mutex(words, mine.slot)?;
    // Nothing is to be repaired if the last holder died. An exemplar that it left half-written has an odd version, or
    // its block has no birth. So no scrape shows that exemplar, and the next exemplar overwrites it.
    let held = mutex.lock(PATIENCE, || ()).map_err(|_| Error::Busy)?;
    kill_point!("exemplar.locked");
    let (key, birth) = (words.load(of + blk::KEY)?, block::birth(words, of)?.birth);
    let belongs = BlockBirth { birth, defaults: 0 }.pack();
    let current = words.load(at + blk::KEY)? == key && words.load(at + blk::BIRTH)? == belongs;
    if !current {
        words.store(at + blk::BIRTH, BlockBirth::NONE)?;
        words.store(at + blk::KEY, key)?;
    }
    let written = cells::write(cells_of(words, at)?, given, || {
        kill_point!("exemplar.half");
    });
    kill_point!("exemplar.written");
    if !current {
        // SYNC POINT with `scrape::walk`: from here on the exemplar belongs to this series and this birth.
        words.store(at + blk::BIRTH, belongs)?;
    }
    kill_point!("exemplar.shown");
    drop(held);
    let full =
        Error::Limit { what: "bytes of an exemplar's labels", limit: cells::MAX_BYTES as u64 };
    if written {
        Ok(())
    } else {
        Err(full)
    }
}

/// Returns the block of a bucket's exemplar, if there is one with room for this exemplar.
pub fn fitting(
    words: Words<'_>,
    mine: &Claimed,
    of: u64,
    bucket: u32,
    given: &Given<'_>,
) -> Result<Option<u64>> {
    match mine.exemplars.blocks.get(&(of, bucket)) {
        Some(at) => Ok((cells_of(words, *at)?.len() >= given.words()).then_some(*at)),
        None => Ok(None),
    }
}

/// Returns the words of the exemplar in a block.
fn cells_of(words: Words<'_>, at: u64) -> Result<&[crate::sync::AtomicU64]> {
    let head = block::head(words, at)?;
    let length = u64::from(head.words).checked_sub(layout::CELLS);
    match length.filter(|_| head.kind == BlockKind::Exemplar) {
        Some(length) => words.run(at + layout::CELLS, length),
        None => Err(Error::Corrupt { what: "an exemplar's block", at: at * 8 }),
    }
}

/// Makes a block for an exemplar, without the exemplar.
fn allocate(
    locked: &Locked<'_>,
    mine: &mut Claimed,
    of: u64,
    bucket: u32,
    given: &Given<'_>,
) -> Result<u64> {
    let text = given.words() as u64 - cells::HEAD as u64;
    let limit = cells::MAX_BYTES as u64;
    let size = SIZES.into_iter().find(|size| *size >= text);
    let size = size.ok_or(Error::Limit { what: "bytes of an exemplar's labels", limit })?;
    let length = (layout::CELLS + cells::HEAD as u64 + size) as u16;
    let at = mine.room(locked, length)?;
    let run = locked.words().run(at, u64::from(length))?;
    for word in &run[blk::CELLS as usize..] {
        // Release, here and below: a reader that sees one of these stores also sees that the block was free.
        word.store(0, crate::sync::Ordering::Release);
    }
    let words = locked.words();
    words.store(at + layout::OF, of)?;
    words.store(at + layout::BUCKET, u64::from(bucket))?;
    words.store(at + blk::KEY, 0)?;
    words.store(at + blk::BIRTH, BlockBirth::NONE)?;
    let head = BlockHead {
        kind: BlockKind::Exemplar,
        absent: false,
        residue: false,
        words: length,
        incarnation: mine.incarnation,
    };
    kill_point!("exemplar.block");
    // SYNC POINT with `for_each_block`: a reader that sees the head sees the rest.
    words.store(at + blk::HEAD, head.pack())?;
    Ok(at)
}

/// Hides the exemplars of a series' block.
pub fn clear(words: Words<'_>, mine: &Claimed, of: u64) -> Result<()> {
    for at in mine.exemplars.blocks.range((of, 0)..=(of, u32::MAX)).map(|(_, at)| *at) {
        words.store(at + blk::BIRTH, BlockBirth::NONE)?;
    }
    Ok(())
}

/// Takes over each exemplar of a dead writer that is whole and belongs to a series' block that was kept, but at most
/// one exemplar for each bucket. Frees the others.
pub fn adopt(words: Words<'_>, found: &[u64], claimed: &mut Claimed) -> Result<()> {
    let kept: HashSet<u64> = claimed.blocks.values().copied().collect();
    for at in found.iter().copied() {
        let (of, bucket) = (words.load(at + layout::OF)?, words.load(at + layout::BUCKET)?);
        let bucket = u32::try_from(bucket).unwrap_or(u32::MAX);
        let there = claimed.exemplars.blocks.contains_key(&(of, bucket));
        if kept.contains(&of) && !there && belongs(words, at, of, bucket)? {
            claimed.exemplars.blocks.insert((of, bucket), at);
        } else {
            put_back(words, claimed, at)?;
        }
    }
    Ok(())
}

/// Returns whether block `at` has a whole exemplar that belongs to this bucket of the series' block `of`, and to the
/// block's present key and birth.
fn belongs(words: Words<'_>, at: u64, of: u64, bucket: u32) -> Result<bool> {
    let key = BlockKey::unpack(words.load(at + blk::KEY)?);
    let birth = block::birth(words, at)?.birth;
    let whole =
        matches!(cells::read(cells_of(words, at)?, &mut Vec::new()), cells::Attempt::Whole(_));
    Ok(whole
        && key == block::key(words, of)?
        && birth == block::birth(words, of)?.birth
        && bucket < exemplar_buckets(block::head(words, of)?))
}
