//! `docs/FORMAT.md` agrees with `layout/`: both give each word the same number.

use mpmetrics_core::layout::{
    block, defaults, extent, family, header, lock, series, slot, BlockKind, ExtentKind, FLAGS_BACK,
    HEADER_WORDS, MACHINE, MAGIC, PAGE_WORDS, VERSION,
};

const FORMAT: &str = include_str!("../../../../docs/FORMAT.md");

/// Reads the tables below one heading whose second column is a name in backticks. Returns, for each row, the number of
/// its first word and the name.
fn named(heading: &str) -> Vec<(u64, &'static str)> {
    let from = FORMAT.find(heading).expect("the heading");
    let section = &FORMAT[from + heading.len()..];
    let section = section.split("\n#").next().expect("a section");
    let section = section.split("\n**Exemplars.**").next().expect("a section");
    let row = |line: &'static str| {
        let mut columns = line.strip_prefix("| ")?.split(" | ");
        let number = columns.next()?.split([' ', '…']).next()?.parse().ok()?;
        let name = columns.next()?.strip_prefix('`')?.strip_suffix('`')?;
        Some((number, name))
    };
    section.lines().filter_map(row).collect()
}

/// Returns the number and the name of each constant in a module of `layout/` that is the index of a word.
fn constants(module: &str) -> Vec<(u64, &'static str)> {
    let inline = concat!(
        include_str!("../../src/layout/records.rs"),
        include_str!("../../src/layout/blocks.rs"),
    );
    let body = match module {
        "header" => include_str!("../../src/layout/header.rs"),
        _ => {
            let from = inline.find(&format!("pub mod {module} {{")).expect("the module");
            inline[from..].split("\n}").next().expect("a body")
        }
    };
    let constant = |line: &'static str| {
        let (name, value) = line.trim().strip_prefix("pub const ")?.split_once(": ")?;
        let value = value.split_once(" = ")?.1.trim_end_matches(';').parse().ok()?;
        Some((value, name))
    };
    body.lines()
        .filter_map(constant)
        .filter(|(_, name)| !name.ends_with("WORDS") && *name != "CHUNKS")
        .collect()
}

#[test]
fn every_word_is_in_the_format_under_its_number() {
    for (heading, module) in [
        ("\n## Header", "header"),
        ("\n## Extents", "extent"),
        ("\n### Slot", "slot"),
        ("\n### Family", "family"),
        ("\n### Series", "series"),
        ("\n### Default labels", "defaults"),
        ("\n## Slabs and blocks", "block"),
        ("\n**Exemplars.**", "exemplar"),
        ("\n### Summaries", "sub_window"),
    ] {
        let written = named(heading);
        assert!(written.len() > 2, "the table below{heading} was not found");
        assert_eq!(written, constants(module), "below{heading}");
    }
}

#[test]
fn the_kinds_are_in_the_format_under_their_numbers() {
    let kinds = [
        (ExtentKind::Free as u8, "free"),
        (ExtentKind::Table as u8, "table"),
        (ExtentKind::Slab as u8, "slab"),
        (ExtentKind::Text as u8, "text"),
        (ExtentKind::Index as u8, "index"),
        (BlockKind::Pad as u8, "pad"),
        (BlockKind::Free as u8, "free"),
        (BlockKind::Family as u8, "family"),
        (BlockKind::Counter as u8, "counter"),
        (BlockKind::Gauge as u8, "gauge"),
        (BlockKind::Histogram as u8, "histogram"),
        (BlockKind::Summary as u8, "summary"),
        (BlockKind::OctaveBuckets as u8, "octave buckets"),
        (BlockKind::Recent as u8, "recent gauge"),
        (BlockKind::Shared as u8, "shared gauge"),
        (BlockKind::Exemplar as u8, "exemplar"),
    ];
    for (number, name) in kinds {
        assert!(FORMAT.contains(&format!("\n| {number} | {name} | ")), "{number} {name}");
    }
}

/// The numbers of this version. A change of one of them changes the format, and needs another version.
#[test]
fn the_numbers_of_version_1() {
    assert_eq!(MAGIC.to_le_bytes(), *b"MPMETRIC");
    assert_eq!(VERSION, 1 << 16 | 2);
    let locked = u8::from(cfg!(feature = "locked"));
    let [tens, ones] = if cfg!(target_pointer_width = "64") { *b"64" } else { *b"32" };
    let order = if cfg!(target_endian = "little") { b'l' } else { b'b' };
    assert_eq!(MACHINE.to_le_bytes()[..7], [order, b'e', tens, ones, locked, 0, 0]);
    assert_eq!((PAGE_WORDS, HEADER_WORDS), (512, 512));
    assert_eq!((lock::HEAP, lock::SLOTS), (1 << 40, (1 << 40) + (1 << 20)));
    assert_eq!((lock::ELECTIONS, lock::ELECTION_BITS), (1 << 62, 61));
    assert_eq!((slot::WORDS, family::WORDS, series::WORDS, defaults::WORDS), (32, 8, 8, 8));
    assert_eq!((header::CHUNKS, FLAGS_BACK, block::CELLS, extent::NEXT), (16, 6, 3, 2));
    assert_eq!((header::NAME_WORDS, header::SCRIPT_WORDS), (32, 128));
}
