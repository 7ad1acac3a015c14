//! Calls that signals interrupt.

/// Number of times that a call is repeated because a signal interrupted it. After these it fails with EINTR.
pub const INTERRUPTIONS: u32 = 1_000;
