//! Numbers that `ts/native/index.ts` defines, too. When `ts/binding.ts` loads this module, it compares the names that
//! both sides give to these numbers.

use crate::convert::{failure, Result};
use mpmetrics_core::{Code, Error};

/// The result of a call: whether it was done, or why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok,
    /// Another process holds the heap lock. The caller tries again later.
    Busy,
    /// No memory left for a new series.
    Full,
    /// A limit is reached.
    Limit,
    /// The writer's slot was lost, or the segment is retired.
    Lost,
    /// The heap's bytes contradict each other, or are of another layout version.
    Corrupt,
    /// The block does not belong to the series any more.
    Gone,
}

impl Status {
    const ALL: [Self; 7] = {
        use Status::{Busy, Corrupt, Full, Gone, Limit, Lost, Ok};
        [Ok, Busy, Full, Limit, Lost, Corrupt, Gone]
    };

    /// The names, in the order of the numbers.
    pub fn names() -> Vec<String> {
        Self::ALL.iter().map(|status| format!("{status:?}")).collect()
    }

    /// Returns the status of an error. Throws an error that has no status, because another try would fail in the same
    /// way: the caller gave a wrong argument, or the system refused a call. A caller that sees the error can go on in
    /// its own memory.
    pub fn of(error: &Error) -> Result<Self> {
        match error.code() {
            Code::Busy => Ok(Self::Busy),
            Code::Full => Ok(Self::Full),
            Code::Limit => Ok(Self::Limit),
            Code::Lost | Code::Retired => Ok(Self::Lost),
            Code::Corrupt | Code::Version => Ok(Self::Corrupt),
            _ => Err(failure(error)),
        }
    }

    /// Returns the status of a call without a result.
    pub fn of_call<T>(done: Result<T, Error>) -> Result<u32> {
        match done {
            Ok(_) => Ok(Self::Ok as u32),
            Err(error) => Self::of(&error).map(|status| status as u32),
        }
    }

    /// Returns the status of a call that names a block and its series: [`Status::Gone`] if the block does not belong to
    /// the series any more.
    pub fn of_block<T>(done: Result<T, Error>) -> Result<u32> {
        match done {
            Err(error) if error.code() == Code::Invalid => Ok(Self::Gone as u32),
            done => Self::of_call(done),
        }
    }
}

/// The words that `bind` fills in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    /// A [`Status`].
    Status,
    /// Number of the slab; if the series was refused, the reason's number.
    Slab,
    /// Index of the first cell in the slab.
    Cell,
    /// Number of the generation chunk.
    Chunk,
    /// Index of the series' word in the chunk.
    Word,
    /// Generation of the series.
    Generation,
    /// Number of the series.
    Series,
    /// Bit 0: the cells have counts of an earlier life of the slot.
    Flags,
}

impl Out {
    /// Number of words.
    pub const LEN: usize = 8;

    const ALL: [Self; Self::LEN] = {
        use Out::{Cell, Chunk, Flags, Generation, Series, Slab, Status, Word};
        [Status, Slab, Cell, Chunk, Word, Generation, Series, Flags]
    };

    /// The names, in the order of the numbers.
    pub fn names() -> Vec<String> {
        Self::ALL.iter().map(|out| format!("{out:?}")).collect()
    }
}
