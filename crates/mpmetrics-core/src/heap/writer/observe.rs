//! What a writer does with the octave buckets of its summaries. JavaScript asks for them once for each octave, and from
//! then on stores to them by itself.

use super::turn::Turn;
use super::{take_lock, Writer};
use crate::cells::sketch::{self, Bucket, Moment};
use crate::cells::{scalar, sequence};
use crate::error::{Code, Error, Result};
use crate::heap::blocks::octave_buckets;
use crate::heap::memory::address::{Address, OctaveAddress};
use crate::heap::slots::room;
use crate::layout::{block as blk, header, sub_window, summary, BlockHead, BlockKey, BlockKind};
use crate::quantile::octave::{self, Octave, CELLS, KEPT};
use crate::quantile::summary::Window;
use crate::sync::AtomicU64;

/// Number of observations that the writer counts without buckets before it asks for memory, or the heap lock, again.
const SKIPPED: u32 = 1024;

/// Where the observations of an octave count.
enum Kept {
    /// In its own buckets.
    Own,
    /// In this bucket of this octave. `keep` returns the nearest bucket of another octave. `observe_in` replaces `Own`
    /// by this variant, with the value's own octave and bucket.
    Nearest(Octave, usize),
    /// As observations of zero.
    Zero,
    /// In no bucket.
    None,
}

/// Adds the observations of each sub-window to its cell.
fn add_sub_windows<'a>(cells: impl Iterator<Item = &'a AtomicU64>, counts: &[f64]) {
    for (cell, counts) in cells.zip(counts.chunks(CELLS)) {
        scalar::add(cell, counts.iter().sum());
    }
}

impl Writer {
    /// Finds or makes the buckets that a bound summary has for an octave.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] if the series was removed or the block freed, [`crate::Error::Busy`],
    /// [`crate::Error::Full`], [`crate::Error::Limit`] (also if the series has [`KEPT`] other octaves),
    /// [`crate::Error::Lost`], [`crate::Error::Corrupt`].
    pub fn buckets(
        &mut self,
        slab: u32,
        cell: u32,
        key: BlockKey,
        octave: Octave,
    ) -> Result<OctaveAddress> {
        self.check()?;
        let (at, head) = self.own(slab, cell, key)?;
        let found = octave_buckets::find(self.heap.words(), at, head, octave)?;
        let found = match found.map(|buckets| buckets.at) {
            Some(found) => found,
            None => {
                let Self { heap, locks, mine, .. } = self;
                let locked = take_lock(heap, &**locks, mine)?;
                room::add_octave(&locked, mine, at, head, octave)?
            }
        };
        let (slab, cell) = self.mine.locate(found)?;
        Ok(OctaveAddress { octave, slab, cell })
    }

    /// [`Writer::buckets`] for several summaries of this writer, in order, under one hold of the heap lock. Except for
    /// the first two, none is begun after 200 µs. `found` is called for each that was tried; call again for the others.
    ///
    /// # Errors
    /// As [`Writer::buckets`], if they concern all. `found` gets the error of a single one.
    pub fn buckets_each(
        &mut self,
        given: impl IntoIterator<Item = (u32, u32, BlockKey, Octave)>,
        mut found: impl FnMut(Result<OctaveAddress>),
    ) -> Result<()> {
        self.check()?;
        let locked = take_lock(&self.heap, &*self.locks, &self.mine)?;
        for (slab, cell, key, octave) in Turn::new(given) {
            let made = self.own(slab, cell, key).and_then(|(at, head)| {
                let there = octave_buckets::find(self.heap.words(), at, head, octave)?;
                let at = match there {
                    Some(buckets) => buckets.at,
                    None => room::add_octave(&locked, &mut self.mine, at, head, octave)?,
                };
                let (slab, cell) = self.mine.locate(at)?;
                Ok(OctaveAddress { octave, slab, cell })
            });
            let broken = matches!(made, Err(Error::Corrupt { .. }));
            found(made);
            if broken {
                break;
            }
        }
        Ok(())
    }

