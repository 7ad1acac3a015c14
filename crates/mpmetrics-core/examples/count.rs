//! A Rust program that counts into the segment of a Node.js program, or of other Rust programs:
//!
//! ```sh
//! MPMETRICS_SEGMENT=/dev/shm/shop.heap node examples/shared-with-rust.mjs &
//! MPMETRICS_SEGMENT=/dev/shm/shop.heap cargo run --release --example count -- 1000000
//! ```
//!
//! It counts `jobs_total{by="rust"}`, observes its run time in `job_seconds`, and then prints the
//! metrics of all programs.

use mpmetrics_core::metrics::{Metrics, DEFAULT_BUCKETS};
use mpmetrics_core::segment::Segment;
use std::io::Write;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::var("MPMETRICS_SEGMENT")
        .map_err(|_| "MPMETRICS_SEGMENT must be the absolute path of a segment")?;
    let rounds: u64 = std::env::args().nth(1).map_or(Ok(1_000_000), |text| text.parse())?;

    let segment = Segment::at(path)?;
    let metrics = Metrics::new(segment.heap().clone())?;
    let jobs = metrics.counter("jobs_total", "Jobs that were done", &["by"])?.counter(&["rust"])?;
    let seconds =
        metrics.histogram("job_seconds", "How long jobs took", &["by"], &DEFAULT_BUCKETS)?;
    let seconds = seconds.histogram(&["rust"])?;

    let start = Instant::now();
    for _ in 0..rounds {
        jobs.inc(1.0)?;
    }
    seconds.observe(start.elapsed().as_secs_f64())?;

    std::io::stdout().write_all(&metrics.text()?)?;
    Ok(())
}
