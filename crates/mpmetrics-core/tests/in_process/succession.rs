//! Writers go on in a copy of the segment when its file was removed, while they change shared gauges.

use crate::handle;
use mpmetrics_core::cells::{scalar, shared};
use mpmetrics_core::heap::{FamilySpec, Limits, Writer};
use mpmetrics_core::layout::{header, lock, retired, BlockKey, ANCESTORS};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::region::Region;
use mpmetrics_core::scrape::filter::Filter;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::Value;
use mpmetrics_core::segment::{OpenOptions, Segment};
use mpmetrics_core::Code;
use std::cell::Cell;
use std::fs;
use std::path::PathBuf;

/// A folder for the segment of one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mpmetrics-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn options(&self) -> OpenOptions {
        OpenOptions { path: Some(self.0.join("s.heap")), create: true, ..OpenOptions::default() }
    }

    fn make(&self) -> Segment {
        Segment::open(&self.options(), Limits::default()).unwrap().unwrap()
    }

    /// Opens the segment that takes the place of `before`, whose file was removed.
    fn after(&self, before: &Segment) -> Segment {
        Segment::open_after(&self.options(), Limits::default(), before).unwrap().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn gauge(aggregator: &str) -> FamilySpec {
    FamilySpec {
        name: "g".into(),
        aggregator: aggregator.into(),
        label_names: Vec::new(),
        ..handle::spec(MetricType::Gauge)
    }
}

fn bind(writer: &mut Writer) -> BlockKey {
    let family = writer.family(&gauge("shared"), 0).unwrap();
    let address = writer.bind(family, b"", b"").unwrap();
    BlockKey { series: address.series, generation: address.generation }
}

#[test]
fn an_update_is_refused_if_the_copy_was_made_between_its_read_and_its_store() {
    let folder = Folder::new("behind");
    let old = folder.make();
    let mut writer = old.heap().writer(1, 1).unwrap();
    let key = bind(&mut writer);
    writer.share(key, |value| value + 5.0).unwrap();
    let copy = Cell::new(None);
    // The file is removed and the copy made between the update's read and its store.
    let refused = writer.share(key, |value| {
        if copy.take().is_none() {
            fs::remove_file(old.path()).unwrap();
            copy.set(Some(folder.after(&old)));
        }
        value + 1.0
    });
    assert_eq!(refused.unwrap_err().code(), Code::Retired);
    // A process that has not followed into the copy still shows the sealed value.
    assert_eq!(writer.shared(key).unwrap(), 5.0);
    writer.follow(copy.take().unwrap().heap()).unwrap();
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap(), 6.0);
}

/// Returns the scalars that a scrape of the segment shows, and how many writers are present.
fn shown(segment: &Segment) -> (Vec<f64>, usize) {
    let filter = Filter { everything: true, ..Filter::default() };
    let (snapshot, _) = scrape(segment.heap(), &filter).unwrap();
    let series = snapshot.families.iter().flat_map(|family| &family.series);
    let values = series.filter_map(|series| match series.value {
        Value::Scalar(value) => Some(value),
        _ => None,
    });
    let present = segment.heap().present().unwrap();
    (values.collect(), present.into_iter().filter(|present| *present).count())
}

#[test]
fn a_copy_shows_the_gauges_of_writers_that_have_not_followed() {
    let folder = Folder::new("gauges");
    let old = folder.make();
    let mut writer = old.heap().writer(1, 1).unwrap();
    let family = writer.family(&gauge("sum"), 0).unwrap();
    let address = writer.bind(family, b"", b"").unwrap();
    scalar::set(writer.cells(&address).unwrap().first().unwrap(), 7.0);
    let before = shown(&old);
    assert_eq!(before, (vec![7.0], 1));
    fs::remove_file(old.path()).unwrap();
    let copy = folder.after(&old);
    assert_eq!(shown(&copy), before);
    writer.follow(copy.heap()).unwrap();
    assert_eq!(shown(&copy), before);
    drop(writer);
    assert_eq!(shown(&copy), (Vec::new(), 0));
}

/// Makes a segment with a shared gauge of 5, and removes its folder, so that no copy can be made.
fn without_folder(folder: &Folder) -> (Segment, Writer, BlockKey) {
    let old = folder.make();
    let mut writer = old.heap().writer(1, 1).unwrap();
    let key = bind(&mut writer);
    writer.share(key, |value| value + 5.0).unwrap();
    fs::remove_dir_all(&folder.0).unwrap();
    fs::write(&folder.0, "no folder").unwrap();
    (old, writer, key)
}

