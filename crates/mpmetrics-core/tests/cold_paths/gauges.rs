//! Gauges and state sets that count the dead. Two lives of one slot set them and ended before the program started. The
//! second life made residues of the first one's values when it adopted the slot. When the program adopts the slot, it
//! makes residues of the second life's values, too, or joins them with those of the first life.

use mpmetrics_core::heap::{FamilySpec, Writer};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::Result;

use crate::handle::{spec, Handle};

/// The aggregators, each with the number that it shows of the values 5 and 7. The two lives have the same pid, and of
/// lives with the same pid, `all` shows the one that ended last.
const SHOWN: [(&str, f64); 4] = [("sum", 12.0), ("min", 5.0), ("max", 7.0), ("all", 7.0)];

/// The aggregators of state sets, and the numbers of the states that each shows of the masks 5 and 7.
const STATES: [(&str, [f64; 3]); 4] = [
    ("any", [1.0, 1.0, 1.0]),
    ("every", [1.0, 0.0, 1.0]),
    ("count", [2.0, 1.0, 2.0]),
    ("all", [1.0, 1.0, 1.0]),
];

fn states(aggregator: &str) -> FamilySpec {
    FamilySpec {
        name: format!("states_{aggregator}"),
        aggregator: aggregator.into(),
        numbers: vec![0.0, 1.0],
        states: ["a", "b", "c"].map(Into::into).into(),
        ..spec(MetricType::StateSet)
    }
}

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
    for (aggregator, _) in STATES {
        let id = writer.family(&states(aggregator), 0)?;
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
    for (aggregator, shown) in STATES {
        let name = format!("states_{aggregator}");
        let found = snapshot.families.iter().find(|family| *family.name == *name);
        let series = found.map_or(&[][..], |family| &family.series[..]);
        let values: Vec<&[f64]> = series
            .iter()
            .filter_map(|series| match series.value {
                Value::States(span) => Some(snapshot.counts(span)),
                _ => None,
            })
            .collect();
        assert_eq!(values, [&shown[..]], "{what}: {name}");
    }
}
