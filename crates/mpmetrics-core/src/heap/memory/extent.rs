//! Allocates extents: whole pages, one extent after the other, so that all can be walked. A short list has the extents
//! that can be reused: hash indexes that had become too small, and extents to which a recovery found no reference.

use super::lock::Locked;
use crate::error::{Error, Result};
use crate::layout::{
    extent, header, ExtentHead, ExtentKind, Words, EXTENT_HEADER, HEADER_WORDS, PAGE_WORDS,
};
use crate::sync::Ordering;

/// How many free extents are tried at most. An extent becomes free each time that the index is doubled.
const FREE_LOOKED_AT: usize = 64;

/// Allocates an extent with `data` words after its header, all of them 0.
pub fn allocate(locked: &Locked<'_>, kind: ExtentKind, data: u64, owner: u64) -> Result<u64> {
    let total = (EXTENT_HEADER + data).div_ceil(PAGE_WORDS) * PAGE_WORDS;
    if let Some(at) = take_free(locked.words(), total)? {
        let words = locked.words();
        let len = head(words, at)?.words;
        for word in words.run(at + EXTENT_HEADER, len - EXTENT_HEADER)? {
            word.store(0, Ordering::Relaxed);
        }
        words.store(at + extent::OWNER, owner)?;
        words.store(at + extent::NEXT, 0)?;
        words.store(at + extent::HEAD, ExtentHead { kind, words: len }.pack())?;
        kill_point!("allocate.reused");
        return Ok(at);
    }
    let at = locked.words().header(header::USED);
    if at < HEADER_WORDS || !at.is_multiple_of(PAGE_WORDS) {
        return Err(Error::Corrupt {
            what: "the end of the last extent",
            at: header::USED as u64 * 8,
        });
    }
    let end = at.saturating_add(total);
    locked.heap().region().grow(end)?;
    kill_point!("allocate.backed");
    let words = locked.words();
    words.run(at, total)?;
    words.store(at + extent::OWNER, owner)?;
    words.store(at + extent::NEXT, 0)?;
    words.store(at + extent::HEAD, ExtentHead { kind, words: total }.pack())?;
    kill_point!("allocate.filled");
    // SYNC POINT: a reader that sees this value sees the extent's head, so a walk over the extents finds the extent.
    words.set_header(header::USED, end);
    kill_point!("allocate.used");
    Ok(at)
}

/// Puts an extent on the list of free ones.
pub fn free(words: Words<'_>, at: u64) -> Result<()> {
    let len = head(words, at)?.words;
    words.store(at + extent::HEAD, ExtentHead { kind: ExtentKind::Free, words: len }.pack())?;
    words.store(at + extent::NEXT, words.header(header::FREE_EXTENTS))?;
    words.set_header(header::FREE_EXTENTS, at);
    Ok(())
}

/// The head of the extent at a reference, after a check that the extent lies in the segment.
pub fn head(words: Words<'_>, at: u64) -> Result<ExtentHead> {
    let head = ExtentHead::unpack(words.load(at.saturating_add(extent::HEAD))?);
    head.filter(|head| head.words > EXTENT_HEADER && words.run(at, head.words).is_ok())
        .ok_or(Error::Corrupt { what: "an extent", at: at.saturating_mul(8) })
}

/// Calls `visit` with every extent in order.
pub fn for_each(
    words: Words<'_>,
    mut visit: impl FnMut(u64, ExtentHead) -> Result<()>,
) -> Result<()> {
    let used = words.header(header::USED);
    let mut at = HEADER_WORDS;
    while at < used {
        let head = head(words, at)?;
        visit(at, head)?;
        at += head.words;
    }
    Ok(())
}

/// Unlinks the first free extent that has at least `total` words, and at most one and a half times as many.
fn take_free(words: Words<'_>, total: u64) -> Result<Option<u64>> {
    let mut before = None;
    let mut at = words.header(header::FREE_EXTENTS);
    for _ in 0..FREE_LOOKED_AT {
        if at == 0 {
            break;
        }
        let next = words.load(at + extent::NEXT)?;
        let len = head(words, at)?.words;
        if (total..=total + total / 2).contains(&len) {
            match before {
                None => words.set_header(header::FREE_EXTENTS, next),
                Some(before) => words.store(before + extent::NEXT, next)?,
            }
            kill_point!("allocate.unlinked");
            return Ok(Some(at));
        }
        before = Some(at);
        at = next;
    }
    Ok(None)
}
