//! One walk over the words of a heap, which makes a snapshot of them.
//!
//! A walk is a pure function of words to which other processes store meanwhile. It changes nothing,
//! checks every reference and length, waits for writers only for a limited time, and adds each block to its
//! series. A block that does not belong to a living series of a chosen family is left out.

use super::filter::{Filter, Scope};
use super::gather::Gather;
use super::life::{became_residue, Life, Of};
use super::snapshot::Snapshot;
use super::summary::{self, Reading, Time};
use crate::cells::exemplar::{self, Attempt};
use crate::cells::{scalar, sequence, shared};
use crate::error::Result;
use crate::form::{Form, Protocol};
use crate::heap::{
    again, exemplar_buckets, for_each_block, for_each_shared, for_each_slab, Again, Moving, SLOTS,
};
use crate::layout::{
    block, exemplar as layout, header, slot, BlockBirth, BlockHead, BlockKey, BlockKind, Words,
    MAX_SLOTS,
};
use crate::quantile::summary::Window;
use crate::sync::{fence, AtomicU64, Ordering};

/// Limits on the tries to read blocks that are being updated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Words that are read again without giving up the processor, for one block. A summary is read in up to `ROUNDS`
    /// rounds. In each round, this limit holds once for reads with the buckets, and once for reads without them.
    pub block: u64,
    /// The same for the whole walk.
    pub walk: u64,
    /// Further tries, with a pause before each, for the whole walk. Writers that were stopped, or lost their
    /// processors, in the middle of an update delay a scrape no longer than these pauses.
    pub pauses: u32,
}

/// Cost of a try in addition to the words that it reads, in words.
const TRY: u64 = 32;
/// Divisor of a block's limit of words, if the block's writer is dead.
const OF_DEAD: u64 = 16;

/// Largest number of rounds in which a summary is read with its buckets. After a round that failed, the block is read
/// without its buckets until its writer has ended the update; then the next round begins. One round is not enough:
/// while a writer has lost its processor in the middle of an update, all tries of the round fail.
const ROUNDS: u32 = 8;

/// Largest number of reads of a block, if its default labels change during each read. After these it is left out.
const RENAMES: u32 = 8;

/// Number of tries to read an exemplar that is being written. After these the exemplar is left out, because its writer
/// has lost its processor, was stopped or died in the middle of the write.
const EXEMPLAR_TRIES: u32 = 200;

impl Default for Patience {
    fn default() -> Self {
        // A writer that lost its processor waits until other threads have run, for some milliseconds each.
        Self { block: 1 << 16, walk: 1 << 21, pauses: 1_000 }
    }
}

/// The counts of a walk, and the series that the caller has to remove.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Torn reads of a living writer's block, whether they were tried again or accepted.
    pub retries: u64,
    /// Words that were read again without a pause; each further try counts as 32 words more.
    pub reread: u64,
    /// Reads of a living writer's block that were accepted although they were torn, or whose buckets were read later.
    /// [`scrape`](super::scrape) adds 1 if it accepted the walk although blocks were merged meanwhile.
    pub given_up: u64,
    /// Blocks that were read.
    pub blocks: u64,
    /// Number of families, series and blocks that were left out because their words are damaged.
    pub damaged: u64,
    /// Series to remove, of families that remove series without an observation in the window.
    pub pruned: Vec<BlockKey>,
}

/// Reads everything that the filter chooses. `living` has an entry for each slot: whether its writer lives. Slots
/// without an entry count as dead.
///
/// # Errors
/// [`crate::Error::Version`] if the heap has the layout or the machine of another build, [`crate::Error::Corrupt`] if
/// the words contradict each other.
pub fn walk(
    words: &[AtomicU64],
    living: &[bool],
    filter: &Filter,
    patience: Patience,
) -> Result<(Snapshot, Walked)> {
    let words = Words(words);
    crate::heap::check(words)?;
    let mut gather = Gather::new(words, filter)?;
    let now = filter.now.unwrap_or(0.0);
    let (walked, reading) = (Walked::default(), Reading::default());
    let mut reader = Reader { patience, walked, reading, now, moving: Moving::read(words) };
    let slots = words.header(header::SLOTS).min(u64::from(MAX_SLOTS)) as u32;
    for id in 0..slots {
        let at = SLOTS.find(words, id)?;
        let incarnation = words.load(at + slot::INCARNATION)? as u32;
        if !filter.scope.has(id, incarnation, words.load(at + slot::PROCESS)?) {
            continue;
        }
        let alive = living.get(id as usize).copied().unwrap_or(false);
        // An adopter stores its pid and thread after it has freed the gauges of the past life, or made residues of
        // them. Pid and thread are read here before the blocks, so no such gauge is shown with the labels of another
        // process.
        let of = Of { alive, incarnation, whole: filter.scope == Scope::Application };
        let (pid, thread) = (words.load(at + slot::PID)?, words.load(at + slot::THREAD)?);
        gather.of_writer(pid as u32, thread as u32);
        let first = words.load(at + slot::FIRST_SLAB)?;
        for_each_slab(words, first, |slab, len| {
            for_each_block(words, slab, len, |at, head| {
                reader.block(words, at, head, of, &mut gather)
            })
            .map(drop)
        })?;
    }
    // A shared gauge is no writer's part. It is read if all writers are read, or if one of the writers that were read
    // has declared its family.
    for_each_shared(words, |at, head| {
        let key = BlockKey::unpack(words.load(at + block::KEY)?);
        if filter.scope == Scope::Application || gather.is_declared(key)? {
            reader.block(words, at, head, Of::ALL, &mut gather)?;
        }
        Ok(())
    })?;
    let (snapshot, pruned, damaged) = gather.finish()?;
    // A scrape of one process or thread does not know what others observed, so it removes no series.
    let whole = filter.scope == Scope::Application;
    let pruned = if whole { pruned } else { Vec::new() };
    Ok((snapshot, Walked { pruned, damaged, ..reader.walked }))
}

