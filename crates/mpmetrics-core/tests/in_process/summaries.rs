//! Summaries of many writers: the error of their quantiles, the memory that the summaries take, and their windows.

use std::sync::Arc;

use mpmetrics_core::heap::{Address, FamilySpec, Heap, Limits, Setup, Writer};
use mpmetrics_core::layout::header;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::metrics::{Metrics, DEFAULT_PERCENTILES};
use mpmetrics_core::quantile::octave::locate;
use mpmetrics_core::quantile::summary::{SummaryOptions, Window};
use mpmetrics_core::region::Owned;
use mpmetrics_core::scrape::filter::{Filter, Scope};
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::{Snapshot, Value};
use mpmetrics_core::Code;

const WRITERS: usize = 8;
/// The largest relative error of a quantile that the project promises.
const ERROR: f64 = 0.0109;

fn heap(words: usize) -> Heap {
    Heap::create(Arc::new(Owned::new(words)), &Setup::default()).expect("a heap")
}

fn spec(name: &str, options: &SummaryOptions) -> FamilySpec {
    FamilySpec {
        tag: "default".into(),
        name: name.into(),
        help: "h".into(),
        metric_type: MetricType::Summary,
        aggregator: "sum".into(),
        label_names: vec!["a".into()],
        states: Vec::new(),
        numbers: options.numbers(),
    }
}

fn forever(percentiles: &[f64]) -> SummaryOptions {
    SummaryOptions { percentiles: percentiles.to_vec(), ..SummaryOptions::default() }
}

fn scraped(heap: &Heap, now: f64) -> Snapshot {
    let filter = Filter { everything: true, now: Some(now), ..Filter::default() };
    scrape(heap, &filter).expect("a scrape").0
}

/// Returns labels, count, sum and quantiles of each series of the first family.
fn shown(snapshot: &Snapshot) -> Vec<(String, f64, f64, Vec<f64>)> {
    let family = &snapshot.families[0];
    let one = |series: &mpmetrics_core::scrape::snapshot::Series| {
        let Value::Summary { sum, count, sketch } = series.value else { panic!("a summary") };
        let labels = String::from_utf8(snapshot.bytes(series.labels.text).to_vec()).unwrap();
        (labels, count, sum, snapshot.quantiles(sketch, &family.bounds))
    };
    family.series.iter().map(one).collect()
}

/// Random numbers (splitmix64) for the distributions.
struct Random(u64);

impl Random {
    /// Returns a number between 0 and 1, but neither 0 nor 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 12) as f64 + 0.5) / 2_f64.powi(52)
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.share().ln()).sqrt() * (std::f64::consts::TAU * self.share()).cos()
    }
}

