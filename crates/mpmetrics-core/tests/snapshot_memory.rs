//! Bytes that say that they have many series take no more memory than they are worth.

mod snapshot;

use mpmetrics_core::exposition::extra::Extra;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::wire::frame::MAGIC;
use mpmetrics_core::wire::{encode, join, Source};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// The system's allocator. It notes the largest block that it was asked for.
struct Noting;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Noting = Noting;

// SAFETY: all calls go to `System` with the arguments that they came with.
unsafe impl GlobalAlloc for Noting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc::alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: `block` came from `System` with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[test]
fn a_false_number_of_series_reserves_no_memory() {
    const BYTES: u32 = 1 << 20;
    let mut make = snapshot::Builder::default();
    make.family(MetricType::Counter, "c", &[]);
    let whole = encode(&make.snapshot, &Extra::default()).expect("bytes");
    // The last byte of a family without series is their number.
    let mut bytes = whole[..whole.len() - 1].to_vec();
    bytes.extend([0x80, 0x80, 0x3f]);
    bytes.resize(bytes.len() + BYTES as usize, 0xff);
    let len = (bytes.len() - MAGIC.len() - 4) as u32;
    bytes[MAGIC.len()..MAGIC.len() + 4].copy_from_slice(&len.to_le_bytes());
    LARGEST.store(0, Ordering::Relaxed);
    let error = join(&[Source { bytes: &bytes, instance: None }]).expect_err("no labels");
    assert!(error.to_string().contains("labels"), "{error}");
    let largest = LARGEST.load(Ordering::Relaxed);
    assert!(largest < 1 << 20, "{largest} bytes for a snapshot of {}", bytes.len());
}