struct Reader {
    patience: Patience,
    walked: Walked,
    reading: Reading,
    now: f64,
    /// The addition of one cell to another that an adopter began and has not finished.
    moving: Option<Moving>,
}

impl Reader {
    #[inline]
    fn block(
        &mut self,
        words: Words<'_>,
        at: u64,
        head: BlockHead,
        of: Of,
        gather: &mut Gather<'_>,
    ) -> Result<()> {
        if head.absent {
            return Ok(());
        }
        let run = words.run(at, u64::from(head.words))?;
        let form = match (Form::of_block(head.kind), head.kind) {
            (Some(form), _) => form,
            (None, BlockKind::Exemplar) => return exemplar(words, run, head, gather),
            (None, BlockKind::Family) => {
                let load = |word: u64| run[word as usize].load(Ordering::Acquire);
                let key = BlockKey::unpack(load(block::KEY));
                let born = BlockBirth::unpack(load(block::BIRTH));
                gather.declare(key.series, born.birth, of.is_current(head));
                return Ok(());
            }
            (None, _) => return Ok(()),
        };
        let life = match form.of_one_life {
            true => of.life(head, run),
            false => Some(Life::Present),
        };
        let Some(life) = life else {
            return Ok(());
        };
        let alive = of.alive && life == Life::Present;
        for _ in 0..RENAMES {
            let key = BlockKey::unpack(run[block::KEY as usize].load(Ordering::Acquire));
            let birth = run[block::BIRTH as usize].load(Ordering::Acquire);
            let born = BlockBirth::unpack(birth);
            let Some(chosen) = gather.choose(key)? else {
                return Ok(());
            };
            if life != Life::Present && !gather.counts_dead(&chosen) {
                return Ok(());
            }
            let cells = &run[block::CELLS as usize..];
            let mut whole = Ok(());
            match form.protocol {
                Protocol::Plain => {
                    let most = gather.plain_cells(&chosen, head.residue);
                    self.reading.cells.clear();
                    self.reading.cells.extend(cells.iter().take(most).map(scalar::get));
                }
                Protocol::Exchanged => {
                    self.reading.cells.clear();
                    let cells = cells.first_chunk::<{ shared::CELLS }>();
                    self.reading.cells.push(cells.map_or(0.0, shared::get));
                }
                Protocol::Sketched => {
                    whole = self.summary(words, at, head, alive, gather.window(&chosen));
                }
                Protocol::Sequenced => {
                    let whole = self.sequenced(cells, alive);
                    self.walked.given_up += u64::from(alive && !whole);
                }
            }
            if let Some(moving) = self.moving.filter(|_| form.protocol != Protocol::Sketched) {
                let sequenced = form.is_sequenced();
                moving.correct(at + block::CELLS + u64::from(sequenced), &mut self.reading.cells);
            }
            kill_point!("scrape.block");
            match again(run, head, key, birth) {
                Again::Other => {
                    return match became_residue(run, head) {
                        Some(now) => self.block(words, at, now, of, gather),
                        None => Ok(()),
                    };
                }
                Again::Same => {
                    whole?;
                    self.walked.blocks += 1;
                    return gather.add(&chosen, head, born, life, &self.reading);
                }
                // Only the default labels have changed: the block is read again.
                Again::Renamed => {}
            }
        }
        Ok(())
    }

    /// Reads a summary until its block and its buckets are of one moment. A read takes about a microsecond, so a writer
    /// that observes without a pause makes every read fail. In that case the block is read first, so that sum and count
    /// are of one moment; the buckets are read up to a microsecond later, and `given_up` counts the read.
    fn summary(
        &mut self,
        words: Words<'_>,
        at: u64,
        head: BlockHead,
        alive: bool,
        window: Option<Window>,
    ) -> Result<()> {
        let time = Time { window, now: self.now, moving: self.moving };
        let cells = words.run(at + block::CELLS, u64::from(head.words) - block::CELLS)?;
        for _ in 0..ROUNDS {
            if self.whole(words, at, head, alive, time)? {
                return Ok(());
            }
            // Waits, for a limited time, until the writer is not in the middle of an update.
            if !self.sequenced(cells, alive) {
                break;
            }
        }
        self.walked.given_up += u64::from(alive);
        summary::add_buckets(words, at, head, time, &mut self.reading)
    }

