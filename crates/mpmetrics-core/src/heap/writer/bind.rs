//! Finding or making a series, and a writer's block of it.

use super::turn::Turn;
use super::{checked, take_lock, FamilyLimit, Writer};
use crate::error::{Error, Result};
use crate::heap::blocks::{block, octave_buckets, reclaim, shared};
use crate::heap::directory::family::Shape;
use crate::heap::directory::label_text::Labels;
use crate::heap::directory::{defaults, family, generation, series};
use crate::heap::memory::address::Address;
use crate::heap::memory::lock::Locked;
use crate::heap::slots::claimed::Claimed;
use crate::layout::{header, BlockHead, BlockKey, BlockKind};

impl Writer {
    /// Finds or makes a series and this writer's block of it.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the labels are not well-formed, [`Error::Busy`], [`Error::Full`],
    /// [`Error::Limit`], [`Error::Lost`], [`Error::Corrupt`].
    pub fn bind(&mut self, family: u32, text: &[u8], types: &[u8]) -> Result<Address> {
        let mut made = None;
        self.bind_each(family, [(text, types)], |address| made = Some(address))?;
        made.unwrap_or(Err(Error::Lost))
    }

    /// [`Writer::bind`] for several series of a family, in order, under one hold of the heap lock. The first two are
    /// always tried, and further ones until 200 µs after the second was begun. `found` is called for each series that
    /// was tried; call again for the others.
    ///
    /// # Errors
    /// As [`Writer::bind`], if they concern all series. `found` gets the error of a single series.
    pub fn bind_each<'a>(
        &mut self,
        family: u32,
        given: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
        mut found: impl FnMut(Result<Address>),
    ) -> Result<()> {
        self.check()?;
        let Self { heap, locks, mine, groups, sets, .. } = self;
        let declared = groups.get(&family).copied();
        let set = declared.and_then(|one| sets.get(&one.group)).copied().unwrap_or(0);
        let locked = take_lock(heap, &**locks, mine)?;
        kill_point!("register.begun");
        let shape =
            declared.map_or_else(|| family::shape_of(heap.words(), family), |one| Ok(one.shape))?;
        let limit = declared.map_or_else(FamilyLimit::default, |one| one.limit);
        for (text, types) in Turn::new(given) {
            let made = checked(text, types)
                .and_then(|labels| bind(&locked, mine, (family, shape, limit.most), labels, set));
            let refusal = made.as_ref().err().and_then(Error::refusal);
            if let Some(refusal) = refusal.filter(|_| limit.drops) {
                locked.words().add_header(header::DROPPED + refusal as usize, 1);
            }
            let broken = matches!(made, Err(Error::Corrupt { .. }));
            found(made);
            if broken {
                break;
            }
        }
        Ok(())
    }
}

fn bind(
    locked: &Locked<'_>,
    mine: &mut Claimed,
    (family, shape, most): (u32, Shape, u64),
    given: Labels<'_>,
    set: u16,
) -> Result<Address> {
    let hash = series::hash(locked, family, given);
    let (id, generation) = loop {
        let id = match series::find(locked, family, hash, given)? {
            Some(id) => id,
            None => series::create(locked, family, most, hash, given)?,
        };
        let generation = generation::of(locked.words(), id)?;
        // A process that cannot get the lock removes a series without it, so the series may have been removed just now.
        if generation::lives(generation) {
            break (id, generation);
        }
    };
    let key = BlockKey { series: id, generation };
    if shape.kind == BlockKind::Shared {
        if let Err(error) = shared::bind(locked, key, set) {
            reclaim::remove_unused(locked, id, generation)?;
            return Err(error);
        }
        return Ok(shared::address(key));
    }
    if let Some(at) = mine.blocks.get(&(id, set)).copied() {
        let words = locked.words();
        let head = block::head(words, at)?;
        if block::key(words, at)? == key && (head.kind, head.words) == (shape.kind, shape.words) {
            if head.absent {
                octave_buckets::zero(words, at, head)?;
                block::show(words, at, head)?;
            }
            return mine.address(locked, at, key);
        }
        // The place was given to another series: this block belongs to the one that was removed.
        mine.blocks.remove(&(id, set));
    }
    let at = match mine.room(locked, shape.words) {
        Ok(at) => at,
        Err(error) => {
            reclaim::remove_unused(locked, id, generation)?;
            return Err(error);
        }
    };
    let incarnation = mine.incarnation;
    let head = BlockHead {
        kind: shape.kind,
        absent: false,
        residue: false,
        words: shape.words,
        incarnation,
    };
    series::add_block(locked.words(), id)?;
    defaults::add_user(locked.words(), set)?;
    kill_point!("register.counted");
    block::publish(locked.words(), at, head, key, set)?;
    kill_point!("register.done");
    mine.blocks.insert((id, set), at);
    mine.address(locked, at, key)
}
