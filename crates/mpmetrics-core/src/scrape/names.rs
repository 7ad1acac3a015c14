//! The rules for names of metrics and labels, and for label texts that may be printed.
//!
//! One line that breaks a rule of the format makes the whole scrape unreadable. So names and texts from shared
//! memory are checked before they are shown, because any process may have written them.

use crate::labels::{pairs, Pair};

/// Number of labels that few series exceed.
const FEW: usize = 16;

/// Whether a metric may have this name: `[a-zA-Z_:][a-zA-Z0-9_:]*`
/// (<https://prometheus.io/docs/concepts/data_model/>).
#[must_use]
pub fn is_metric_name(name: &[u8]) -> bool {
    is_name(name, |byte| byte == b':')
}

/// Whether a label may have this name: `[a-zA-Z_][a-zA-Z0-9_]*`.
#[must_use]
pub fn is_label_name(name: &[u8]) -> bool {
    is_name(name, |_| false)
}

fn is_name(name: &[u8], more: impl Fn(u8) -> bool) -> bool {
    name.first().is_some_and(|first| !first.is_ascii_digit())
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_' || more(*byte))
}

/// Whether a label text may be printed: the text and its types obey the grammar, the text is UTF-8, and its names are
/// label names that differ from each other and from `own`, which is the label of the family's rows (`le`, `quantile`).
#[must_use]
pub fn is_printable(text: &[u8], types: &[u8], own: &[u8]) -> bool {
    if core::str::from_utf8(text).is_err() {
        return false;
    }
    let mut few: [&[u8]; FEW] = [&[]; FEW];
    for (index, pair) in pairs(text, types).enumerate() {
        let Ok(Pair { name, .. }) = pair else {
            return false;
        };
        let again = match few.get_mut(index) {
            Some(entry) => {
                *entry = name;
                few[..index].contains(&name)
            }
            // Slower, but few series have so many labels.
            None => pairs(text, b"").take(index).flatten().any(|other| other.name == name),
        };
        if again || name == own || !is_label_name(name) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["a", "_", "A9_z", "__name__"] {
            assert!(is_metric_name(name.as_bytes()) && is_label_name(name.as_bytes()), "{name}");
        }
        assert!(is_metric_name(b":a:b") && !is_label_name(b"a:b"));
        for name in ["", "9", "a b", "a-b", "a\n", "a\"", "\u{e4}", "a\0", "{", "a="] {
            assert!(!is_metric_name(name.as_bytes()) && !is_label_name(name.as_bytes()), "{name}");
        }
    }

    #[test]
    fn label_texts() {
        for (text, own) in
            [("", ""), ("a=\"\"", ""), ("a=\"\u{e4}\",b=\"\\n\"", "le"), ("le=\"1\"", "")]
        {
            assert!(is_printable(text.as_bytes(), b"", own.as_bytes()), "{text}");
        }
        let broken: [(&[u8], &[u8], &[u8]); 9] = [
            (b"a=\"1", b"", b""),
            (b"a=\"1\"", b"x", b""),
            (b"a=\"\xff\"", b"", b""),
            (b"a=\"\xed\xa0\x80\"", b"", b""),
            (b"a-b=\"1\"", b"", b""),
            (b"\xc3\xa4=\"1\"", b"", b""),
            (b"a=\"1\",b=\"2\",a=\"1\"", b"", b""),
            (b"a=\"1\",le=\"2\"", b"", b"le"),
            (b"quantile=\"2\"", b"n", b"quantile"),
        ];
        let many = |last: &str| {
            let names = (0..20).map(|n| format!("l{n}=\"\"")).collect::<Vec<_>>().join(",");
            is_printable(format!("{names},{last}=\"\"").as_bytes(), b"", b"")
        };
        assert!(many("l20") && !many("l0") && !many("l19"));
        for (text, types, own) in broken {
            assert!(!is_printable(text, types, own), "{}", String::from_utf8_lossy(text));
        }
    }
}
