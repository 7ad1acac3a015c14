//! One scrape: from words to samples.
//!
//! A pure function of words that other processes are storing to meanwhile. It changes nothing,
//! checks every reference and length, waits for no writer without a bound, and adds each block to its
//! series; what does not belong to a living series of a chosen family is left out.

use super::filter::{Filter, Scope};
use super::gather::Gather;
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

/// How a read of a block that is being written is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// Words that are read again without giving up the processor, for one block.
    pub block: u64,
    /// The same over the whole walk.
    pub walk: u64,
    /// Further tries, with a pause before each, over the whole walk. Writers that were stopped or lost
    /// their processors in the middle of an update hold up a scrape no longer than all these.
    pub pauses: u32,
}

/// What a try costs beside the words that it reads, in words.
const TRY: u64 = 32;
/// A dead writer's block is given one in so many of the words.
const OF_DEAD: u64 = 16;

/// How often a summary whose words were found whole is read again with its buckets. Once is not enough: a
/// writer that lost its processor in the middle of an update makes all tries fail, and may be back before
/// the next, which tells nothing of the one after it.
const ROUNDS: u32 = 8;

/// How often a block is read again because its default labels were changed meanwhile.
const RENAMES: u32 = 8;

/// How often a read of an exemplar that is being written is tried again. A writer that was stopped or
/// died in the middle of one has none to show.
const EXEMPLAR_TRIES: u32 = 200;

impl Default for Patience {
    fn default() -> Self {
        // A writer that lost its processor waits for those before it, some milliseconds each.
        Self { block: 1 << 16, walk: 1 << 21, pauses: 1_000 }
    }
}

/// What happened during a walk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walked {
    /// Reads of a block that were tried again.
    pub retries: u64,
    /// Words that were read again, at once.
    pub reread: u64,
    /// Reads of a living writer's block that were accepted although they were torn, or whose buckets were read later.
    pub given_up: u64,
    /// Blocks that were read.
    pub blocks: u64,
    /// Families, series and blocks that were left out, because what the words say of them is damaged.
    pub damaged: u64,
    /// Series that their family removes: no part of them has an observation in the window.
    pub pruned: Vec<BlockKey>,
}

/// Reads everything that the filter chooses. `living` tells which slots' writers live; slots beyond
/// it count as dead.
///
/// # Errors
/// [`crate::Error::Corrupt`] if the words contradict each other.
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
        // An adopter stores these after it freed the gauges of the past life, so none of
        // them is shown under the name of another process.
        let (pid, thread) = (words.load(at + slot::PID)?, words.load(at + slot::THREAD)?);
        gather.of_writer(pid as u32, thread as u32);
        let first = words.load(at + slot::FIRST_SLAB)?;
        for_each_slab(words, first, |slab, len| {
            for_each_block(words, slab, len, |at, head| {
                let current = alive && head.incarnation == incarnation;
                reader.block(words, at, head, alive, current, &mut gather)
            })
            .map(drop)
        })?;
    }
    // No writer's part: it is shown with the families of the writers that are read.
    for_each_shared(words, |at, head| {
        let key = BlockKey::unpack(words.load(at + block::KEY)?);
        if filter.scope == Scope::Application || gather.is_declared(key)? {
            reader.block(words, at, head, true, true, &mut gather)?;
        }
        Ok(())
    })?;
    let (snapshot, pruned, damaged) = gather.finish()?;
    // A scrape of one process does not know what others observed.
    let whole = filter.scope == Scope::Application;
    let pruned = if whole { pruned } else { Vec::new() };
    Ok((snapshot, Walked { pruned, damaged, ..reader.walked }))
}

struct Reader {
    patience: Patience,
    walked: Walked,
    reading: Reading,
    now: f64,
    /// What an adopter that died or was stopped has under way.
    moving: Option<Moving>,
}

impl Reader {
    #[inline]
    fn block(
        &mut self,
        words: Words<'_>,
        at: u64,
        head: BlockHead,
        alive: bool,
        current: bool,
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
                gather.declare(key.series, born.birth, current);
                return Ok(());
            }
            (None, _) => return Ok(()),
        };
        if form.of_one_life && !current {
            return Ok(());
        }
        for _ in 0..RENAMES {
            let key = BlockKey::unpack(run[block::KEY as usize].load(Ordering::Acquire));
            let birth = run[block::BIRTH as usize].load(Ordering::Acquire);
            let born = BlockBirth::unpack(birth);
            let Some(chosen) = gather.choose(key)? else {
                return Ok(());
            };
            let cells = &run[block::CELLS as usize..];
            let mut whole = Ok(());
            match form.protocol {
                Protocol::Plain => {
                    self.reading.cells.clear();
                    self.reading.cells.push(cells.first().map_or(0.0, scalar::get));
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
                Again::Other => return Ok(()),
                Again::Same => {
                    whole?;
                    self.walked.blocks += 1;
                    return gather.add(&chosen, head, born, &self.reading);
                }
                // It is there all the same.
                Again::Renamed => {}
            }
        }
        Ok(())
    }

    /// Reads a summary with its buckets until all belongs together. That takes about a microsecond, in
    /// which a writer without any other work observes again each time. Then, which is counted, sum and count
    /// are still those of one moment, and the buckets have what was observed up to a microsecond later.
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
            // Returns once the writer is not away in the middle of an update, or was for too long.
            if !self.sequenced(cells, alive) {
                break;
            }
        }
        self.walked.given_up += u64::from(alive);
        summary::add_buckets(words, at, head, time, &mut self.reading)
    }

    /// Reads a summary with its buckets as often as it may at once. False if what was read does not belong
    /// together; what a dead writer left is accepted.
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

    /// Reads the cells between two sequence words until they belong together. A dead writer's are
    /// accepted: at most one observation is missing from its sum. Also those are tried
    /// again for a while, because a process that adopted the slot meanwhile may be writing to them.
    ///
    /// Returns whether they did.
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

    /// Words of a block that may be read again at once.
    fn allowance(&self, alive: bool) -> u64 {
        self.patience.block / if alive { 1 } else { OF_DEAD }
    }

    /// Takes a try at so many words from what is left for the block, and for the walk; whether there was enough.
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

/// Reads an exemplar, if it is asked for, whole, and of a block that is shown.
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
    // A damaged reference costs no more than this exemplar.
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
        // As for other blocks: freed before it is reused. Pairs with `heap::blocks::block::free`.
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
