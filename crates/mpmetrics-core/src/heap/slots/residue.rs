//! Residues: what dead writers left of gauges, state sets and infos that count the dead. A slot has at most one for each
//! series and set of default labels, except where each life is kept by itself: with the aggregator `all`, and of infos.
//!
//! Until a slot is adopted, scrapes read its gauges unchanged. For each series, the adopter joins the dead writer's
//! block and the residue that an earlier adopter left into one residue. Every step may be repeated, and a scrape sees
//! the same sum, minimum or latest value before and after each:
//!
//! - A block becomes a residue by one store to its head.
//! - Of two blocks of which one has the result (the smaller, the latest, …), that one becomes the residue, and the
//!   other is freed. If the adopter dies in between, both are shown, which gives the same result.
//! - Where blocks are added up, the cell of one is moved to the other ([`moving`]): it is 0 when its block is freed.
//! - Where masks are united or intersected, one block gets the result. The other, which changes nothing any more, is
//!   freed.
//! - Where ended lives are counted in each state, a block gets the number 1 for each state in its mask before it
//!   becomes a residue. Scrapes read a residue's numbers in place of its mask. The numbers of two residues are added up
//!   like sums.

use super::claimed::Claimed;
use crate::aggregator::Aggregator;
use crate::error::Result;
use crate::heap::blocks::{block, moving, reclaim};
use crate::heap::directory::family::{self, Keeping};
use crate::heap::directory::{defaults, generation};
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::{SERIES, SLOTS};
use crate::layout::{
    block as blk, gauge, header, series as ser, slot as slt, BlockBirth, BlockHead, BlockKey,
    BlockKind, Words, WriterName,
};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// The gauges of ended lives that an adopter finds in its slot, if they count the dead.
#[derive(Default)]
pub struct Ended {
    keeping: HashMap<u32, Option<Keeping>>,
    found: Vec<Found>,
}

/// A block that is a residue, or becomes one.
#[derive(Clone, Copy)]
struct Found {
    at: u64,
    head: BlockHead,
    key: BlockKey,
    birth: BlockBirth,
    family: u32,
    keeping: Keeping,
}

/// The value of a gauge, and the time at which it was set; 0 if its block has no time.
#[derive(Clone, Copy)]
struct Level {
    value: f64,
    time: f64,
}

impl Ended {
    /// Notes a gauge's block of a life that has ended, if its family counts the dead. Returns whether it does.
    pub fn note(&mut self, words: Words<'_>, at: u64, head: BlockHead) -> Result<bool> {
        let (key, birth) = (block::key(words, at)?, block::birth(words, at)?);
        let family = words.load(SERIES.find(words, key.series)? + ser::FAMILY)? as u32;
        let keeping = match self.keeping.get(&family) {
            Some(keeping) => *keeping,
            None => {
                let keeping = family::keeping(words, family)?;
                self.keeping.insert(family, keeping);
                keeping
            }
        };
        let Some(keeping) = keeping else { return Ok(false) };
        block::close_sequence(words, at, head)?;
        self.found.push(Found { at, head, key, birth, family, keeping });
        Ok(true)
    }

    /// Makes residues of the blocks. Frees the blocks whose values are in other residues.
    pub fn fold(mut self, locked: &Locked<'_>, claimed: &mut Claimed) -> Result<()> {
        let words = locked.words();
        let mut kept: HashMap<(u32, u16), Found> = HashMap::new();
        let mut by_life = BTreeMap::new();
        // Earlier residues come first, because the others are added to them.
        self.found.sort_by_key(|found| !found.head.residue);
        for found in self.found {
            if let Keeping::Lives(most) = found.keeping {
                keep_life(words, claimed.slot, found)?;
                by_life.insert(found.family, most);
                continue;
            }
            let series = (found.key.series, found.birth.defaults);
            let found = if tallies(found.keeping) { keep(words, found)? } else { found };
            let Some(other) = kept.remove(&series) else {
                kept.insert(series, found);
                continue;
            };
            let (left, freed) = join(words, other, found)?;
            kept.insert(series, keep(words, left)?);
            let Found { at, head, key, birth, .. } = freed;
            block::free(words, at, head)?;
            kill_point!("residue.freed");
            claimed.free.entry(head.words).or_default().push(at);
            defaults::drop_user(words, birth.defaults)?;
            reclaim::drop_block(locked, key.series, key.generation)?;
        }
        for found in kept.into_values() {
            keep(words, found)?;
        }
        if by_life.is_empty() {
            return Ok(());
        }
        hide_oldest(words, &by_life)
    }
}

