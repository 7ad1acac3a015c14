//! The sets of default labels that a scrape finds.

use super::names::is_printable;
use super::snapshot::LabelSpan;
use crate::error::Result;
use crate::heap;
use crate::layout::Words;
use std::collections::HashMap;

/// The sets that were read so far.
#[derive(Default)]
pub(super) struct Sets {
    /// Where the texts of the sets are.
    pub spans: Vec<LabelSpan>,
    /// Of each set that was read, its index in `spans` + 1; `None` for a set that cannot be shown.
    known: HashMap<u16, Option<u32>>,
    /// How many sets are damaged.
    pub damaged: u64,
}

impl Sets {
    /// Returns the index in `spans` + 1 of a set; 0 for no set, `None` if the set is not in use any more or is damaged.
    /// When the walk comes to the first block that has the set, this reads the set and appends its text to `texts`. The
    /// end of the walk would be too late: a set is not reused as long as a block has it, but that block may be freed
    /// before the walk ends.
    pub fn find(&mut self, words: Words<'_>, set: u16, texts: &mut Vec<u8>) -> Result<Option<u32>> {
        if set == 0 {
            return Ok(Some(0));
        }
        if let Some(known) = self.known.get(&set) {
            return Ok(*known);
        }
        let start = texts.len();
        let number = match heap::read_defaults(words, set, texts) {
            Ok(None) => None,
            Ok(Some((text, _))) if is_set(texts, start, start + text) => {
                self.spans.push(LabelSpan::new(start, start + text, texts.len())?);
                Some(self.spans.len() as u32)
            }
            Ok(Some(_)) | Err(_) => {
                texts.truncate(start);
                self.damaged += 1;
                None
            }
        };
        self.known.insert(set, number);
        Ok(number)
    }
}

/// Whether the set at the end of the texts may be printed.
fn is_set(texts: &[u8], start: usize, split: usize) -> bool {
    let text = texts.get(start..split);
    text.is_some_and(|text| is_printable(text, &texts[split..], b""))
}
