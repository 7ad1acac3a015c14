//! Scrapes on the thread pool.

use crate::extra::{ExtraFamily, FamilyUnit};
use mpmetrics_core::exposition::extra::Extra;
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::scrape::filter::{Filter, Scope};
use mpmetrics_core::scrape::recycle;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::Snapshot;
use mpmetrics_core::segment::Segment;
use mpmetrics_core::{wire, Error};
use napi_derive::napi;
use std::sync::Arc;

/// The format of a scrape.
#[napi(string_enum = "lowercase")]
pub enum ScrapeFormat {
    /// Text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// The compact JSON of `exposition::json`, from which TypeScript makes what `getMetricsAsJSON()` returns.
    Json,
    /// The bytes of `wire`, which can be stored, joined and printed later.
    Snapshot,
}

impl ScrapeFormat {
    /// Prints a snapshot.
    pub fn print(self, snapshot: &Snapshot, extra: &Extra) -> Result<Vec<u8>, Error> {
        match self {
            Self::Text => Ok(text::with_extra(snapshot, extra)),
            Self::OpenMetrics => Ok(openmetrics::with_extra(snapshot, extra)),
            Self::Json => Ok(json::with_extra(snapshot, extra)),
            Self::Snapshot => wire::encode(snapshot, extra),
        }
    }
}

/// The writers whose parts a scrape adds up.
#[napi(string_enum = "lowercase")]
pub enum ScrapeScope {
    /// All writers of the application.
    Application,
    /// The writers of this process.
    Process,
    /// The writer of this thread.
    Thread,
}

/// The choice of what a scrape shows, and how.
#[napi(object, object_to_js = false)]
pub struct ScrapeOptions {
    /// How it is printed.
    pub format: ScrapeFormat,
    /// The writers whose parts are shown.
    pub scope: ScrapeScope,
    /// Tags of the registries whose families are all shown.
    pub tags: Vec<String>,
    /// Single families, as `tag + '\0' + name`.
    pub families: Vec<String>,
    /// Whether default labels are left out. Series that differ only in default labels are joined then.
    pub plain: bool,
    /// Unix time in milliseconds, by which the windows of summaries expire.
    pub now: f64,
    /// If it is set, chosen families with other names are not shown.
    pub only: Option<Vec<String>>,
    /// Names of families of the heap that are not printed.
    pub without: Option<Vec<String>>,
    /// Families that the heap does not hold, which are printed after the heap's families. `json` leaves them out,
    /// because its reader has them already.
    pub extra: Option<Vec<ExtraFamily>>,
    /// What is printed before all names, and before the name of the label that shows a state. `json` does not print the
    /// prefix: its reader looks families up by their names, and adds the prefix later. But `json`, too, joins series
    /// whose labels would be the same if the prefix were printed.
    pub prefix: Option<String>,
    /// Units of families of the heap, which OpenMetrics shows.
    pub units: Option<Vec<FamilyUnit>>,
}

/// One scrape, before it is run.
pub struct Scrape {
    segment: Arc<Segment>,
    filter: Filter,
    extra: Extra,
    format: ScrapeFormat,
}

impl Scrape {
    /// Makes a scrape of these options.
    pub fn new(segment: Arc<Segment>, options: ScrapeOptions, scope: Scope) -> Self {
        let families = options.families.iter().filter_map(|family| family.split_once('\0'));
        let filter = Filter {
            scope,
            tags: options.tags,
            families: families.map(|(tag, name)| (tag.to_owned(), name.to_owned())).collect(),
            everything: false,
            only: options.only,
            // Text format 0.0.4 has no exemplars.
            exemplars: !matches!(options.format, ScrapeFormat::Text),
            plain: options.plain,
            prefix: options.prefix.clone().unwrap_or_default(),
            now: Some(options.now),
        };
        let units = options.units.into_iter().flatten();
        let extra = Extra {
            prefix: options.prefix.unwrap_or_default(),
            units: units.map(|FamilyUnit { name, unit }| (name, unit)).collect(),
            without: options.without.unwrap_or_default(),
            families: options.extra.into_iter().flatten().map(Into::into).collect(),
        };
        Self { segment, filter, extra, format: options.format }
    }

    /// Scrapes and prints.
    pub fn run(self) -> Result<Vec<u8>, Error> {
        let printed = scrape(self.segment.heap(), &self.filter).and_then(|(snapshot, _)| {
            let printed = self.format.print(&snapshot, &self.extra);
            recycle(snapshot);
            printed
        });
        printed.map_err(|error| self.segment.told(error))
    }
}
