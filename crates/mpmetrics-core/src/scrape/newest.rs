//! The newest exemplar of each bucket, among the exemplars that a walk met.

use super::snapshot::{Exemplar, Span};
use crate::labels::pairs;
use std::collections::HashMap;

/// Exemplars, each with its series and the set of default labels under which the series is shown.
#[derive(Default)]
pub struct Newest {
    found: Vec<(u32, u16, Exemplar)>,
}

impl Newest {
    /// Adds an exemplar of a series under a set of default labels.
    pub fn add(&mut self, series: u32, set: u16, exemplar: Exemplar) {
        self.found.push((series, set, exemplar));
    }

    /// Returns the newest exemplar of each bucket and, for each series and set, the range of its exemplars in this
    /// list.
    pub fn finish(mut self) -> (Vec<Exemplar>, HashMap<(u32, u16), Span>) {
        self.found.sort_by(|(a, a_set, one), (b, b_set, other)| {
            (a, a_set, one.bucket)
                .cmp(&(b, b_set, other.bucket))
                .then(other.time.total_cmp(&one.time))
        });
        self.found.dedup_by_key(|(series, set, exemplar)| (*series, *set, exemplar.bucket));
        let mut spans: HashMap<(u32, u16), Span> = HashMap::new();
        for (start, (series, set, _)) in self.found.iter().enumerate() {
            let fresh = Span { start: start as u32, len: 0 };
            spans.entry((*series, *set)).or_insert(fresh).len += 1;
        }
        (self.found.into_iter().map(|(_, _, exemplar)| exemplar).collect(), spans)
    }
}

/// Joins the exemplars of two ranges into one range, with the newest of each bucket. `folding` maps the
/// buckets of `part` to those of the result.
pub fn unite(to: Span, part: Span, folding: Option<&[usize]>, arena: &mut Vec<Exemplar>) -> Span {
    if part.len == 0 || (to.len == 0 && folding.is_none()) {
        return if part.len == 0 { to } else { part };
    }
    let of = |span: Span| arena.get(span.range());
    let mut newest = Newest::default();
    for exemplar in of(to).into_iter().flatten() {
        newest.add(0, 0, *exemplar);
    }
    for exemplar in of(part).into_iter().flatten() {
        let bucket = match folding {
            None => Some(exemplar.bucket),
            Some(folding) => folding.get(exemplar.bucket as usize).map(|bucket| *bucket as u32),
        };
        if let Some(bucket) = bucket {
            newest.add(0, 0, Exemplar { bucket, ..*exemplar });
        }
    }
    let start = arena.len() as u32;
    arena.extend(newest.finish().0);
    Span { start, len: arena.len() as u32 - start }
}

/// Whether the labels of an exemplar are as short as OpenMetrics demands: names and values together at most 128
/// code points. A line with longer labels would make the whole scrape unreadable. Only a corrupt heap has such labels.
pub fn is_short(text: &[u8]) -> bool {
    let points = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
    let escapes = |bytes: &[u8]| {
        let mut rest = bytes.iter();
        let mut count = 0;
        while let Some(byte) = rest.next() {
            if *byte == b'\\' {
                count += 1;
                rest.next();
            }
        }
        count
    };
    let sizes = pairs(text, b"").map_while(std::result::Result::ok);
    let total: usize =
        sizes.map(|pair| points(pair.name) + points(pair.escaped) - escapes(pair.escaped)).sum();
    total <= 128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_labels_are_printable() {
        let of = |value: String| is_short(format!("a=\"{value}\"").as_bytes());
        assert!(of("x".repeat(127)) && !of("x".repeat(128)));
        assert!(of("\u{1f600}".repeat(127)) && !of("\u{1f600}".repeat(128)));
        assert!(of(r"\\".repeat(127)) && of(r#"\""#.repeat(127)) && !of(r"\n".repeat(128)));
        assert!(is_short(b""));
    }

    #[test]
    fn the_newest_of_each_bucket_series_by_series() {
        let of = |bucket, time| Exemplar { bucket, value: time, time, labels: Default::default() };
        let mut newest = Newest::default();
        for (series, set, bucket, time) in
            [(7, 0, 2, 5.0), (3, 1, 0, 1.0), (7, 0, 0, 4.0), (7, 0, 2, 6.0), (7, 0, 2, 3.0)]
        {
            newest.add(series, set, of(bucket, time));
        }
        let (exemplars, spans) = newest.finish();
        assert_eq!(exemplars, [of(0, 1.0), of(0, 4.0), of(2, 6.0)]);
        assert_eq!(spans[&(3, 1)], Span { start: 0, len: 1 });
        assert_eq!(spans[&(7, 0)], Span { start: 1, len: 2 });
    }

    #[test]
    fn two_ranges_become_one() {
        let of = |bucket, time| Exemplar { bucket, value: time, time, labels: Default::default() };
        let mut arena = vec![of(0, 1.0), of(2, 5.0), of(0, 2.0), of(1, 3.0), of(2, 4.0)];
        let (one, other) = (Span { start: 0, len: 2 }, Span { start: 2, len: 3 });
        let none = Span::default();
        assert_eq!(unite(one, none, Some(&[0, 0, 0]), &mut arena), one);
        assert_eq!(unite(none, other, None, &mut arena), other);
        let all = unite(one, other, None, &mut arena);
        assert_eq!(arena[all.start as usize..], [of(0, 2.0), of(1, 3.0), of(2, 5.0)]);
        let folded = unite(one, other, Some(&[1, 1, 2]), &mut arena);
        assert_eq!(arena[folded.start as usize..], [of(0, 1.0), of(1, 3.0), of(2, 5.0)]);
    }
}
