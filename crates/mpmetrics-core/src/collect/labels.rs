//! Label text: reading `a="1",b="x\"y"` pair by pair, and telling whether two texts name the same
//! series.
//!
//! The grammar is that of [`LabelSpan`](super::model::LabelSpan): pairs are separated by one comma,
//! a name is one or more bytes other than `=`, `"` and line feed, and in a value backslash, quote
//! and line feed stand escaped (`\\`, `\"`, `\n`) and nothing else does. So a value has exactly one
//! escaped form, and escaped values are compared and hashed as they stand.

use std::borrow::Cow;
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

/// One label of a label text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The label's name.
    pub name: &'a [u8],
    /// Its value, escaped as it stands in the text. See [`unescape`].
    pub escaped: &'a [u8],
    /// What the value was before it became text, one of `s n b i z u o`.
    pub kind: u8,
}

/// A label text that breaks the grammar, or types that do not fit it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Offset in the text at which the rule is broken.
    pub at: usize,
}

/// Reads a label text; made by [`pairs`].
#[derive(Clone, Debug)]
pub struct Pairs<'a> {
    text: &'a [u8],
    types: &'a [u8],
    at: usize,
    index: usize,
    done: bool,
}

/// Reads a label text pair by pair.
///
/// Every byte is checked: the first break of the grammar yields one [`Malformed`], and then the
/// iteration is over. `types` is empty (every value was a string) or has one letter a pair.
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
            // A comma promises another pair, so the text may not end behind it.
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

/// Whether the text and its types obey the grammar, so that they may be printed as they stand.
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

/// The value behind an escaped form; borrowed where nothing was escaped.
///
/// A backslash that escapes nothing, which [`pairs`] never lets through, stays as it is.
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

