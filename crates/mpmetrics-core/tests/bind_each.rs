//! Several series bound under one lock.

#![allow(missing_docs, clippy::unwrap_used, reason = "a failed test may panic")]

mod small;

use mpmetrics_core::heap::{Bound, Limits, Writer};
use mpmetrics_core::kind::Kind;
use mpmetrics_core::{Code, Result};
use small::{add, heap_with, printed, spec};

fn texts(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|n| format!("a=\"{n}\"")).collect()
}

fn bind(writer: &mut Writer, family: u32, texts: &[String]) -> Result<Vec<Result<Bound>>> {
    let mut found = Vec::new();
    let given = texts.iter().map(|text| (text.as_bytes(), &b""[..]));
    writer.bind_each(family, given, |bound| found.push(bound))?;
    Ok(found)
}

#[test]
fn each_series_has_a_block_of_its_own_however_often_it_is_asked_for() {
    let heap = heap_with(8 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(Kind::Counter, "c"), 0).unwrap();
    for _ in 0..2 {
        let mut rest = texts(0, 20);
        while !rest.is_empty() {
            let found = bind(&mut writer, family, &rest).unwrap();
            assert!(!found.is_empty(), "nothing was tried");
            for bound in &found {
                add(&writer, bound.as_ref().unwrap(), 1.0);
            }
            rest.drain(..found.len());
        }
    }
    let text = printed(&heap);
    for n in 0..20 {
        assert!(text.contains(&format!("c{{a=\"{n}\"}} 2\n")), "{text}");
    }
}

#[test]
fn the_lock_is_not_kept_for_all_of_very_many() {
    let heap = heap_with(256 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(Kind::Counter, "c"), 0).unwrap();
    let all = texts(0, 100_000);
    let found = bind(&mut writer, family, &all).unwrap();
    assert!(found.len() < all.len(), "{} at once", found.len());
    assert!(found.iter().all(Result::is_ok));
}

#[test]
fn what_one_is_refused_for_keeps_no_other_out() {
    let heap = heap_with(8 << 20, Limits { label_bytes: 4, family_series: 2, ..Limits::default() });
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(Kind::Counter, "c"), 0).unwrap();
    let mut codes = Vec::new();
    let mut rest: Vec<String> =
        ["1", "12345", "2", "3", "1"].iter().map(|value| format!("a=\"{value}\"")).collect();
    while !rest.is_empty() {
        let found = bind(&mut writer, family, &rest).unwrap();
        rest.drain(..found.len());
        codes.extend(found.into_iter().map(|bound| bound.map(drop).map_err(|error| error.code())));
    }
    let limit = Err(Code::Limit);
    assert_eq!(codes, [Ok(()), limit, Ok(()), limit, Ok(())]);
}

#[test]
fn nothing_is_tried_while_another_has_the_lock() {
    let heap = heap_with(8 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(Kind::Counter, "c"), 0).unwrap();
    let held = heap.hold_lock().unwrap();
    assert_eq!(bind(&mut writer, family, &texts(0, 3)).unwrap_err().code(), Code::Busy);
    drop(held);
    assert!(!bind(&mut writer, family, &texts(0, 3)).unwrap().is_empty());
}
