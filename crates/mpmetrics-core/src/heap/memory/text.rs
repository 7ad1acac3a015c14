//! Texts. Each is stored in a place of one of a few size classes; places are reused.
//!
//! A text is written before the record that refers to it is published. Its place is reused only after the generation of
//! the series, or the version of the set of default labels, has changed. So if a reader copies a text and then finds
//! this number unchanged, the copy is right.

use super::extent;
use super::lock::Locked;
use crate::error::{Error, Refusal, Result};
use crate::layout::{extent as ext, header, ExtentKind, Words, EXTENT_HEADER, PAGE_WORDS};
use crate::sync::{fence, Ordering};

/// The size of each class in words: powers of two, and the numbers half-way between them.
pub const CLASSES: [u64; 23] = [
    4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072,
    4096, 6144, 8192,
];
const _: () = assert!(header::TEXT_FREE + CLASSES.len() <= header::SLOT_CHUNKS);

/// The maximum of bytes of one text.
pub const MAX_BYTES: usize = CLASSES[CLASSES.len() - 1] as usize * 8;

/// The size class of a text.
pub fn class_of(bytes: usize) -> Result<usize> {
    let words = (bytes as u64).div_ceil(8).max(1);
    CLASSES
        .iter()
        .position(|class| *class >= words)
        .ok_or(Error::Limit { what: "bytes of text", limit: MAX_BYTES as u64 })
}

/// Stores a text that the program itself contains, such as a family's name. Returns its reference.
pub fn store(locked: &Locked<'_>, parts: &[&[u8]]) -> Result<u64> {
    store_within(locked, parts, 0)
}

/// Stores a text that may come from outside of the program, within the segment's limit. Returns its reference.
pub fn store_labels(locked: &Locked<'_>, parts: &[&[u8]]) -> Result<u64> {
    store_within(locked, parts, locked.words().header(header::LIMIT_TEXT_BYTES))
}

fn store_within(locked: &Locked<'_>, parts: &[&[u8]], limit: u64) -> Result<u64> {
    let bytes = parts.iter().map(|part| part.len()).sum();
    let class = class_of(bytes)?;
    let at = take(locked, class, limit)?;
    write(locked.words(), at, parts)?;
    Ok(at)
}

/// Writes a text to a free place.
pub fn write(words: Words<'_>, at: u64, parts: &[&[u8]]) -> Result<()> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    // Pairs with the fences of readers that copy a text. The place may have held the text of another record, whose
    // generation or version has changed since: a reader that sees a byte of the new text also sees that change.
    fence(Ordering::Release);
    let mut bytes = parts.iter().flat_map(|part| part.iter().copied());
    for word in words.run(at, (length as u64).div_ceil(8))? {
        let value = core::array::from_fn(|_| bytes.next().unwrap_or(0));
        word.store(u64::from_le_bytes(value), Ordering::Relaxed);
    }
    Ok(())
}

/// Frees a text's place.
pub fn free(words: Words<'_>, at: u64, bytes: usize) -> Result<()> {
    push(words, class_of(bytes)?, at)
}

/// Appends a text to a buffer.
pub fn append(words: Words<'_>, at: u64, bytes: usize, to: &mut Vec<u8>) -> Result<()> {
    if bytes > MAX_BYTES {
        return Err(Error::Corrupt { what: "the length of a text", at: at.saturating_mul(8) });
    }
    let run = words.run(at, (bytes as u64).div_ceil(8))?;
    let start = to.len();
    to.resize(start + run.len() * 8, 0);
    let (places, _) = to[start..].as_chunks_mut::<8>();
    for (place, word) in places.iter_mut().zip(run) {
        *place = word.load(Ordering::Relaxed).to_le_bytes();
    }
    to.truncate(start + bytes);
    Ok(())
}

/// Puts a place on the free list of its class.
pub fn push(words: Words<'_>, class: usize, at: u64) -> Result<()> {
    words.store(at, words.header(header::TEXT_FREE + class))?;
    words.set_header(header::TEXT_FREE + class, at);
    Ok(())
}

fn take(locked: &Locked<'_>, class: usize, limit: u64) -> Result<u64> {
    let words = locked.words();
    if words.header(header::TEXT_FREE + class) == 0 {
        refill(locked, class, limit)?;
    }
    let words = locked.words();
    let at = words.header(header::TEXT_FREE + class);
    words.run(at, CLASSES[class])?;
    words.set_header(header::TEXT_FREE + class, words.load(at)?);
    Ok(at)
}

/// Adds an extent of places. It is larger in a larger heap, so that small heaps stay small. `limit` is the maximum of
/// bytes of all text extents; 0 for none.
fn refill(locked: &Locked<'_>, class: usize, limit: u64) -> Result<()> {
    let size = CLASSES[class];
    let used = locked.words().header(header::USED);
    let mut page = (used / 32).clamp(PAGE_WORDS, 64 * PAGE_WORDS) / PAGE_WORDS * PAGE_WORDS;
    if limit != 0 {
        let left = limit.saturating_sub(locked.words().header(header::TEXT_BYTES)) / 8;
        if (size + EXTENT_HEADER).next_multiple_of(PAGE_WORDS) > left {
            return Err(Error::Quota { refusal: Refusal::Text, limit });
        }
        page = page.min(left / PAGE_WORDS * PAGE_WORDS);
    }
    let data = (page - EXTENT_HEADER).max(size);
    let at = extent::allocate(locked, ExtentKind::Text, data, class as u64)?;
    let words = locked.words();
    words.add_header(header::TEXT_BYTES, extent::head(words, at)?.words * 8);
    let mut places = Vec::new();
    for_each_place(words, at, |place| {
        places.push(place);
        Ok(())
    })?;
    for place in places.into_iter().rev() {
        push(words, class, place)?;
        kill_point!("allocate.texts");
    }
    Ok(())
}

/// Calls `visit` with every place of a text extent. Returns the extent's size class.
pub fn for_each_place(
    words: Words<'_>,
    at: u64,
    mut visit: impl FnMut(u64) -> Result<()>,
) -> Result<usize> {
    let class = words.load(at + ext::OWNER)? as usize;
    let size = *CLASSES
        .get(class)
        .ok_or(Error::Corrupt { what: "the size class of a text extent", at: at * 8 })?;
    let end = at + extent::head(words, at)?.words;
    let mut place = at + EXTENT_HEADER;
    while place + size <= end {
        visit(place)?;
        place += size;
    }
    Ok(class)
}
