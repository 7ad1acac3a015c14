//! The layout for JavaScript, identities of processes, and a text that all threads of the process share.

use crate::convert::{failure, Identity, Result};
use crate::status::{Out, Status};
use mpmetrics_core::cells::stores::Stores;
use mpmetrics_core::os::ProcessIdentity;
use mpmetrics_core::quantile::octave;
use mpmetrics_core::{layout, Refusal};
use napi_derive::napi;
use std::sync::{Mutex, PoisonError};

/// The text that [`choose`] keeps: it says which segment this process uses. The main thread stores it; a worker thread
/// stores it only if there is none yet. Worker threads read it, because their environment variables may differ from
/// those of the main thread.
static CHOICE: Mutex<Option<String>> = Mutex::new(None);

/// Numbers of the heap's layout that JavaScript needs.
#[napi(object)]
pub struct Layout {
    /// Layout version, `major << 16 | minor`.
    pub version: u32,
    /// Number of 32-bit words from a block's flags to its first cell.
    pub flags_back: u32,
    /// The bit of the flags that hides a series.
    pub absent: u32,
    /// Names of the reasons to refuse a series, in the order of the numbers.
    pub refusals: Vec<String>,
    /// Names of the statuses that calls return, in the order of the numbers.
    pub statuses: Vec<String>,
    /// Names of the words that `bind` fills in, in their order.
    pub outs: Vec<String>,
    /// The stores by which JavaScript may update cells on this machine: 0 plain stores, 1 ordered stores, 2 none.
    pub stores: u32,
    /// The bounds of an octave's buckets, as factors of its lower end.
    pub octave_bounds: Vec<f64>,
    /// Largest number of octaves that a writer keeps for one series of a summary.
    pub octaves_kept: u32,
}

/// Returns the numbers of the heap's layout that JavaScript needs.
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

/// Returns the text that [`choose`] keeps for this process.
#[napi]
pub fn choice() -> Option<String> {
    CHOICE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Keeps a text for all threads of this process.
#[napi]
pub fn choose(text: String) {
    *CHOICE.lock().unwrap_or_else(PoisonError::into_inner) = Some(text);
}

/// Returns the identity of a process of this pid namespace; null if there is no such process.
#[napi]
pub fn identity(pid: u32) -> Result<Option<Identity>> {
    let found = ProcessIdentity::of(pid).map_err(|error| failure(&error))?;
    Ok(found.map(Identity::from))
}
