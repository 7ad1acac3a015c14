//! The labels of a series or of a set of default labels, as the heap stores them.

use crate::error::{Error, Refusal, Result};
use crate::labels;
use crate::layout::{header, TextLengths, Words};

/// The labels of a series, as text and types (see [`crate::scrape::snapshot::LabelSpan`]).
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// The label text, such as `a="1",b="x"`.
    pub text: &'a [u8],
    /// The types of the values, one letter per label, or empty.
    pub types: &'a [u8],
}

impl Labels<'_> {
    pub fn lengths_packed(self) -> u64 {
        TextLengths::of(self.text, self.types).pack()
    }
}

/// Unpacks the lengths of a label text and of its types.
pub fn lengths(packed: u64) -> (usize, usize) {
    let TextLengths { text, types } = TextLengths::unpack(packed);
    (text as usize, types as usize)
}

/// Fails if a label value is longer than the segment allows.
pub fn check_values(words: Words<'_>, given: Labels<'_>) -> Result<()> {
    let limit = words.header(header::LIMIT_LABEL_BYTES);
    if limit == 0 || given.text.len() as u64 <= limit {
        return Ok(());
    }
    let too_long = labels::pairs(given.text, given.types)
        .flatten()
        .any(|pair| labels::unescape(pair.escaped).len() as u64 > limit);
    if too_long {
        return Err(Error::Quota { refusal: Refusal::LabelValue, limit });
    }
    Ok(())
}