    /// All octave buckets that a bound summary has, from this or an earlier life of the slot.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] if the series was removed or the block freed, [`crate::Error::Lost`],
    /// [`crate::Error::Corrupt`].
    pub fn all_buckets(&self, slab: u32, cell: u32, key: BlockKey) -> Result<Vec<OctaveAddress>> {
        self.check()?;
        let (at, head) = self.own(slab, cell, key)?;
        let mut found = Vec::new();
        octave_buckets::for_each(self.heap.words(), at, head, |buckets| {
            let (slab, cell) = self.mine.locate(buckets.at)?;
            found.push(OctaveAddress { octave: buckets.octave, slab, cell });
            Ok(())
        })?;
        Ok(found)
    }

    /// Counts a value in a bound summary. If the series has [`KEPT`] other octaves, the value counts in the nearest
    /// bucket. If there is no memory, or the heap lock is not free, it counts in sum and count, but in no bucket. The
    /// header counts both cases.
    ///
    /// * `value, times`: the value, which is finite, and how often it was observed.
    /// * `window`: the window of the summary's family.
    /// * `now`: Unix time in milliseconds; ignored without a window.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] if the series was removed or the block freed, [`crate::Error::Lost`],
    /// [`crate::Error::Corrupt`].
    pub fn observe(
        &mut self,
        address: &Address,
        (value, times): (f64, f64),
        window: Option<Window>,
        now: f64,
    ) -> Result<()> {
        let key = BlockKey { series: address.series, generation: address.generation };
        self.observe_in((address.slab, address.cell, key), (value, times), window, now)
    }

    /// [`Writer::observe`] for a block that is named by its numbers.
    ///
    /// # Errors
    /// As [`Writer::observe`]; [`crate::Error::Invalid`] if the block is no summary's.
    pub fn observe_in(
        &mut self,
        (slab, cell, key): (u32, u32, BlockKey),
        (value, times): (f64, f64),
        window: Option<Window>,
        now: f64,
    ) -> Result<()> {
        let placed = octave::locate(value);
        let (at, head) = self.own(slab, cell, key)?;
        if head.kind != BlockKind::Summary {
            let what = "only a summary observes values in octaves";
            return Err(Error::Invalid { what, value: format!("{:?}", head.kind) });
        }
        let kept = match placed {
            Some((octave, cell)) => match self.keep(at, head, octave, times)? {
                Kept::Own => Kept::Nearest(octave, cell),
                other => other,
            },
            None => Kept::Zero,
        };
        let words = self.heap.words();
        let number = window.map(|window| window.number(now));
        let index = window.zip(number).map_or(0, |(window, number)| window.index(number));
        let bucket = match kept {
            Kept::Nearest(octave, cell) => octave_buckets::find(words, at, head, octave)?
                .and_then(|buckets| buckets.cells.get(index * CELLS + cell))
                .map_or(Bucket::None, Bucket::Of),
            Kept::Zero => Bucket::Zero,
            _ => Bucket::None,
        };
        let octaves = || {
            let mut all = Vec::new();
            // If the chain is broken, the next scrape finds that.
            drop(octave_buckets::cells(words, at, head, &mut all));
            all
        };
        let cells = words.run(at + blk::CELLS, u64::from(head.words) - blk::CELLS)?;
        sketch::observe(
            cells,
            Moment { sub_window: index, number },
            (value, times),
            bucket,
            octaves,
        );
        Ok(())
    }

    /// Finds or makes the buckets of an octave. If it gets none of its own, the header counts the observations as
    /// clamped or as unranked.
    fn keep(&mut self, at: u64, head: BlockHead, octave: Octave, count: f64) -> Result<Kept> {
        let words = self.heap.words();
        if octave_buckets::find(words, at, head, octave)?.is_some() {
            return Ok(Kept::Own);
        }
        let octaves = octave_buckets::octaves(words, at, head)?;
        if octaves.len() >= KEPT {
            self.count_clamped(count as u64);
            let nearest = octave.nearest(octaves);
            return Ok(nearest.map_or(Kept::Zero, |(octave, cell)| Kept::Nearest(octave, cell)));
        }
        let refused = if self.skips.get() > 0 {
            self.skips.set(self.skips.get() - 1);
            true
        } else {
            let Self { heap, locks, mine, .. } = self;
            let made = take_lock(heap, &**locks, mine)
                .and_then(|locked| room::add_octave(&locked, mine, at, head, octave));
            match made {
                Err(error) if matches!(error.code(), Code::Busy | Code::Full | Code::Limit) => {
                    self.skips.set(SKIPPED);
                    true
                }
                made => made.map(|_| false)?,
            }
        };
        if refused {
            self.count_unranked(count as u64);
            return Ok(Kept::None);
        }
        Ok(Kept::Own)
    }