#[test]
fn if_no_copy_can_be_made_shared_gauges_go_on_in_the_old_segment() {
    let folder = Folder::new("nowhere");
    let (old, mut writer, key) = without_folder(&folder);
    assert!(Segment::open_after(&folder.options(), Limits::default(), &old).is_err());
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap(), 6.0);
    fs::remove_file(&folder.0).unwrap();
    fs::create_dir_all(&folder.0).unwrap();
    let copy = folder.after(&old);
    writer.follow(copy.heap()).unwrap();
    assert_eq!(writer.shared(key).unwrap(), 6.0);
}

#[test]
fn if_no_copy_can_be_made_shared_gauges_go_on_even_after_a_process_died_making_one() {
    let folder = Folder::new("died");
    let (old, mut writer, key) = without_folder(&folder);
    // A process that dies in the middle of making a copy leaves the segment in this state.
    old.heap().words().set_header(header::RETIRED, retired::GONE);
    let words = old.heap().words();
    let mut all = 0..words.header(header::USED);
    let value = all.find(|at| words.load(*at).unwrap() == 5_f64.to_bits()).unwrap();
    shared::seal(words.run(value, shared::CELLS as u64).unwrap().try_into().unwrap());
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap_err().code(), Code::Retired);
    assert!(Segment::open_after(&folder.options(), Limits::default(), &old).is_err());
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap(), 6.0);
    bind(&mut writer);
    fs::remove_file(&folder.0).unwrap();
}

#[test]
fn a_segment_that_was_made_meanwhile_does_not_take_the_name_from_the_copy_of_an_older_one() {
    let folder = Folder::new("line");
    let old = folder.make();
    let mut writer = old.heap().writer(1, 1).unwrap();
    let key = bind(&mut writer);
    writer.share(key, |value| value + 5.0).unwrap();
    fs::remove_file(old.path()).unwrap();
    // Waits, so that the younger segment is made in a later millisecond than the old one.
    std::thread::sleep(std::time::Duration::from_millis(5));
    let young = folder.make();
    fs::remove_file(young.path()).unwrap();
    let copy = folder.after(&old);
    assert!(folder.after(&young).heap().descends_from(old.heap()));
    // The same holds if a copy of the younger segment gets the name first.
    fs::remove_file(copy.path()).unwrap();
    let young = folder.make();
    fs::remove_file(young.path()).unwrap();
    let next = folder.after(&young);
    assert!(next.heap().descends_from(young.heap()));
    let copy = folder.after(&copy);
    assert!(copy.heap().descends_from(old.heap()));
    assert!(folder.after(&next).heap().descends_from(old.heap()));
}

#[test]
fn while_a_segment_is_copied_shared_gauges_take_updates_until_the_copy_is_made() {
    let folder = Folder::new("late");
    let old = folder.make();
    let mut writer = old.heap().writer(1, 1).unwrap();
    let key = bind(&mut writer);
    fs::remove_file(old.path()).unwrap();
    // The state of the segment while another process copies it.
    old.heap().words().set_header(header::RETIRED, retired::GONE);
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap(), 1.0);
    let copy = folder.after(&old);
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap_err().code(), Code::Retired);
    writer.follow(copy.heap()).unwrap();
    assert_eq!(writer.shared(key).unwrap(), 1.0);
}

#[test]
fn a_writer_that_cannot_follow_yet_shares_values_with_the_writers_in_the_copy() {
    let folder = Folder::new("ahead");
    let old = folder.make();
    let mut writer = old.heap().writer(1, 1).unwrap();
    let mut other = old.heap().writer(2, 2).unwrap();
    let key = bind(&mut writer);
    writer.share(key, |value| value + 5.0).unwrap();
    fs::remove_file(old.path()).unwrap();
    let copy = folder.after(&old);
    other.follow(copy.heap()).unwrap();
    let holder = copy.region().holder().unwrap();
    assert!(holder.try_lock(lock::HEAP).unwrap());
    assert_eq!(writer.follow(copy.heap()).unwrap_err().code(), Code::Busy);
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap(), 6.0);
    assert_eq!(other.share(key, |value| value + 1.0).unwrap(), 7.0);
    assert_eq!(writer.shared(key).unwrap(), 7.0);
    writer.set_shared(key, 2.0).unwrap();
    assert_eq!(other.shared(key).unwrap(), 2.0);
    // The writer dies before it follows.
    drop(writer);
    holder.unlock(lock::HEAP).unwrap();
    assert_eq!(copy.heap().copy_for_dead(old.heap()).unwrap(), 0);
    assert_eq!(other.shared(key).unwrap(), 2.0);
}

