//! Sets the default labels that a writer's series of one registry have.

use super::{checked, take_lock, Writer};
use crate::error::{Error, Result};
use crate::heap::blocks::{block, shared};
use crate::heap::directory::defaults;
use crate::heap::memory::table::SERIES;
use crate::heap::slots::claimed;
use crate::layout::{block as blk, series as ser, BlockBirth, Carried};

impl Writer {
    /// Sets the default labels of a group. A group is a registry in the writer's isolate. All series that this life of
    /// the writer has bound, or will bind, in the group get these labels.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the labels are not well-formed, [`Error::Busy`], [`Error::Full`],
    /// [`Error::Limit`], [`Error::Lost`], [`Error::Retired`], [`Error::Corrupt`].
    pub fn default_labels(&mut self, group: u32, text: &[u8], types: &[u8]) -> Result<()> {
        self.check()?;
        let given = checked(text, types)?;
        let Self { heap, locks, mine, groups, sets, .. } = self;
        let locked = take_lock(heap, &**locks, mine)?;
        let set = if text.is_empty() { 0 } else { defaults::declare(&locked, given)? };
        let before = sets.get(&group).copied().unwrap_or(0);
        let others = sets.iter().filter(|(of, other)| **of != group && **other != 0);
        let mut others: Vec<u16> = others.map(|(_, other)| *other).collect();
        others.sort_unstable();
        others.dedup();
        if set != 0 && !others.contains(&set) && others.len() >= Carried::MOST {
            // The slot has no room to refer to one more set, and a set without a reference would be freed while it is
            // in use. If the set was made just now, it has no user, and these two calls free it.
            defaults::add_user(locked.words(), set)?;
            defaults::drop_user(locked.words(), set)?;
            let (what, limit) = ("sets of default labels in one thread", Carried::MOST as u64);
            return Err(Error::Limit { what, limit });
        }
        sets.insert(group, set);
        if set == before {
            return Ok(());
        }
        mine.carry(&locked, sets)?;
        let words = locked.words();
        let in_group = |family: u32| groups.get(&family).is_some_and(|one| one.group == group);
        let own: Vec<(u32, u64)> = mine
            .blocks
            .iter()
            .filter(|((_, of), _)| *of == before)
            .map(|((id, _), at)| (*id, *at))
            .collect();
        for (id, at) in own {
            let family = words.load(SERIES.find(words, id)? + ser::FAMILY)? as u32;
            let head = block::head(words, at)?;
            if !in_group(family) || claimed::inherited(head, mine.incarnation) {
                continue;
            }
            let birth = block::birth(words, at)?;
            words.store(at + blk::BIRTH, BlockBirth { defaults: set, ..birth }.pack())?;
            kill_point!("defaults.renamed");
            defaults::add_user(words, set)?;
            defaults::drop_user(words, before)?;
            mine.blocks.remove(&(id, before));
            mine.blocks.insert((id, set), at);
        }
        shared::rename_all(&locked, set, in_group)
    }
}
