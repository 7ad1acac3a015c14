//! Snapshots as bytes: what JavaScript does with them.

use crate::convert::{failure, Result};
use crate::extra::ExtraFamily;
use crate::job::Job;
use crate::scrape::ScrapeFormat;
use crate::text::Text;
use mpmetrics_core::exposition::extra::Extra;
use mpmetrics_core::scrape::snapshot::Snapshot;
use mpmetrics_core::wire::{self, frame, Source};
use mpmetrics_core::Error;
use napi::bindgen_prelude::{AsyncTask, Buffer, Uint8Array};
use napi_derive::napi;

/// Where a family is in the bytes of a snapshot.
#[napi(object, object_from_js = false)]
pub struct SnapshotFrame {
    /// The family's name.
    pub name: String,
    /// Whether the family is of rows, which cannot be joined with those of other applications.
    pub rows: bool,
    /// The index of its first byte.
    pub start: f64,
    /// The index after its last byte.
    pub end: f64,
}

/// Returns where the families of a snapshot are. Throws an Error with a code for bytes that are no snapshot.
#[napi]
pub fn snapshot_frames(snapshot: Uint8Array) -> Result<Vec<SnapshotFrame>> {
    let frames = frame::frames(&snapshot).map_err(|error| failure(&error))?;
    let mut start = frame::MAGIC.len();
    let of = |frame: &frame::Frame<'_>| {
        let end = start + frame.len();
        let (first, last) = (start as f64, end as f64);
        start = end;
        let rows = frame.content == frame::Content::Rows;
        SnapshotFrame { name: frame.name.to_owned(), rows, start: first, end: last }
    };
    Ok(frames.iter().map(of).collect())
}

/// Returns the snapshot of families that the heap does not hold. The prefix is put before all names.
#[napi]
pub fn snapshot_of_rows(families: Vec<ExtraFamily>, prefix: String) -> Result<Buffer> {
    let families = families.into_iter().map(Into::into).collect();
    let extra = Extra { families, prefix, ..Extra::default() };
    let bytes = wire::encode(&Snapshot::default(), &extra).map_err(|error| failure(&error))?;
    Ok(bytes.into())
}

/// Joins the snapshots of several applications, and prints them. `instances` has a name for each snapshot.
#[napi(ts_return_type = "Promise<string>")]
pub fn print_snapshots(
    snapshots: Vec<Uint8Array>,
    instances: Option<Vec<String>>,
    format: ScrapeFormat,
) -> AsyncTask<Job<Text>> {
    let printed = printing(&snapshots, instances, format);
    AsyncTask::new(Job::new(move || printed().map(Text::new)))
}

/// [`print_snapshots`] as UTF-8. With the format `snapshot`, the bytes are those of one snapshot.
#[napi(ts_return_type = "Promise<Buffer>")]
pub fn join_snapshots(
    snapshots: Vec<Uint8Array>,
    instances: Option<Vec<String>>,
    format: ScrapeFormat,
) -> AsyncTask<Job<Vec<u8>>> {
    AsyncTask::new(Job::new(printing(&snapshots, instances, format)))
}

fn printing(
    snapshots: &[Uint8Array],
    instances: Option<Vec<String>>,
    format: ScrapeFormat,
) -> impl FnOnce() -> std::result::Result<Vec<u8>, Error> + Send + 'static {
    let snapshots = copied(snapshots);
    move || {
        let name = |index: usize| instances.as_ref()?.get(index).map(String::as_str);
        let sources: Vec<_> = (snapshots.iter().enumerate())
            .map(|(index, bytes)| Source { bytes, instance: name(index) })
            .collect();
        let wire::Contents { snapshot, extra } = wire::join(&sources)?;
        format.print(&snapshot, &extra)
    }
}

/// Returns the rows of snapshots, without the families that can be joined.
#[napi]
pub fn snapshot_rows(snapshots: Vec<Uint8Array>) -> Result<Vec<ExtraFamily>> {
    let sources: Vec<_> = snapshots.iter().map(|bytes| Source { bytes, instance: None }).collect();
    let contents = wire::join(&sources).map_err(|error| failure(&error))?;
    Ok(contents.extra.families.into_iter().map(Into::into).collect())
}

/// Adds up the counters, histograms and summaries of snapshots.
#[napi(ts_return_type = "Promise<Buffer>")]
pub fn sum_snapshots(snapshots: Vec<Uint8Array>) -> AsyncTask<Job<Vec<u8>>> {
    let snapshots = copied(&snapshots);
    AsyncTask::new(Job::new(move || {
        let sources: Vec<_> =
            snapshots.iter().map(|bytes| Source { bytes, instance: None }).collect();
        wire::sum(&sources)
    }))
}

/// Subtracts `base` from the counters, histograms and summaries of a snapshot. Resolves with the rest, and with the part
/// of `base` that was subtracted.
#[napi(ts_return_type = "Promise<Array<Buffer>>")]
pub fn subtract_snapshot(snapshot: Uint8Array, base: Uint8Array) -> AsyncTask<Job<Vec<Vec<u8>>>> {
    let (snapshot, base) = (snapshot.to_vec(), base.to_vec());
    AsyncTask::new(Job::new(move || {
        wire::minus(&snapshot, &base).map(|(rest, base)| vec![rest, base])
    }))
}

/// Returns the series of a snapshot that a later one does not have any more.
#[napi(ts_return_type = "Promise<Buffer>")]
pub fn missing_series(earlier: Uint8Array, later: Uint8Array) -> AsyncTask<Job<Vec<u8>>> {
    let (earlier, later) = (earlier.to_vec(), later.to_vec());
    AsyncTask::new(Job::new(move || wire::missing(&earlier, &later)))
}

/// Returns a snapshot without the series that `gone` has and none of `kept` has.
#[napi(ts_return_type = "Promise<Buffer>")]
pub fn without_series(
    snapshot: Uint8Array,
    gone: Uint8Array,
    kept: Vec<Uint8Array>,
) -> AsyncTask<Job<Vec<u8>>> {
    let (snapshot, gone, kept) = (snapshot.to_vec(), gone.to_vec(), copied(&kept));
    AsyncTask::new(Job::new(move || {
        let kept: Vec<&[u8]> = kept.iter().map(Vec::as_slice).collect();
        wire::without(&snapshot, &gone, &kept)
    }))
}

/// Packs all families of a snapshot, or makes them as they were before.
#[napi(ts_return_type = "Promise<Buffer>")]
pub fn pack_snapshot(snapshot: Uint8Array, packed: bool) -> AsyncTask<Job<Vec<u8>>> {
    let snapshot = snapshot.to_vec();
    AsyncTask::new(Job::new(move || {
        let mut out = frame::MAGIC.to_vec();
        for frame in frame::frames(&snapshot)? {
            match packed {
                true => frame.pack(&mut out)?,
                false => frame.unpack(&mut out)?,
            }
        }
        Ok(out)
    }))
}

/// The bytes of arrays that JavaScript may change meanwhile.
fn copied(snapshots: &[Uint8Array]) -> Vec<Vec<u8>> {
    snapshots.iter().map(|bytes| bytes.to_vec()).collect()
}
