//! A scrape of a heap: who lives, the walk, the join.

use super::aggregate::join;
use super::model::Snapshot;
use super::own;
use super::walk::{walk, Filter, Patience, Walked};
use crate::error::{Error, Result};
use crate::heap::{Heap, Moving};
use crate::layout::{header, Words};
use crate::os;
use crate::sync::{fence, Ordering};

/// How often a scrape begins anew because the heap grew or blocks were made one meanwhile. Growth is by
/// an eighth at a time and blocks are made one at adoptions only, so this bounds the unforeseen.
const ROUNDS: u32 = 8;

/// Reads what the filter chooses, joined as it is shown, and counts in the heap what happened.
///
/// # Errors
/// [`crate::Error::Corrupt`] if the heap's words contradict each other, [`crate::Error::Io`] if the
/// system does not tell which writers live.
pub fn scrape(heap: &Heap, filter: &Filter) -> Result<(Snapshot, Walked)> {
    let now = filter.now.unwrap_or_else(|| os::unix_ms() as f64);
    let filter = &Filter { now: Some(now), ..filter.clone() };
    let (mut round, mut stuck) = (0, None);
    let (words, living, (snapshot, walked)) = loop {
        round += 1;
        let living = heap.living()?;
        let words = heap.words();
        let merges = (words.header(header::MERGES), Moving::read(words));
        kill_point!("scrape.living");
        let walked = walk(words.0, &living, filter, Patience::default());
        // An adopter that died or was stopped under way moves nothing any more: what it notes stays.
        let still = merges.0 % 2 == 1 && Moving::read(words) == merges.1;
        if round == ROUNDS
            || still && stuck == Some(merges)
            || !moved(heap, words, merges.0, &walked)
        {
            break (words, living, walked?);
        }
        stuck = Some(merges).filter(|_| still);
        os::sleep_us(50 * round);
    };
    kill_point!("scrape.walked");
    if walked.retries > 0 {
        words.add_header(header::TORN_RETRIES, walked.retries);
        words.add_header(header::TORN_GIVEN_UP, walked.given_up);
    }
    for key in &walked.expired {
        heap.expire(*key)?;
    }
    let mut joined = join(snapshot).0;
    own::fill(&mut joined, words, &living);
    Ok((joined, walked))
}

/// Whether a walk went wrong, or may have, because of what happened in the heap meanwhile.
fn moved<T>(heap: &Heap, words: Words<'_>, merges: u64, walked: &Result<T>) -> bool {
    // Pairs with the stores to cells in `heap::merge`: who read one of them sees the count odd.
    fence(Ordering::Acquire);
    if merges % 2 == 1 || words.header(header::MERGES) != merges {
        return true;
    }
    // What was made meanwhile may lie beyond the words that the walk was given: references to it look
    // like those of a damaged heap.
    matches!(walked, Err(Error::Corrupt { .. })) && heap.words().len() > words.len()
}
