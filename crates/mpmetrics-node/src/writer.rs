//! A writer as JavaScript calls it, with the views of the heap through which JavaScript stores.

use crate::convert::{failure, invalid, Result, Spec};
use crate::status::{Out, Status};
use crate::views::view_of;
use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::heap::{Address, FamilySpec, OctaveAddress, Writer};
use mpmetrics_core::layout::BlockKey;
use mpmetrics_core::quantile::octave::Octave;
use mpmetrics_core::segment::Segment;
use mpmetrics_core::{Error, Refusal};
use napi::bindgen_prelude::{ArrayBuffer, Float64Array, Uint32Array};
use napi::Env;
use napi_derive::napi;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

/// A writer that ends with its JavaScript environment, even if JavaScript objects still refer to it.
pub type SharedWriter = Rc<RefCell<Option<Writer>>>;

/// The writer of one isolate.
#[napi]
pub struct NativeWriter {
    segment: Arc<Segment>,
    writer: SharedWriter,
    slot: u32,
    incarnation: u32,
}

/// Returns the words that answer a bind: the address of the series, or a status and the reason of a refusal.
fn filled(address: Result<Address, Error>) -> Result<[u32; Out::LEN]> {
    let mut out = [0; Out::LEN];
    match address {
        Ok(address) => {
            out[Out::Slab as usize] = address.slab;
            out[Out::Cell as usize] = address.cell;
            out[Out::Chunk as usize] = address.chunk;
            out[Out::Word as usize] = address.word;
            out[Out::Generation as usize] = address.generation;
            out[Out::Series as usize] = address.series;
            out[Out::Flags as usize] = u32::from(address.inherited);
        }
        Err(error) => {
            out[Out::Status as usize] = Status::of(&error)? as u32;
            out[Out::Slab as usize] = error.refusal().map_or(0, |refusal| refusal as u32);
        }
    }
    Ok(out)
}

/// Returns the words that answer a request for a summary's buckets: status, slab and cell.
fn placed(found: Result<OctaveAddress, Error>) -> Result<[u32; 3]> {
    Ok(match found {
        Ok(found) => [Status::Ok as u32, found.slab, found.cell],
        Err(error) => [Status::of_block::<()>(Err(error))?, 0, 0],
    })
}

fn known_octave(octave: u32) -> Result<Octave> {
    let known = u16::try_from(octave).ok().and_then(Octave::unpack);
    known.ok_or_else(|| invalid("an octave", octave))
}

impl NativeWriter {
    pub(crate) fn new(segment: Arc<Segment>, writer: SharedWriter) -> Result<Self> {
        let numbers = writer.borrow().as_ref().map(|writer| (writer.slot(), writer.incarnation()));
        let (slot, incarnation) = numbers.ok_or_else(|| failure(&Error::Lost))?;
        Ok(Self { segment, writer, slot, incarnation })
    }

    /// Runs a call on the writer. Returns [`Error::Lost`] if the writer's environment has ended.
    pub(crate) fn with<T>(
        &self,
        call: impl FnOnce(&mut Writer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.writer.borrow_mut().as_mut().map_or(Err(Error::Lost), call)
    }

    /// Makes a call that cannot fail. Returns an error only if the writer's environment has ended.
    fn tell(&self, call: impl FnOnce(&Writer)) -> Result<()> {
        let told = self.with(|writer| {
            call(writer);
            Ok(())
        });
        told.map_err(|error| failure(&error))
    }

    /// An ArrayBuffer over the heap's own memory.
    fn view(&self, env: &Env, (at, words): (u64, u64)) -> Result<ArrayBuffer<'static>> {
        view_of(env, &self.segment, at, words)?.ok_or_else(|| {
            failure(&Error::Unsupported("views of external memory: this runtime copies them"))
        })
    }
}

#[napi]
impl NativeWriter {
    /// Slot number.
    #[napi(getter)]
    pub fn slot(&self) -> u32 {
        self.slot
    }

    /// Notes that this isolate's event loop runs, for those who look at the segment.
    #[napi]
    pub fn show_life(&self) -> Result<()> {
        self.tell(Writer::show_life)
    }

    /// Number of this life of the slot.
    #[napi(getter)]
    pub fn incarnation(&self) -> u32 {
        self.incarnation
    }

    /// Declares a family. Returns its number, or a status as a negative number.
    #[napi]
    pub fn family(&self, spec: Spec, group: u32) -> Result<i32> {
        let spec = FamilySpec::try_from(spec)?;
        match self.with(|writer| writer.family(&spec, group)) {
            Ok(id) => Ok(id as i32),
            Err(error) => Status::of(&error).map(|status| -(status as i32)),
        }
    }

    /// Takes this life's declaration of a family back.
    #[napi]
    pub fn withdraw(&self, family: u32) -> Result<()> {
        Status::of_call(self.with(|writer| writer.withdraw(family))).map(drop)
    }

