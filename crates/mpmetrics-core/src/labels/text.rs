//! Parses label text, pair by pair.
//!
//! The grammar is the one of [`LabelSpan`](crate::scrape::snapshot::LabelSpan): pairs are separated by one comma, a
//! name is one or more bytes other than `=`, `"` and line feed, and in a value only backslash, quote and line feed are
//! escaped (`\\`, `\"`, `\n`). So a value has exactly one escaped form, and values are compared and hashed in that
//! form.

use std::borrow::Cow;

/// One label of a label text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The label's name.
    pub name: &'a [u8],
    /// Its value, escaped as in the text. See [`unescape`].
    pub escaped: &'a [u8],
    /// The type of the value before it became text: one of the letters that
    /// [`LabelSpan`](crate::scrape::snapshot::LabelSpan) lists.
    pub kind: u8,
}

/// A label text that breaks the grammar, or types that do not fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Offset in the text at which the rule is broken.
    pub at: usize,
}

/// The iterator over the pairs of a label text; made by [`pairs`].
#[derive(Clone, Debug)]
pub struct Pairs<'a> {
    text: &'a [u8],
    types: &'a [u8],
    at: usize,
    index: usize,
    done: bool,
}

/// Appends a pair to a label text.
pub fn push_pair(text: &mut Vec<u8>, pair: &Pair<'_>) {
    if !text.is_empty() {
        text.push(b',');
    }
    text.extend_from_slice(pair.name);
    text.extend_from_slice(b"=\"");
    text.extend_from_slice(pair.escaped);
    text.push(b'"');
}

/// Reads a label text pair by pair.
///
/// Every byte is checked. At the first error the iterator yields a [`Malformed`], and then ends. `types` is empty
/// (every value was a string) or has one letter per pair.
#[must_use]
pub fn pairs<'a>(text: &'a [u8], types: &'a [u8]) -> Pairs<'a> {
    Pairs { text, types, at: 0, index: 0, done: text.is_empty() && types.is_empty() }
}

impl<'a> Pairs<'a> {
    fn pair(&mut self) -> Result<Pair<'a>, Malformed> {
        let text = self.text;
        let start = self.at;
        let broken = |at| Malformed { at };
        let name_len = text[start..]
            .iter()
            .position(|byte| matches!(byte, b'=' | b'"' | b'\n'))
            .ok_or(broken(text.len()))?;
        let name_end = start + name_len;
        if name_len == 0 || text[name_end] != b'=' {
            return Err(broken(name_end));
        }
        if text.get(name_end + 1) != Some(&b'"') {
            return Err(broken(name_end + 1));
        }
        let value = name_end + 2;
        let mut end = value;
        loop {
            match text.get(end) {
                None | Some(b'\n') => return Err(broken(end)),
                Some(b'"') => break,
                Some(b'\\') => match text.get(end + 1) {
                    Some(b'\\' | b'"' | b'n') => end += 2,
                    _ => return Err(broken(end + 1)),
                },
                Some(_) => end += 1,
            }
        }
        let kind = if self.types.is_empty() {
            b's'
        } else {
            match self.types.get(self.index) {
                Some(&kind @ (b's' | b'n' | b'b' | b'i' | b'z' | b'o')) => kind,
                _ => return Err(broken(start)),
            }
        };
        self.index += 1;
        self.at = end + 1;
        match text.get(self.at) {
            None if self.types.is_empty() || self.types.len() == self.index => self.done = true,
            // Another pair must follow a comma, so the text must not end after it.
            Some(b',') if self.at + 1 < text.len() => self.at += 1,
            _ => return Err(broken(self.at)),
        }
        Ok(Pair { name: &text[start..name_end], escaped: &text[value..end], kind })
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = Result<Pair<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.pair();
        self.done |= item.is_err();
        Some(item)
    }
}

/// Whether the text and its types obey the grammar, so that they may be printed unchanged.
#[must_use]
pub fn is_whole(text: &[u8], types: &[u8]) -> bool {
    pairs(text, types).all(|pair| pair.is_ok())
}

/// Appends a value in its escaped form.
pub fn escape(value: &[u8], out: &mut Vec<u8>) {
    for &byte in value {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'"' => out.extend_from_slice(b"\\\""),
            b'\n' => out.extend_from_slice(b"\\n"),
            _ => out.push(byte),
        }
    }
}

/// The value of an escaped form. It is borrowed if nothing was escaped.
///
/// A backslash that escapes nothing, which [`pairs`] refuses, is kept.
#[must_use]
pub fn unescape(escaped: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = escaped.iter().position(|&byte| byte == b'\\') else {
        return Cow::Borrowed(escaped);
    };
    let mut value = Vec::with_capacity(escaped.len());
    value.extend_from_slice(&escaped[..first]);
    let mut rest = &escaped[first..];
    loop {
        rest = match rest {
            [] => return Cow::Owned(value),
            [b'\\', byte @ (b'\\' | b'"'), rest @ ..] => {
                value.push(*byte);
                rest
            }
            [b'\\', b'n', rest @ ..] => {
                value.push(b'\n');
                rest
            }
            [byte, rest @ ..] => {
                value.push(*byte);
                rest
            }
        };
    }
}
