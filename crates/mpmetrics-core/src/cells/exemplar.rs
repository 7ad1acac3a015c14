//! An exemplar: a value, its time and its labels, which belong together and change together.
//!
//! The protocol, for words `version, value, time, lengths, text…`: a writer makes the version odd, stores the rest, and
//! makes the version the next even number. A reader accepts the words that it read between two reads of the same even
//! version. A writer that dies in between leaves the version odd: no scrape shows its exemplar, and the next exemplar
//! overwrites it. The slot's mutex lets only one thread write at a time.

use crate::layout::TextLengths;
use crate::sync::{fence, AtomicU64, Ordering};

/// Words before the text.
pub const HEAD: usize = 4;
const VERSION: usize = 0;
const VALUE: usize = 1;
const TIME: usize = 2;
const LENGTHS: usize = 3;

/// Largest number of bytes of the labels' text and types: 128 code points of up to four bytes, and for each of at most
/// 128 labels the four characters around its value and one byte for the type of the value.
pub const MAX_BYTES: usize = 128 * 4 + 128 * 5;

/// One exemplar as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given<'a> {
    /// The value that was observed or added.
    pub value: f64,
    /// The time of the observation, in seconds since 1970.
    pub time: f64,
    /// Labels as in [`crate::scrape::snapshot::LabelSpan`].
    pub text: &'a [u8],
    /// Types of the labels' values.
    pub types: &'a [u8],
}

impl Given<'_> {
    /// Returns the number of words that the exemplar takes.
    #[must_use]
    pub fn words(&self) -> usize {
        HEAD + (self.text.len() + self.types.len()).div_ceil(8)
    }
}

/// One exemplar as it was read; its text and types were appended to a buffer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Read {
    /// The value that was observed or added.
    pub value: f64,
    /// The time of the observation, in seconds since 1970.
    pub time: f64,
    /// Number of bytes of label text.
    pub text: usize,
    /// Number of bytes of types, which follow the text.
    pub types: usize,
}

/// The result of one attempt to read an exemplar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Attempt {
    /// A whole exemplar.
    Whole(Read),
    /// No exemplar was ever written here, or the lengths that are stored here exceed the words.
    None,
    /// A writer is writing the exemplar, or died while it wrote.
    Torn,
}

/// Writes an exemplar. If it does not fit, changes nothing and returns false. Calls `stored` after each store, so that
/// tests can kill the process or read the words there.
pub fn write(cells: &[AtomicU64], given: &Given<'_>, mut stored: impl FnMut()) -> bool {
    let Some((head, body)) = cells.split_at_checked(HEAD) else {
        return false;
    };
    if given.words() > cells.len() {
        return false;
    }
    let mut store = |word: &AtomicU64, value: u64, order| {
        word.store(value, order);
        stored();
    };
    let odd = head[VERSION].load(Ordering::Relaxed) | 1;
    store(&head[VERSION], odd, Ordering::Relaxed);
    // Pairs with the fence in `read`: a reader that sees anything of this exemplar sees the odd version.
    fence(Ordering::Release);
    store(&head[VALUE], given.value.to_bits(), Ordering::Relaxed);
    store(&head[TIME], given.time.to_bits(), Ordering::Relaxed);
    let lengths = TextLengths::of(given.text, given.types);
    store(&head[LENGTHS], lengths.pack(), Ordering::Relaxed);
    let mut bytes = given.text.iter().chain(given.types).copied();
    for word in &body[..given.words() - HEAD] {
        let value = core::array::from_fn(|_| bytes.next().unwrap_or(0));
        store(word, u64::from_le_bytes(value), Ordering::Relaxed);
    }
    // Pairs with the first load of `read`: a reader that sees this version sees the whole exemplar. The version is not
    // 0, because 0 means that no exemplar was written.
    store(&head[VERSION], odd.wrapping_add(1).max(2), Ordering::Release);
    true
}

