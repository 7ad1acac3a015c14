//! Calls that signals interrupt.

/// How often one call is made again because a signal interrupted it, before that is its answer.
pub const INTERRUPTIONS: u32 = 1_000;