/// Makes a residue of a block. A block that is shown by itself first gets `own`: the name of its writer and a new
/// birth. The name is stored because the slot gets its next writer's name at the adoption. The new births order the
/// lives by their ends.
pub fn mark(
    words: Words<'_>,
    at: u64,
    head: BlockHead,
    own: Option<(WriterName, BlockBirth)>,
) -> Result<BlockHead> {
    if let Some((writer, birth)) = own {
        words.store(at + blk::CELLS + gauge::WRITER, writer.pack())?;
        words.store(at + blk::BIRTH, birth.pack())?;
        kill_point!("residue.named");
    }
    let marked = BlockHead { residue: true, ..head };
    // SYNC POINT with `scrape::life`: a reader that sees the flag sees the name.
    words.store(at + blk::HEAD, marked.pack())?;
    kill_point!("residue.kept");
    Ok(marked)
}

/// Makes a residue of a block, unless it is one.
fn keep(words: Words<'_>, found: Found) -> Result<Found> {
    if found.head.residue {
        return Ok(found);
    }
    if tallies(found.keeping) {
        tally(words, found)?;
    }
    let head = mark(words, found.at, found.head, None)?;
    Ok(Found { head, ..found })
}

/// Whether residues have a number for each state.
fn tallies(keeping: Keeping) -> bool {
    matches!(keeping, Keeping::Masks { aggregator: Aggregator::Sum, .. })
}

/// Stores 1 for each state in the mask of a block, and 0 for the others.
fn tally(words: Words<'_>, found: Found) -> Result<()> {
    let mask = mask(words, found)?;
    for (bit, at) in (0..).zip(tally_cells(found)) {
        words.store(at, f64::from(mask >> bit & 1 == 1).to_bits())?;
    }
    kill_point!("residue.tallied");
    Ok(())
}

/// The references of the numbers of states in a block.
fn tally_cells(found: Found) -> Range<u64> {
    let first = found.at + blk::CELLS + gauge::TALLY;
    first..found.at + u64::from(found.head.words)
}

/// Returns the mask of a state set's block.
fn mask(words: Words<'_>, found: Found) -> Result<u64> {
    let Keeping::Masks { of_zero, .. } = found.keeping else { return Ok(0) };
    let mask = f64::from_bits(words.load(found.at + blk::CELLS + gauge::VALUE)?) as u64;
    Ok(if mask == 0 { of_zero } else { mask })
}

/// Turns a block of a slot's last life into a residue that is shown by itself, if the block is none yet.
fn keep_life(words: Words<'_>, slot: u32, found: Found) -> Result<()> {
    if found.head.residue || u64::from(found.head.words) <= blk::CELLS + gauge::WRITER {
        return Ok(());
    }
    let record = SLOTS.find(words, slot)?;
    let (pid, thread) = (words.load(record + slt::PID)?, words.load(record + slt::THREAD)?);
    let writer = WriterName { pid: pid as u32, thread: thread as u32 };
    let birth = BlockBirth { birth: block::next_birth(words), ..found.birth };
    mark(words, found.at, found.head, Some((writer, birth))).map(drop)
}

