//! The errors of this crate: a closed set of codes, and errors with the data of their messages.

use std::path::{Path, PathBuf};

/// The stable name of an error: what JavaScript sees as `error.code` (`ERR_MPMETRICS_…`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The segment's bytes contradict each other.
    Corrupt,
    /// The segment was made by an incompatible layout, build or machine.
    Version,
    /// The heap lock was not free within its deadline.
    Busy,
    /// No memory, or the segment's own limit is reached.
    Full,
    /// A limit is reached: on the number of series, families or writers, on the length of a text, or another one.
    Limit,
    /// The writer's slot belongs to another writer now.
    Lost,
    /// The segment was removed from its directory.
    Retired,
    /// The operating system refused a call.
    Io,
    /// A directory or file with a name of this library is not safe to use (owner, mode, type, links).
    Unsafe,
    /// The caller's argument breaks a rule.
    Invalid,
    /// This platform has no implementation.
    Unsupported,
}

impl Code {
    /// The name that users of the Node.js package compare with.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Corrupt => "ERR_MPMETRICS_CORRUPT",
            Self::Version => "ERR_MPMETRICS_VERSION",
            Self::Busy => "ERR_MPMETRICS_BUSY",
            Self::Full => "ERR_MPMETRICS_FULL",
            Self::Limit => "ERR_MPMETRICS_LIMIT",
            Self::Lost => "ERR_MPMETRICS_LOST",
            Self::Retired => "ERR_MPMETRICS_RETIRED",
            Self::Io => "ERR_MPMETRICS_IO",
            Self::Unsafe => "ERR_MPMETRICS_UNSAFE",
            Self::Invalid => "ERR_MPMETRICS_INVALID",
            Self::Unsupported => "ERR_MPMETRICS_UNSUPPORTED",
        }
    }
}

/// Why a series is refused; the heap has a counter for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Refusal {
    /// The file system, or the segment's own size, has no room.
    Memory = 0,
    /// The segment has its maximum of series.
    Series = 1,
    /// The family has its maximum of series.
    FamilySeries = 2,
    /// A label's value is too long.
    LabelValue = 3,
    /// The segment has its maximum of label text.
    Text = 4,
    /// A table of the layout is full, or a text is longer than the layout allows.
    Layout = 5,
    /// The heap lock is held, and the maximum of new series waits for it. Only callers of this crate count this
    /// refusal.
    Busy = 6,
}

impl Refusal {
    /// All refusals, in the order of their numbers.
    pub const ALL: [Self; 7] = [
        Self::Memory,
        Self::Series,
        Self::FamilySeries,
        Self::LabelValue,
        Self::Text,
        Self::Layout,
        Self::Busy,
    ];