/// Reads an exemplar once, appending its text and types to a buffer if it is whole.
pub fn read(cells: &[AtomicU64], to: &mut Vec<u8>) -> Attempt {
    let Some((head, body)) = cells.split_at_checked(HEAD) else {
        return Attempt::None;
    };
    // Pairs with the last store of `write`.
    let version = head[VERSION].load(Ordering::Acquire);
    if version == 0 {
        return Attempt::None;
    }
    if version % 2 == 1 {
        return Attempt::Torn;
    }
    let value = f64::from_bits(head[VALUE].load(Ordering::Relaxed));
    let time = f64::from_bits(head[TIME].load(Ordering::Relaxed));
    let lengths = TextLengths::unpack(head[LENGTHS].load(Ordering::Relaxed));
    let (text, types) = (lengths.text as usize, lengths.types as usize);
    let start = to.len();
    // Lengths that are damaged may add up to more than the words of a 32-bit system can count.
    let bytes = text.saturating_add(types);
    let fits = bytes <= body.len() * 8;
    for word in body.iter().take(if fits { bytes.div_ceil(8) } else { 0 }) {
        to.extend_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
    }
    // Pairs with the fence in `write`.
    fence(Ordering::Acquire);
    if head[VERSION].load(Ordering::Relaxed) != version {
        to.truncate(start);
        return Attempt::Torn;
    }
    if !fits {
        return Attempt::None;
    }
    to.truncate(start + bytes);
    Attempt::Whole(Read { value, time, text, types })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicBool;

    fn cells(n: usize) -> Vec<AtomicU64> {
        (0..n).map(|_| AtomicU64::new(0)).collect()
    }

    fn given<'a>(value: f64, text: &'a str, types: &'a str) -> Given<'a> {
        Given { value, time: value * 10.0, text: text.as_bytes(), types: types.as_bytes() }
    }

    fn shown(cells: &[AtomicU64]) -> Option<(f64, f64, String)> {
        let mut text = Vec::new();
        match read(cells, &mut text) {
            Attempt::Whole(read) => {
                assert_eq!(read.text + read.types, text.len());
                Some((read.value, read.time, String::from_utf8(text).unwrap()))
            }
            _ => {
                assert!(text.is_empty(), "a read that is not whole appends no text");
                None
            }
        }
    }

    #[test]
    fn what_was_written_is_read_and_what_does_not_fit_is_not_written() {
        let cells = cells(HEAD + 2);
        assert_eq!(read(&cells, &mut Vec::new()), Attempt::None);
        assert!(write(&cells, &given(1.0, r#"a="bcdefgh""#, "s"), || ()));
        assert_eq!(shown(&cells), Some((1.0, 10.0, r#"a="bcdefgh"s"#.into())));
        assert!(!write(&cells, &given(2.0, r#"a="bcdefghijkl""#, "ss"), || ()), "17 bytes");
        assert_eq!(shown(&cells).unwrap().0, 1.0);
        assert!(write(&cells, &given(3.0, "", ""), || ()));
        assert_eq!(shown(&cells), Some((3.0, 30.0, String::new())));
        assert!(!write(&cells[..3], &given(4.0, "", ""), || ()));
        assert_eq!(read(&cells[..3], &mut Vec::new()), Attempt::None);
    }

    /// A writer that dies after any store leaves no exemplar or the whole new one; the next exemplar is whole.
    #[test]
    fn a_death_after_any_store_shows_no_half() {
        let before = given(1.0, r#"a="1",b="a longer text""#, "");
        let after = given(2.0, r#"c="22""#, "n");
        let old = Some((1.0, 10.0, r#"a="1",b="a longer text""#.to_owned()));
        let new = Some((2.0, 20.0, r#"c="22"n"#.to_owned()));
        let stores = {
            let mut count = 0;
            assert!(write(&cells(12), &after, || count += 1));
            count
        };
        assert_eq!(stores, 6);
        for first in [false, true] {
            for dies_after in 1..=stores {
                let cells = cells(12);
                assert!(first || write(&cells, &before, || ()));
                let mut done = 0;
                // The words that readers find if the writer dies after store number `dies_after`.
                let mut left: Vec<u64> = Vec::new();
                let copy = || cells.iter().map(|word| word.load(Ordering::Relaxed)).collect();
                assert!(first || shown(&cells) == old);
                write(&cells, &after, || {
                    done += 1;
                    if done == dies_after {
                        left = copy();
                    }
                });
                let left: Vec<AtomicU64> = left.into_iter().map(AtomicU64::new).collect();
                let expected = if dies_after == stores { new.clone() } else { None };
                assert_eq!(shown(&left), expected, "after store {dies_after}");
                assert!(write(&left, &before, || ()));
                assert_eq!(shown(&left), old, "written after a death after store {dies_after}");
            }
        }
    }

    /// Reads while a writer writes at full speed: every exemplar that is accepted as whole was written as such.
    #[test]
    fn a_read_is_never_of_two_exemplars() {
        let (cells, stop) = (cells(HEAD + 8), AtomicBool::new(false));
        let (mut whole, mut torn) = (0, 0);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0_u64.. {
                    if stop.load(std::sync::atomic::Ordering::Relaxed) {
                        break;
                    }
                    let text = (n % 10).to_string().repeat(1 + n as usize % 60);
                    // For some exemplars, yields after each store, so that the reader runs between the stores even if
                    // there is only one processor.
                    let give_way = || {
                        if n % 64 == 0 {
                            std::thread::yield_now();
                        }
                    };
                    write(&cells, &given((n % 10) as f64, &text, ""), give_way);
                }
            });
            let begun = std::time::Instant::now();
            let least = std::time::Duration::from_millis(300);
            let mut text = Vec::new();
            // After `least`, goes on until there was a whole read and a torn read, which a busy machine may delay.
            while begun.elapsed() < least
                || (whole == 0 || torn == 0) && begun.elapsed() < 100 * least
            {
                text.clear();
                match read(&cells, &mut text) {
                    Attempt::Whole(read) => {
                        let digit = b'0' + read.value as u8;
                        assert!(text.iter().all(|byte| *byte == digit), "{} {text:?}", read.value);
                        assert_eq!(read.time, read.value * 10.0);
                        whole += 1;
                    }
                    Attempt::Torn => torn += 1,
                    Attempt::None => {}
                }
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        assert!(whole > 0 && torn > 0, "{whole} whole, {torn} torn");
    }
}
