//! Calls that bind several series, give them buckets, or remove them, under one hold of the heap lock.

use mpmetrics_core::heap::{Address, Limits, Writer};
use mpmetrics_core::layout::BlockKey;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::octave;
use mpmetrics_core::{Code, Result};
use std::collections::HashSet;

use crate::small::{add, heap_with, printed, spec};

fn texts(from: usize, to: usize) -> Vec<String> {
    (from..to).map(|n| format!("a=\"{n}\"")).collect()
}

fn bind(writer: &mut Writer, family: u32, texts: &[String]) -> Result<Vec<Result<Address>>> {
    let mut found = Vec::new();
    let given = texts.iter().map(|text| (text.as_bytes(), &b""[..]));
    writer.bind_each(family, given, |address| found.push(address))?;
    Ok(found)
}

/// Binds all of these series: calls again for those that one call did not try.
fn bind_all(writer: &mut Writer, family: u32, texts: &[String]) -> Vec<Address> {
    let mut addresses = Vec::new();
    while addresses.len() < texts.len() {
        let found = bind(writer, family, &texts[addresses.len()..]).unwrap();
        assert!(!found.is_empty(), "nothing was tried");
        addresses.extend(found.into_iter().map(Result::unwrap));
    }
    addresses
}

#[test]
fn each_series_has_a_block_of_its_own_however_often_it_is_asked_for() {
    let heap = heap_with(8 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    for _ in 0..2 {
        for address in bind_all(&mut writer, family, &texts(0, 20)) {
            add(&writer, &address, 1.0);
        }
    }
    let text = printed(&heap);
    for n in 0..20 {
        assert!(text.contains(&format!("c{{a=\"{n}\"}} 2\n")), "{text}");
    }
}

#[test]
fn one_call_does_not_keep_the_lock_until_it_has_bound_very_many_series() {
    let heap = heap_with(256 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let all = texts(0, 100_000);
    let found = bind(&mut writer, family, &all).unwrap();
    assert!(found.len() < all.len(), "{} at once", found.len());
    assert!(found.iter().all(Result::is_ok));
}

#[test]
fn a_refused_series_does_not_keep_the_others_of_the_call_out() {
    let heap = heap_with(8 << 20, Limits { label_bytes: 4, family_series: 2, ..Limits::default() });
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let mut codes = Vec::new();
    let mut rest: Vec<String> =
        ["1", "12345", "2", "3", "1"].iter().map(|value| format!("a=\"{value}\"")).collect();
    while !rest.is_empty() {
        let found = bind(&mut writer, family, &rest).unwrap();
        rest.drain(..found.len());
        codes.extend(found.into_iter().map(|made| made.map(drop).map_err(|error| error.code())));
    }
    let limit = Err(Code::Limit);
    assert_eq!(codes, [Ok(()), limit, Ok(()), limit, Ok(())]);
}

#[test]
fn nothing_is_tried_while_another_has_the_lock() {
    let heap = heap_with(8 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let held = heap.hold_lock().unwrap();
    assert_eq!(bind(&mut writer, family, &texts(0, 3)).unwrap_err().code(), Code::Busy);
    drop(held);
    assert!(!bind(&mut writer, family, &texts(0, 3)).unwrap().is_empty());
}

fn expire(writer: &mut Writer, family: u32, texts: &[String]) -> Result<usize> {
    writer.expire(family, texts.iter().map(|text| (text.as_bytes(), &b""[..])))
}

#[test]
fn series_that_nobody_updates_are_removed_in_turns() {
    let heap = heap_with(256 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(MetricType::Counter, "c"), 0).unwrap();
    let mut all = texts(0, 20_000);
    bind_all(&mut writer, family, &all);
    let kept = all.pop().unwrap();
    let first = expire(&mut writer, family, &all).unwrap();
    assert!(first > 0 && first < all.len(), "{first} at once");
    let mut removed = first;
    while removed < all.len() {
        let held = heap.hold_lock().unwrap();
        assert_eq!(expire(&mut writer, family, &all[removed..]).unwrap_err().code(), Code::Busy);
        drop(held);
        removed += expire(&mut writer, family, &all[removed..]).unwrap();
    }
    // Series that are already gone count as removed.
    assert_eq!(expire(&mut writer, family, &all[..2]).unwrap(), 2);
    let text = printed(&heap);
    let shown: Vec<_> = text.lines().filter(|line| line.starts_with("c{")).collect();
    assert_eq!(shown, [format!("c{{{kept}}} 0")]);
}

#[test]
fn summaries_get_their_buckets_in_turns() {
    let heap = heap_with(64 << 20, Limits::default());
    let mut writer = heap.writer(1, 1).unwrap();
    let family = writer.family(&spec(MetricType::Summary, "s"), 0).unwrap();
    let all = texts(0, 2_000);
    let addresses = bind_all(&mut writer, family, &all);
    let octaves = [1.0, 1e6].map(|value| octave::locate(value).unwrap().0);
    let mut asked: Vec<_> = addresses
        .iter()
        .flat_map(|one| {
            let key = BlockKey { series: one.series, generation: one.generation };
            octaves.map(|octave| (one.slab, one.cell, key, octave))
        })
        .collect();
    // A series that is gone does not keep the others from getting buckets.
    assert_eq!(expire(&mut writer, family, &all[1..2]).unwrap(), 1);
    let mut cells = HashSet::new();
    let mut gone = 0;
    let mut turns = 0;
    while !asked.is_empty() {
        let mut tried = 0;
        writer
            .buckets_each(asked.iter().copied(), |made| {
                tried += 1;
                match made {
                    Ok(made) => assert!(cells.insert((made.slab, made.cell)), "given twice"),
                    Err(error) => {
                        assert_eq!(error.code(), Code::Invalid);
                        gone += 1;
                    }
                }
            })
            .unwrap();
        assert!(tried > 0, "nothing was tried");
        asked.drain(..tried);
        turns += 1;
    }
    assert!(turns > 1, "all at once");
    assert_eq!((gone, cells.len()), (2, 2 * (all.len() - 1)));
    let (one, [octave, _]) = (&addresses[0], octaves);
    let key = BlockKey { series: one.series, generation: one.generation };
    let again = writer.buckets(one.slab, one.cell, key, octave).unwrap();
    assert!(cells.contains(&(again.slab, again.cell)), "the same address, asked for singly");
}
