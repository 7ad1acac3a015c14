//! Models of the protocols that work without a lock. Loom checks every interleaving, and every value that the memory
//! model allows a load to see. The functions are those that ship. Each model has a control in which a word or an
//! ordering of the protocol is left out, and which loom must refuse.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release -p mpmetrics-core --lib --target-dir target/loom loom`

mod adoption;
mod generation_words;
mod publication;
mod sealing;
mod sequence_words;

use crate::sync::AtomicU64;
use loom::sync::Arc;
use loom::thread;

/// Runs a model completely: without a bound on preemptions.
pub fn check(model: impl Fn() + Sync + Send + 'static) {
    loom::model(model);
}

fn words(values: &[u64]) -> Arc<Vec<AtomicU64>> {
    Arc::new(values.iter().map(|value| AtomicU64::new(*value)).collect())
}

/// Runs one thread that stores to the words, and one that reads them. The order matters: loom goes back only to the
/// last access of a word. An addition, which loads and stores, hides the accesses before it; a reader's loads hide
/// nothing.
pub fn race(
    initial: &[u64],
    write: impl Fn(&[AtomicU64]),
    read: impl Fn(&[AtomicU64]) + Send + 'static,
) {
    let shared = words(initial);
    let read_from = Arc::clone(&shared);
    let reader = thread::spawn(move || read(&read_from));
    write(&shared);
    reader.join().unwrap();
}
