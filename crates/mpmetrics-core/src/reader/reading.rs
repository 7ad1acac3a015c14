//! What was read of a segment.

use super::copy::{copy, outline, Copy};
use super::file::SegmentFile;
use crate::error::{Error, Result};
use crate::layout::Words;
use crate::os;
use crate::scrape::aggregate::join;
use crate::scrape::fill;
use crate::scrape::filter::{Filter, Scope};
use crate::scrape::snapshot::Snapshot;
use crate::scrape::walk::{walk, Patience};

/// Number of copies after which the best one is taken, although something in it does not belong together.
const COPIES: u32 = 8;
/// Microseconds after which no further copy is made.
const COPYING_US: u64 = 1_000_000;

/// The words of a copy do not change, so nothing is gained by reading them again, or by waiting.
pub(super) const NONE: Patience = Patience { block: 0, walk: 0, pauses: 0 };

/// A copy of a segment.
pub struct Reading {
    copy: Copy,
    filter: Filter,
    /// Parts of series that were being updated when they were copied: their sums, buckets and counts may be of
    /// different moments. One is added if counts moved from one writer to another meanwhile.
    pub torn: u64,
    /// Families, series and blocks that are left out because their words are damaged.
    pub damaged: u64,
    /// Number of copies that were made.
    pub copies: u32,
}

/// Copies a segment, and scrapes what the filter chooses of all writers. Copies it again, up to eight times, while
/// something in the copy does not belong together; and then returns the copy with the least of that.
///
/// # Errors
/// [`Error::Corrupt`] if the file is no segment, or is truncated or damaged; [`Error::Version`] or [`Error::Machine`] if
/// a build with another layout, or for another machine, made it; [`Error::Io`]; [`Error::Full`] if there is no memory
/// for a copy. Each has the path.
pub fn read(file: &SegmentFile, filter: &Filter) -> Result<(Reading, Snapshot)> {
    let now = filter.now.unwrap_or_else(|| os::unix_ms() as f64);
    let filter = Filter { now: Some(now), scope: Scope::Application, ..filter.clone() };
    let begun = os::monotonic_us();
    let mut best: Option<(Reading, Snapshot)> = None;
    let mut failed = None;
    for copies in 1..=COPIES {
        match read_once(file, &filter) {
            Ok((mut reading, snapshot)) => {
                reading.copies = copies;
                let torn = reading.torn;
                match &mut best {
                    Some((best, _)) if best.torn <= torn => best.copies = copies,
                    best => *best = Some((reading, snapshot)),
                }
                if torn == 0 {
                    break;
                }
            }
            // A copy may be of a moment at which a record was half-made.
            Err(error @ Error::Corrupt { .. }) => failed = Some(error),
            Err(error) => return Err(error.at(file.path())),
        }
        if os::monotonic_us().saturating_sub(begun) > COPYING_US {
            break;
        }
    }
    let corrupt = failed.unwrap_or(Error::Corrupt { what: "a segment", at: 0 });
    best.ok_or_else(|| corrupt.at(file.path()))
}

/// Copies a segment once, for facts about it.
///
/// # Errors
/// As [`read`].
pub fn look(file: &SegmentFile) -> Result<Reading> {
    let copy = outline(file).map_err(|error| error.at(file.path()))?;
    Ok(Reading { copy, filter: Filter::default(), torn: 0, damaged: 0, copies: 1 })
}

fn read_once(file: &SegmentFile, filter: &Filter) -> Result<(Reading, Snapshot)> {
    let copy = copy(file)?;
    let (snapshot, walked) = walk(&copy.words, &copy.living, filter, NONE)?;
    let torn = walked.given_up + copy.late + u64::from(copy.moved);
    let reading =
        Reading { copy, filter: filter.clone(), torn, damaged: walked.damaged, copies: 1 };
    let snapshot = reading.joined(snapshot);
    Ok((reading, snapshot))
}

impl Reading {
    /// Returns the words of the copy.
    #[must_use]
    pub fn words(&self) -> Words<'_> {
        Words(&self.copy.words)
    }

    /// Returns for each slot whether its writer lived when the copy was made.
    #[must_use]
    pub fn living(&self) -> &[bool] {
        &self.copy.living
    }

    /// Scrapes the parts that the process with this key counted, as the slots' words name it.
    ///
    /// # Errors
    /// [`Error::Corrupt`].
    pub fn of_process(&self, key: u64) -> Result<Snapshot> {
        let filter = Filter { scope: Scope::Process(key), ..self.filter.clone() };
        let (snapshot, _) = walk(&self.copy.words, &self.copy.living, &filter, NONE)?;
        Ok(self.joined(snapshot))
    }

    fn joined(&self, snapshot: Snapshot) -> Snapshot {
        let mut joined = join(snapshot, &self.filter.prefix).0;
        fill(&mut joined, self.words(), &self.copy.living);
        joined
    }
}
