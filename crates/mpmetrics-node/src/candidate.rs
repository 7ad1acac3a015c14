//! A candidate of this isolate in an election of its application.

use crate::convert::{failure, foreign, Result};
use mpmetrics_core::heap::{Candidate, Heap};
use napi::Env;
use napi_derive::napi;
use std::cell::RefCell;
use std::rc::Rc;

/// A candidate that ends with its JavaScript environment, even if JavaScript objects still refer to it.
#[napi]
pub struct NativeCandidate {
    candidate: Rc<RefCell<Option<Candidate>>>,
}

impl NativeCandidate {
    pub(crate) fn new(env: &Env, heap: &Heap, name: &str) -> Result<Self> {
        let candidate = heap.candidate(name).map_err(|error| failure(&error))?;
        let candidate = Rc::new(RefCell::new(Some(candidate)));
        // A worker thread that ends gives its election up at once; the kernel ends the elections of a process.
        env.add_env_cleanup_hook(Rc::clone(&candidate), |candidate| drop(candidate.take()))
            .map_err(|error| foreign(&error))?;
        Ok(Self { candidate })
    }
}

#[napi]
impl NativeCandidate {
    /// Stands for election, without waiting. Returns whether this candidate is elected now; false after
    /// [`NativeCandidate::leave`].
    #[napi]
    pub fn stand(&self) -> Result<bool> {
        let candidate = self.candidate.borrow();
        let stood = candidate.as_ref().map_or(Ok(false), Candidate::stand);
        stood.map_err(|error| failure(&error))
    }

    /// Ends the candidate: another one can be elected.
    #[napi]
    pub fn leave(&self) {
        drop(self.candidate.take());
    }
}
