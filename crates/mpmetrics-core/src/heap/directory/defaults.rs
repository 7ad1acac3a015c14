//! Sets of default labels: one text for all blocks that were made under the same default labels.

use super::label_text::{check_values, lengths, Labels};
use crate::error::{Error, Result};
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::DEFAULTS;
use crate::heap::memory::text;
use crate::layout::{defaults, header, DefaultsState, Words};

/// Number of adoptions during which a set that no living slot carries keeps its series. It is enough for a restarted
/// process to declare its default labels again, and small enough to bound the number of series if a default label
/// changes with each restart.
pub const ORPHAN_ADOPTIONS: u64 = 64;

/// Returns the reference of a set's record. The number of the first set is 1.
fn locate(words: Words<'_>, set: u16) -> Result<u64> {
    DEFAULTS.find(words, u32::from(set).wrapping_sub(1))
}

/// Returns the state of a record.
pub fn state(words: Words<'_>, at: u64) -> Result<DefaultsState> {
    Ok(DefaultsState(words.load(at + defaults::STATE)?))
}

/// Finds or makes a set of default labels, without counting a user of it. Returns its number.
pub fn declare(locked: &Locked<'_>, given: Labels<'_>) -> Result<u16> {
    let words = locked.words();
    let sets = words.header(header::DEFAULTS) as u32;
    let mut free = None;
    for id in 0..sets {
        let at = DEFAULTS.find(words, id)?;
        if !state(words, at)?.is_taken() {
            free = free.or(Some(id));
            continue;
        }
        if words.load(at + defaults::LENGTHS)? == given.lengths_packed() {
            let mut stored = Vec::new();
            let len = given.text.len() + given.types.len();
            text::append(words, words.load(at + defaults::TEXT)?, len, &mut stored)?;
            if stored.strip_prefix(given.text) == Some(given.types) {
                words.store(at + defaults::ORPHANED, 0)?;
                return Ok(id as u16 + 1);
            }
        }
    }
    check_values(words, given)?;
    let id = free.unwrap_or(sets);
    let at = DEFAULTS.ensure(locked, id)?;
    let text = text::store(locked, &[given.text, given.types])?;
    kill_point!("defaults.text");
    let words = locked.words();
    words.store(at + defaults::TEXT, text)?;
    words.store(at + defaults::LENGTHS, given.lengths_packed())?;
    words.store(at + defaults::USERS, 0)?;
    words.store(at + defaults::ORPHANED, 0)?;
    // SYNC POINT: a reader that sees the state sees the record.
    words.store(at + defaults::STATE, state(words, at)?.taken().0)?;
    kill_point!("defaults.stated");
    words.set_header(header::DEFAULTS, u64::from(sets.max(id + 1)));
    Ok(id as u16 + 1)
}

/// Counts one more user of a set: a block that has the set, or a slot that carries it.
pub fn add_user(words: Words<'_>, set: u16) -> Result<()> {
    if set != 0 {
        let at = locate(words, set)? + defaults::USERS;
        words.store(at, words.load(at)? + 1)?;
    }
    Ok(())
}

/// Counts one user less. Frees the set if it has no users left.
pub fn drop_user(words: Words<'_>, set: u16) -> Result<()> {
    if set == 0 {
        return Ok(());
    }
    let at = locate(words, set)?;
    let users = words.load(at + defaults::USERS)?.saturating_sub(1);
    words.store(at + defaults::USERS, users)?;
    if users == 0 {
        free(words, set)?;
    }
    Ok(())
}

/// Marks a set's place as free. Its text stays taken until the caller, or recovery, frees it.
pub fn vacate(words: Words<'_>, set: u16) -> Result<()> {
    let at = locate(words, set)?;
    // SYNC POINT: a reader that copies the text meanwhile finds another version in the state afterwards.
    words.store(at + defaults::STATE, state(words, at)?.vacated().0)
}

/// Frees a set without users.
fn free(words: Words<'_>, set: u16) -> Result<()> {
    let at = locate(words, set)?;
    if state(words, at)?.is_taken() {
        vacate(words, set)?;
        let (text, types) = lengths(words.load(at + defaults::LENGTHS)?);
        text::free(words, words.load(at + defaults::TEXT)?, text.saturating_add(types))?;
    }
    Ok(())
}

/// Notes at an adoption whether a living slot carries a set (`carried`). Returns whether no living slot has carried it
/// for more than [`ORPHAN_ADOPTIONS`] adoptions.
pub fn orphaned(words: Words<'_>, set: u16, carried: bool) -> Result<bool> {
    let at = locate(words, set)? + defaults::ORPHANED;
    let adoption = words.header(header::ADOPTIONS) + 1;
    let since = words.load(at)?;
    if carried {
        words.store(at, 0)?;
    } else if since == 0 {
        words.store(at, adoption)?;
    }
    Ok(!carried && since != 0 && adoption.saturating_sub(since) > ORPHAN_ADOPTIONS)
}

/// Appends the labels of a set to a buffer, as text and types. Returns the lengths of both, or `None` if the set was
/// freed meanwhile.
pub fn read(words: Words<'_>, set: u16, to: &mut Vec<u8>) -> Result<Option<(usize, usize)>> {
    let at = locate(words, set)?;
    let before = state(words, at)?;
    if !before.is_taken() {
        return Ok(None);
    }
    let (text, types) = lengths(words.load(at + defaults::LENGTHS)?);
    let start = to.len();
    let len =
        text.checked_add(types).ok_or(Error::Corrupt { what: "a text's length", at: at * 8 })?;
    text::append(words, words.load(at + defaults::TEXT)?, len, to)?;
    crate::sync::fence(crate::sync::Ordering::Acquire);
    if state(words, at)? != before {
        to.truncate(start);
        return Ok(None);
    }
    Ok(Some((text, types)))
}
