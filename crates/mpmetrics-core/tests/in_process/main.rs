//! The tests that run in the test program's own process. They are one program, because linking is most of the time that
//! it takes to build one. A test that starts its program again has a program of its own, beside this folder.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

#[path = "../damage/mod.rs"]
mod damage;
#[path = "../derived_words/mod.rs"]
mod derived_words;
#[path = "../handle/mod.rs"]
mod handle;
#[path = "../hook/mod.rs"]
mod hook;
#[path = "../reader/mod.rs"]
mod reader;
#[path = "../small/mod.rs"]
mod small;
#[path = "../snapshot/mod.rs"]
mod snapshot;
#[path = "../strict/mod.rs"]
mod strict;
#[path = "../totals/mod.rs"]
mod totals;
#[path = "../world/mod.rs"]
mod world;

mod aggregate;
mod candidates;
mod churn;
mod copied_blocks;
mod corruption;
mod damaged_shapes;
mod damaged_texts;
mod dead_gauges;
mod dead_states;
mod doorbell;
mod exemplars;
mod exposition;
mod extra;
mod format;
mod gauge_aggregators;
mod heap;
mod heap_interrupted;
mod heap_model;
mod limits;
mod octaves;
mod openmetrics;
mod shared_gauge;
mod states;
mod strangers;
mod strangers_damaged;
mod succession;
mod summaries;
mod summaries_interrupted;
mod torn;
mod turns;
mod wire;
mod wire_damaged;
mod wire_differences;