    /// Its name in the metric that counts refusals.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Series => "series",
            Self::FamilySeries => "metric_series",
            Self::LabelValue => "label_value",
            Self::Text => "label_text",
            Self::Layout => "layout",
            Self::Busy => "busy",
        }
    }

    fn what(self) -> &'static str {
        match self {
            Self::Memory => "bytes in a segment",
            Self::Series => "series in a segment",
            Self::FamilySeries => "series in a family",
            Self::LabelValue => "bytes in a label value",
            Self::Text => "bytes of label text in a segment",
            Self::Layout => "records of one kind",
            Self::Busy => "series that wait",
        }
    }
}

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes of a heap contradict each other.
    #[error("corrupt segment: expected {what} at byte {at}")]
    Corrupt {
        /// The expectation that the bytes do not meet.
        what: &'static str,
        /// Offset from the start of the segment.
        at: u64,
    },
    /// The segment was made by another layout version.
    #[error("incompatible segment: {what} is {found:#x}, this build needs {expected:#x}")]
    Version {
        /// Which mark differs.
        what: &'static str,
        /// The mark in the segment.
        found: u64,
        /// The mark of this build.
        expected: u64,
    },
    /// The segment was made by a program of another machine or C library, or by another build.
    #[error("incompatible segment: it is of {found}, and this build is for {expected}")]
    Machine {
        /// The mark in the segment, in words.
        found: String,
        /// The mark of this build, in words.
        expected: String,
    },
    /// The heap lock was not free within its deadline.
    #[error("the heap lock is held by another process and was not released in time")]
    Busy,
    /// No memory, or the segment's own limit is reached.
    #[error("the segment is full: {what}")]
    Full {
        /// The resource that is exhausted.
        what: &'static str,
    },
    /// A fixed limit of the layout or of this library is reached.
    #[error("limit reached: at most {limit} {what}")]
    Limit {
        /// The name of the things that are limited.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// A limit is reached. The process that made the segment has set it; for the series of a family, this writer may
    /// have set a lower one.
    #[error("limit reached: at most {limit} {}", refusal.what())]
    Quota {
        /// The limit, named by the refusal that it causes.
        refusal: Refusal,
        /// The limit.
        limit: u64,
    },
    /// The writer's slot belongs to another writer now.
    #[error("this writer's slot was lost to another writer")]
    Lost,
    /// The segment was removed from its directory.
    #[error("the segment was removed")]
    Retired,
    /// The operating system refused a call.
    #[error("{call} failed: {source}")]
    Io {
        /// The call.
        call: &'static str,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// A directory or file with a name of this library is not safe to use.
    #[error("{} is not safe to use: {why}", path.display())]
    Unsafe {
        /// The path.
        path: PathBuf,
        /// The rule it breaks.
        why: &'static str,
    },
    /// The caller's argument breaks a rule.
    #[error("{what}: {value}")]
    Invalid {
        /// The rule.
        what: &'static str,
        /// The value that breaks it.
        value: String,
    },
    /// This platform has no implementation.
    #[error("not supported on this platform: {0}")]
    Unsupported(&'static str),
    /// The system does not do what a segment needs, although it has an implementation.
    #[error("this system fails a check of what shared memory needs ({check}): {found}")]
    Unkept {
        /// The check that fails: a sentence that must be true of the system, such as "locks exclude threads".
        check: &'static str,
        /// What was found instead.
        found: String,
    },
    /// No directory can have a segment. The code is that of the best directory, which is the first.
    #[error("no directory serves: {}", join(tried))]
    Nowhere {
        /// The directories, best first, each with its error; never empty.
        tried: Vec<(PathBuf, Error)>,
    },
    /// A segment that the user named is unusable, and only the user may remove it.
    #[error(
        "{source}; delete it while no process uses it: rm '{}' (what MPMETRICS_SEGMENT or configure({{ segment }}) \
         names is not removed by the library)",
        path.display()
    )]
    Spoiled {
        /// The segment's path.
        path: PathBuf,
        /// The segment's error.
        #[source]
        source: Box<Error>,
    },
    /// An error about the segment at a path.
    #[error("{}: {source}", path.display())]
    At {
        /// The segment's path.
        path: PathBuf,
        /// The segment's error.
        #[source]
        source: Box<Error>,
    },
}

impl Error {
    /// The error's stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::Corrupt { .. } => Code::Corrupt,
            Self::Version { .. } | Self::Machine { .. } => Code::Version,
            Self::Busy => Code::Busy,
            Self::Full { .. } => Code::Full,
            Self::Limit { .. } | Self::Quota { .. } => Code::Limit,
            Self::Lost => Code::Lost,
            Self::Retired => Code::Retired,
            Self::Io { .. } => Code::Io,
            Self::Unsafe { .. } => Code::Unsafe,
            Self::Invalid { .. } => Code::Invalid,
            Self::Unsupported(_) | Self::Unkept { .. } => Code::Unsupported,
            Self::Nowhere { tried } => tried.first().map_or(Code::Invalid, |(_, e)| e.code()),
            Self::At { source, .. } | Self::Spoiled { source, .. } => source.code(),
        }
    }

    /// Returns why a series was refused; `None` if the error is not the refusal of a series.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Full { .. } => Some(Refusal::Memory),
            Self::Quota { refusal, .. } => Some(*refusal),
            Self::Limit { .. } => Some(Refusal::Layout),
            Self::At { source, .. } | Self::Spoiled { source, .. } => source.refusal(),
            _ => None,
        }
    }

    /// Adds the path of the segment to the error.
    #[must_use]
    pub fn at(self, path: impl Into<PathBuf>) -> Self {
        match self {
            Self::At { .. } | Self::Spoiled { .. } => self,
            other => Self::At { path: path.into(), source: Box::new(other) },
        }
    }

    /// Adds the path of a segment that the user named. If the file itself is at fault, the message also says that the
    /// user has to delete it.
    #[must_use]
    pub fn of_named(self, path: &Path) -> Self {
        let located = self.at(path);
        match located.code() {
            Code::Corrupt | Code::Version | Code::Retired => match located {
                Self::Spoiled { .. } => located,
                other => Self::Spoiled { path: path.to_owned(), source: Box::new(other) },
            },
            _ => located,
        }
    }
}

fn join(tried: &[(PathBuf, Error)]) -> String {
    let each = |(path, error): &(PathBuf, Error)| match error {
        // The messages of these errors have the path already.
        Error::At { .. } | Error::Spoiled { .. } | Error::Unsafe { .. } => error.to_string(),
        other => format!("{}: {other}", path.display()),
    };
    tried.iter().map(each).collect::<Vec<_>>().join("; ")
}

/// A result of this crate.
pub type Result<T, E = Error> = core::result::Result<T, E>;
