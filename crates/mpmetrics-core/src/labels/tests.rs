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

/// Generates label texts and near-misses of them, mostly from bytes that have a meaning in the grammar.
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

/// The expected hashes are those of a SipHash that was written in Python from its paper.
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
            let index = change.index(list.len());
            let longer = [list[index].1, b"!"].concat();
            list[index].1 = &longer;
            let three = text(list.iter().copied());
            prop_assert!(!same_set((&one, b""), (&three, b"")));
            prop_assert_ne!(identity_hash(&one, b"", KEY), identity_hash(&three, b"", KEY));
        }
    }
}
