//! Whether two label texts name the same set of labels, and a hash of the set.

use super::text::{pairs, Malformed};
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// Whether two label texts, each given with its types, name the same set of labels.
///
/// Order and types do not count: label sets that are printed alike are the same. A malformed text equals only itself.
#[must_use]
pub fn same_set(a: (&[u8], &[u8]), b: (&[u8], &[u8])) -> bool {
    // The usual case: every writer names the labels in the same order.
    if a.1 == b.1 && a.0 == b.0 {
        return true;
    }
    if a.0.len() != b.0.len() {
        // The set fixes the length of its text.
        return false;
    }
    match (sorted(a.0, a.1), sorted(b.0, b.1)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// The pairs that make up the identity, sorted: as name and escaped value.
fn sorted<'a>(text: &'a [u8], types: &'a [u8]) -> Result<Vec<[&'a [u8]; 2]>, Malformed> {
    let mut set = Vec::new();
    for pair in pairs(text, types) {
        let pair = pair?;
        set.push([pair.name, pair.escaped]);
    }
    set.sort_unstable();
    Ok(set)
}

/// A hash of a label set that does not depend on the order of labels: equal whenever [`same_set`] is true.
///
/// SipHash-1-3 of each pair, the hashes added up, and the sum and number of pairs hashed again. It is
/// part of the heap's format (the directory's index stores it), so only whole byte strings in little
/// endian are fed to the hash.
///
/// * `key`: random for each heap, so that label values from an attacker cannot be made to collide.
#[must_use]
pub fn identity_hash(text: &[u8], types: &[u8], key: (u64, u64)) -> u64 {
    let mut sum = Identity::new(key);
    for pair in pairs(text, types) {
        match pair {
            Ok(pair) => sum.add(pair.name, pair.escaped),
            Err(_) => {
                let mut whole = Identity::new(key);
                whole.add(text, types);
                return whole.finish();
            }
        }
    }
    sum.finish()
}

/// An order-independent hash of label pairs, which are added one by one.
struct Identity {
    key: (u64, u64),
    sum: u64,
    count: u64,
}

impl Identity {
    fn new(key: (u64, u64)) -> Self {
        Self { key, sum: 0, count: 0 }
    }

    /// Adds a pair. The name's length keeps `("ab", "c")` and `("a", "bc")` apart.
    fn add(&mut self, name: &[u8], escaped: &[u8]) {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write(&(name.len() as u64).to_le_bytes());
        hasher.write(name);
        hasher.write(escaped);
        self.sum = self.sum.wrapping_add(hasher.finish());
        self.count += 1;
    }

    fn finish(self) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write(&self.sum.to_le_bytes());
        hasher.write(&self.count.to_le_bytes());
        hasher.finish()
    }
}
