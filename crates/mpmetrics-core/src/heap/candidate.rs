//! The election of one isolate that does something for the whole application, such as pushing its metrics.

use super::memory::heap::Heap;
use crate::error::Result;
use crate::layout::lock;
use crate::region::Locks;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// One candidate in the election of a name. Of all candidates with the same name and segment, in all processes and
/// threads, at most one is elected at a time: the one that holds the lock of the name's byte. The lock is freed when
/// the candidate is dropped, and by the kernel when its process dies.
///
/// A stopped process (SIGSTOP) keeps the lock: it may go on at any instruction, so no other candidate may take it for
/// dead.
pub struct Candidate {
    locks: Box<dyn Locks>,
    byte: u64,
}

impl Heap {
    /// Makes a candidate in the election of this name. It is not elected before [`Candidate::stand`].
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system has no descriptor left.
    pub fn candidate(&self, name: &str) -> Result<Candidate> {
        // The holder has an open file description of its own: two threads of a process exclude each other, too.
        Ok(Candidate { locks: self.region().holder()?, byte: byte_of(self.hash_key(), name) })
    }
}

impl Candidate {
    /// Stands for election, without waiting. Returns whether this candidate is elected now; one that is elected stays
    /// so until it is dropped.
    ///
    /// # Errors
    /// [`crate::Error::Io`] if the system refuses to lock the byte.
    pub fn stand(&self) -> Result<bool> {
        self.locks.try_lock(self.byte)
    }
}

/// Returns the byte of a name.
fn byte_of((k0, k1): (u64, u64), name: &str) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(k0, k1);
    hasher.write(name.as_bytes());
    lock::ELECTIONS + (hasher.finish() & ((1 << lock::ELECTION_BITS) - 1))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::byte_of;
    use crate::layout::lock;

    #[test]
    fn every_byte_of_an_election_is_beyond_all_others_and_can_be_locked() {
        let bytes: std::collections::HashSet<u64> =
            (0..1000).map(|n| byte_of((1, 2), &format!("engine {n}"))).collect();
        assert_eq!(bytes.len(), 1000);
        let others = [lock::HEAP, lock::SLOTS_END, lock::ASKERS + u64::from(lock::RINGS)];
        for byte in bytes {
            assert!(others.iter().all(|other| byte > *other));
            assert!(i64::try_from(byte + 1).is_ok());
        }
    }
}
