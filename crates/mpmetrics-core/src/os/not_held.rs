//! Why a mutex that several processes share could not be locked.

/// Why a [`SharedMutex`](super::SharedMutex) is not held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotHeld {
    /// Another thread held it until the patience was over.
    Late,
    /// It was never initialised, became unusable when a holder died, or its bytes are no mutex.
    Broken,
}
