//! Families: name, type, help text, label names, options and registry tag. Families that differ in any of these are
//! different families, even if they have the same name. A family is never removed.

use super::index::{self, Target};
use crate::aggregator::Aggregator;
use crate::error::{Error, Result};
use crate::form::Form;
use crate::heap::memory::lock::Locked;
use crate::heap::memory::table::FAMILIES;
use crate::heap::memory::text;
use crate::layout::{block, family, header, BlockKind, FamilyShape, Words, MAX_BLOCK_WORDS};
use crate::metric_type::MetricType;
use siphasher::sip::SipHasher13;
use std::hash::Hasher;

/// The declaration of a family: it identifies the family, and determines the layout of its blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilySpec {
    /// The tag of the registry that shows the family.
    pub tag: String,
    /// Metric name.
    pub name: String,
    /// Help text.
    pub help: String,
    /// Type.
    pub metric_type: MetricType,
    /// The aggregator's name.
    pub aggregator: String,
    /// Label names, in declared order.
    pub label_names: Vec<String>,
    /// The options that are numbers.
    ///
    /// - A histogram has its upper bounds, in configured order, without the implied last one.
    /// - A summary has [`numbers`](crate::quantile::summary::SummaryOptions::numbers).
    /// - A state set has the mask that a cell of 0 stands for.
    /// - A gauge, state set or info that counts the dead has one more number at the end: how many dead lives are shown.
    ///   The number matters only if each life is shown by itself.
    pub numbers: Vec<f64>,
    /// The states of a state set, in declared order: the n-th is bit n of a mask. Empty for other types.
    pub states: Vec<String>,
}

/// How a family counts the parts of dead writers, whose blocks would else end with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// Each life is kept by itself. The number says how many ended lives are shown: those that ended last.
    Lives(u64),
    /// The values are joined by this aggregator.
    Values(Aggregator),
    /// The masks of a state set are joined by this aggregator. `of_zero` is the mask that a cell of 0 stands for.
    Masks {
        /// The rule for each state.
        aggregator: Aggregator,
        /// The mask that a cell of 0 stands for.
        of_zero: u64,
    },
}

impl FamilySpec {
    /// Returns how the family counts the dead; `None` if it does not.
    #[must_use]
    pub fn keeping(&self) -> Option<Keeping> {
        let aggregator = Aggregator::of(self.metric_type, &self.aggregator, &self.label_names);
        let (lives, of_zero) = match (self.metric_type, &self.numbers[..]) {
            (MetricType::Gauge | MetricType::Info, [lives]) => (*lives as u64, 0),
            (MetricType::StateSet, [of_zero, lives]) => (*lives as u64, *of_zero as u64),
            _ => return None,
        };
        if self.metric_type == MetricType::Info || aggregator == Aggregator::All {
            return Some(Keeping::Lives(lives.max(1)));
        }
        aggregator.counts_dead().then_some(match self.metric_type {
            MetricType::StateSet => Keeping::Masks { aggregator, of_zero },
            _ => Keeping::Values(aggregator),
        })
    }

    /// Returns whether a residue of the family has a number for each state, after the mask: how many ended lives were in
    /// that state last.
    #[must_use]
    pub fn tallies(&self) -> bool {
        matches!(self.keeping(), Some(Keeping::Masks { aggregator: Aggregator::Sum, .. }))
    }

    /// Returns how many bounds a histogram has, or how many sub-windows a summary has. For a family that counts the
    /// dead, returns the number of its states if [`FamilySpec::tallies`] is true, and else 1. The length of the
    /// family's blocks depends on the result, except with the aggregator `mostrecent`.
    #[must_use]
    pub fn repeats(&self) -> u64 {
        match self.metric_type {
            MetricType::StateSet if self.tallies() => self.states.len() as u64,
            MetricType::StateSet | MetricType::Info => u64::from(self.keeping().is_some()),
            _ => Form::of(self.metric_type, &self.aggregator).repeats_of(&self.numbers),
        }
    }
}
/// Largest number of a state set's states: the bits of the mask, which is a whole number in a double.
pub const MAX_STATES: usize = 53;

/// The shape of the blocks of a family's series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Kind of block.
    pub kind: BlockKind,
    /// Number of words of a block, with its head.
    pub words: u16,
}

/// Returns the shape of the blocks of a family of this form. `repeats` is its [`FamilySpec::repeats`].
fn shape(form: &Form, repeats: u64) -> Result<Shape> {
    let most = form.repeats.1;
    if repeats > most {
        return Err(Error::Limit { what: form.limited, limit: most });
    }
    let words = block::CELLS.saturating_add(form.cells_of(repeats));
    if words > MAX_BLOCK_WORDS {
        let limit = (MAX_BLOCK_WORDS - block::CELLS - form.cells) / form.repeated;
        return Err(Error::Limit { what: form.limited, limit });
    }
    Ok(Shape { kind: form.block, words: words as u16 })
}

