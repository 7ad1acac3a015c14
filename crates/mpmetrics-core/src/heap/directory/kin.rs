//! Families that a scrape shows as one: of one registry, name and type, made by two versions of an
//! application with other label names, buckets or help.

use super::family::decode;
use crate::error::Result;
use crate::heap::memory::table::FAMILIES;
use crate::kind::Kind;
use crate::layout::{header, Words};
use std::collections::HashMap;

#[derive(Clone, PartialEq, Eq, Hash)]
struct Name {
    tag: String,
    name: String,
    kind: Kind,
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
            // A number of families that is damaged ends where there is no place for more.
            FAMILIES.find(words, self.known)?;
            // One whose text is damaged is shown with no other.
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
