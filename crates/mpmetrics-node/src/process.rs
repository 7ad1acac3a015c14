//! What the process knows of itself, and what its threads tell each other.

use crate::convert::{failure, Identity, Result};
use crate::status::{Out, Status};
use mpmetrics_core::cells::stores::Stores;
use mpmetrics_core::os::ProcessIdentity;
use mpmetrics_core::quantile::octave;
use mpmetrics_core::{layout, Refusal};
use napi_derive::napi;
use std::sync::{Mutex, PoisonError};

/// What the main thread chose; worker threads go by it, whatever environment they were given.
static CHOICE: Mutex<Option<String>> = Mutex::new(None);

/// Numbers of the heap's layout that JavaScript needs.
#[napi(object)]
pub struct Layout {
    /// Layout version, `major << 16 | minor`.
    pub version: u32,
    /// 32-bit words between a block's flags and its first cell.
    pub flags_back: u32,
    /// The bit of the flags that hides a series.
    pub absent: u32,
    /// Why series are refused, in the order of the numbers.
    pub refusals: Vec<String>,
    /// What calls answer, in the order of the numbers.
    pub statuses: Vec<String>,
    /// What `bind` fills in, in the order of the words.
    pub outs: Vec<String>,
    /// Which stores of JavaScript do on this machine: 0 plain ones, 1 ordered ones, 2 none.
    pub stores: u32,
    /// The bounds of an octave's buckets, as factors of its lower end.
    pub octave_bounds: Vec<f64>,
    /// Most octaves that a writer keeps of a summary's series.
    pub octaves_kept: u32,
}

/// Numbers of the heap's layout that JavaScript needs.
#[napi]
pub fn layout() -> Layout {
    Layout {
        version: layout::VERSION as u32,
        flags_back: layout::FLAGS_BACK,
        absent: layout::ABSENT,
        statuses: Status::names(),
        outs: Out::names(),
        stores: Stores::here() as u32,
        refusals: Refusal::ALL.iter().map(|refusal| refusal.name().to_owned()).collect(),
        octave_bounds: octave::bounds().to_vec(),
        octaves_kept: octave::KEPT as u32,
    }
}

/// The text that was kept for this process by [`choose`].
#[napi]
pub fn choice() -> Option<String> {
    CHOICE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Keeps a text for all threads of this process.
#[napi]
pub fn choose(text: String) {
    *CHOICE.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
}

/// The identity of a process of this pid namespace; null if it is not there.
#[napi]
pub fn identity(pid: u32) -> Result<Option<Identity>> {
    let found = ProcessIdentity::of(pid).map_err(|error| failure(&error))?;
    Ok(found.map(Identity::from))
}
