//! What a file system says about a file or a directory.

/// The kind of an entry of a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// A device, a FIFO or a socket.
    Other,
}

/// The owner, the permissions and the identity of a file or a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its kind.
    pub kind: EntryKind,
    /// The user to whom it belongs.
    pub uid: u32,
    /// The group to which it belongs.
    pub gid: u32,
    /// Its permission bits: at most 0o7777.
    pub mode: u32,
    /// Number of its names.
    pub links: u64,
    /// Device and inode: two entries that exist at the same time are the same file if these are equal.
    pub inode: (u64, u64),
}
