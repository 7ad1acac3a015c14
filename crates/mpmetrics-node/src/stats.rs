//! Figures of a heap.

use mpmetrics_core::heap::origin_of;
use mpmetrics_core::layout::{header, Words};
use mpmetrics_core::segment::Segment;
use mpmetrics_core::{Refusal, Result};
use napi_derive::napi;
use std::path::Path;

/// Figures of a heap.
#[napi(object, object_from_js = false)]
pub struct HeapStats {
    /// Path of the file.
    pub path: String,
    /// Identifies the segment and all of its copies, and no other segment: 16 hexadecimal digits.
    pub origin: String,
    /// Whether the file lies in memory.
    pub memory_backed: bool,
    /// Bytes of the file.
    pub reserved_bytes: f64,
    /// Bytes handed out.
    pub used_bytes: f64,
    /// Most bytes that the file may have.
    pub limit_bytes: f64,
    /// Families ever declared.
    pub families: f64,
    /// Series that live.
    pub series: f64,
    /// Slots ever used.
    pub slots: f64,
    /// Slots whose writers live.
    pub living: f64,
    /// Slots taken over from dead writers.
    pub adoptions: f64,
    /// Updates of series that were refused, by the number of the reason.
    pub dropped: Vec<f64>,
    /// Lives that have ended and that a family does not show any more, because it shows only the last ones. Such a
    /// family is an info, or has the aggregator `all`. Each family counts the lives that it does not show.
    pub dropped_lives: f64,
    /// Exemplars that were not recorded.
    pub dropped_exemplars: f64,
    /// Observations of summaries that no quantile shows.
    pub unranked_observations: f64,
    /// Observations of summaries that went to the nearest bucket, because the series had the maximum of octaves.
    pub clamped_observations: f64,
    /// Families, series, blocks and sets of default labels that scrapes left out because their words are damaged.
    pub damaged_reads: f64,
    /// Times the heap lock was not free in time.
    pub lock_timeouts: f64,
    /// Torn reads of living writers' blocks, whether they were tried again or accepted.
    pub torn_retries: f64,
    /// Reads that were accepted although they were torn.
    pub torn_given_up: f64,
    /// Series removed.
    pub removed: f64,
    /// Recoveries of the heap, because a holder of the heap lock died.
    pub recoveries: f64,
    /// Writers that had not answered when a scrape's time for their `collect` callbacks was over.
    pub collect_timeouts: f64,
}

impl HeapStats {
    /// The figures of a segment's heap now.
    pub fn of(segment: &Segment) -> Result<Self> {
        let heap = segment.heap();
        let living = heap.present()?;
        Ok(Self::of_words(heap.words(), &living, segment.path(), segment.memory_backed))
    }

    /// The figures in the words of a heap. `living` tells which slots' writers live.
    pub fn of_words(words: Words<'_>, living: &[bool], path: &Path, memory_backed: bool) -> Self {
        let number = |index| words.header(index) as f64;
        Self {
            path: path.to_string_lossy().into_owned(),
            memory_backed,
            origin: format!("{:016x}", origin_of(words)),
            reserved_bytes: number(header::SIZE),
            used_bytes: number(header::USED) * 8.0,
            limit_bytes: number(header::MAX_BYTES),
            families: number(header::FAMILIES),
            series: number(header::LIVE_SERIES),
            slots: number(header::SLOTS),
            living: living.iter().filter(|living| **living).count() as f64,
            adoptions: number(header::ADOPTIONS),
            dropped: Refusal::ALL
                .iter()
                .map(|refusal| number(header::DROPPED + *refusal as usize))
                .collect(),
            dropped_lives: number(header::LIVES_DROPPED),
            dropped_exemplars: number(header::EXEMPLARS_DROPPED),
            unranked_observations: number(header::UNRANKED),
            clamped_observations: number(header::CLAMPED),
            damaged_reads: number(header::DAMAGED),
            lock_timeouts: number(header::LOCK_TIMEOUTS),
            torn_retries: number(header::TORN_RETRIES),
            torn_given_up: number(header::TORN_GIVEN_UP),
            removed: number(header::REMOVED),
            recoveries: number(header::RECOVERIES),
            collect_timeouts: number(header::COLLECT_TIMEOUTS),
        }
    }
}
