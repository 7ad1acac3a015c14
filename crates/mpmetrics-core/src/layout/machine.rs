//! The mark of the machines that share a segment.

/// Byte order, word size, how words change, C library. The bytes of the number, from the lowest, are: the text `le64`,
/// `le32`, `be64` or `be32`; 1 if words change under locks, else 0; two zeros; and a number for the C library, which
/// defines the bytes of mutexes. A heap with another mark is refused.
pub const MACHINE: u64 = u64::from_le_bytes([ORDER, b'e', SIZE[0], SIZE[1], LOCKED, 0, 0, LIBC]);

/// Byte order: the first letter of "little" or "big".
const ORDER: u8 = if cfg!(target_endian = "little") { b'l' } else { b'b' };
/// Number of bits of a pointer, on which the bytes of mutexes depend.
const SIZE: [u8; 2] = if cfg!(target_pointer_width = "64") { *b"64" } else { *b"32" };
/// How words change: 1 under locks, 0 by atomic instructions.
const LOCKED: u8 = if cfg!(feature = "locked") { 1 } else { 0 };
const LIBC: u8 = if cfg!(target_os = "macos") {
    MACOS
} else if cfg!(target_env = "musl") {
    MUSL
} else {
    GLIBC
};
const GLIBC: u8 = 1;
const MUSL: u8 = 2;
const MACOS: u8 = 3;

/// Returns a mark in words, for a message.
#[must_use]
pub fn machine_in_words(mark: u64) -> String {
    let [b'l' | b'b', b'e', tens, ones, locked @ (0 | 1), 0, 0, libc @ (GLIBC | MUSL | MACOS)] =
        mark.to_le_bytes()
    else {
        return format!("an unknown machine ({mark:#x})");
    };
    let bits = match &[tens, ones] {
        b"64" => "64-bit",
        b"32" => "32-bit",
        _ => return format!("an unknown machine ({mark:#x})"),
    };
    let libc = match libc {
        MACOS => "macOS's C library",
        MUSL => "musl",
        _ => "glibc",
    };
    let words = if locked == 1 { ", with locked words" } else { "" };
    format!("{bits} programs with {libc}{words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mark_has_words() {
        let of = |bytes: &[u8; 8]| machine_in_words(u64::from_le_bytes(*bytes));
        assert_eq!(of(b"le64\0\0\0\x01"), "64-bit programs with glibc");
        assert_eq!(of(b"le32\x01\0\0\x02"), "32-bit programs with musl, with locked words");
        assert_eq!(of(b"le64\0\0\0\x03"), "64-bit programs with macOS's C library");
        assert_eq!(of(b"le16\0\0\0\x01"), "an unknown machine (0x10000003631656c)");
        assert_eq!(machine_in_words(1), "an unknown machine (0x1)");
        assert!(!machine_in_words(MACHINE).contains("unknown"));
    }
}
