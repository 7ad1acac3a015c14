//! Updates of cells by native calls: of shared gauges, and of all cells where JavaScript cannot store to cells itself.
//! The caller names a block by the numbers that `bind` gave. A block that belongs to another series by now is not
//! changed.

use crate::status::Status;
use crate::writer::NativeWriter;
use mpmetrics_core::cells::{recent, scalar, sequence};
use mpmetrics_core::heap::SHARED_SLAB;
use mpmetrics_core::layout::{BlockKey, BlockKind};
use mpmetrics_core::quantile::summary::Window;
use mpmetrics_core::sync::AtomicU64;
use mpmetrics_core::{Error, Result};
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;

/// A block as JavaScript names it: the number of its slab, the index of its first cell there, and the series for which
/// it was bound.
type Block = (u32, u32, BlockKey);

fn misused(what: &'static str) -> Error {
    Error::Invalid { what, value: "a block of another kind".to_owned() }
}

fn block(slab: u32, cell: u32, series: u32, generation: u32) -> Block {
    (slab, cell, BlockKey { series, generation })
}

/// Returns the status of an update, which never throws. An error without a status counts as a corrupt heap.
fn status_of<T>(done: Result<T>) -> u32 {
    Status::of_block(done).unwrap_or(Status::Corrupt as u32)
}

impl NativeWriter {
    /// Changes the cells of a block, if the block still belongs to its series and the slot to this writer.
    fn change(
        &self,
        (slab, cell, key): Block,
        change: impl FnOnce(BlockKind, &[AtomicU64]) -> Result<()>,
    ) -> u32 {
        status_of(self.with(|writer| {
            writer.same_life()?;
            let (kind, cells) = writer.block(slab, cell, key)?;
            change(kind, cells)
        }))
    }
}

/// The value of a shared gauge that was taken out of a segment.
#[napi(object)]
pub struct Taken {
    /// The series' label text.
    pub labels: String,
    /// The types of its label values.
    pub types: String,
    /// The value.
    pub value: f64,
    /// Whether it was ever set; false if it was only added to.
    pub set: bool,
}

#[napi]
impl NativeWriter {
    /// Adds to a counter or gauge. `time` is the time of the update, in milliseconds. Returns a status.
    #[napi]
    pub fn add(
        &self,
        slab: u32,
        cell: u32,
        series: u32,
        generation: u32,
        by: f64,
        time: f64,
    ) -> u32 {
        if slab == SHARED_SLAB {
            let key = BlockKey { series, generation };
            return status_of(self.with(|writer| writer.share(key, |value| value + by)));
        }
        self.change(block(slab, cell, series, generation), |kind, cells| match (kind, cells) {
            (BlockKind::Counter | BlockKind::Gauge, [cell, ..]) => {
                scalar::add(cell, by);
                Ok(())
            }
            (BlockKind::Recent, cells) => {
                recent::add(cells, by, time);
                Ok(())
            }
            _ => Err(misused("one number is added to a counter or gauge")),
        })
    }

    /// Replaces a gauge's value. `time` is the time of the update, in milliseconds. Returns a status.
    #[napi]
    pub fn set(
        &self,
        slab: u32,
        cell: u32,
        series: u32,
        generation: u32,
        value: f64,
        time: f64,
    ) -> u32 {
        if slab == SHARED_SLAB {
            let key = BlockKey { series, generation };
            return status_of(self.with(|writer| writer.set_shared(key, value)));
        }
        self.change(block(slab, cell, series, generation), |kind, cells| match (kind, cells) {
            (BlockKind::Counter | BlockKind::Gauge, [cell, ..]) => {
                scalar::set(cell, value);
                Ok(())
            }
            (BlockKind::Recent, cells) => {
                recent::set(cells, value, time);
                Ok(())
            }
            _ => Err(misused("one number is set in a gauge")),
        })
    }

    /// Counts a value in a bucket and in the sum of a histogram, `times` times at once. Returns a status.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "an object would be made for each update")]
    pub fn observe(
        &self,
        slab: u32,
        cell: u32,
        series: u32,
        generation: u32,
        value: f64,
        times: f64,
        bucket: u32,
    ) -> u32 {
        self.change(block(slab, cell, series, generation), |kind, cells| {
            if kind != BlockKind::Histogram {
                return Err(misused("values are counted in the buckets of histograms"));
            }
            sequence::observe(cells, bucket as usize, value, times);
            Ok(())
        })
    }

