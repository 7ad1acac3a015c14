//! The choice of the writers and families that a scrape reads.

use crate::heap::FamilySpec;

/// The writers whose parts are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All slots, including those of dead writers.
    #[default]
    Application,
    /// The slots of the process with this key: those of all its threads.
    Process(u64),
    /// One life of one slot: one thread.
    Writer {
        /// The slot's number.
        slot: u32,
        /// The slot's life.
        incarnation: u32,
    },
    /// No slot.
    None,
}

impl Scope {
    pub(super) fn has(self, id: u32, incarnation: u32, process: u64) -> bool {
        match self {
            Self::Application => true,
            Self::Process(key) => process == key,
            Self::Writer { slot, incarnation: life } => slot == id && incarnation == life,
            Self::None => false,
        }
    }
}

/// The choice of the families and of the writers whose parts are read.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// The writers whose parts are read.
    pub scope: Scope,
    /// Tags of the registries whose families are all chosen.
    pub tags: Vec<String>,
    /// Single families that are chosen: the registry's tag, and the family's name.
    pub families: Vec<(String, String)>,
    /// Whether every family of every registry is chosen.
    pub everything: bool,
    /// If it is set, chosen families with other names are not read.
    pub only: Option<Vec<String>>,
    /// Whether exemplars are read, too.
    pub exemplars: bool,
    /// Whether default labels are left out. Series that differ only in default labels are joined then.
    pub plain: bool,
    /// This text is printed before all names of families. The label that shows a state has the name of its family, so
    /// the prefix is printed before this label's name, too. A default label with the resulting name is not printed, and
    /// series that are then printed with the same labels are joined.
    pub prefix: String,
    /// Unix time in milliseconds, by which the windows of summaries expire. If it is `None`, [`scrape`] reads
    /// the clock.
    ///
    /// [`scrape`]: super::scrape
    pub now: Option<f64>,
}

impl Filter {
    pub(super) fn chooses(&self, family: &FamilySpec) -> bool {
        let chosen = self.everything
            || self.tags.contains(&family.tag)
            || self.families.iter().any(|(tag, name)| *tag == family.tag && *name == family.name);
        chosen && self.only.as_ref().is_none_or(|names| names.contains(&family.name))
    }
}
