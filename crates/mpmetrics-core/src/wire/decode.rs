//! Reading of frames into one snapshot. Any bytes may have been stored or sent, so everything is checked.

use super::encode::WINDOWED;
use super::frame::{frames, Content};
use super::input::Input;
use super::rows;
use crate::aggregator::Aggregator;
use crate::error::Result;
use crate::exposition::extra::ExtraFamily;
use crate::labels::{escape, pairs, push_pair, Pair};
use crate::metric_type::{MetricType, Values};
use crate::quantile::octave::{Octave, CELLS};
use crate::quantile::sketch::Sketch;
use crate::scrape::names::{is_label_name, is_metric_name, is_printable};
use crate::scrape::snapshot::{Exemplar, Family, LabelSpan, Series, Snapshot, Span, Value};
use std::collections::HashMap;

/// The label of a gauge that shows each part by itself, for the application that a part is of.
const INSTANCE: &str = "instance";

/// The snapshot of one application.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// Its bytes, as [`encode`](super::encode()) returns them. Frames may be packed.
    pub bytes: &'a [u8],
    /// The application's name. If there is one, it becomes the label `instance` of gauges that show each part by
    /// itself.
    pub instance: Option<&'a str>,
}

/// The families of several snapshots. Those of a later one have later births.
#[derive(Default)]
pub(super) struct Decoded {
    pub snapshot: Snapshot,
    /// The families that no heap holds. Of several with one name, the first.
    pub rows: Vec<ExtraFamily>,
    /// Names and units.
    pub units: Vec<(String, String)>,
    births: u64,
    sets: HashMap<(Vec<u8>, Vec<u8>), u32>,
}

