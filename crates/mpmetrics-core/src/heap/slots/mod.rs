//! The slots of writers: how a writer claims or adopts one, and where its slabs have room.

pub mod adopt;
pub mod awaited;
pub mod claimed;
pub mod exemplar;
pub mod residue;
pub mod room;
pub mod slot;
