//! Random programs of several writers, and a plain map of the series that a scrape has to show.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use mpmetrics_core::heap::{Heap, Setup, Writer};
use mpmetrics_core::layout::header;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::quantile::octave::locate;
use mpmetrics_core::quantile::sketch::Sketch;
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::snapshot::Value;
use mpmetrics_core::scrape::walk::{walk, Patience};
use mpmetrics_core::Error;
use proptest::prelude::*;

use crate::handle::{spec, Handle};

const TYPES: [MetricType; 4] =
    [MetricType::Counter, MetricType::Gauge, MetricType::Histogram, MetricType::Summary];
/// Label sets, each in two spellings.
const LABELS: [[&str; 2]; 5] = [
    ["", ""],
    [r#"a="1""#, r#"a="1""#],
    [r#"a="1",b="2""#, r#"b="2",a="1""#],
    [r#"a="1,b:2""#, r#"a="1,b:2""#],
    [r#"b="x\"y\n",a="ü""#, r#"a="ü",b="x\"y\n""#],
];
/// Sets of default labels. The first one is empty.
const SETS: [&str; 3] = ["", r#"w="1""#, r#"w="2",app="web""#];
const WRITERS: usize = 3;

#[derive(Clone, Debug)]
pub enum Step {
    /// Makes a new writer with this number. The old one dies first.
    Spawn(usize),
    Kill(usize),
    Update(usize, Name, u8),
    Remove(usize, Name),
    /// Removes a series while another process holds the heap lock.
    RemoveUnlocked(usize, Name),
    Release(usize, Name),
    Hide(usize, Name),
    Defaults(usize, usize),
    /// Leaves the heap as if the last holder of the heap lock had died in the middle of a change.
    Interrupt,
}

/// A series: kind, label set, and spelling of the labels.
#[derive(Clone, Copy, Debug)]
pub struct Name(usize, usize, usize);

pub fn step() -> impl Strategy<Value = Step> {
    let name = || (0..TYPES.len(), 0..LABELS.len(), 0..2_usize).prop_map(|(k, l, s)| Name(k, l, s));
    let writer = || 0..WRITERS;
    prop_oneof![
        30 => (writer(), name(), 1..9_u8).prop_map(|(w, n, v)| Step::Update(w, n, v)),
        6 => (writer(), name()).prop_map(|(w, n)| Step::Remove(w, n)),
        1 => (writer(), name()).prop_map(|(w, n)| Step::RemoveUnlocked(w, n)),
        5 => (writer(), name()).prop_map(|(w, n)| Step::Release(w, n)),
        5 => (writer(), name()).prop_map(|(w, n)| Step::Hide(w, n)),
        5 => (writer(), 0..SETS.len()).prop_map(|(w, s)| Step::Defaults(w, s)),
        4 => writer().prop_map(Step::Spawn),
        3 => writer().prop_map(Step::Kill),
        3 => Just(Step::Interrupt),
    ]
}

/// A series as it is shown: kind, label set, and set of default labels.
type Shown = (usize, usize, usize);

/// An entry of the plain map: one writer's part of a series, as it has to be.
#[derive(Clone, Copy, Debug)]
struct Part {
    slot: u32,
    name: Shown,
    /// Whether the latest life of the slot made the part.
    own: bool,
    hidden: bool,
    /// For a counter or gauge, one number. For a histogram, buckets and sum. For a summary, count, sum, and how
    /// often each value from 1 to 8 was observed.
    cells: [f64; 10],
}

impl Part {
    fn update(&mut self, kind: MetricType, value: f64) {
        match kind {
            MetricType::Counter => self.cells[0] += value,
            MetricType::Gauge | MetricType::StateSet | MetricType::Info => self.cells[0] = value,
            MetricType::Histogram => {
                let bucket = if value <= 1.0 {
                    0
                } else if value <= 2.0 {
                    1
                } else {
                    2
                };
                self.cells[bucket] += 1.0;
                self.cells[3] += value;
            }
            MetricType::Summary => {
                self.cells[0] += 1.0;
                self.cells[1] += value;
                self.cells[1 + value as usize] += 1.0;
            }
        }
    }
}

struct Alive {
    writer: Writer,
    families: [u32; 4],
    set: usize,
    /// The handles that an application keeps, also when they are stale.
    handles: HashMap<Shown, Handle>,
    /// For each name, the part that the writer gets when it binds that name.
    current: HashMap<Shown, usize>,
}

pub struct World {
    pub heap: Heap,
    lives: [Option<Alive>; WRITERS],
    parts: BTreeMap<usize, Part>,
    next: usize,
}

impl World {
    pub fn new() -> Self {
        let region = Arc::new(Owned::new(1 << 18));
        let heap = Heap::create(region, &Setup::default()).expect("room for a heap");
        Self { heap, lives: [const { None }; WRITERS], parts: BTreeMap::new(), next: 0 }
    }

    pub fn run(&mut self, step: &Step) {
        match *step {
            Step::Spawn(number) => self.spawn(number),
            Step::Kill(number) => self.lives[number] = None,
            Step::Update(number, name, value) => self.update(number, name, f64::from(value)),
            Step::Remove(number, name) => self.remove(number, name, false),
            Step::RemoveUnlocked(number, name) => self.remove(number, name, true),
            Step::Release(number, name) => self.release(number, name),
            Step::Hide(number, name) => self.hide(number, name),
            Step::Defaults(number, set) => self.defaults(number, set),
            Step::Interrupt => self.heap.words().set_header(header::INTENT, 1),
        }
    }

    pub fn spawn(&mut self, number: usize) {
        self.lives[number] = None;
        let mut writer = self.heap.writer(1, number as u32).expect("a slot");
        let families = TYPES.map(|kind| writer.family(&spec(kind), 0).expect("a family"));
        // Adopts the parts of the slot, except gauges and hidden parts. Parts of the same name are merged.
        let mut current: HashMap<Shown, usize> = HashMap::new();
        let mine: Vec<usize> = self
            .parts
            .iter()
            .filter(|(_, part)| part.slot == writer.slot())
            .map(|(id, _)| *id)
            .collect();
        for id in mine {
            let part = self.parts[&id];
            if part.hidden || TYPES[part.name.0] == MetricType::Gauge {
                self.parts.remove(&id);
            } else if let Some(other) = current.get(&part.name) {
                self.parts.remove(&id);
                let other = self.parts.get_mut(other).expect("a part");
                other.cells.iter_mut().zip(part.cells).for_each(|(sum, cell)| *sum += cell);
            } else {
                self.parts.get_mut(&id).expect("a part").own = false;
                current.insert(part.name, id);
            }
        }
        let handles = HashMap::new();
        self.lives[number] = Some(Alive { writer, families, set: 0, handles, current });
    }

    /// Updates as an application does, through its handle. If the part is hidden, first zeroes the block and shows it
    /// again. If the handle is stale or its block was freed, binds the series again.
    pub fn update(&mut self, number: usize, Name(kind, labels, spelling): Name, value: f64) {
        let Some(alive) = &mut self.lives[number] else { return };
        let name = (kind, labels, alive.set);
        let known = alive.current.get(&name).copied().filter(|id| self.parts.contains_key(id));
        let handle = alive.handles.get(&name).copied();
        let fresh = handle.filter(|handle| handle.fresh(&self.heap).expect("a generation"));
        assert!(fresh.is_none() || known.is_some(), "a handle that outlived its series is fresh");
        let hidden = known.is_some_and(|id| self.parts[&id].hidden);
        let shown = fresh.filter(|handle| {
            if hidden {
                handle.zero(&alive.writer).expect("cells");
                let cell = handle.address.cell;
                return alive.writer.revive(handle.address.slab, cell, handle.key()).is_ok();
            }
            true
        });
        let handle = shown.unwrap_or_else(|| {
            let text = LABELS[labels][spelling].as_bytes();
            let made = Handle::bind(&mut alive.writer, TYPES[kind], alive.families[kind], text);
            made.expect("a series")
        });
        alive.handles.insert(name, handle);
        handle.update(&mut alive.writer, value).expect("cells");
        let id = known.unwrap_or(self.next);
        self.next = self.next.max(id + 1);
        alive.current.insert(name, id);
        let part = self.parts.entry(id).or_insert(Part {
            slot: alive.writer.slot(),
            name,
            own: true,
            hidden: false,
            cells: [0.0; 10],
        });
        assert_eq!(handle.address.inherited, !part.own && TYPES[kind] != MetricType::Gauge);
        if part.hidden {
            (part.hidden, part.cells) = (false, [0.0; 10]);
        }
        part.update(TYPES[kind], value);
    }

    pub fn remove(&mut self, number: usize, Name(kind, labels, spelling): Name, unlocked: bool) {
        let Some(alive) = &mut self.lives[number] else { return };
        let held = unlocked.then(|| self.heap.hold_lock().expect("the heap lock"));
        let text = LABELS[labels][spelling].as_bytes();
        let removed = alive.writer.remove(alive.families[kind], text, b"").expect("an answer");
        drop(held);
        let before = self.parts.len();
        self.parts.retain(|_, part| (part.name.0, part.name.1) != (kind, labels));
        assert!(removed || before == self.parts.len(), "a series that is there was not found");
    }

    pub fn release(&mut self, number: usize, Name(kind, labels, _): Name) {
        let Some(alive) = &mut self.lives[number] else { return };
        let name = (kind, labels, alive.set);
        let Some(handle) = alive.handles.get(&name).copied() else { return };
        let id = alive.current.get(&name).copied();
        let part = id.and_then(|id| Some((id, *self.parts.get(&id)?)));
        let address = handle.address;
        match (alive.writer.release(address.slab, address.cell, handle.key()), part) {
            (Ok(()), Some((id, part))) if part.own => {
                // Other writers may still have the series, so its generation stays. A writer that gives a block
                // back forgets the handle.
                alive.handles.remove(&name);
                self.parts.remove(&id);
            }
            (Ok(()), Some(_)) => {}
            // The series was removed.
            (Err(Error::Invalid { .. }), None) => {}
            // The writer may have freed the hidden block to make room for another series.
            (Err(Error::Invalid { .. }), Some((_, part))) => assert!(part.hidden),
            (result, part) => unreachable!("{result:?} for {part:?}"),
        }
    }

    pub fn hide(&mut self, number: usize, Name(kind, labels, _): Name) {
        let Some(alive) = &mut self.lives[number] else { return };
        let name = (kind, labels, alive.set);
        let Some(handle) = alive.handles.get(&name) else { return };
        let id = alive.current.get(&name).copied();
        let Some(part) = id.and_then(|id| self.parts.get_mut(&id)) else { return };
        if handle.fresh(&self.heap).expect("a generation") && !part.hidden {
            handle.hide(&self.heap).expect("a block");
            part.hidden = true;
        }
    }

    pub fn defaults(&mut self, number: usize, set: usize) {
        let Some(alive) = &mut self.lives[number] else { return };
        alive.writer.default_labels(0, SETS[set].as_bytes(), b"").expect("default labels");
        let before = std::mem::replace(&mut alive.set, set);
        if before == set {
            return;
        }
        let moved: Vec<Shown> =
            alive.current.keys().copied().filter(|name| name.2 == before).collect();
        for name in moved {
            let id = alive.current[&name];
            let Some(part) = self.parts.get_mut(&id).filter(|part| part.own) else { continue };
            part.name.2 = set;
            alive.current.remove(&name);
            alive.current.insert(part.name, id);
            if let Some(handle) = alive.handles.remove(&name) {
                alive.handles.insert(part.name, handle);
            }
        }
    }

    /// Returns the series that a scrape has to show.
    pub fn expected(&self) -> BTreeMap<Shown, Vec<f64>> {
        let mut shown: BTreeMap<Shown, Vec<f64>> = BTreeMap::new();
        for part in self.parts.values() {
            let kind = TYPES[part.name.0];
            let lives = self.lives.iter().flatten().any(|alive| alive.writer.slot() == part.slot);
            if part.hidden || (kind == MetricType::Gauge && !lives) {
                continue;
            }
            let cells = match kind {
                MetricType::Counter
                | MetricType::Gauge
                | MetricType::StateSet
                | MetricType::Info => 1,
                MetricType::Histogram => 4,
                MetricType::Summary => 10,
            };
            let sums = shown.entry(part.name).or_insert_with(|| vec![0.0; cells]);
            sums.iter_mut().zip(part.cells).for_each(|(sum, cell)| *sum += cell);
        }
        shown
    }

    /// Returns the series that a scrape shows.
    pub fn scraped(&self) -> BTreeMap<Shown, Vec<f64>> {
        let living = self.heap.living().expect("who lives");
        let filter = Filter { everything: true, ..Filter::default() };
        let words = self.heap.words();
        let (snapshot, _) = walk(words.0, &living, &filter, Patience::default()).expect("a scrape");
        let mut shown = BTreeMap::new();
        for family in &snapshot.families {
            let kind = TYPES.iter().position(|kind| *kind == family.metric_type).expect("a kind");
            for series in &family.series {
                let text = std::str::from_utf8(snapshot.bytes(series.labels.text)).expect("UTF-8");
                let labels = LABELS.iter().position(|spellings| spellings.contains(&text));
                let set = series.defaults.checked_sub(1).map_or("", |index| {
                    let span = snapshot.defaults[index as usize].text;
                    std::str::from_utf8(snapshot.bytes(span)).expect("UTF-8")
                });
                let set = SETS.iter().position(|known| *known == set).expect("default labels");
                let value = match series.value {
                    Value::Scalar(value) => vec![value],
                    Value::Summary { sum, count, sketch } => {
                        [&[count, sum][..], &observed(&snapshot.sketches[sketch as usize])].concat()
                    }
                    Value::Histogram { sum, counts } => [snapshot.counts(counts), &[sum]].concat(),
                    Value::States(numbers) => snapshot.counts(numbers).to_vec(),
                };
                let twice = shown.insert((kind, labels.expect("labels"), set), value);
                assert_eq!(twice, None, "a series is shown twice");
            }
        }
        shown
    }

    /// Returns derived words.
    pub fn derived(&self) -> Vec<u64> {
        let words = self.heap.words();
        [header::LIVE_SERIES, header::FREE_COUNT, header::INDEX_USED]
            .map(|at| words.header(at))
            .into()
    }
}

/// Returns how often each value from 1 to 8 was observed, and checks that no other value was.
fn observed(sketch: &Sketch) -> Vec<f64> {
    let mut all = sketch.clone();
    let counts: Vec<f64> = (1..=8)
        .map(|value| {
            let (octave, cell) = locate(f64::from(value)).expect("a bucket");
            std::mem::take(&mut all.octave(octave)[cell])
        })
        .collect();
    // Leaves out the smallest and the largest value: a sketch that has these is never empty.
    let others = Sketch { octaves: all.octaves, zeros: all.zeros, ..Sketch::default() };
    assert!(others.is_empty(), "{others:?}");
    counts
}
