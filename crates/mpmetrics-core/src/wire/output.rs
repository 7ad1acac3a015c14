//! Writing of a frame's numbers and texts.

/// Whole numbers below this one are written as variable lengths.
pub(super) const WHOLE: f64 = (1_u64 << 53) as f64;
/// The byte before a double that is not such a number. It is odd, and a whole number's first byte is even.
pub(super) const DOUBLE: u8 = 1;

pub(super) fn push_length(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(super) fn push_text(out: &mut Vec<u8>, text: &[u8]) {
    push_length(out, text.len() as u64);
    out.extend_from_slice(text);
}

pub(super) fn push_count(out: &mut Vec<u8>, value: f64) {
    let whole = value as u64;
    if value < WHOLE && value.to_bits() == (whole as f64).to_bits() {
        push_length(out, whole << 1);
    } else {
        out.push(DOUBLE);
        push_double(out, value);
    }
}

pub(super) fn push_double(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_bits().to_le_bytes());
}
