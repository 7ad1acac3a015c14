//! Laying out an empty heap, and checking that a heap has the layout and the machine of this build.

use super::description::Description;
use super::directory::index;
use super::memory::lock::Locked;
use super::memory::table::{DEFAULTS, FAMILIES, SERIES, SLOTS};
use crate::error::{Error, Result};
use crate::layout::{
    header, machine_in_words, major, Words, HEADER_WORDS, MACHINE, MAGIC, MAX_SERIES, VERSION,
};
use crate::os::{self, ProcessIdentity};
use crate::region::Region;

/// Largest size of any segment in bytes. A 64-bit process can map so much beside its other memory.
const MAX_SEGMENT_BYTES: u64 = 1 << 42;

/// Limits that the process that makes a segment sets for all processes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest size of the segment in bytes.
    pub bytes: u64,
    /// Largest number of series in the segment.
    pub series: u64,
    /// Largest number of series in one family.
    pub family_series: u64,
    /// Largest number of bytes of a label's value, as UTF-8 and not escaped.
    pub label_bytes: u64,
    /// Largest size of all text extents in bytes. Beyond it only label texts of series are refused.
    pub text_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            series: 1_000_000,
            family_series: 250_000,
            // By default, nginx and Apache refuse longer request lines and headers, so almost every URL fits. (Node.js
            // itself accepts 16 KiB.)
            label_bytes: 8 << 10,
            text_bytes: 256 << 20,
        }
    }
}

impl Limits {
    /// Returns the limits in a segment's header. For `label_bytes` and `text_bytes`, 0 means no limit.
    #[must_use]
    pub fn of(words: Words<'_>) -> Self {
        Self {
            bytes: words.header(header::MAX_BYTES),
            series: words.header(header::LIMIT_SERIES),
            family_series: words.header(header::LIMIT_FAMILY_SERIES),
            label_bytes: words.header(header::LIMIT_LABEL_BYTES),
            text_bytes: words.header(header::LIMIT_TEXT_BYTES),
        }
    }
}

/// The settings of a new segment.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Limits for all processes.
    pub limits: Limits,
    /// The root of the application. The segment is not reaped while the root lives.
    pub root: Option<ProcessIdentity>,
    /// The application, for people who look at its segment.
    pub description: Description,
}

/// Writes the header of a heap, and its magic last.
pub fn initialise(region: &dyn Region, setup: &Setup) -> Result<()> {
    region.grow(HEADER_WORDS)?;
    let words = Words(region.words());
    #[cfg(feature = "locked")]
    crate::region::make_stripes(words.0)?;
    words.set_header(header::VERSION, VERSION);
    words.set_header(header::MACHINE, MACHINE);
    words.set_header(header::MAX_BYTES, setup.limits.bytes);
    words.set_header(header::LIMIT_SERIES, setup.limits.series.min(u64::from(MAX_SERIES)));
    words.set_header(header::LIMIT_FAMILY_SERIES, setup.limits.family_series);
    words.set_header(header::LIMIT_LABEL_BYTES, setup.limits.label_bytes);
    words.set_header(header::LIMIT_TEXT_BYTES, setup.limits.text_bytes);
    words.set_header(header::USED, HEADER_WORDS);
    words.set_header(header::BIRTH, 1);
    let now = os::unix_ms();
    words.set_header(header::LAST_ATTACH, now);
    words.set_header(header::MADE, now);
    words.set_header(header::BORN, now);
    words.set_header(header::ID, os::random_u64().max(1));
    words.set_header(header::HASH_KEY, os::random_u64());
    words.set_header(header::HASH_KEY + 1, os::random_u64());
    let boot = setup.root.as_ref().map_or_else(os::boot_id, |root| root.boot_id);
    let (halves, _) = boot.as_chunks::<8>();
    for (index, half) in halves.iter().enumerate() {
        words.set_header(header::BOOT_ID + index, u64::from_le_bytes(*half));
    }
    if let Some(root) = &setup.root {
        words.set_header(header::ROOT_PID, u64::from(root.pid));
        words.set_header(header::ROOT_START, root.start_time);
        words.set_header(header::ROOT_NAMESPACE, root.pid_namespace);
    }
    setup.description.write(words);
    kill_point!("create.header");
    // SYNC POINT: from here on the region is a heap. No other process finds the file before it gets its name.
    words.set_header(header::MAGIC, MAGIC);
    Ok(())
}

/// Makes the tables that every heap needs, at the first claim of a slot.
pub fn first_tables(locked: &Locked<'_>) -> Result<()> {
    if locked.words().header(header::INDEX) == 0 {
        index::reserve(locked)?;
    }
    SLOTS.ensure(locked, 0).map(drop)
}

/// Fails if the words are no heap, a heap of another layout or machine, or only the beginning of a heap.
pub fn check(words: Words<'_>) -> Result<()> {
    check_header(words, words.len())
}

/// Fails if the words do not begin with the header of a heap, if the heap has another layout or machine, or if its
/// header says that it has more than `total` words.
pub fn check_header(words: Words<'_>, total: u64) -> Result<()> {
    if words.len() < HEADER_WORDS {
        return Err(Error::Corrupt {
            what: "a header (the segment is too short)",
            at: words.len() * 8,
        });
    }
    if words.header(header::MAGIC) == MAGIC.swap_bytes() {
        return Err(Error::Machine {
            found: "a machine of the other byte order".to_owned(),
            expected: machine_in_words(MACHINE),
        });
    }
    if words.header(header::MAGIC) != MAGIC {
        return Err(Error::Corrupt { what: "the mark of a segment", at: 0 });
    }
    let version = words.header(header::VERSION);
    if major(version) != major(VERSION) {
        return Err(Error::Version {
            what: "the layout version",
            found: version,
            expected: VERSION,
        });
    }
    let machine = words.header(header::MACHINE);
    if machine != MACHINE {
        return Err(Error::Machine {
            found: machine_in_words(machine),
            expected: machine_in_words(MACHINE),
        });
    }
    let used = words.header(header::USED);
    if used < HEADER_WORDS || used > total {
        let at = header::USED as u64 * 8;
        return Err(Error::Corrupt { what: "a length inside the segment (truncated?)", at });
    }
    let limit = words.header(header::MAX_BYTES);
    if limit / 8 < used || limit > MAX_SEGMENT_BYTES {
        return Err(Error::Corrupt { what: "the size limit", at: header::MAX_BYTES as u64 * 8 });
    }
    for (index, table) in [
        (header::SLOTS, &SLOTS),
        (header::FAMILIES, &FAMILIES),
        (header::SERIES, &SERIES),
        (header::DEFAULTS, &DEFAULTS),
    ] {
        table.count(words, index)?;
    }
    Ok(())
}

/// Returns the root of the application, which the process that made the segment noted.
pub fn root(words: Words<'_>) -> Option<ProcessIdentity> {
    let pid = words.header(header::ROOT_PID) as u32;
    let mut boot_id = [0; 16];
    boot_id[..8].copy_from_slice(&words.header(header::BOOT_ID).to_le_bytes());
    boot_id[8..].copy_from_slice(&words.header(header::BOOT_ID + 1).to_le_bytes());
    (pid != 0).then(|| ProcessIdentity {
        pid,
        ppid: 0,
        start_time: words.header(header::ROOT_START),
        boot_id,
        pid_namespace: words.header(header::ROOT_NAMESPACE),
    })
}
