//! A scrape of a heap: it asks which writers live, walks over the heap, and joins families.

use super::aggregate::join;
use super::filter::Filter;
use super::own;
use super::walk::{walk, Patience, Walked};
use crate::error::{Error, Result};
use crate::heap::Heap;
use crate::layout::{header, Words};
use crate::os;
use crate::scrape::snapshot::Snapshot;
use crate::sync::{fence, Ordering};

/// Number of rounds after which a scrape accepts any result, if it has also lasted [`AGAIN_US`]. Until then it begins
/// another round if blocks were merged during the round, or if the round found damage and the heap grew. The heap grows
/// rarely, and blocks are merged only at adoptions, so only a long adoption leads to many rounds.
const AGAIN: u32 = 8;
/// Microseconds after which a scrape accepts any result; see [`AGAIN`].
const AGAIN_US: u64 = 1_000_000;
/// The longest pause between two rounds, in microseconds.
const PAUSE_US: u32 = 5_000;

/// Reads what the filter chooses, joins families of one name, and adds retries and damage to the heap's counters.
///
/// # Errors
/// [`crate::Error::Corrupt`] if the heap's words contradict each other, [`crate::Error::Io`] if the
/// system does not tell which writers live.
pub fn scrape(heap: &Heap, filter: &Filter) -> Result<(Snapshot, Walked)> {
    let now = filter.now.unwrap_or_else(|| os::unix_ms() as f64);
    let filter = &Filter { now: Some(now), ..filter.clone() };
    let begun = os::monotonic_us();
    let mut round = 0;
    let (words, living, moved, walked) = loop {
        round += 1;
        let living = heap.present()?;
        let words = heap.words();
        let merges = words.header(header::MERGES);
        kill_point!("scrape.living");
        let walked = walk(words.0, &living, filter, Patience::default());
        // This fence pairs with two kinds of stores: the stores by which `heap::blocks::moving` carries out an
        // addition, and the store that frees a block after `moving::replace`. If the walk has read what such a store
        // wrote, the scrape also sees that the count of merges has changed.
        fence(Ordering::Acquire);
        let moved = heap.words().header(header::MERGES) != merges;
        let again = moved || grew(heap, words, &walked);
        if !again || round >= AGAIN && os::monotonic_us() - begun >= AGAIN_US {
            break (words, living, moved, walked);
        }
        os::sleep_us((50 * round).min(PAUSE_US));
    };
    let (snapshot, mut walked) = walked?;
    walked.given_up += u64::from(moved);
    kill_point!("scrape.walked");
    if walked.damaged > 0 {
        words.add_header(header::DAMAGED, walked.damaged);
    }
    if walked.retries + walked.given_up > 0 {
        words.add_header(header::TORN_RETRIES, walked.retries);
        words.add_header(header::TORN_GIVEN_UP, walked.given_up);
    }
    for key in &walked.pruned {
        heap.prune(*key)?;
    }
    let mut joined = join(snapshot, &filter.prefix).0;
    own::fill(&mut joined, words, &living);
    Ok((joined, walked))
}

/// Whether a walk found damage, and the heap has grown meanwhile. Then the damage may be an error of the walk: new
/// extents lie beyond the words that the walk was given, so references to them look damaged.
fn grew<T>(heap: &Heap, words: Words<'_>, walked: &Result<(T, Walked)>) -> bool {
    let wrong = match walked {
        Ok((_, walked)) => walked.damaged > 0,
        Err(error) => matches!(error, Error::Corrupt { .. }),
    };
    wrong && heap.words().len() > words.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::heap::Setup;
    use crate::region::Owned;
    use crate::scrape::gather::Gather;
    use std::sync::Arc;

    #[test]
    fn lengths_that_are_damaged_after_the_check_of_the_header_are_an_error() {
        for index in [header::FAMILIES, header::SERIES] {
            for bit in 0..u64::BITS {
                let region = Arc::new(Owned::new(1 << 16));
                let heap = Heap::create(region, &Setup::default()).expect("a heap");
                heap.words().set_header(index, 1 << bit);
                let gather = Gather::new(heap.words(), &Filter::default());
                assert_eq!(gather.err().map(|error| error.code()), Some(Code::Corrupt), "{bit}");
            }
        }
    }
}
