//! Gauges that count the dead. Two lives of one slot set them and die before the program starts; the program makes
//! residues of them when it adopts the slot.

use mpmetrics_core::heap::{FamilySpec, Writer};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::Result;

use crate::handle::{spec, Handle};

/// The aggregators, each with the number that it shows of the values 5 and 7. The two lives have the same pid, and of
/// lives with the same pid, `all` shows the one that ended last.
const SHOWN: [(&str, f64); 4] = [("sum", 12.0), ("min", 5.0), ("max", 7.0), ("all", 7.0)];

fn family(aggregator: &str) -> FamilySpec {
    let name = format!("dead_{aggregator}");
    let (aggregator, numbers) = (aggregator.into(), vec![1.0]);
    FamilySpec { name, aggregator, numbers, ..spec(MetricType::Gauge) }
}

/// Sets the gauges as one of two lives that die.
///
/// # Errors
/// Those of the heap.
pub fn leave(writer: &mut Writer, value: f64) -> Result<()> {
    for (aggregator, _) in SHOWN {
        let id = writer.family(&family(aggregator), 0)?;
        Handle::bind(writer, MetricType::Gauge, id, b"")?.update(writer, value)?;
    }
    Ok(())
}

/// Checks what a scrape shows of both lives.
pub fn check(snapshot: &Snapshot, what: &str) {
    for (aggregator, shown) in SHOWN {
        let name = format!("dead_{aggregator}");
        let found = snapshot.families.iter().find(|family| *family.name == *name);
        let series = found.map_or(&[][..], |family| &family.series[..]);
        let values: Vec<Value> = series.iter().map(|series| series.value).collect();
        assert_eq!(values, [Value::Scalar(shown)], "{what}: {name}");
    }
}
