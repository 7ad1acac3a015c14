//! What a scrape is to read.

use crate::heap::FamilySpec;

/// Whose parts are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All slots, also those of the dead.
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

/// Which families and whose parts are read.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Whose parts.
    pub scope: Scope,
    /// Registries of which every family is chosen.
    pub tags: Vec<String>,
    /// Single families: registry and name.
    pub families: Vec<(String, String)>,
    /// Every family of every registry.
    pub everything: bool,
    /// Of what is chosen, only families of these names.
    pub only: Option<Vec<String>>,
    /// Exemplars, too.
    pub exemplars: bool,
    /// Without default labels: series that differ in nothing else are one.
    pub plain: bool,
    /// Unix time in milliseconds, by which the windows of summaries expire; [`scrape`] takes its own
    /// clock where there is none.
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
