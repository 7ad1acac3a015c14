//! Models of the protocols that work without a lock. They call the functions that the package uses. Loom checks every
//! interleaving, and every value that the memory model allows a load to return. Each model has a control: a variant
//! that breaks one rule of the protocol, in which loom must find an error.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --profile models -p mpmetrics-core --lib --target-dir target/loom loom`

mod adoption;
mod generation_words;
mod publication;
mod sealing;
mod sequence_words;

use crate::sync::AtomicU64;
use loom::sync::Arc;
use loom::thread;

/// Checks all executions of a model, without a bound on preemptions.
pub fn check(model: impl Fn() + Sync + Send + 'static) {
    loom::model(model);
}

fn words(values: &[u64]) -> Arc<Vec<AtomicU64>> {
    Arc::new(values.iter().map(|value| AtomicU64::new(*value)).collect())
}

/// Reads the words in a new thread while the calling thread stores to them.
///
/// The new thread must be the reader, because loom would miss interleavings if the new thread were the writer. In the
/// first execution, the new thread runs after the calling thread. In later executions, loom moves an access of the new
/// thread to an earlier point: a load to the point before the last store to the same word, and a store to the point
/// before the last access of the same word. Suppose that the new thread is the writer and adds to a word that the
/// reader has loaded. An addition is a load and then a store. The last access before this store is the load of the
/// addition, not the load of the reader. So loom never tries the store before the load of the reader.
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