/// Returns a family's text. For a state set, the names of the states are written after the label names, and the count
/// of the states is written after the other numbers.
fn encode(spec: &FamilySpec) -> Vec<u8> {
    let count = (spec.metric_type == MetricType::StateSet).then_some(spec.states.len() as f64);
    let numbers = || spec.numbers.iter().copied().chain(count);
    let mut to = Vec::new();
    let mut push = |value: usize| to.extend_from_slice(&(value as u32).to_le_bytes());
    push(spec.metric_type as usize);
    push(spec.label_names.len() + spec.states.len());
    push(numbers().count());
    let texts = [&spec.tag, &spec.name, &spec.help, &spec.aggregator];
    let texts = || texts.into_iter().chain(&spec.label_names).chain(&spec.states);
    for text in texts() {
        push(text.len());
    }
    for number in numbers() {
        to.extend_from_slice(&number.to_bits().to_le_bytes());
    }
    for text in texts() {
        to.extend_from_slice(text.as_bytes());
    }
    to
}

/// Whether a family's text has the number of a type that only a later minor version of the layout knows.
fn is_of_later_type(bytes: &[u8]) -> bool {
    let number = bytes.first_chunk().map(|le| u32::from_le_bytes(*le) as usize);
    number.is_some_and(|number| MetricType::of_number(number).is_none())
}

/// Parses a family's text.
fn parse(bytes: &[u8]) -> Option<FamilySpec> {
    let (heads, _) = bytes.as_chunks::<4>();
    let number = |index: usize| heads.get(index).map(|le| u32::from_le_bytes(*le) as usize);
    let metric_type = MetricType::of_number(number(0)?)?;
    let (names, numbers) = (number(1)?, number(2)?);
    let texts = names.checked_add(4)?;
    let numbers_at = texts.checked_add(3)?.checked_mul(4)?;
    let mut at = numbers.checked_mul(8)?.checked_add(numbers_at)?;
    let (bits, _) = bytes.get(numbers_at..at)?.as_chunks::<8>();
    let mut parts = Vec::with_capacity(texts.min(bytes.len()));
    for index in 0..texts {
        let end = at.checked_add(number(3 + index)?)?;
        parts.push(core::str::from_utf8(bytes.get(at..end)?).ok()?.to_owned());
        at = end;
    }
    let mut label_names = parts.split_off(4);
    let [tag, name, help, aggregator] = <[String; 4]>::try_from(parts).ok()?;
    let mut numbers: Vec<f64> =
        bits.iter().map(|le| f64::from_bits(u64::from_le_bytes(*le))).collect();
    let mut states = Vec::new();
    if metric_type == MetricType::StateSet {
        // The cast makes 0 of NaN and of a negative number. If more states are counted than there are names,
        // `checked_sub` returns `None`.
        let count = numbers.pop()? as usize;
        states = label_names.split_off(label_names.len().checked_sub(count)?);
    }
    (states.len() <= MAX_STATES).then_some(FamilySpec {
        tag,
        name,
        help,
        metric_type,
        aggregator,
        label_names,
        numbers,
        states,
    })
}

/// Returns the hash of a family's text.
fn hash_of((k0, k1): (u64, u64), text: &[u8]) -> u64 {
    let mut hasher = SipHasher13::new_with_keys(k0, k1);
    hasher.write(text);
    hasher.finish()
}

