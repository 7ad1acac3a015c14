//! What a summary's series has, and what of it quantiles show.

use mpmetrics_core::scrape::snapshot::{Series, Snapshot, Value};

/// Count, sum, and the observations that quantiles are of; `None` for what is no summary.
pub fn of(snapshot: &Snapshot, series: &Series) -> Option<[f64; 3]> {
    let Value::Summary { count, sum, sketch } = series.value else { return None };
    let sketch = &snapshot.sketches[sketch as usize];
    let buckets: f64 = sketch.octaves.iter().flat_map(|(_, counts)| counts).sum();
    Some([count, sum, sketch.zeros + buckets])
}
