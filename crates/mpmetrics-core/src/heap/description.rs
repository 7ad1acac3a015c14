//! What a segment says about its application, for people who look at it. No program depends on it.

use crate::layout::{header, Words};
use crate::sync::Ordering;

/// The application that uses a segment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The name of its package.
    pub name: Option<String>,
    /// The path of its main script.
    pub script: Option<String>,
    /// Unix time at which its root started, in milliseconds.
    pub root_started_ms: Option<u64>,
}

impl Description {
    /// Stores the description to a new segment's header. A text that is too long is cut.
    pub fn write(&self, words: Words<'_>) {
        write(words, header::NAME, header::NAME_WORDS, self.name.as_deref());
        write(words, header::SCRIPT, header::SCRIPT_WORDS, self.script.as_deref());
        words.set_header(header::ROOT_STARTED, self.root_started_ms.unwrap_or(0));
    }

    /// Reads the description. A text that is damaged, or would change a terminal that shows it, is left out.
    #[must_use]
    pub fn read(words: Words<'_>) -> Self {
        let started = words.header(header::ROOT_STARTED);
        Self {
            name: read(words, header::NAME, header::NAME_WORDS),
            script: read(words, header::SCRIPT, header::SCRIPT_WORDS),
            root_started_ms: (started != 0).then_some(started),
        }
    }
}

/// Stores a text of at most `room` words after the word of its length.
fn write(words: Words<'_>, at: usize, room: usize, text: Option<&str>) {
    let Some(text) = text.filter(|text| is_shown(text)) else { return };
    let mut end = text.len().min(room * 8);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    for (index, bytes) in text.as_bytes()[..end].chunks(8).enumerate() {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        words.set_header(at + 1 + index, u64::from_le_bytes(word));
    }
    words.set_header(at, end as u64);
}

fn read(words: Words<'_>, at: usize, room: usize) -> Option<String> {
    let len = usize::try_from(words.header(at)).ok().filter(|len| *len <= room * 8)?;
    let run = words.run(at as u64 + 1, room as u64).ok()?;
    let mut bytes: Vec<u8> =
        run.iter().flat_map(|word| word.load(Ordering::Relaxed).to_le_bytes()).collect();
    bytes.truncate(len);
    String::from_utf8(bytes).ok().filter(|text| is_shown(text))
}

/// Whether a text may be shown on a terminal: it is not empty, and has no control characters.
fn is_shown(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::HEADER_WORDS;
    use crate::sync::AtomicU64;

    fn written(description: &Description) -> Vec<AtomicU64> {
        let words: Vec<_> = (0..HEADER_WORDS).map(|_| AtomicU64::new(0)).collect();
        description.write(Words(&words));
        words
    }

    #[test]
    fn what_is_written_is_read() {
        let long = "x".repeat(256);
        for text in ["a", "@scope/shop", "\u{e4}\u{1f600} \u{20ac}", "eight888", &long] {
            let script = Some(format!("/srv/{text}.js"));
            let given = Description { name: Some(text.into()), script, root_started_ms: Some(7) };
            assert_eq!(Description::read(Words(&written(&given))), given);
        }
        let none = Description::default();
        assert_eq!(Description::read(Words(&written(&none))), none);
    }

    #[test]
    fn texts_that_are_too_long_are_cut_between_characters() {
        let long = Description { name: Some("\u{20ac}".repeat(100)), ..Description::default() };
        let read = Description::read(Words(&written(&long))).name.unwrap();
        assert_eq!(read, "\u{20ac}".repeat(85));
    }

    #[test]
    fn texts_that_would_change_a_terminal_and_damaged_ones_are_left_out() {
        for text in ["", "a\u{1b}[2J", "a\nb", "\u{9b}1m"] {
            let given = Description { name: Some(text.into()), ..Description::default() };
            assert_eq!(Description::read(Words(&written(&given))), Description::default());
        }
        let given = Description { name: Some("shop".into()), ..Description::default() };
        let damaged: [(usize, u64); 3] =
            [(header::NAME, 257), (header::NAME + 1, 0x1b5b), (header::NAME + 1, u64::MAX)];
        for (at, word) in damaged {
            let words = written(&given);
            Words(&words).set_header(at, word);
            assert_eq!(Description::read(Words(&words)), Description::default(), "{at} {word:x}");
        }
    }
}