#[test]
fn a_copy_that_is_removed_before_all_have_followed_passes_its_shared_gauges_on() {
    let folder = Folder::new("twice");
    let old = folder.make();
    let mut writer = old.heap().writer(1, 1).unwrap();
    let mut other = old.heap().writer(2, 2).unwrap();
    let key = bind(&mut writer);
    fs::remove_file(old.path()).unwrap();
    let copy = folder.after(&old);
    other.follow(copy.heap()).unwrap();
    let holder = copy.region().holder().unwrap();
    assert!(holder.try_lock(lock::HEAP).unwrap());
    assert_eq!(writer.follow(copy.heap()).unwrap_err().code(), Code::Busy);
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap(), 1.0);
    holder.unlock(lock::HEAP).unwrap();
    fs::remove_file(copy.path()).unwrap();
    let next = folder.after(&copy);
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap_err().code(), Code::Retired);
    writer.follow(next.heap()).unwrap();
    other.follow(next.heap()).unwrap();
    assert_eq!(writer.share(key, |value| value + 1.0).unwrap(), 2.0);
    assert_eq!(other.shared(key).unwrap(), 2.0);
}

#[test]
fn a_writer_that_was_stopped_during_many_removals_follows_into_the_last_copy() {
    let folder = Folder::new("many");
    let old = folder.make();
    let mut writer = old.heap().writer(1, 1).unwrap();
    bind(&mut writer);
    let mut last = None;
    // Makes so many copies that the list of ancestors in a header has no room for all of them.
    for _ in 0..ANCESTORS + 2 {
        let before = last.as_ref().unwrap_or(&old);
        fs::remove_file(before.path()).unwrap();
        last = Some(folder.after(before));
    }
    let found = folder.after(&old);
    assert_eq!(found.inode().unwrap(), last.unwrap().inode().unwrap());
    assert!(found.heap().descends_from(old.heap()));
    writer.follow(found.heap()).unwrap();
}

#[test]
fn all_processes_go_at_once_to_an_older_segment_that_has_the_name_and_make_no_copy() {
    let folder = Folder::new("at-once");
    let aside = folder.0.join("aside");
    let older = folder.make();
    fs::rename(older.path(), &aside).unwrap();
    // Segments are compared by the milliseconds at which they were made.
    std::thread::sleep(std::time::Duration::from_millis(2));
    let left = folder.make();
    fs::remove_file(left.path()).unwrap();
    fs::rename(&aside, older.path()).unwrap();
    for _ in 0..3 {
        let found = folder.after(&left);
        assert_eq!(found.inode().unwrap(), older.inode().unwrap());
    }
    // The processes have left the younger segment. None brings it back, even after the older one was removed.
    fs::remove_file(older.path()).unwrap();
    assert!(!folder.after(&left).heap().descends_from(left.heap()));
}

#[test]
fn a_shared_gauge_of_a_segment_with_a_copy_is_taken_from_the_copy_only() {
    let folder = Folder::new("once");
    let older = folder.make();
    fs::remove_file(older.path()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5));
    let young = folder.make();
    let mut follows = young.heap().writer(1, 1).unwrap();
    let mut stays = young.heap().writer(2, 2).unwrap();
    let key = bind(&mut follows);
    bind(&mut stays);
    follows.share(key, |value| value + 5.0).unwrap();
    fs::remove_file(young.path()).unwrap();
    follows.follow(folder.after(&young).heap()).unwrap();
    let copy = folder.after(&older);
    assert!(!copy.heap().descends_from(young.heap()));
    // The copy of `older` took the name from the copy of `young`. It does not descend from `young`, so both writers
    // leave `young` and its copy.
    assert!(stays.take_shared(0).unwrap().is_empty());
    let taken = follows.take_shared(0).unwrap();
    assert_eq!(taken.iter().map(|taken| taken.value).collect::<Vec<_>>(), [5.0]);
}

#[test]
fn a_shared_gauge_of_a_segment_whose_copy_had_no_writer_is_taken_from_the_segment() {
    let folder = Folder::new("nobody");
    let older = folder.make();
    fs::remove_file(older.path()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5));
    let young = folder.make();
    let mut stays = young.heap().writer(2, 2).unwrap();
    let key = bind(&mut stays);
    stays.share(key, |value| value + 5.0).unwrap();
    fs::remove_file(young.path()).unwrap();
    folder.after(&young);
    folder.after(&older);
    assert_eq!(stays.take_shared(0).unwrap()[0].value, 5.0);
}
