//! Kin are families that a scrape shows as one: they have the same registry, name and type, but different label names,
//! buckets or help texts. Two versions of an application declare such families.

use super::family::decode;
use crate::error::Result;
use crate::heap::memory::table::FAMILIES;
use crate::layout::{header, Words};
use crate::metric_type::MetricType;
use std::collections::HashMap;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Name {
    tag: String,
    name: String,
    metric_type: MetricType,
}

/// The kin of all families of a heap that have been read so far. A heap only ever gets more families.
#[derive(Default)]
pub struct Kin {
    known: u32,
    of: HashMap<u32, Name>,
    named: HashMap<Name, Vec<u32>>,
}

impl Kin {
    /// The numbers of all families that a scrape shows as one with this family, including its own.
    pub fn of(&mut self, words: Words<'_>, family: u32) -> Result<&[u32]> {
        while u64::from(self.known) < words.header(header::FAMILIES) {
            // If the header's number of families is damaged and too large, this fails at the end of the table.
            FAMILIES.find(words, self.known)?;
            // A family whose text is damaged has no kin.
            if let Ok(Some(spec)) = decode(words, self.known) {
                let name = Name { tag: spec.tag, name: spec.name, metric_type: spec.metric_type };
                self.named.entry(name.clone()).or_default().push(self.known);
                self.of.insert(self.known, name);
            }
            self.known += 1;
        }
        let kin = self.of.get(&family).and_then(|name| self.named.get(name));
        Ok(kin.map_or(&[], Vec::as_slice))
    }
}