    /// Reads a summary with its buckets, as often as the limits allow without a pause, until the read succeeds.
    /// If no read succeeds, returns false for a living writer, and true for a dead one, whose last read is accepted.
    fn whole(
        &mut self,
        words: Words<'_>,
        at: u64,
        head: BlockHead,
        alive: bool,
        time: Time,
    ) -> Result<bool> {
        let mut left = self.allowance(alive);
        while !summary::read(words, at, head, time, &mut self.reading)? {
            self.walked.retries += u64::from(alive);
            if !self.affords(self.reading.words, &mut left) {
                return Ok(!alive);
            }
        }
        Ok(true)
    }

    /// Reads the cells between two sequence words until they are of one moment. Returns whether they are.
    ///
    /// A writer that died in the middle of an update left cells that are never of one moment: they may lack this
    /// update, or a part of it. Such cells are read again for a while, too, because a process that adopted the slot
    /// meanwhile may be updating them.
    fn sequenced(&mut self, cells: &[AtomicU64], alive: bool) -> bool {
        let mut left = self.allowance(alive);
        while !sequence::read(cells, &mut self.reading.cells) {
            self.walked.retries += u64::from(alive);
            if self.affords(cells.len() as u64, &mut left) {
                continue;
            }
            if !alive || self.patience.pauses == 0 {
                return false;
            }
            self.patience.pauses -= 1;
            crate::os::sleep_us(100);
        }
        true
    }

    /// Number of words that may be read again without a pause, for one block: see [`Patience::block`].
    fn allowance(&self, alive: bool) -> u64 {
        self.patience.block / if alive { 1 } else { OF_DEAD }
    }

    /// Subtracts the cost of a try that reads `words` words from `left`, the block's limit, and from the walk's limit.
    /// Returns false, and subtracts nothing, if one of the limits is too low.
    fn affords(&mut self, words: u64, left: &mut u64) -> bool {
        let cost = words + TRY;
        let affords = cost <= (*left).min(self.patience.walk);
        if affords {
            *left -= cost;
            self.patience.walk -= cost;
            self.walked.reread += cost;
            std::hint::spin_loop();
        }
        affords
    }
}

/// Reads an exemplar, if exemplars are asked for, the exemplar is whole, and the block to which it belongs is shown.
fn exemplar(
    words: Words<'_>,
    run: &[AtomicU64],
    head: BlockHead,
    gather: &mut Gather<'_>,
) -> Result<()> {
    let Some(cells) = run.get(layout::CELLS as usize..).filter(|_| gather.shows_exemplars()) else {
        return Ok(());
    };
    let load = |word: u64| run[word as usize].load(Ordering::Acquire);
    let (of, bucket) = (load(layout::OF), load(layout::BUCKET));
    // If a reference is damaged, only this exemplar is left out.
    let (Ok(data), Ok(bucket)) = (words.run(of, block::CELLS), u32::try_from(bucket)) else {
        return Ok(());
    };
    for _ in 0..EXEMPLAR_TRIES {
        let (key, birth) = (load(block::KEY), BlockBirth::unpack(load(block::BIRTH)).birth);
        let shown = || {
            let [head, of_key, of_birth] = [block::HEAD, block::KEY, block::BIRTH]
                .map(|word| data[word as usize].load(Ordering::Acquire));
            let head = BlockHead::unpack(head).ok().flatten().filter(|head| !head.absent)?;
            let of_birth = BlockBirth::unpack(of_birth);
            let belongs = of_key == key && of_birth.birth == birth;
            (belongs && bucket < exemplar_buckets(head)).then_some(of_birth.defaults)
        };
        let (Some(set), Some(chosen)) = (shown(), gather.choose(BlockKey::unpack(key))?) else {
            return Ok(());
        };
        let start = gather.text_mut().len();
        let read = match exemplar::read(cells, gather.text_mut()) {
            Attempt::Whole(read) => read,
            Attempt::None => return Ok(()),
            Attempt::Torn => {
                std::hint::spin_loop();
                continue;
            }
        };
        // Like other blocks, an exemplar's block is freed before it is reused. Pairs with `heap::blocks::block::free`.
        fence(Ordering::Acquire);
        let same = load(block::HEAD) == head.pack()
            && load(block::KEY) == key
            && BlockBirth::unpack(load(block::BIRTH)).birth == birth
            && (load(layout::OF), load(layout::BUCKET)) == (of, u64::from(bucket))
            && shown() == Some(set);
        if same {
            return gather.add_exemplar(&chosen, set, bucket, start, read);
        }
        gather.text_mut().truncate(start);
    }
    Ok(())
}