type Distribution = (&'static str, fn(&mut Random) -> f64);

const DISTRIBUTIONS: [Distribution; 7] = [
    ("log-normal", |random| (random.normal() - 4.0).exp()),
    ("heavy-tailed", |random| 0.001 * random.share().powf(-1.0 / 0.7)),
    ("uniform", |random| random.share()),
    ("negative, exponential", |random| 30.0 * random.share().ln()),
    ("mixed, normal", |random| 100.0 * random.normal() + 25.0),
    ("mixed, symmetric, heavy-tailed", |random| {
        let magnitude = random.share().powf(-2.0);
        if random.share() < 0.5 {
            -magnitude
        } else {
            magnitude
        }
    }),
    ("whole numbers with zeros", |random| (random.share() * 40.0).floor() - 10.0),
];

/// Computes a quantile by its definition, from the sorted observations; see `Sketch::quantiles`.
fn exact(sorted: &[f64], percentile: f64) -> f64 {
    let last = sorted.len() - 1;
    let rank = (sorted.len() as f64 * percentile - 0.5).clamp(0.0, last as f64);
    let (below, share) = (rank.floor() as usize, rank.fract());
    let (lower, upper) = (sorted[below], sorted[(below + 1).min(last)]);
    if lower < 0.0 && upper > 0.0 {
        return if share <= 0.5 { lower } else { upper };
    }
    lower * (1.0 - share) + upper * share
}

#[test]
fn a_million_values_over_eight_writers_are_within_the_promised_error() {
    const VALUES: usize = 1_000_000;
    let percentiles = [
        &DEFAULT_PERCENTILES[..],
        &[0.0, 0.0001, 0.001, 0.1, 0.2, 0.25, 0.3, 0.4, 0.6, 0.7, 0.75, 0.8, 0.9999, 0.99999, 1.0],
    ]
    .concat();
    for (name, distribution) in DISTRIBUTIONS {
        let heap = heap(1 << 18);
        let mut writers: Vec<(Writer, Address)> = (0..WRITERS)
            .map(|n| {
                let mut writer = heap.writer(n as u64, 1).expect("a slot");
                let family = writer.family(&spec("s", &forever(&percentiles)), 0).expect("room");
                let address = writer.bind(family, b"", b"").expect("room");
                (writer, address)
            })
            .collect();
        let mut random = Random(1);
        let mut values: Vec<f64> = (0..VALUES).map(|_| distribution(&mut random)).collect();
        for (n, value) in values.iter().enumerate() {
            let (writer, address) = &mut writers[n % WRITERS];
            writer.observe(address, (*value, 1.0), None, 0.0).expect("room");
        }
        let found = shown(&scraped(&heap, 0.0)).remove(0);
        values.sort_by(f64::total_cmp);
        assert_eq!(found.1, VALUES as f64, "{name}");
        let mut worst: f64 = 0.0;
        for (percentile, found) in percentiles.iter().zip(&found.3) {
            let truth = exact(&values, *percentile);
            let off = (found - truth).abs();
            assert!(off <= ERROR * truth.abs(), "{name} {percentile}: {found} for {truth}");
            worst = worst.max(if truth == 0.0 { 0.0 } else { off / truth.abs() });
        }
        // The promised error also holds for the other usual definition, the nearest rank, because neighbours are close.
        for (percentile, found) in DEFAULT_PERCENTILES.iter().zip(&found.3) {
            let nearest = values[((VALUES as f64 * percentile).ceil() as usize).max(1) - 1];
            let off = (found - nearest).abs();
            assert!(off <= ERROR * nearest.abs(), "{name} {percentile}: {found} for {nearest}");
        }
        let ends = [found.3[percentiles.len() - 1], values[VALUES - 1]];
        assert_eq!(ends[0], ends[1], "{name}: the largest is known exactly");
        assert_eq!(heap.words().header(header::UNRANKED), 0);
        println!("{name}: {:.2} % off at the most", worst * 100.0);
    }
}

#[test]
fn a_hundred_label_sets_of_a_latency_under_eight_writers_fit_into_four_mebibytes() {
    let heap = heap(1 << 20);
    let mut random = Random(7);
    for n in 0..WRITERS {
        let mut writer = heap.writer(n as u64, 1).expect("a slot");
        let options = forever(&DEFAULT_PERCENTILES);
        let family = writer.family(&spec("latency_seconds", &options), 0).expect("room");
        for set in 0..100 {
            let text = format!("method=\"GET\",route=\"/route/{set}\"");
            let address = writer.bind(family, text.as_bytes(), b"").expect("room");
            for _ in 0..10_000 {
                // Half of all requests take less than 20 ms, one in 5,300 more than a second.
                let value = 0.02 * (1.1 * random.normal()).exp();
                writer.observe(&address, (value, 1.0), None, 0.0).expect("room");
            }
        }
        // Forgotten, so that the next writer does not adopt the slot.
        std::mem::forget(writer);
    }
    let snapshot = scraped(&heap, 0.0);
    let series = shown(&snapshot);
    assert_eq!(series.len(), 100);
    assert!(series.iter().all(|(_, count, _, _)| *count == 80_000.0));
    let octaves: usize = snapshot.sketches.iter().map(|sketch| sketch.octaves.len()).sum();
    assert!(octaves > 1_200, "too few octaves to test the size: {octaves}");
    let used = heap.words().header(header::USED) * 8;
    println!("{used} bytes, {octaves} octaves in 100 series");
    assert!(used <= 4 << 20, "{used} bytes");
    assert_eq!(heap.words().header(header::UNRANKED), 0);
}

const WINDOW: Window = Window { length: 10_000.0, sub_windows: 3 };
const START: f64 = 1.7e12;

fn windowed(prune: bool) -> SummaryOptions {
    SummaryOptions { percentiles: vec![0.0, 1.0], window: Some(WINDOW), prune }
}

/// A writer of summaries. Dropping it frees its slot.
struct Observer {
    writer: Writer,
    family: u32,
}

impl Observer {
    fn new(heap: &Heap, options: &SummaryOptions) -> Self {
        let mut writer = heap.writer(1, 1).expect("a slot");
        let family = writer.family(&spec("s", options), 0).expect("room");
        Self { writer, family }
    }

    fn observe(&mut self, labels: &str, value: f64, seconds: f64) {
        let address = self.writer.bind(self.family, labels.as_bytes(), b"").expect("room");
        let now = START + seconds * 1000.0;
        self.writer.observe(&address, (value, 1.0), Some(WINDOW), now).expect("room");
    }
}

fn quantiles_at(heap: &Heap, seconds: f64) -> Vec<f64> {
    shown(&scraped(heap, START + seconds * 1000.0)).remove(0).3
}

#[test]
fn windows_expire_for_the_idle_and_the_dead_too_and_sums_never_do() {
    let heap = heap(1 << 18);
    let mut idle = Observer::new(&heap, &windowed(false));
    let mut busy = Observer::new(&heap, &windowed(false));
    idle.observe("", -5.0, 1.0);
    busy.observe("", 7.0, 11.0);
    let mut dead = Observer::new(&heap, &windowed(false));
    dead.observe("", 100.0, 21.0);
    drop(dead);
    assert_eq!(quantiles_at(&heap, 29.0), [-5.0, 100.0]);
    assert_eq!(quantiles_at(&heap, 31.0), [7.0, 100.0]);
    busy.observe("", 8.0, 41.0);
    assert_eq!(quantiles_at(&heap, 41.0), [8.0, 100.0]);
    assert_eq!(quantiles_at(&heap, 51.0), [8.0, 8.0]);
    assert_eq!(quantiles_at(&heap, 71.0), [0.0, 0.0]);
    let (_, count, sum, _) = shown(&scraped(&heap, START + 1e9)).remove(0);
    assert_eq!((count, sum), (4.0, 110.0));
    // After the clock is set back, the later sub-windows lie in the future, and are not shown.
    assert_eq!(quantiles_at(&heap, 0.0), [-5.0, -5.0]);
    // The adopter of the slot goes on with the dead writer's window.
    let mut heir = Observer::new(&heap, &windowed(false));
    heir.observe("", 50.0, 22.0);
    assert_eq!(quantiles_at(&heap, 25.0), [-5.0, 100.0]);
    assert_eq!(heap.words().header(header::ADOPTIONS), 1);
}

#[test]
fn series_with_an_empty_window_are_removed_where_that_is_wanted() {
    let heap = heap(1 << 18);
    let mut one = Observer::new(&heap, &windowed(true));
    let mut other = Observer::new(&heap, &windowed(true));
    one.observe("a=\"1\"", 1.0, 1.0);
    other.observe("a=\"1\"", 2.0, 25.0);
    one.observe("a=\"2\"", 3.0, 1.0);
    // A series that is bound and not observed yet is neither shown nor removed: its writer may be about to observe.
    let fresh = one.writer.bind(one.family, b"a=\"3\"", b"").expect("room");
    let at = |seconds: f64| -> Vec<(String, f64)> {
        let all = shown(&scraped(&heap, START + seconds * 1000.0));
        all.into_iter().map(|(labels, count, _, _)| (labels, count)).collect()
    };
    assert_eq!(at(25.0), [("a=\"1\"".into(), 2.0), ("a=\"2\"".into(), 1.0)]);
    // A scrape of one process does not know the other parts, so it removes no series.
    let own = Filter {
        everything: true,
        scope: Scope::Process(1),
        now: Some(START + 1e9),
        ..Filter::default()
    };
    let nothing = scrape(&heap, &own).expect("a scrape");
    assert!(shown(&nothing.0).is_empty() && nothing.1.pruned.is_empty());
    assert_eq!(at(35.0), [("a=\"1\"".into(), 2.0)]);
    assert!(one.writer.is_current(&fresh).expect("a generation"));
    one.observe("a=\"2\"", 9.0, 36.0);
    assert_eq!(at(36.0), [("a=\"1\"".into(), 2.0), ("a=\"2\"".into(), 1.0)]);
    assert_eq!(at(99.0), []);
    assert_eq!(heap.words().header(header::REMOVED), 3);
    // The series were removed without the heap lock. Its next holder reclaims their places.
    one.observe("a=\"4\"", 1.0, 99.0);
    assert_eq!(heap.words().header(header::LIVE_SERIES), 2);
}

#[test]
fn two_blocks_of_one_series_become_one_with_their_windows() {
    let heap = heap(1 << 18);
    // The first two lives of the slot each observe in a new block without default labels, and then set the default
    // label `app="x"`, which the block gets. So the third life finds two blocks of one series.
    for (value, seconds) in [(1.0, 1.0), (-3.0, 11.0)] {
        let mut life = Observer::new(&heap, &windowed(false));
        life.observe("", value, seconds);
        life.observe("", value * 1000.0, seconds + 10.0);
        life.writer.default_labels(0, b"app=\"x\"", b"").expect("room");
    }
    let before = scraped(&heap, START + 25_000.0);
    assert_eq!(shown(&before)[0].3, [-3000.0, 1000.0]);
    assert_eq!(before.sketches.len(), 1, "one series");
    let heir = Observer::new(&heap, &windowed(false));
    assert_eq!(quantiles_at(&heap, 25.0), [-3000.0, 1000.0]);
    assert_eq!(quantiles_at(&heap, 35.0), [-3000.0, 1000.0]);
    assert_eq!(quantiles_at(&heap, 45.0), [-3000.0, -3000.0]);
    let (_, count, sum, _) = shown(&scraped(&heap, START)).remove(0);
    assert_eq!((count, sum), (4.0, 1001.0 - 3003.0));
    drop(heir);
}

#[test]
fn without_memory_for_buckets_sum_and_count_stay_right() {
    let limits = Limits { bytes: 96 << 10, ..Limits::default() };
    let setup = Setup { limits, ..Setup::default() };
    let heap = Heap::create(Arc::new(Owned::new(12 << 10)), &setup).expect("a heap");
    let mut writer = heap.writer(1, 1).expect("a slot");
    let family = writer.family(&spec("s", &forever(&[0.5])), 0).expect("room");
    // The heap has room for these series, but not for all of their buckets.
    let sets: Vec<String> = (0..40).map(|set| format!("a=\"{set}\"")).collect();
    let bind = |set: &String| writer.bind(family, set.as_bytes(), b"").expect("room");
    let addresses: Vec<Address> = sets.iter().map(bind).collect();
    for power in 0..30 {
        for address in &addresses {
            let value = f64::from(power).exp2();
            writer.observe(address, (value, 1.0), None, 0.0).expect("never an error");
            writer.observe(address, (1.5, 1.0), None, 0.0).expect("never an error");
        }
    }
    let refused = heap.words().header(header::UNRANKED) as f64;
    assert!(refused > 100.0, "the heap has room for all: {refused}");
    let snapshot = scraped(&heap, 0.0);
    let all = shown(&snapshot);
    assert!(all.iter().all(|(_, count, _, _)| *count == 60.0));
    let counts = snapshot.sketches.iter().flat_map(|sketch| &sketch.octaves);
    let ranked: f64 = counts.flat_map(|(_, counts)| counts).sum();
    assert_eq!(ranked + refused, 60.0 * sets.len() as f64);
    let (octave, cell) = locate(1.5).unwrap();
    assert_eq!(all[0].3, [octave.middle(cell)]);
    let error = writer.bind(family, b"a=\"no room\"", b"").map(|_| ());
    assert!(error.is_ok() || error.unwrap_err().code() == Code::Full);
}

#[test]
fn the_api_for_rust_programs_observes() {
    let heap = heap(1 << 18);
    let metrics = Metrics::new(heap.clone()).expect("a slot");
    let sizes = metrics.summary("size", "h", &["of"], &forever(&[0.5])).expect("room");
    let sizes = sizes.summary(&["x"]).expect("room");
    for value in [1.0, 3.0] {
        sizes.observe(value).expect("room");
    }
    assert_eq!(sizes.observe(f64::NAN).unwrap_err().code(), Code::Invalid);
    let options = SummaryOptions { window: Some(WINDOW), ..forever(&[1.0]) };
    let recent = metrics.summary("recent", "h", &[], &options).expect("room");
    recent.summary(&[]).expect("room").observe(9.0).expect("room");
    let text = String::from_utf8(metrics.text().expect("a scrape")).unwrap();
    assert!(text.contains("\nsize{quantile=\"0.5\",of=\"x\"} 2\nsize_sum{of=\"x\"} 4\n"), "{text}");
    assert!(text.contains("\nrecent{quantile=\"1\"} 9\nrecent_sum 9\nrecent_count 1\n"), "{text}");
}
