//! The heap: lays out a segment's contents, and has most of the Rust code that changes them. (Updates of cells are in
//! `cells`, answers to the doorbell in `doorbell`.)
//!
//! Records of families, series, default labels and slots, and blocks in slabs, are the source of truth. Free lists, the
//! hash index and all counts of users are derived from them. Only the holder of the heap lock changes derived words,
//! and meanwhile the header's intent word is set. If the holder dies at any instruction, the next holder finds the
//! intent word set, and rebuilds all derived words (`recover`).

mod blocks;
mod candidate;
mod description;
mod directory;
mod entry;
mod init;
#[cfg(all(test, loom))]
pub(crate) mod loom;
mod memory;
mod recover;
mod slots;
mod succession;
mod writer;

pub use blocks::shared::SLAB as SHARED_SLAB;
pub use candidate::Candidate;
pub use description::Description;
pub use directory::family::{FamilySpec, MAX_STATES};
pub use directory::label_values::Values;
pub use entry::HeldLock;
pub use init::{Limits, Setup};
pub use memory::address::{Address, OctaveAddress};
pub use memory::heap::{origin_of, Heap};
pub use memory::lock::LOCK_DEADLINE_US;
pub use slots::claimed::Owner;
pub use writer::Writer;

pub(crate) use blocks::block::{again, exemplar_buckets, for_each_block, for_each_slab, Again};
pub(crate) use blocks::moving::Moving;
pub(crate) use blocks::octave_buckets::{for_each_moved as for_each_octave, sub_windows_of};
pub(crate) use blocks::shared::for_each as for_each_shared;
pub(crate) use directory::defaults::read as read_defaults;
pub(crate) use directory::family::{decode as decode_family, is_of_epoch};
pub(crate) use directory::series::read as read_labels;
pub(crate) use init::{check, check_header, root};
pub(crate) use memory::table::{DEFAULTS, FAMILIES, GENERATIONS, SERIES, SLOTS};
pub(crate) use slots::awaited::is_awaited;
pub(crate) use succession::{copy, Succession};
/// Functions that loom models run concurrently with a scrape.
#[cfg(all(test, loom))]
pub(crate) use {
    blocks::block::free as free_block, blocks::moving::cell as merge_cell,
    blocks::octave_buckets::publish as publish_octave, slots::residue::mark as mark_residue,
};
