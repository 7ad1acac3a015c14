//! The labels with which a series is printed: its own labels, and the default labels with other names.

use std::borrow::Cow;

use crate::labels::{is_whole, pairs, push_pair, Pair};
use crate::scrape::snapshot::{Series, Snapshot};

/// The label texts of a snapshot. Its sets of default labels are parsed once.
pub(super) struct Labels<'a> {
    snapshot: &'a Snapshot,
    /// `None` for a set whose text is malformed.
    defaults: Vec<Option<Defaults<'a>>>,
}

struct Defaults<'a> {
    text: &'a [u8],
    pairs: Vec<Pair<'a>>,
}

impl<'a> Labels<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Self {
        let read = |span: &crate::scrape::snapshot::LabelSpan| {
            let text = snapshot.bytes(span.text);
            let pairs = pairs(text, snapshot.bytes(span.types)).collect::<Result<_, _>>().ok()?;
            Some(Defaults { text, pairs })
        };
        Self { snapshot, defaults: snapshot.defaults.iter().map(read).collect() }
    }

    /// Returns the series' own label text. Returns `None` if this text or the default labels are malformed: the series
    /// must not be printed then.
    pub(super) fn own(&self, series: &Series) -> Option<&'a [u8]> {
        let text = self.snapshot.bytes(series.labels.text);
        let whole = is_whole(text, self.snapshot.bytes(series.labels.types))
            && (series.defaults == 0 || self.set(series.defaults).is_some());
        whole.then_some(text)
    }

    /// Returns the text of the default labels that a series with the label text `own` shows: those whose names are
    /// neither in `own` nor `hidden`.
    pub(super) fn beside(&self, own: &[u8], defaults: u32, hidden: &[u8]) -> Cow<'a, [u8]> {
        let Some(set) = self.set(defaults) else {
            return Cow::Borrowed(b"");
        };
        let overridden = |default: &Pair<'_>| {
            default.name == hidden
                || pairs(own, b"").any(|pair| pair.is_ok_and(|pair| pair.name == default.name))
        };
        if !set.pairs.iter().any(overridden) {
            return Cow::Borrowed(set.text);
        }
        let mut text = Vec::with_capacity(set.text.len());
        for pair in set.pairs.iter().filter(|pair| !overridden(pair)) {
            push_pair(&mut text, pair);
        }
        Cow::Owned(text)
    }

    fn set(&self, defaults: u32) -> Option<&Defaults<'a>> {
        self.defaults.get((defaults as usize).checked_sub(1)?)?.as_ref()
    }
}
