//! Families that a scrape shows as one: of the same registry, name and type, but with other label names, buckets or
//! help, as two versions of an application declare them.

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
    kind: MetricType,
}

/// What is known of the families of a heap; families are only ever added.
#[derive(Default)]
pub struct Kin {
    known: u32,
    of: HashMap<u32, Name>,
    named: HashMap<Name, Vec<u32>>,
}

impl Kin {
    /// The numbers of the families that are shown with this one, its own among them.
    pub fn of(&mut self, words: Words<'_>, family: u32) -> Result<&[u32]> {
        while u64::from(self.known) < words.header(header::FAMILIES) {
            // A damaged number of families ends with an error where the table ends.
            FAMILIES.find(words, self.known)?;
            // A family whose text is damaged is not shown with another.
            if let Ok(Some(spec)) = decode(words, self.known) {
                let name = Name { tag: spec.tag, name: spec.name, kind: spec.kind };
                self.named.entry(name.clone()).or_default().push(self.known);
                self.of.insert(self.known, name);
            }
            self.known += 1;
        }
        let kin = self.of.get(&family).and_then(|name| self.named.get(name));
        Ok(kin.map_or(&[], Vec::as_slice))
    }
}
