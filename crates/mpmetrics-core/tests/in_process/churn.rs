//! Series that are made and removed for ever take no more memory than the series that existed at once.

use std::collections::VecDeque;
use std::sync::Arc;

use mpmetrics_core::cells::exemplar::Given;
use mpmetrics_core::heap::{FamilySpec, Heap, Setup, Writer};
use mpmetrics_core::layout::{header, BlockKey};
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::metrics::DEFAULT_PERCENTILES;
use mpmetrics_core::quantile::summary::SummaryOptions;
use mpmetrics_core::region::Owned;

const WRITERS: usize = 4;
/// Number of label sets of one writer that exist at once. It varies from some 300 to some 440.
const LIVING: usize = 400;

/// splitmix64: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn share(&mut self) -> f64 {
        (self.below(1 << 52) as f64 + 0.5) / (1_u64 << 52) as f64
    }
}

fn spec(name: &str, metric_type: MetricType) -> FamilySpec {
    let options =
        SummaryOptions { percentiles: DEFAULT_PERCENTILES.to_vec(), ..SummaryOptions::default() };
    FamilySpec {
        tag: "default".into(),
        name: name.into(),
        help: "h".into(),
        metric_type,
        aggregator: "sum".into(),
        label_names: vec!["session".into()],
        states: Vec::new(),
        numbers: match metric_type {
            MetricType::Histogram => vec![0.01, 0.1, 1.0, 10.0],
            MetricType::Summary => options.numbers(),
            _ => Vec::new(),
        },
    }
}

struct Churner {
    writer: Writer,
    families: Vec<(u32, MetricType)>,
    living: VecDeque<String>,
    made: u64,
}

impl Churner {
    fn new(heap: &Heap, number: u64, kinds: &[(&str, MetricType)]) -> Self {
        let mut writer = heap.writer(number, 1).expect("a slot");
        let families = kinds
            .iter()
            .map(|(name, kind)| (writer.family(&spec(name, *kind), 0).expect("room"), *kind));
        let families = families.collect();
        Self { writer, families, living: VecDeque::new(), made: number << 32 }
    }

    /// Ends the writer, and goes on with another writer and the same series.
    fn reborn(self, heap: &Heap, number: u64, kinds: &[(&str, MetricType)]) -> Self {
        let Self { writer, living, made, .. } = self;
        drop(writer);
        Self { living, made, ..Self::new(heap, number, kinds) }
    }

    fn step(&mut self, random: &mut Random) {
        self.made += 1;
        let text = format!("session=\"{}\"", self.made);
        let times = 1 + random.below(20);
        for (family, kind) in &self.families {
            let address = self.writer.bind(*family, text.as_bytes(), b"").expect("room");
            if *kind == MetricType::Summary {
                for _ in 0..times {
                    let value = -random.share().ln();
                    self.writer.observe(&address, (value, 1.0), None, 0.0).expect("room");
                }
            } else {
                let key = BlockKey { series: address.series, generation: address.generation };
                let given = Given { value: 1.0, time: 1.0, text: b"trace=\"1\"", types: b"" };
                let at = (address.slab, address.cell, key);
                self.writer.exemplar(at, 0, &given).expect("room");
            }
        }
        self.living.push_back(text);
        // Removes many series at once, as the checks of expiring series do. How many live before that varies.
        if self.living.len() > LIVING + random.below(100) as usize {
            for text in self.living.drain(..LIVING / 4) {
                for (family, _) in &self.families {
                    self.writer.expire(*family, [(text.as_bytes(), &b""[..])]).expect("the lock");
                }
            }
        }
    }
}

#[test]
fn series_that_come_and_go_take_no_more_memory_than_those_that_lived_at_once() {
    const ROUNDS: u64 = 12_000;
    let all =
        [("c", MetricType::Counter), ("h", MetricType::Histogram), ("s", MetricType::Summary)];
    for kinds in [&all[..1], &all[1..2], &all[2..], &all] {
        // `lives` is how often each churner ends its writer. A new writer then adopts the slot of the ended one.
        for lives in [1, 8] {
            let region = Arc::new(Owned::new(1 << 22));
            let heap = Heap::create(region, &Setup::default()).expect("a heap");
            let mut random = Random(1);
            let new = |n| Churner::new(&heap, n as u64, kinds);
            let mut churners: Vec<Churner> = (0..WRITERS).map(new).collect();
            let mut at_half = 0;
            for round in 1..=ROUNDS {
                for churner in &mut churners {
                    churner.step(&mut random);
                }
                if round % (ROUNDS / lives) == 0 {
                    let all = churners.into_iter().zip(0..);
                    churners = all.map(|(one, n)| one.reborn(&heap, n, kinds)).collect();
                }
                if round == ROUNDS / 2 {
                    at_half = heap.words().header(header::USED);
                }
            }
            let used = heap.words().header(header::USED);
            // The number of living series varies, so the heap may grow by one small slab.
            assert!(used <= at_half + at_half / 32, "{kinds:?}, {lives}: {at_half}, then {used}");
        }
    }
}