impl Decoded {
    /// Reads all families of the sources for which `wanted` returns true.
    pub fn of(sources: &[Source<'_>], wanted: fn(MetricType) -> bool) -> Result<Self> {
        let mut decoded = Self::default();
        for source in sources {
            for frame in frames(source.bytes)? {
                let body = frame.body()?;
                match frame.content {
                    Content::Family => {
                        decoded.read(frame.name, &body, source.instance, wanted)?;
                    }
                    Content::Rows if !decoded.rows.iter().any(|rows| rows.name == frame.name) => {
                        decoded.rows.push(rows::read(frame.name, &body)?);
                    }
                    Content::Rows => {}
                }
            }
        }
        Ok(decoded)
    }

    fn birth(&mut self) -> u64 {
        self.births += 1;
        self.births
    }

    fn read(
        &mut self,
        name: &str,
        body: &[u8],
        instance: Option<&str>,
        wanted: fn(MetricType) -> bool,
    ) -> Result<()> {
        let input = &mut Input::new(body);
        let metric_type = MetricType::of_number(usize::from(input.byte("a type")?));
        let metric_type = metric_type.ok_or_else(|| input.malformed("a type of metrics"))?;
        if !wanted(metric_type) {
            return Ok(());
        }
        let windowed = input.byte("flags of a family")? & WINDOWED != 0;
        let help = input.text("a help text")?.into();
        let aggregator = input.text("an aggregator")?.into();
        let unit = input.text("a unit")?;
        let label_names = texts(input, "label names")?;
        let states = texts(input, "states")?;
        let bounds = input.items("a number of bounds")?;
        let bounds = (0..bounds).map(|_| input.double("a bound")).collect::<Result<Vec<_>>>()?;
        let mut family = Family {
            tag: "".into(),
            name: name.into(),
            help,
            metric_type,
            aggregator,
            label_names: label_names.into(),
            bounds: bounds.into(),
            states: states.into(),
            windowed,
            birth: self.birth(),
            series: Vec::new(),
        };
        let is_states = metric_type.values() == Values::States;
        let own = if is_states { name.as_bytes() } else { metric_type.row_label() };
        if !is_metric_name(name.as_bytes()) || is_states && !is_label_name(name.as_bytes()) {
            return Err(input.malformed("a metric's name"));
        }
        let unit_known = self.units.iter().any(|(known, _)| known == name);
        if !unit.is_empty() && !unit_known {
            self.units.push((name.to_owned(), unit.to_owned()));
        }
        self.read_series(&mut family, own, instance, input)?;
        self.snapshot.families.push(family);
        Ok(())
    }

    fn read_series(
        &mut self,
        family: &mut Family,
        own: &[u8],
        instance: Option<&str>,
        input: &mut Input<'_>,
    ) -> Result<()> {
        let sets = input.items("a number of sets")?;
        let mut numbers = vec![0];
        for _ in 0..sets {
            numbers.push(self.set(input)?);
        }
        let by_part = Aggregator::of(family.metric_type, &family.aggregator, &family.label_names)
            == Aggregator::All;
        let named = family.label_names.iter().any(|name| &**name == INSTANCE);
        let instance = instance.filter(|_| by_part && !named);
        let count = input.items("a number of series")?;
        // Not `reserve(count)`: a series takes more memory than its bytes, so a false count could take all there is.
        for _ in 0..count {
            let labels = self.labels(input, own, instance)?;
            let (birth, value) = (self.birth(), Value::Scalar(0.0));
            let exemplars = Span::default();
            let series =
                Series { birth, labels, defaults: 0, value, set_at: 0.0, parts: 1, exemplars };
            family.series.push(series);
        }
        let bounds = (family.bounds.len(), family.states.len());
        for series in &mut family.series {
            let number = usize::try_from(input.length("a set of labels")?).unwrap_or(usize::MAX);
            let defaults = numbers.get(number).copied();
            series.defaults = defaults.ok_or_else(|| input.malformed("a set of labels"))?;
            let parts = u32::try_from(input.length("a number of parts")?).unwrap_or(u32::MAX);
            series.parts = parts.max(1);
            series.set_at = input.count("a time")?;
            series.value = self.value(family.metric_type.values(), bounds, input)?;
        }
        for series in &mut family.series {
            series.exemplars = self.exemplars(bounds.0, input)?;
        }
        match input.is_empty() {
            true => Ok(()),
            false => Err(input.malformed("the end of a frame")),
        }
    }

    /// Returns the number of a set of default labels. Equal sets have one number.
    fn set(&mut self, input: &mut Input<'_>) -> Result<u32> {
        let (text, types) = printable(input, b"")?;
        let key = (text.to_vec(), types.to_vec());
        if let Some(number) = self.sets.get(&key) {
            return Ok(*number);
        }
        let span = self.push(text, types)?;
        self.snapshot.defaults.push(span);
        let number = self.snapshot.defaults.len() as u32;
        self.sets.insert(key, number);
        Ok(number)
    }

    fn labels(
        &mut self,
        input: &mut Input<'_>,
        own: &[u8],
        instance: Option<&str>,
    ) -> Result<LabelSpan> {
        let (text, types) = printable(input, own)?;
        let taken =
            |name: &str| pairs(text, b"").flatten().any(|pair| pair.name == name.as_bytes());
        let Some(instance) = instance.filter(|_| !taken(INSTANCE)) else {
            return self.push(text, types);
        };
        let mut escaped = Vec::new();
        escape(instance.as_bytes(), &mut escaped);
        let mut text = text.to_vec();
        push_pair(&mut text, &Pair { name: INSTANCE.as_bytes(), escaped: &escaped, kind: b's' });
        let mut types = types.to_vec();
        if !types.is_empty() {
            types.push(b's');
        }
        self.push(&text, &types)
    }

    fn push(&mut self, text: &[u8], types: &[u8]) -> Result<LabelSpan> {
        let all = &mut self.snapshot.text;
        let start = all.len();
        all.extend_from_slice(text);
        let split = all.len();
        all.extend_from_slice(types);
        LabelSpan::new(start, split, all.len())
    }

    fn value(
        &mut self,
        values: Values,
        (bounds, states): (usize, usize),
        input: &mut Input<'_>,
    ) -> Result<Value> {
        Ok(match values {
            Values::Scalar => Value::Scalar(input.count("a value")?),
            Values::Buckets => {
                let sum = input.count("a sum")?;
                Value::Histogram { sum, counts: self.cells(bounds + 1, input)? }
            }
            Values::States => Value::States(self.cells(states, input)?),
            Values::Quantiles => {
                let (sum, count) = (input.count("a sum")?, input.count("a count")?);
                let sketch = self.snapshot.sketches.len() as u32;
                self.snapshot.sketches.push(sketch_of(input)?);
                Value::Summary { sum, count, sketch }
            }
        })
    }

    fn cells(&mut self, len: usize, input: &mut Input<'_>) -> Result<Span> {
        let start = u32::try_from(self.snapshot.cells.len());
        let span = start.ok().zip(u32::try_from(len).ok());
        let (start, len) = span.ok_or_else(|| input.malformed("fewer cells"))?;
        for _ in 0..len {
            self.snapshot.cells.push(input.count("a count")?);
        }
        Ok(Span { start, len })
    }

    fn exemplars(&mut self, bounds: usize, input: &mut Input<'_>) -> Result<Span> {
        let len = input.items("a number of exemplars")?;
        let start = self.snapshot.exemplars.len() as u32;
        for _ in 0..len {
            let bucket = u32::try_from(input.length("a bucket")?).ok();
            let bucket = bucket.filter(|bucket| *bucket as usize <= bounds);
            let bucket = bucket.ok_or_else(|| input.malformed("a bucket"))?;
            let value = input.count("the value of an exemplar")?;
            let time = input.count("the time of an exemplar")?;
            let labels = self.labels(input, b"", None)?;
            self.snapshot.exemplars.push(Exemplar { bucket, value, time, labels });
        }
        Ok(Span { start, len: len as u32 })
    }
}

fn texts(input: &mut Input<'_>, what: &'static str) -> Result<Vec<Box<str>>> {
    let count = input.items(what)?;
    (0..count).map(|_| input.text(what).map(Into::into)).collect()
}

/// Reads labels that may be printed: their text and types.
fn printable<'a>(input: &mut Input<'a>, own: &[u8]) -> Result<(&'a [u8], &'a [u8])> {
    let text = input.bytes("labels")?;
    let types = input.bytes("types of labels")?;
    match is_printable(text, types, own) {
        true => Ok((text, types)),
        false => Err(input.malformed("labels that can be printed")),
    }
}

fn sketch_of(input: &mut Input<'_>) -> Result<Sketch> {
    let mut sketch = Sketch {
        zeros: input.count("a count of zeros")?,
        min: input.count("a smallest observation")?,
        max: input.count("a largest observation")?,
        octaves: Vec::new(),
    };
    let octaves = input.items("a number of octaves")?;
    for _ in 0..octaves {
        let octave = u16::try_from(input.length("an octave")?).ok().and_then(Octave::unpack);
        let octave = octave.ok_or_else(|| input.malformed("an octave"))?;
        let bits = input.length("the buckets of an octave")?;
        if bits >> CELLS != 0 {
            return Err(input.malformed("the buckets of an octave"));
        }
        // Not `Sketch::octave`, which searches: each octave is written once, in ascending order.
        if sketch.octaves.last().is_some_and(|(last, _)| *last >= octave) {
            return Err(input.malformed("octaves in ascending order"));
        }
        let mut counts = [0.0; CELLS];
        for (cell, count) in counts.iter_mut().enumerate() {
            if bits >> cell & 1 == 1 {
                *count = input.count("a count")?;
            }
        }
        sketch.octaves.push((octave, counts));
    }
    Ok(sketch)
}
