//! Checks of mappings and of allocated bytes.

use super::scratch::{ensure, word, Found, Scratch};
use crate::error::{Error, Result};
use crate::sync::Ordering;

/// Bytes of a page of the layout.
const PAGE: u64 = 4096;
/// Bytes of a mapping that reaches beyond its file's end.
const REACH: usize = 64 << 20;

pub fn mappings_are_coherent(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, file) = scratch.file("coherent")?;
    (contract.allocate)(&file, 0, PAGE)?;
    let one = (contract.map)(&file, REACH)?;
    let two = (contract.map)(&(contract.open_read_write)(&path)?, PAGE as usize)?;
    word(&one, 5).store(0x0102_0304_0506_0708, Ordering::Release);
    let seen = word(&two, 5).load(Ordering::Acquire);
    ensure(seen == 0x0102_0304_0506_0708, "a store was not seen through another mapping")?;
    let mut bytes = [0; 8];
    (contract.read_at)(&file, &mut bytes, 40)?;
    ensure(u64::from_ne_bytes(bytes) == seen, "a store was not seen by a read of the file")?;
    (contract.write_at)(&file, &7_u64.to_ne_bytes(), 48)?;
    ensure(word(&one, 6).load(Ordering::Acquire) == 7, "a mapping did not show a write")?;
    let beyond = (contract.read_at)(&file, &mut bytes, PAGE - 4);
    ensure(beyond.is_err(), "bytes beyond the end of a file were read")?;
    drop(two);
    ensure(word(&one, 5).load(Ordering::Acquire) == seen, "unmapping changed another mapping")
}

pub fn mappings_see_growth(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (path, file) = scratch.file("growth")?;
    (contract.allocate)(&file, 0, PAGE)?;
    let one = (contract.map)(&file, REACH)?;
    let two = (contract.map)(&(contract.open_read_write)(&path)?, REACH)?;
    word(&one, 0).store(1, Ordering::Relaxed);
    // Grows within a page of 16 KiB, and beyond it.
    for end in [2 * PAGE, 3 * PAGE, 40 * PAGE] {
        let length = length(&file)?;
        (contract.allocate)(&file, length, end - length)?;
        let last = end as usize / 8 - 1;
        ensure(word(&two, last).load(Ordering::Acquire) == 0, "new bytes are not zero")?;
        word(&one, last).store(end, Ordering::Release);
        ensure(word(&two, last).load(Ordering::Acquire) == end, "new bytes are not shared")?;
    }
    ensure(word(&two, 0).load(Ordering::Relaxed) == 1, "growth changed earlier bytes")
}

pub fn no_room_is_an_error(scratch: &Scratch<'_>) -> Result<(), Found> {
    let contract = scratch.contract;
    let (_, file) = scratch.file("room")?;
    (contract.allocate)(&file, 0, 2 * PAGE)?;
    (contract.allocate)(&file, 0, PAGE)?;
    ensure(length(&file)? == 2 * PAGE, "an allocation shortened the file")?;
    let refused = (contract.allocate)(&file, 2 * PAGE, 1 << 61).is_err();
    ensure(refused, "more bytes were allocated than any disk has")?;
    ensure(length(&file)? == 2 * PAGE, "an allocation that failed changed the file's length")
}

fn length(file: &std::fs::File) -> Result<u64> {
    let data = file.metadata().map_err(|source| Error::Io { call: "fstat", source })?;
    Ok(data.len())
}
