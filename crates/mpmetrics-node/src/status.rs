//! Numbers that `ts/native/index.ts` has, too: it compares them by name when it loads this module.

use crate::convert::{failure, Result};
use mpmetrics_core::{Code, Error};

/// Why something was or was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok,
    /// The heap lock is held by another process: to be tried again later.
    Busy,
    /// No memory left for a new series.
    Full,
    /// A limit is reached.
    Limit,
    /// The writer's slot was lost.
    Lost,
    /// The heap's bytes contradict each other.
    Corrupt,
    /// The block is another series' now.
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

    /// What an error is to JavaScript. Errors of the caller are thrown, and so is what the system refuses: it
    /// would do so again, and a caller that is told why can go on in memory of its own.
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

    /// What a call that gives nothing is to JavaScript.
    pub fn of_call<T>(done: Result<T, Error>) -> Result<u32> {
        match done {
            Ok(_) => Ok(Self::Ok as u32),
            Err(error) => Self::of(&error).map(|status| status as u32),
        }
    }

    /// The same for calls that name a block: one that is another's now is gone.
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
    /// Number of the slab; where the series was refused, why.
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
    /// How many there are.
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