/// Joins two blocks of one series. Returns the block that has the result, and the block to free.
fn join(words: Words<'_>, to: Found, part: Found) -> Result<(Found, Found)> {
    let value = blk::CELLS + gauge::VALUE;
    let aggregator = match to.keeping {
        Keeping::Values(Aggregator::Sum) => {
            moving::cell(words, part.at + value, to.at + value)?;
            return Ok((to, part));
        }
        Keeping::Masks { aggregator: Aggregator::Sum, .. } => {
            for (from, to) in tally_cells(part).zip(tally_cells(to)) {
                moving::cell(words, from, to)?;
            }
            return Ok((to, part));
        }
        Keeping::Masks { aggregator: rule @ (Aggregator::Min | Aggregator::Max), .. } => {
            let (kept, new) = (mask(words, to)?, mask(words, part)?);
            let both = if rule == Aggregator::Min { kept & new } else { kept | new };
            moving::replace(words, to.at + value, (both as f64).to_bits())?;
            return Ok((to, part));
        }
        Keeping::Values(aggregator) | Keeping::Masks { aggregator, .. } => aggregator,
        Keeping::Lives(_) => Aggregator::All,
    };
    let (kept, new) = (level(words, to)?, level(words, part)?);
    let replaces = match aggregator {
        Aggregator::First => part.birth.birth < to.birth.birth,
        Aggregator::MostRecent => {
            (new.time, part.birth.birth as f64) > (kept.time, to.birth.birth as f64)
        }
        // As with Math.min and Math.max, the result is NaN if one of the two is.
        _ if kept.value.is_nan() || new.value.is_nan() => new.value.is_nan(),
        Aggregator::Min => new.value < kept.value,
        _ => new.value > kept.value,
    };
    Ok(if replaces { (part, to) } else { (to, part) })
}

fn level(words: Words<'_>, found: Found) -> Result<Level> {
    let cell = |index| words.load(found.at + blk::CELLS + index).map(f64::from_bits);
    Ok(match found.head.kind {
        // The first cell is a sequence word.
        BlockKind::Recent => Level { value: cell(1)?, time: cell(2)? },
        _ => Level { value: cell(gauge::VALUE)?, time: 0.0 },
    })
}

/// Hides the residues of the lives that ended first, in families that have residues of more lives than they keep. The
/// blocks may lie in slabs of other slots, whose owners free them like all absent blocks.
fn hide_oldest(words: Words<'_>, by_life: &BTreeMap<u32, u64>) -> Result<()> {
    let mut lives: BTreeMap<(u32, u32, u32), u64> = BTreeMap::new();
    for_each_residue(words, |family, slot, at, head| {
        if by_life.contains_key(&family) {
            let last = lives.entry((family, slot, head.incarnation)).or_default();
            *last = block::birth(words, at)?.birth.max(*last);
        }
        Ok(())
    })?;
    let mut hidden = Vec::new();
    for (family, most) in by_life {
        let of_family = lives.range((*family, 0, 0)..=(*family, u32::MAX, u32::MAX));
        let mut ends: Vec<_> = of_family.map(|(life, end)| (*end, *life)).collect();
        ends.sort_unstable();
        let more = ends.len().saturating_sub(usize::try_from(*most).unwrap_or(usize::MAX));
        hidden.extend(ends.into_iter().take(more).map(|(_, life)| life));
    }
    if hidden.is_empty() {
        return Ok(());
    }
    for_each_residue(words, |family, slot, at, head| {
        if hidden.contains(&(family, slot, head.incarnation)) {
            words.store(at + blk::HEAD, BlockHead { absent: true, ..head }.pack())?;
            kill_point!("residue.hidden");
        }
        Ok(())
    })?;
    words.add_header(header::LIVES_DROPPED, hidden.len() as u64);
    Ok(())
}

/// Calls `visit` for each residue that is shown, with the number of its family, its slot, its reference and its head.
fn for_each_residue(
    words: Words<'_>,
    mut visit: impl FnMut(u32, u32, u64, BlockHead) -> Result<()>,
) -> Result<()> {
    for id in 0..words.header(header::SLOTS) as u32 {
        let first = words.load(SLOTS.find(words, id)? + slt::FIRST_SLAB)?;
        block::for_each_slab(words, first, |slab, len| {
            block::for_each_block(words, slab, len, |at, head| {
                if !head.residue || head.absent {
                    return Ok(());
                }
                let key = block::key(words, at)?;
                if generation::of(words, key.series)? != key.generation {
                    return Ok(());
                }
                let family = words.load(SERIES.find(words, key.series)? + ser::FAMILY)?;
                visit(family as u32, id, at, head)
            })
            .map(drop)
        })?;
    }
    Ok(())
}
