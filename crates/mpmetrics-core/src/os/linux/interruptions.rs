//! Calls that signals interrupt.

/// How often a call is repeated because a signal interrupted it, before that is its result.
pub const INTERRUPTIONS: u32 = 1_000;