    /// Finds or makes a series and this writer's block of it; fills `out`.
    #[napi]
    pub fn bind(
        &self,
        family: u32,
        labels: String,
        types: String,
        mut out: Uint32Array,
    ) -> Result<()> {
        // SAFETY: JavaScript is in this call and runs nothing else meanwhile.
        let out = unsafe { out.as_mut() };
        let Some(out) = out.first_chunk_mut::<{ Out::LEN }>() else {
            return Err(invalid("`out` has eight words", out.len()));
        };
        *out =
            filled(self.with(|writer| writer.bind(family, labels.as_bytes(), types.as_bytes())))?;
        Ok(())
    }

    /// [`NativeWriter::bind`] for several series, under one hold of the heap lock: `texts` has labels and types of each
    /// in turn, `out` eight words for each. Returns how many were tried, from the first on; call again for the others.
    #[napi]
    pub fn bind_each(&self, family: u32, texts: Vec<String>, mut out: Uint32Array) -> Result<u32> {
        // SAFETY: JavaScript is in this call and runs nothing else meanwhile.
        let out = unsafe { out.as_mut() };
        let (outs, _) = out.as_chunks_mut::<{ Out::LEN }>();
        let mut outs = outs.iter_mut();
        let (pairs, _) = texts.as_chunks::<2>();
        if pairs.len() > outs.len() {
            return Err(invalid("`out` has eight words for each series", out.len()));
        }
        let mut tried = 0;
        let mut failed = Ok(());
        let mut note = |address| {
            tried += 1;
            match (filled(address), outs.next()) {
                (Ok(words), Some(out)) => *out = words,
                (Err(error), _) => failed = Err(error),
                (Ok(_), None) => {}
            }
        };
        let given = pairs.iter().map(|[labels, types]| (labels.as_bytes(), types.as_bytes()));
        if let Err(error) = self.with(|writer| writer.bind_each(family, given, &mut note)) {
            note(Err(error));
        }
        failed.map(|()| tried)
    }

    /// Shows a block again that was marked absent. Returns a status.
    #[napi]
    pub fn revive(&self, slab: u32, cell: u32, series: u32, generation: u32) -> Result<u32> {
        let key = BlockKey { series, generation };
        Status::of_block(self.with(|writer| writer.revive(slab, cell, key)))
    }

    /// Records an exemplar for a block. `numbers` has slab, cell, series, generation, bucket, value, time, and 1 if
    /// room may be made for the exemplar, else 0. Returns a status: `Full` if room is needed and may not be made.
    #[napi]
    pub fn exemplar(&self, numbers: Float64Array, labels: String, types: String) -> Result<u32> {
        let Some(&[slab, cell, series, generation, bucket, value, time, room]) =
            numbers.first_chunk()
        else {
            return Err(invalid("`numbers` has eight elements", numbers.len()));
        };
        let key = BlockKey { series: series as u32, generation: generation as u32 };
        let at = (slab as u32, cell as u32, key);
        let given = Given { value, time, text: labels.as_bytes(), types: types.as_bytes() };
        let bucket = bucket as u32;
        Status::of_block(self.with(|writer| {
            if room == 0.0 && writer.exemplar_needs_room(at, bucket, &given)? {
                return Err(Error::Full { what: "no block for an exemplar yet" });
            }
            writer.exemplar(at, bucket, &given)
        }))
    }

    /// Hides the exemplars of a block. Returns a status.
    #[napi]
    pub fn clear_exemplars(
        &self,
        slab: u32,
        cell: u32,
        series: u32,
        generation: u32,
    ) -> Result<u32> {
        let key = BlockKey { series, generation };
        Status::of_block(self.with(|writer| writer.clear_exemplars(slab, cell, key)))
    }

    /// Finds or makes the buckets that a summary has for an octave; fills `out` with a status, slab and cell.
    #[napi]
    pub fn buckets(
        &self,
        slab: u32,
        cell: u32,
        series: u32,
        generation: u32,
        octave: u32,
        mut out: Uint32Array,
    ) -> Result<()> {
        // SAFETY: JavaScript is in this call and runs nothing else meanwhile.
        let out = unsafe { out.as_mut() };
        let Some(out) = out.first_chunk_mut::<3>() else {
            return Err(invalid("`out` has three words", out.len()));
        };
        let octave = known_octave(octave)?;
        let key = BlockKey { series, generation };
        *out = placed(self.with(|writer| writer.buckets(slab, cell, key, octave)))?;
        Ok(())
    }

    /// [`NativeWriter::buckets`] for several blocks, under one hold of the heap lock: `asked` has slab, cell, series,
    /// generation and octave of each, `out` three words for each. Returns how many were tried, from the first on; call
    /// again for the others.
    #[napi]
    pub fn buckets_each(&self, asked: Uint32Array, mut out: Uint32Array) -> Result<u32> {
        // SAFETY: JavaScript is in this call and runs nothing else meanwhile.
        let out = unsafe { out.as_mut() };
        let (outs, _) = out.as_chunks_mut::<3>();
        let (asked, _) = asked.as_chunks::<5>();
        if asked.len() > outs.len() {
            return Err(invalid("`out` has three words for each", out.len()));
        }
        let given: Vec<_> = asked
            .iter()
            .map(|&[slab, cell, series, generation, octave]| {
                Ok((slab, cell, BlockKey { series, generation }, known_octave(octave)?))
            })
            .collect::<Result<_>>()?;
        let mut outs = outs.iter_mut();
        let mut tried = 0;
        let mut failed = Ok(());
        let mut note = |made| {
            tried += 1;
            match (placed(made), outs.next()) {
                (Ok(words), Some(out)) => *out = words,
                (Err(error), _) => failed = Err(error),
                (Ok(_), None) => {}
            }
        };
        if let Err(error) = self.with(|writer| writer.buckets_each(given, &mut note)) {
            note(Err(error));
        }
        failed.map(|()| tried)
    }