/// Returns the declaration of the family with this number, or `None` if its record is not complete, or if the family is
/// of a type that only a later minor version of the layout knows.
///
/// # Errors
/// [`Error::Corrupt`] if the text does not have the hash that is in the record, or cannot be parsed.
pub fn decode(words: Words<'_>, id: u32) -> Result<Option<FamilySpec>> {
    let at = FAMILIES.find(words, id)?;
    if words.load(at + family::STATE)? != 1 {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let text = words.load(at + family::TEXT)?;
    text::append(words, text, words.load(at + family::LENGTH)? as usize, &mut bytes)?;
    let key = (words.header(header::HASH_KEY), words.header(header::HASH_KEY + 1));
    let same = words.load(at + family::HASH)? == hash_of(key, &bytes);
    if same && is_of_later_type(&bytes) {
        return Ok(None);
    }
    let spec = same.then(|| parse(&bytes)).flatten();
    spec.map(Some).ok_or(Error::Corrupt { what: "a family", at: text.saturating_mul(8) })
}

/// Returns the shape of a family's blocks.
pub fn shape_of(words: Words<'_>, id: u32) -> Result<Shape> {
    let at = FAMILIES.find(words, id)?;
    let stored = FamilyShape::unpack(words.load(at + family::SHAPE)?);
    // `shape` fails only in a damaged heap, because no family is declared with more repeats than the limit.
    let shape = Form::of_numbers(stored.metric_type, stored.form)
        .and_then(|form| shape(form, stored.repeats).ok());
    if u64::from(id) >= words.header(header::FAMILIES) || words.load(at + family::STATE)? != 1 {
        let value = id.to_string();
        return Err(Error::Invalid { what: "the number of a declared family", value });
    }
    shape.ok_or(Error::Corrupt { what: "a family's type", at: at * 8 })
}

/// Returns how a family counts the dead; `None` if it does not, or if its text is damaged.
pub fn keeping(words: Words<'_>, id: u32) -> Result<Option<Keeping>> {
    let shape = words.load(FAMILIES.find(words, id)? + family::SHAPE)?;
    // Few families count the dead, and only the text of these is decoded.
    if FamilyShape::unpack(shape).repeats == 0 {
        return Ok(None);
    }
    Ok(decode(words, id).ok().flatten().and_then(|spec| spec.keeping()))
}

/// Finds or makes a family. Returns its number and the shape of its blocks.
///
/// The shape follows from the spec. If the record of a family with the same text has another shape, the record is
/// damaged, and is corrected.
pub fn declare(locked: &Locked<'_>, spec: &FamilySpec) -> Result<(u32, Shape)> {
    if spec.states.len() > MAX_STATES {
        return Err(Error::Limit { what: "states of a state set", limit: MAX_STATES as u64 });
    }
    let form = Form::of(spec.metric_type, &spec.aggregator);
    let repeats = spec.repeats();
    let shape = shape(form, repeats)?;
    // The record has the type of the form, which is "gauge" for a state set or info. So processes of an older minor
    // version, which do not know the family's own type, can adopt and recover its blocks.
    let packed = FamilyShape { metric_type: form.metric_type as u8, form: form.number, repeats };
    let packed = packed.pack();
    let bytes = encode(spec);
    text::class_of(bytes.len())?;
    let hash = hash_of(locked.heap().hash_key(), &bytes);
    let words = locked.words();
    let found = index::find(words, hash, |target| match target {
        Target::Series(_) => Ok(false),
        Target::Family(id) => same(words, id, &bytes),
    })?;
    if let Some(Target::Family(id)) = found {
        words.store(FAMILIES.find(words, id)? + family::SHAPE, packed)?;
        return Ok((id, shape));
    }
    index::reserve(locked)?;
    let id = locked.words().header(header::FAMILIES) as u32;
    let at = FAMILIES.ensure(locked, id)?;
    let text = text::store(locked, &[&bytes])?;
    kill_point!("family.text");
    let words = locked.words();
    words.store(at + family::HASH, hash)?;
    words.store(at + family::TEXT, text)?;
    words.store(at + family::LENGTH, bytes.len() as u64)?;
    words.store(at + family::SERIES, 0)?;
    words.store(at + family::SHAPE, packed)?;
    kill_point!("family.record");
    // SYNC POINT: a reader that sees the state sees the record. A reader that sees the count sees the state.
    words.store(at + family::STATE, 1)?;
    kill_point!("family.stated");
    words.set_header(header::FAMILIES, u64::from(id) + 1);
    kill_point!("family.counted");
    index::insert(words, hash, Target::Family(id))?;
    Ok((id, shape))
}

fn same(words: Words<'_>, id: u32, bytes: &[u8]) -> Result<bool> {
    let at = FAMILIES.find(words, id)?;
    let length = words.load(at + family::LENGTH)?;
    if length != bytes.len() as u64 {
        return Ok(false);
    }
    let mut stored = Vec::with_capacity(bytes.len());
    text::append(words, words.load(at + family::TEXT)?, bytes.len(), &mut stored)?;
    Ok(stored == bytes)
}

/// Notes that a family is declared in this epoch.
pub fn renew(words: Words<'_>, id: u32) -> Result<()> {
    words.store(FAMILIES.find(words, id)? + family::EPOCH, words.header(header::EPOCH))
}

/// Returns whether a family was declared in the present epoch.
pub fn is_of_epoch(words: Words<'_>, id: u32) -> Result<bool> {
    Ok(words.load(FAMILIES.find(words, id)? + family::EPOCH)? == words.header(header::EPOCH))
}

/// Adds `by` to the number of a family's living series.
pub fn count_series(words: Words<'_>, id: u32, by: i64) -> Result<()> {
    let at = FAMILIES.find(words, id)? + family::SERIES;
    words.store(at, words.load(at)?.saturating_add_signed(by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_family_round_trips_and_bytes_never_panic(
            texts in proptest::array::uniform4(".*"),
            label_names in proptest::collection::vec(".*", 0..5),
            numbers in proptest::collection::vec(-1e9f64..1e9, 0..20),
            noise in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let [tag, name, help, aggregator] = texts;
            let metric_type = MetricType::Histogram;
            let states = Vec::new();
            let spec =
                FamilySpec { tag, name, help, metric_type, aggregator, label_names, numbers, states };
            prop_assert_eq!(parse(&encode(&spec)), Some(spec.clone()));
            // A state set has the same texts: first all label names become states, then the first one stays a label
            // name and the others become states.
            for first in 0..=spec.label_names.len().min(1) {
                let mut spec = FamilySpec { metric_type: MetricType::StateSet, ..spec.clone() };
                spec.states = spec.label_names.split_off(first);
                prop_assert_eq!(parse(&encode(&spec)), Some(spec));
            }
            let _ = parse(&noise);
            prop_assert!(parse(&noise).is_none() || !is_of_later_type(&noise));
        }
    }
}
