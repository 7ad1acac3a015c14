//! A scrape of a heap: who lives, the walk, the join.

use super::aggregate::join;
use super::model::Snapshot;
use super::walk::{walk, Filter, Patience, Walked};
use crate::error::Result;
use crate::heap::Heap;
use crate::layout::header;

/// Reads what the filter chooses, joined as it is shown, and counts in the heap what happened.
///
/// # Errors
/// [`crate::Error::Corrupt`] if the heap's words contradict each other, [`crate::Error::Io`] if the
/// system does not tell which writers live.
pub fn scrape(heap: &Heap, filter: &Filter) -> Result<(Snapshot, Walked)> {
    let living = heap.living()?;
    let words = heap.words();
    let (snapshot, walked) = walk(words.0, &living, filter, Patience::default())?;
    if walked.retries > 0 {
        words.add_header(header::TORN_RETRIES, walked.retries);
        words.add_header(header::TORN_GIVEN_UP, walked.given_up);
    }
    Ok((join(snapshot).0, walked))
}