    /// All that a block has counted: its cells, then, for each octave of a summary, its number and its buckets.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] if the series was removed or the block freed, [`crate::Error::Corrupt`].
    pub fn image(&self, (slab, cell, key): (u32, u32, BlockKey)) -> Result<Vec<f64>> {
        let (at, head) = self.own(slab, cell, key)?;
        let words = self.heap.words();
        let cells = words.run(at + blk::CELLS, u64::from(head.words) - blk::CELLS)?;
        let mut image: Vec<f64> = cells.iter().map(scalar::get).collect();
        octave_buckets::for_each(words, at, head, |buckets| {
            image.push(f64::from(buckets.octave.pack()));
            image.extend(buckets.cells.iter().map(scalar::get));
            Ok(())
        })?;
        Ok(image)
    }

    /// Replaces all that a summary has counted by an image. Does nothing, and returns false, if the block is no
    /// summary's. Counts that get no buckets of their own are treated as in [`Writer::observe`].
    ///
    /// # Errors
    /// As [`Writer::observe`].
    pub fn set_image(
        &mut self,
        (slab, cell, key): (u32, u32, BlockKey),
        image: &[f64],
    ) -> Result<bool> {
        let (at, head) = self.own(slab, cell, key)?;
        if head.kind != BlockKind::Summary {
            return Ok(false);
        }
        let length = usize::from(head.words) - blk::CELLS as usize;
        let octaves = image.get(length..).unwrap_or_default();
        let octaves: Vec<(Octave, &[f64])> = octaves
            .chunks(1 + CELLS * octave_buckets::sub_windows_of(head) as usize)
            .filter_map(|buckets| {
                let (octave, counts) = buckets.split_first()?;
                Some((Octave::unpack(*octave as u16)?, counts))
            })
            .collect();
        let mut clamped = Vec::new();
        for (octave, counts) in &octaves {
            let sum: f64 = counts.iter().sum();
            if sum > 0.0 {
                match self.keep(at, head, *octave, sum)? {
                    Kept::Nearest(octave, cell) => clamped.push((Some((octave, cell)), *counts)),
                    Kept::Zero => clamped.push((None, *counts)),
                    Kept::Own | Kept::None => {}
                }
            }
        }
        let words = self.heap.words();
        let cells = words.run(at + blk::CELLS, length as u64)?;
        let mut done = Ok(());
        sequence::update(cells, |_| {
            for (index, (cell, value)) in (0..).zip(cells.iter().zip(image)) {
                // An image has the sequence words and the reference of the octave buckets, too: they are not stored.
                let last = index + 1 == length as u64;
                if !last && index != summary::FIRST && index != summary::OCTAVES {
                    scalar::set(cell, *value);
                }
            }
            done = octave_buckets::for_each(words, at, head, |buckets| {
                let counts = octaves.iter().find(|(octave, _)| *octave == buckets.octave);
                let counts = counts.map_or(&[][..], |(_, counts)| counts);
                let counts = counts.iter().copied().chain(std::iter::repeat(0.0));
                buckets.cells.iter().zip(counts).for_each(|(cell, count)| scalar::set(cell, count));
                for (nearest, counts) in &clamped {
                    let of = nearest.filter(|(octave, _)| *octave == buckets.octave);
                    if let Some((_, cell)) = of {
                        let cells = buckets.cells.iter().skip(cell).step_by(CELLS);
                        add_sub_windows(cells, counts);
                    }
                }
                Ok(())
            });
            for (_, counts) in clamped.iter().filter(|(nearest, _)| nearest.is_none()) {
                let first = (summary::SUB_WINDOWS + sub_window::ZEROS) as usize;
                add_sub_windows(
                    cells.iter().skip(first).step_by(sub_window::WORDS as usize),
                    counts,
                );
            }
        });
        done.map(|()| true)
    }

    /// Counts observations of summaries that went to the nearest bucket, because the series had as many octaves as it
    /// may have.
    pub fn count_clamped(&self, observations: u64) {
        self.heap.words().add_header(header::CLAMPED, observations);
    }

    /// Counts observations of summaries that no quantile shows, because the writer got no memory or no heap lock.
    pub fn count_unranked(&self, observations: u64) {
        self.heap.words().add_header(header::UNRANKED, observations);
    }
}
