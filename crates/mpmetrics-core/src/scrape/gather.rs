//! Adds the blocks of all writers up to one value for each series.

use super::filter::Filter;
use super::generations::Generations;
use super::life::Life;
use super::names::{is_metric_name, is_printable};
use super::newest::{is_short, Newest};
use super::own::PREFIX;
use super::part::{value, Known, Origin, Part, Wanted, ANY, NONE};
use super::sets::Sets;
use super::snapshot::{Exemplar, LabelSpan, Series, Snapshot};
use super::spare::{self, Spare};
use super::states;
use super::summary::Reading;
use super::writer_labels::name_writer;
use crate::aggregator::Aggregator;
use crate::cells::exemplar::Read;
use crate::error::Result;
use crate::form::Protocol;
use crate::heap::{self, FAMILIES, SERIES};
use crate::layout::{gauge, header, series as ser, BlockBirth, BlockHead, BlockKey, Words};
use crate::metric_type::Values;
use crate::quantile::sketch::Sketch;
use crate::quantile::summary::Window;

/// Bytes of label text for which a scrape reserves room, for each series.
const LABELS_GUESS: usize = 32;

/// A living series of a chosen family, to which a block belongs.
pub struct Chosen {
    series: u32,
    family: u32,
}

/// The sums of all series, while a walk reads blocks.
pub struct Gather<'a> {
    words: Words<'a>,
    wanted: Vec<Wanted>,
    by_family: Vec<u32>,
    known: Vec<Known>,
    generations: Generations<'a>,
    parts: Vec<Part>,
    /// The writer whose blocks are read.
    writer: Origin,
    cells: Vec<f64>,
    /// While a block of a state set is added: a number for each state, made from the mask ([`states::expand`]).
    expanded: Vec<f64>,
    sketches: Vec<Sketch>,
    text: Vec<u8>,
    /// Whether default labels are left out.
    plain: bool,
    sets: Sets,
    spare: Vec<Series>,
    /// `None` if exemplars are not asked for.
    exemplars: Option<Newest>,
    /// Number of families, series and blocks that are left out because their words are damaged.
    damaged: u64,
}

impl<'a> Gather<'a> {
    pub fn new(words: Words<'a>, filter: &Filter) -> Result<Self> {
        let generations = Generations::new(words)?;
        let families = FAMILIES.count(words, header::FAMILIES)?;
        let (mut wanted, mut by_family) = (Vec::new(), Vec::new());
        let mut damaged = 0;
        // The loop below leaves out single damaged records. But if the table is shorter than the number of records
        // says, the table or the number is damaged, and the whole scrape fails here.
        if let Some(last) = families.checked_sub(1) {
            FAMILIES.find(words, last)?;
        }
        for id in 0..families {
            by_family.push(NONE);
            let spec = match heap::decode_family(words, id) {
                Ok(Some(spec))
                    if is_metric_name(spec.name.as_bytes()) && states::is_printable(&spec) =>
                {
                    spec
                }
                Ok(None) => continue,
                Ok(Some(_)) | Err(_) => {
                    damaged += 1;
                    continue;
                }
            };
            if filter.chooses(&spec) && heap::is_of_epoch(words, id)? {
                if let Some(last) = by_family.last_mut() {
                    *last = wanted.len() as u32;
                }
                wanted.push(Wanted::new(spec));
            }
        }
        // Checked before memory for so many records is allocated, because the number may be damaged.
        let series = SERIES.count(words, header::SERIES)?;
        if let Some(last) = series.checked_sub(1) {
            SERIES.find(words, last)?;
        }
        let series = series as usize;
        let unread = Known { generation: 0, family: NONE, part: NONE };
        let Spare { mut known, mut parts, mut cells, text, series: spare } = spare::take();
        known.resize(series, unread);
        // Vectors that grow by doubling would touch fresh pages at each step.
        let live = (words.header(header::LIVE_SERIES) as usize).min(series);
        parts.reserve(live);
        cells.reserve(live);
        Ok(Self {
            words,
            wanted,
            by_family,
            known,
            generations,
            parts,
            writer: ANY,
            cells,
            expanded: Vec::new(),
            sketches: Vec::new(),
            text,
            plain: filter.plain,
            sets: Sets::default(),
            spare,
            exemplars: filter.exemplars.then(Newest::default),
            damaged,
        })
    }

    /// Notes the writer of the blocks that are added next.
    pub fn of_writer(&mut self, pid: u32, thread: u32) {
        self.writer = Origin { pid, thread };
    }

    /// Notes that a writer declared a family. A gauge's declaration ends with its writer's life, except
    /// that of a shared gauge.
    pub fn declare(&mut self, family: u32, birth: u64, current: bool) {
        let index = self.by_family.get(family as usize).copied().unwrap_or(NONE);
        if let Some(wanted) = self.wanted.get_mut(index as usize) {
            if current || !wanted.form.of_one_life {
                wanted.birth = Some(wanted.birth.map_or(birth, |before| before.min(birth)));
            }
        }
    }

