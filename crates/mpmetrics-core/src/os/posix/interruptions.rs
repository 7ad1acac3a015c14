//! How often a system call is repeated that a signal interrupts.

/// Number of times that a call is repeated because a signal interrupted it. After these it fails with EINTR.
pub const INTERRUPTIONS: u32 = 1_000;
