//! The user and the parent of this process, and the parser of a boot's id.

/// Returns the effective user id of this process.
#[must_use]
pub fn effective_uid() -> u32 {
    // SAFETY: takes no argument, and cannot fail.
    unsafe { libc::geteuid() }
}

/// The pid of this process's parent; 0 if the parent is outside of the pid namespace.
#[must_use]
pub fn parent_id() -> u32 {
    std::os::unix::process::parent_id()
}

/// The bytes of an id that is written as a UUID; zeros if it is not.
pub fn parse_uuid(text: &str) -> [u8; 16] {
    let digits = text.trim().replace('-', "");
    u128::from_str_radix(&digits, 16).map_or([0; 16], u128::to_be_bytes)
}