    /// Whether the family of a series was declared by a writer whose blocks were read.
    pub fn is_declared(&mut self, key: BlockKey) -> Result<bool> {
        let chosen = self.choose(key)?;
        let wanted = chosen.and_then(|chosen| self.wanted.get(chosen.family as usize));
        Ok(wanted.is_some_and(|wanted| wanted.birth.is_some()))
    }

    /// Returns the series of a block, if the series lives and its family is chosen.
    #[inline]
    pub fn choose(&mut self, key: BlockKey) -> Result<Option<Chosen>> {
        // A place that was made after this walk began is left to the next walk.
        let Some(known) = self.known.get_mut(key.series as usize) else {
            return Ok(None);
        };
        if known.generation == 0 {
            let generation = self.generations.get(key.series);
            if generation % 2 == 1 {
                let at = SERIES.find(self.words, key.series)?;
                let family = self.words.load(at + ser::FAMILY)?;
                let index = self.by_family.get(usize::try_from(family).unwrap_or(usize::MAX));
                // By now the place may have a series of another family, while blocks of the removed
                // series still exist. Pairs with `heap::directory::series::create`.
                if self.generations.get(key.series) == generation {
                    known.family = index.copied().unwrap_or(NONE);
                }
            }
            known.generation = generation;
        }
        let living = key.generation % 2 == 1 && known.generation == key.generation;
        let (series, family) = (key.series, known.family);
        Ok((living && family != NONE).then_some(Chosen { series, family }))
    }

    /// Whether the parts of dead writers count in the family of a gauge's block.
    pub fn counts_dead(&self, of: &Chosen) -> bool {
        self.wanted.get(of.family as usize).is_some_and(|wanted| wanted.counts_dead)
    }

    /// Returns how many cells are read of a block whose cells are plain.
    pub fn plain_cells(&self, of: &Chosen, residue: bool) -> usize {
        let wanted = self.wanted.get(of.family as usize);
        wanted.map_or(1, |wanted| wanted.plain_cells(residue))
    }

    /// Returns the window of the summary to which a block belongs.
    pub fn window(&self, of: &Chosen) -> Option<Window> {
        self.wanted.get(of.family as usize).and_then(|wanted| wanted.options.window)
    }

    /// Adds the cells of one block, and its observations.
    pub fn add(
        &mut self,
        to: &Chosen,
        head: BlockHead,
        born: BlockBirth,
        life: Life,
        read: &Reading,
    ) -> Result<()> {
        let Reading { cells, sketch, .. } = read;
        let set = if self.plain { 0 } else { born.defaults };
        let Some(wanted) = self.wanted.get_mut(to.family as usize) else {
            return Ok(());
        };
        let most = wanted.cells.max(wanted.plain_cells(head.residue));
        if head.kind != wanted.form.block || cells.len() != most {
            self.damaged += 1;
            return Ok(());
        }
        let cells = match wanted.spec.metric_type.values() {
            Values::States if most > wanted.cells => &cells[gauge::TALLY as usize..],
            Values::States => {
                states::expand(&wanted.spec, cells, &mut self.expanded);
                &*self.expanded
            }
            _ => &cells[..wanted.sums],
        };
        let dead = life != Life::Present;
        let writer = match (wanted.aggregator, life) {
            (Aggregator::All, Life::Of(writer)) => writer,
            (Aggregator::All, _) => self.writer,
            _ => ANY,
        };
        let first = self.known[to.series as usize].part;
        let mut index = first;
        while let Some(part) = self.parts.get_mut(index as usize) {
            if part.set == set && part.writer == writer {
                let read = (cells, sketch);
                part.merge(wanted, (born.birth, dead), read, &mut self.cells, &mut self.sketches);
                return Ok(());
            }
            index = part.next;
        }
        index = self.parts.len() as u32;
        wanted.parts.push(index);
        self.known[to.series as usize].part = index;
        let start = self.cells.len() as u32;
        self.cells.extend_from_slice(cells);
        if wanted.aggregator == Aggregator::MostRecent {
            // `Part::merge` compares the births of parts that were set in the same millisecond.
            self.cells.push(born.birth as f64);
        }
        let (series, birth) = (to.series, born.birth);
        let mut in_sketches = NONE;
        if wanted.form.protocol == Protocol::Sketched {
            in_sketches = self.sketches.len() as u32;
            self.sketches.push(sketch.clone());
        }
        let defaults = self.sets.find(self.words, set, &mut self.text)?;
        let (next, blocks, sketch) = (first, 1, in_sketches);
        let part = Part { series, set, writer, defaults, next, birth, dead, blocks, start, sketch };
        self.parts.push(part);
        Ok(())
    }

    /// Whether exemplars are asked for.
    pub fn shows_exemplars(&self) -> bool {
        self.exemplars.is_some()
    }

