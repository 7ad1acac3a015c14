//! Models of the protocols that need no lock, checked by loom over every interleaving and every value that
//! the memory model allows a load to see. The functions are those that ship; each model has a control that
//! leaves a word or an ordering of the protocol out, which loom must refuse.
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

/// Runs a model to its end: no bound on preemptions, so that nothing is left out.
pub fn check(model: impl Fn() + Sync + Send + 'static) {
    loom::model(model);
}

fn words(values: &[u64]) -> Arc<Vec<AtomicU64>> {
    Arc::new(values.iter().map(|value| AtomicU64::new(*value)).collect())
}

/// One that stores to the words, and a thread that reads them. In this order: loom goes back to the last access of
/// a word only, and an addition, which loads and stores, hides what was before it; a reader's loads hide nothing.
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
