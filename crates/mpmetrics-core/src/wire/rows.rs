//! Frames of families that the heap does not hold.

use super::input::Input;
use super::output::{push_double, push_length, push_text};
use crate::error::Result;
use crate::exposition::extra::{ExtraFamily, Sample, SampleExemplar};
use crate::labels::is_whole;

/// Appends a family's body. Leaves out rows whose labels break the grammar of [`crate::labels`]: an object that is no
/// metric of this library may have any text as the name of a label.
pub(super) fn push(out: &mut Vec<u8>, family: &ExtraFamily, prefix: &str) {
    let unit = family.unit.as_deref().unwrap_or_default();
    for text in [&*family.help, &*family.type_name, unit] {
        push_text(out, text.as_bytes());
    }
    out.push(u8::from(family.yields));
    let whole = |sample: &&Sample| is_whole(sample.labels.as_bytes(), b"");
    push_length(out, family.samples.iter().filter(whole).count() as u64);
    for sample in family.samples.iter().filter(whole) {
        push_text(out, [prefix, &*sample.name].concat().as_bytes());
        push_text(out, sample.labels.as_bytes());
        push_double(out, sample.value);
        let exemplar = sample.exemplar.as_ref();
        match exemplar.filter(|exemplar| is_whole(exemplar.labels.as_bytes(), b"")) {
            None => out.push(0),
            Some(exemplar) => {
                out.push(if exemplar.time.is_some() { 2 } else { 1 });
                push_text(out, exemplar.labels.as_bytes());
                push_double(out, exemplar.value);
                exemplar.time.into_iter().for_each(|time| push_double(out, time));
            }
        }
    }
}

pub(super) fn read(name: &str, body: &[u8]) -> Result<ExtraFamily> {
    let input = &mut Input::new(body);
    let help = input.text("a help text")?.to_owned();
    let type_name = input.text("a type")?.to_owned();
    let unit = input.text("a unit")?;
    let yields = input.byte("whether rows yield")? != 0;
    let samples = input.items("a number of rows")?;
    let samples = (0..samples).map(|_| sample(input)).collect::<Result<_>>()?;
    if !input.is_empty() {
        return Err(input.malformed("the end of a frame"));
    }
    let unit = (!unit.is_empty()).then(|| unit.to_owned());
    Ok(ExtraFamily { name: name.to_owned(), help, type_name, unit, yields, samples })
}

fn sample(input: &mut Input<'_>) -> Result<Sample> {
    let name = input.text("the name of a row")?.to_owned();
    let labels = labels(input)?;
    let value = input.double("the value of a row")?;
    let exemplar = match input.byte("whether a row has an exemplar")? {
        0 => None,
        timed @ (1 | 2) => {
            let labels = self::labels(input)?;
            let value = input.double("the value of an exemplar")?;
            let time = (timed == 2).then(|| input.double("the time of an exemplar")).transpose()?;
            Some(SampleExemplar { labels, value, time })
        }
        _ => return Err(input.malformed("whether a row has an exemplar")),
    };
    Ok(Sample { name, labels, value, exemplar })
}

fn labels(input: &mut Input<'_>) -> Result<String> {
    let labels = input.text("the labels of a row")?;
    match is_whole(labels.as_bytes(), b"") {
        true => Ok(labels.to_owned()),
        false => Err(input.malformed("labels of a row that can be printed")),
    }
}