    /// The buckets that a summary has: octave, slab and cell of each. Empty if the block
    /// belongs to another series now.
    #[napi]
    pub fn all_buckets(
        &self,
        slab: u32,
        cell: u32,
        series: u32,
        generation: u32,
    ) -> Result<Uint32Array> {
        let key = BlockKey { series, generation };
        let found = match self.with(|writer| writer.all_buckets(slab, cell, key)) {
            Err(error) if error.code() == mpmetrics_core::Code::Invalid => Vec::new(),
            found => found.map_err(|error| failure(&error))?,
        };
        let words = found.iter().flat_map(|one| [u32::from(one.octave.pack()), one.slab, one.cell]);
        Ok(Uint32Array::new(words.collect()))
    }

    /// Counts observations that no quantile shows.
    #[napi]
    pub fn count_unranked(&self, observations: f64) -> Result<()> {
        self.tell(|writer| writer.count_unranked(observations as u64))
    }

    /// Counts observations that count in the nearest bucket, because their series had the maximum of octaves.
    #[napi]
    pub fn count_clamped(&self, observations: f64) -> Result<()> {
        self.tell(|writer| writer.count_clamped(observations as u64))
    }

    /// Gives a block back. Returns a status.
    #[napi]
    pub fn release(&self, slab: u32, cell: u32, series: u32, generation: u32) -> Result<u32> {
        let key = BlockKey { series, generation };
        Status::of_block(self.with(|writer| writer.release(slab, cell, key)))
    }

    /// Removes a series for all writers. Returns a status.
    #[napi]
    pub fn remove(&self, family: u32, labels: String, types: String) -> Result<u32> {
        let (text, types) = (labels.as_bytes(), types.as_bytes());
        Status::of_call(self.with(|writer| writer.remove(family, text, types)))
    }

    /// Removes all series that a scrape shows with this family, for all writers. Returns a status.
    #[napi]
    pub fn remove_all(&self, family: u32) -> Result<u32> {
        Status::of_call(self.with(|writer| writer.remove_all(family)))
    }

    /// Removes series of this family for all writers, because no writer updates them, under one hold of the heap lock.
    /// `texts` has labels and types of each in turn. Returns how many were handled, from the first on, also those that
    /// did not exist any more (call again for the others); or a status as a negative number.
    #[napi]
    pub fn expire(&self, family: u32, texts: Vec<String>) -> Result<i32> {
        let (pairs, _) = texts.as_chunks::<2>();
        let given = pairs.iter().map(|[labels, types]| (labels.as_bytes(), types.as_bytes()));
        match self.with(|writer| writer.expire(family, given)) {
            Ok(removed) => Ok(removed as i32),
            Err(error) => Status::of(&error).map(|status| -(status as i32)),
        }
    }

    /// Whether `expire` ended this generation of the series.
    #[napi]
    pub fn expired(&self, series: u32, generation: u32) -> Result<bool> {
        self.with(|writer| writer.expired(BlockKey { series, generation }))
            .map_err(|error| failure(&error))
    }

    /// Sets the default labels of a registry of this isolate. `group` is the registry's number. Returns a status.
    #[napi]
    pub fn default_labels(&self, group: u32, labels: String, types: String) -> Result<u32> {
        let (text, types) = (labels.as_bytes(), types.as_bytes());
        Status::of_call(self.with(|writer| writer.default_labels(group, text, types)))
    }

    /// Counts updates that JavaScript dropped because their series was refused. `refusal` is the reason's number.
    #[napi]
    pub fn count_dropped(&self, refusal: u32, updates: u32) -> Result<()> {
        let known = Refusal::ALL.get(refusal as usize).copied();
        let refusal = known.ok_or_else(|| invalid("the number of a reason", refusal))?;
        self.tell(|writer| writer.count_dropped(refusal, updates))
    }

    /// The memory of a slab.
    #[napi]
    pub fn slab(&self, env: &Env, number: u32) -> Result<ArrayBuffer<'static>> {
        let found = self.with(|writer| Ok(writer.slab(number))).map_err(|error| failure(&error))?;
        self.view(env, found.ok_or_else(|| invalid("the number of a slab", number))?)
    }

    /// The memory of a generation chunk.
    #[napi]
    pub fn generations(&self, env: &Env, chunk: u32) -> Result<ArrayBuffer<'static>> {
        let found =
            self.with(|writer| writer.generations(chunk)).map_err(|error| failure(&error))?;
        self.view(env, found)
    }
}