    /// Counts a value in a summary, `times` times at once. The summary's window has `parts` sub-windows of `length`
    /// milliseconds (0 for no window); `now` is the Unix time in milliseconds. Returns a status.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "an object would be made for each update")]
    pub fn summarise(
        &self,
        slab: u32,
        cell: u32,
        series: u32,
        generation: u32,
        value: f64,
        times: f64,
        length: f64,
        parts: u32,
        now: f64,
    ) -> u32 {
        let key = BlockKey { series, generation };
        let window = (length > 0.0).then_some(Window { length, sub_windows: parts });
        status_of(self.with(|writer| {
            writer.same_life()?;
            writer.observe_in((slab, cell, key), (value, times), window, now)
        }))
    }

    /// Returns a copy of all cells, and of a summary's buckets, even if the writer lost its slot. Returns an empty
    /// array if the block belongs to another series now.
    #[napi]
    pub fn read(&self, slab: u32, cell: u32, series: u32, generation: u32) -> Float64Array {
        let key = BlockKey { series, generation };
        let image = self.with(|writer| match slab {
            SHARED_SLAB => Ok(vec![writer.shared(key)?]),
            _ => writer.image((slab, cell, key)),
        });
        Float64Array::new(image.unwrap_or_default())
    }

    /// Takes the values of a family of shared gauges out of a segment that writers leave. Of all writers, only one gets
    /// each value.
    #[napi]
    pub fn take_shared(&self, family: u32) -> Vec<Taken> {
        let taken = self.with(|writer| writer.take_shared(family)).unwrap_or_default();
        let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
        taken
            .into_iter()
            .map(|one| Taken {
                labels: text(one.text),
                types: text(one.types),
                value: one.value,
                set: one.set,
            })
            .collect()
    }

    /// Replaces all cells except the sequence words, so that no scrape sees only some of the new values. Returns a
    /// status.
    #[napi]
    pub fn write(
        &self,
        slab: u32,
        cell: u32,
        series: u32,
        generation: u32,
        values: Float64Array,
    ) -> u32 {
        let block = block(slab, cell, series, generation);
        let summary = self.with(|writer| {
            writer.same_life()?;
            writer.set_image(block, &values)
        });
        match summary {
            Ok(false) => {}
            done => return status_of(done),
        }
        self.change(block, |kind, cells| {
            // A gauge has only one cell that its writer stores to. One that counts the dead has further cells, and
            // JavaScript need not give values for these.
            let written = if kind == BlockKind::Gauge { 1 } else { cells.len() };
            let fits = values.len() == cells.len() || values.len() == written;
            let (Some(cells), Some(values), true) =
                (cells.get(..written), values.get(..written), fits)
            else {
                return Err(misused("as many values are written as there are cells"));
            };
            let store = |cells: &[AtomicU64], values: &[f64]| {
                cells.iter().zip(values).for_each(|(cell, value)| scalar::set(cell, *value));
            };
            match kind {
                BlockKind::Counter | BlockKind::Gauge => store(cells, values),
                _ => {
                    sequence::update(cells, |middle| store(middle, values.get(1..).unwrap_or(&[])))
                }
            }
            Ok(())
        })
    }

    /// Hides a block from scrapes. Returns a status.
    #[napi]
    pub fn hide(&self, slab: u32, cell: u32, series: u32, generation: u32) -> u32 {
        let key = BlockKey { series, generation };
        status_of(self.with(|writer| {
            writer.same_life()?;
            writer.hide(slab, cell, key)
        }))
    }

    /// Whether a block still belongs to its series. Works even if the writer lost its slot.
    #[napi]
    pub fn holds(&self, slab: u32, cell: u32, series: u32, generation: u32) -> bool {
        let key = BlockKey { series, generation };
        self.with(|writer| match slab {
            SHARED_SLAB => writer.shared(key).map(drop),
            _ => writer.block(slab, cell, key).map(drop),
        })
        .is_ok()
    }
}
