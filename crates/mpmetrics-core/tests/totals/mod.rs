//! The totals of a summary's series.

use mpmetrics_core::scrape::snapshot::{Series, Snapshot, Value};

/// Returns count, sum, and the number of observations of which quantiles are computed; `None` for other types.
pub fn of(snapshot: &Snapshot, series: &Series) -> Option<[f64; 3]> {
    let Value::Summary { count, sum, sketch } = series.value else { return None };
    let sketch = &snapshot.sketches[sketch as usize];
    let buckets: f64 = sketch.octaves.iter().flat_map(|(_, counts)| counts).sum();
    Some([count, sum, sketch.zeros + buckets])
}
