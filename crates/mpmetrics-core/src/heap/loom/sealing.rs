//! Models of a process that seals and copies a shared gauge while other threads update it.

use super::{check, words};
use crate::cells::shared;
use crate::sync::{AtomicU64, Ordering};
use loom::sync::Arc;
use loom::thread;

fn cells(words: &[AtomicU64]) -> &[AtomicU64; shared::CELLS] {
    words.try_into().unwrap()
}

/// Two threads add 1, and a third thread seals and copies: each addition that was not refused is in the copy.
fn copied_by(seal: impl Fn(&[AtomicU64; shared::CELLS]) + Send + Sync + Copy + 'static) {
    check(move || {
        let value = words(&[0, 0, 0]);
        let add = |value: &Arc<Vec<AtomicU64>>| {
            let value = Arc::clone(value);
            thread::spawn(move || shared::change(cells(&value), |value| value + 1.0).is_some())
        };
        let adding = [add(&value), add(&value)];
        seal(cells(&value));
        let copy = words(&[0, 0, 0]);
        for (from, to) in value.iter().zip(copy.iter()) {
            to.store(from.load(Ordering::Acquire), Ordering::Release);
        }
        shared::unseal(cells(&copy));
        let added = adding.into_iter().map(|thread| thread.join().unwrap());
        let added = added.filter(|added| *added).count();
        assert_eq!(shared::get(cells(&copy)), added as f64, "lost: an addition after the copy");
    });
}

#[test]
fn what_is_not_refused_is_in_the_copy() {
    copied_by(shared::seal);
}

#[test]
#[should_panic(expected = "lost")]
fn a_copy_without_sealing_loses_what_is_added_meanwhile() {
    copied_by(|_| ());
}

#[test]
#[should_panic(expected = "lost")]
fn sealing_by_a_store_loses_what_is_added_meanwhile() {
    copied_by(|[value, kept, _]| {
        kept.store(value.load(Ordering::Acquire), Ordering::Release);
        value.store(shared::SEALED, Ordering::Release);
    });
}
