//! Views of a segment's memory for JavaScript.

use crate::convert::{foreign, Result};
use mpmetrics_core::segment::Segment;
use napi::bindgen_prelude::ArrayBuffer;
use napi::Env;

/// Returns an ArrayBuffer over words of a segment. Returns `None` if the runtime (Electron) refuses external
/// memory: it would give a copy, and stores to the copy would not reach the segment.
pub fn view_of(
    env: &Env,
    segment: &Segment,
    at: u64,
    words: u64,
) -> Result<Option<ArrayBuffer<'static>>> {
    let (address, len) = (segment.region().address(at), words as usize * 8);
    // SAFETY: the range is a whole extent (or the header) inside the mapping, which is never undone
    // (`MAPPED` keeps it) and backed by the file; every other access to it is atomic.
    let view = unsafe { ArrayBuffer::from_external(env, address, len, (), |_, ()| {}) };
    let view = view.map_err(|error| foreign(&error))?;
    Ok(std::ptr::eq(view.as_ptr(), address).then_some(view))
}