/// Whether two label texts, each given with its types, name the same set of labels.
///
/// Order does not count, and neither do the types: what is printed alike is one set. A malformed text is
/// the same as itself only.
#[must_use]
pub fn same_set(a: (&[u8], &[u8]), b: (&[u8], &[u8])) -> bool {
    // The usual case: every writer names the labels in the same order.
    if a.1 == b.1 && a.0 == b.0 {
        return true;
    }
    if a.0.len() != b.0.len() {
        // The set fixes the length of its text.
        return false;
    }
    match (sorted(a.0, a.1), sorted(b.0, b.1)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

/// The pairs that make up the identity, sorted: as name and escaped value.
fn sorted<'a>(text: &'a [u8], types: &'a [u8]) -> Result<Vec<[&'a [u8]; 2]>, Malformed> {
    let mut set = Vec::new();
    for pair in pairs(text, types) {
        let pair = pair?;
        set.push([pair.name, pair.escaped]);
    }
    set.sort_unstable();
    Ok(set)
}

/// A hash of a set of labels that does not depend on their order: equal wherever [`same_set`] says
/// "same".
///
/// SipHash-1-3 of each pair, the hashes added up, and the sum and number of pairs hashed again. It is
/// part of the heap's format (the directory's index stores it), so only whole byte strings in little
/// endian are fed to the hash.
///
/// * `key`: random for each heap, so that label values from an attacker cannot be made to collide.
#[must_use]
pub fn identity_hash(text: &[u8], types: &[u8], key: (u64, u64)) -> u64 {
    let mut sum = Identity::new(key);
    for pair in pairs(text, types) {
        match pair {
            Ok(pair) => sum.add(pair.name, pair.escaped),
            Err(_) => {
                let mut whole = Identity::new(key);
                whole.add(text, types);
                return whole.finish();
            }
        }
    }
    sum.finish()
}

/// An order-independent hash of label pairs that come one by one.
struct Identity {
    key: (u64, u64),
    sum: u64,
    count: u64,
}

impl Identity {
    fn new(key: (u64, u64)) -> Self {
        Self { key, sum: 0, count: 0 }
    }

    /// Takes in a pair. The name's length keeps `("ab", "c")` and `("a", "bc")` apart.
    fn add(&mut self, name: &[u8], escaped: &[u8]) {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write(&(name.len() as u64).to_le_bytes());
        hasher.write(name);
        hasher.write(escaped);
        self.sum = self.sum.wrapping_add(hasher.finish());
        self.count += 1;
    }

    fn finish(self) -> u64 {
        let mut hasher = SipHasher13::new_with_keys(self.key.0, self.key.1);
        hasher.write(&self.sum.to_le_bytes());
        hasher.write(&self.count.to_le_bytes());
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    const KEY: (u64, u64) = (1, 2);

    fn text<'a>(set: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, value) in set {
            if !out.is_empty() {
                out.push(b',');
            }
            out.extend_from_slice(name);
            out.extend_from_slice(b"=\"");
            escape(value, &mut out);
            out.push(b'"');
        }
        out
    }

    /// Label texts and near-misses of them: bytes that the grammar gives a meaning to, mostly.
    fn nearly() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![
            8 => prop::sample::select(b"a=\"\\n,\n".to_vec()),
            1 => any::<u8>(),
        ];
        vec(byte, 0..40)
    }

    #[test]
    fn reads_names_values_and_kinds() {
        let read: Vec<_> =
            pairs(br#"a="1",b="x\"y,z""#, b"ns").collect::<Result<_, _>>().expect("well-formed");
        assert_eq!(read[0], Pair { name: b"a", escaped: b"1", kind: b'n' });
        assert_eq!(read[1], Pair { name: b"b", escaped: br#"x\"y,z"#, kind: b's' });
        assert_eq!(read.len(), 2);
        assert_eq!(pairs(b"", b"").count(), 0);
    }

    #[test]
    fn refuses_what_breaks_the_grammar() {
        let broken: [(&[u8], &[u8]); 16] = [
            (b"a", b""),
            (b"a=", b""),
            (b"a=1", b""),
            (b"=\"1\"", b""),
            (b"a=\"1", b""),
            (b"a=\"1\\\"", b""),
            (b"a=\"1\\t\"", b""),
            (b"a=\"1\n\"", b""),
            (b"a\n=\"1\"", b""),
            (b"a=\"1\",", b""),
            (b"a=\"1\"b=\"2\"", b""),
            (b",a=\"1\"", b"ns"),
            (b"a=\"1\"", b"ss"),
            (b"a=\"1\",b=\"2\"", b"s"),
            (b"a=\"1\"", b"x"),
            (b"", b"s"),
        ];
        for (text, types) in broken {
            assert!(!is_whole(text, types), "{}", String::from_utf8_lossy(text));
            let last = pairs(text, types).last();
            assert!(matches!(last, Some(Err(Malformed { at })) if at <= text.len() + 1));
        }
    }

    #[test]
    fn a_comma_in_a_value_is_not_a_border() {
        let one = text([(&b"a"[..], &b"1,b:2"[..])]);
        let two = text([(&b"a"[..], &b"1"[..]), (b"b", b"2")]);
        assert!(!same_set((&one, b""), (&two, b"")));
        assert_ne!(identity_hash(&one, b"", KEY), identity_hash(&two, b"", KEY));
        let shifted = text([(&b"ab"[..], &b"c"[..])]);
        let other = text([(&b"a"[..], &b"bc"[..])]);
        assert_ne!(identity_hash(&shifted, b"", KEY), identity_hash(&other, b"", KEY));
    }

    #[test]
    fn types_are_no_part_of_the_identity() {
        let typed: (&[u8], &[u8]) = (br#"a="1",b="null""#, b"nz");
        let spelled: (&[u8], &[u8]) = (br#"b="null",a="1""#, b"");
        let without: (&[u8], &[u8]) = (br#"a="1""#, b"");
        assert!(same_set(typed, spelled) && same_set(spelled, typed));
        assert!(!same_set(typed, without));
        assert_eq!(identity_hash(typed.0, typed.1, KEY), identity_hash(spelled.0, spelled.1, KEY));
        assert_ne!(identity_hash(typed.0, typed.1, KEY), identity_hash(without.0, without.1, KEY));
    }

    /// The numbers are those of a SipHash written from its paper, in Python.
    #[test]
    fn the_hash_is_part_of_the_format() {
        assert_eq!(identity_hash(b"", b"", KEY), 0x1bc6_22af_31b0_8b3d);
        assert_eq!(identity_hash(br#"a="1",b="x\"y""#, b"", KEY), 0xbf04_5089_32e7_b864);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(a in nearly(), b in nearly(), types in "[snbizo]{0,4}") {
            let types = types.as_bytes();
            let whole = is_whole(&a, types);
            let read: Vec<_> = pairs(&a, types).collect();
            prop_assert_eq!(whole, read.iter().all(Result::is_ok));
            prop_assert!(read.iter().rev().skip(1).all(Result::is_ok), "goes on after an error");
            prop_assert!(same_set((&a, types), (&a, types)));
            let same = same_set((&a, types), (&b, b""));
            prop_assert_eq!(same, same_set((&b, b""), (&a, types)));
            if same {
                prop_assert_eq!(identity_hash(&a, types, KEY), identity_hash(&b, b"", KEY));
            }
        }

        #[test]
        fn what_is_read_rebuilds_the_text(a in nearly()) {
            if is_whole(&a, b"") {
                let read: Vec<_> = pairs(&a, b"").map_while(Result::ok).collect();
                let values: Vec<_> = read.iter().map(|pair| unescape(pair.escaped)).collect();
                let again = text(read.iter().map(|p| p.name).zip(values.iter().map(|v| &v[..])));
                prop_assert_eq!(again, a);
            }
        }

        #[test]
        fn escaping_round_trips(value in vec(any::<u8>(), 0..60)) {
            let mut escaped = Vec::new();
            escape(&value, &mut escaped);
            prop_assert_eq!(&unescape(&escaped)[..], &value[..]);
            let text = text([(&b"a"[..], &value[..])]);
            let read: Vec<_> = pairs(&text, b"").collect();
            prop_assert_eq!(read, vec![Ok(Pair { name: b"a", escaped: &escaped, kind: b's' })]);
        }

        #[test]
        fn order_does_not_count(
            set in btree_map("[a-z]{1,3}", vec(any::<u8>(), 0..6), 0..6),
            seed in any::<prop::sample::Index>(),
            change in any::<prop::sample::Index>(),
        ) {
            let mut list: Vec<(&[u8], &[u8])> =
                set.iter().map(|(name, value)| (name.as_bytes(), &value[..])).collect();
            let one = text(list.iter().copied());
            if !list.is_empty() {
                let by = seed.index(list.len());
                list.rotate_left(by);
                list.reverse();
            }
            let two = text(list.iter().copied());
            prop_assert!(same_set((&one, b""), (&two, b"")));
            prop_assert_eq!(identity_hash(&one, b"", KEY), identity_hash(&two, b"", KEY));
            prop_assert_ne!(identity_hash(&one, b"", KEY), identity_hash(&one, b"", (3, 4)));
            if !list.is_empty() {
                let place = change.index(list.len());
                let longer = [list[place].1, b"!"].concat();
                list[place].1 = &longer;
                let three = text(list.iter().copied());
                prop_assert!(!same_set((&one, b""), (&three, b"")));
                prop_assert_ne!(identity_hash(&one, b"", KEY), identity_hash(&three, b"", KEY));
            }
        }
    }
}
