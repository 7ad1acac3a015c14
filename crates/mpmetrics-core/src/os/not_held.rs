//! What a mutex that several processes share says where it is not held.

/// Why a [`SharedMutex`](super::SharedMutex) is not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotHeld {
    /// Somebody else held it until the patience was over.
    Late,
    /// It was never made, was given up for lost, or its bytes are no mutex.
    Broken,
}