    /// The buffer to which label texts are appended.
    pub fn text_mut(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// Adds an exemplar whose text and types were appended to the texts from `start` on.
    pub fn add_exemplar(
        &mut self,
        to: &Chosen,
        set: u16,
        bucket: u32,
        start: usize,
        read: Read,
    ) -> Result<()> {
        let set = if self.plain { 0 } else { set };
        let (text, types) = self.text[start..].split_at(read.text.min(self.text.len() - start));
        let printable = read.time.is_finite() && is_short(text) && is_printable(text, types, b"");
        match &mut self.exemplars {
            Some(exemplars) if printable => {
                let labels = LabelSpan::new(start, start + read.text, self.text.len())?;
                let Read { value, time, .. } = read;
                exemplars.add(to.series, set, Exemplar { bucket, value, time, labels });
            }
            _ => self.text.truncate(start),
        }
        Ok(())
    }

    /// Whether a part has no observation in its window, and its family hides such series.
    fn idle(&self, wanted: &Wanted, part: &Part) -> bool {
        wanted.options.prune
            && self.sketches.get(part.sketch as usize).is_some_and(Sketch::is_empty)
    }

    /// Collects the series to remove: those that were observed, but not in their window. A series that was never
    /// observed is hidden anyway, and may be observed at the next moment.
    fn pruned(&self, wanted: &Wanted, to: &mut Vec<BlockKey>) {
        for first in wanted.parts.iter().copied() {
            let Some(part) = self.parts.get(first as usize) else { continue };
            let known = &self.known[part.series as usize];
            let mut index = known.part;
            // A series with several parts is collected once, at its first part.
            if index != first {
                continue;
            }
            let mut observed = false;
            while let Some(part) = self.parts.get(index as usize) {
                if !self.idle(wanted, part) {
                    break;
                }
                observed |= self.cells[part.start as usize] > 0.0;
                index = part.next;
            }
            if index == NONE && observed {
                to.push(BlockKey { series: part.series, generation: known.generation });
            }
        }
    }

    /// Returns the snapshot, with families and series in the order of births; the series to remove; and the number of
    /// damaged families, series, blocks and sets of default labels that were left out.
    pub fn finish(mut self) -> Result<(Snapshot, Vec<BlockKey>, u64)> {
        let mut pruned = Vec::new();
        let text = std::mem::take(&mut self.text);
        let defaults = std::mem::take(&mut self.sets.spans);
        let (exemplars, spans) = self.exemplars.take().unwrap_or_default().finish();
        let mut snapshot = Snapshot { text, defaults, exemplars, ..Snapshot::default() };
        snapshot.text.reserve(self.parts.len() * LABELS_GUESS);
        for mut wanted in std::mem::take(&mut self.wanted) {
            if wanted.options.prune {
                self.pruned(&wanted, &mut pruned);
            }
            let parts = std::mem::take(&mut wanted.parts);
            // The first family takes the spare buffer, because it is often the largest one.
            let mut series = std::mem::take(&mut self.spare);
            series.reserve(parts.len());
            for index in parts {
                let part = self.parts[index as usize];
                if wanted.aggregator == Aggregator::Omit && part.blocks > 1
                    || self.idle(&wanted, &part)
                {
                    continue;
                }
                // The heap's own figures report damage, so they are shown even if their default labels are damaged.
                let figure = wanted.spec.aggregator.starts_with(PREFIX).then_some(0);
                let Some(defaults) = part.defaults.or(figure) else {
                    continue;
                };
                let own = match wanted.spec.metric_type.values() {
                    Values::States => wanted.spec.name.as_bytes(),
                    _ => wanted.spec.metric_type.row_label(),
                };
                if let Some(labels) = self.labels(part, own, &mut snapshot.text)? {
                    let (value, set_at) = value(&wanted, &part, &self.cells);
                    let (birth, key) = (part.birth, (part.series, part.set));
                    let exemplars = spans.get(&key).copied().unwrap_or_default();
                    let parts = part.blocks;
                    series.push(Series {
                        birth,
                        labels,
                        defaults,
                        value,
                        set_at,
                        parts,
                        exemplars,
                    });
                }
            }
            series.sort_by_key(|series| series.birth);
            let first = series.first().map(|series| series.birth);
            let Some(birth) = wanted.birth.or(first) else {
                continue;
            };
            snapshot.families.push(wanted.show(birth, series));
        }
        snapshot.families.sort_by_key(|family| family.birth);
        snapshot.cells = self.cells;
        snapshot.sketches = self.sketches;
        spare::leave(self.known, self.parts);
        Ok((snapshot, pruned, self.damaged + self.sets.damaged))
    }

    /// Appends the labels of a part. `None` if its series was removed meanwhile, or its labels are damaged.
    fn labels(&mut self, part: Part, own: &[u8], text: &mut Vec<u8>) -> Result<Option<LabelSpan>> {
        let start = text.len();
        let generation = self.known[part.series as usize].generation;
        let mut split = match heap::read_labels(self.words, part.series, generation, text) {
            Ok(Some(split)) if is_printable(&text[start..split], &text[split..], own) => split,
            Ok(None) => return Ok(None),
            Ok(Some(_)) | Err(_) => {
                text.truncate(start);
                self.damaged += 1;
                return Ok(None);
            }
        };
        if part.writer != ANY {
            split = name_writer(part.writer, start, split, text);
        }
        LabelSpan::new(start, split, text.len()).map(Some)
    }
}
