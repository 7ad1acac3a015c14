//! Bytes that no snapshot has: each is an error or another snapshot, and never a panic.

use crate::wire::{example, source, written};
use mpmetrics_core::error::Code;
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::wire::frame::{frames, MAGIC};
use mpmetrics_core::wire::{join, minus, missing, sum, without, Contents};
use proptest::collection::vec;
use proptest::prelude::*;

/// Does everything that can be done with bytes. Returns whether they are a snapshot.
fn use_all(bytes: &[u8]) -> bool {
    let whole = written(&example());
    for error in [
        join(&[source(bytes)]).err(),
        sum(&[source(bytes), source(&whole)]).err(),
        minus(bytes, &whole).err(),
        minus(&whole, bytes).err(),
        missing(&whole, bytes).err(),
        without(&whole, bytes, &[bytes]).err(),
    ] {
        assert!(error.is_none_or(|error| error.code() == Code::Invalid));
    }
    let Ok(Contents { snapshot, extra }) = join(&[source(bytes)]) else {
        return false;
    };
    for printed in [
        text::with_extra(&snapshot, &extra),
        openmetrics::with_extra(&snapshot, &extra),
        json::with_extra(&snapshot, &extra),
    ] {
        assert!(String::from_utf8(printed).is_ok());
    }
    true
}

#[test]
fn each_byte_of_a_snapshot_is_changed() {
    let whole = written(&example());
    let mut packed = MAGIC.to_vec();
    frames(&whole).expect("frames").iter().for_each(|one| one.pack(&mut packed).expect("packed"));
    let mut refused = 0;
    for bytes in [&whole, &packed] {
        for index in 0..bytes.len() {
            for mask in [0xff, 0x01, 0x80] {
                let mut damaged = bytes.clone();
                damaged[index] ^= mask;
                refused += u32::from(!use_all(&damaged));
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn a_snapshot_is_cut_at_each_byte() {
    let whole = written(&example());
    let mut ends = vec![MAGIC.len()];
    for frame in frames(&whole).expect("frames") {
        ends.push(ends[ends.len() - 1] + frame.len());
    }
    for len in 0..=whole.len() {
        assert_eq!(use_all(&whole[..len]), ends.contains(&len), "{len}");
    }
}

#[test]
fn other_versions_are_refused() {
    let mut bytes = written(&example());
    bytes[3] += 1;
    let error = join(&[source(&bytes)]).expect_err("another version").to_string();
    assert!(error.contains("a snapshot of this version"), "{error}");
}

#[test]
fn a_packed_body_that_says_another_length_is_refused() {
    let whole = written(&example());
    let frame = frames(&whole).expect("frames")[0];
    let mut packed = MAGIC.to_vec();
    frame.pack(&mut packed).expect("packed");
    // The length of the body follows four bytes of the frame's length, its kind, and its name.
    let at = MAGIC.len() + 4 + 1 + 1 + frame.name.len();
    for change in [1, 0xff] {
        let mut damaged = packed.clone();
        damaged[at] = damaged[at].wrapping_add(change);
        assert!(!use_all(&damaged));
    }
}

proptest! {
    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        use_all(&bytes);
        let mut framed = MAGIC.to_vec();
        framed.extend((bytes.len() as u32).to_le_bytes());
        framed.extend(bytes);
        use_all(&framed);
    }
}
