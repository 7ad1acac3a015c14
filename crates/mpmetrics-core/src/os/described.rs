//! What a system says about a process.

/// What a system says about a process that has a pid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Described {
    /// The pid of its parent.
    pub ppid: u32,
    /// Its start time, in a unit of the system. Two processes of one boot that have the same pid have different ones.
    pub start_time: u64,
    /// Whether it runs. A zombie does not.
    pub runs: bool,
}
