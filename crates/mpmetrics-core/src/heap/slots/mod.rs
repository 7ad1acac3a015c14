//! The slots of writers, what a writer has in its slot, and how the next one takes it over.

pub mod adopt;
pub mod awaited;
pub mod claimed;
pub mod exemplar;
pub mod room;
pub mod slot;
