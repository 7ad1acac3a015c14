//! The identity of a label set: compares two label texts as sets, and hashes a set.

use super::text::{pairs, Malformed};
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// Whether two label texts, each given with its types, name the same set of labels.
///
/// The order of labels and the types of values do not count, so label sets that are printed alike are the same. A
/// malformed text is the same only as an identical one.
#[must_use]
pub fn same_set(a: (&[u8], &[u8]), b: (&[u8], &[u8])) -> bool {
    // The usual case: every writer names the labels in the same order.
    if a.1 == b.1 && a.0 == b.0 {
        return true;
    }
    if a.0.len() != b.0.len() {
        // Texts of the same set have the same length.
        return false;
    }
    match (sorted(a.0, a.1), sorted(b.0, b.1)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// Names and escaped values of all labels, sorted.
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
/// Each pair is hashed with SipHash-1-3, the hashes are added up, and the sum and the number of pairs are hashed again.
/// The hash is part of the heap's format, because the index stores it. So it must not depend on the machine, and
/// numbers are hashed as little-endian bytes.
///
/// * `key`: random for each heap, so that an attacker cannot choose label values whose hashes collide.
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

    /// Adds a pair. The name's length is hashed, too, so that `("ab", "c")` and `("a", "bc")` have different hashes.
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
