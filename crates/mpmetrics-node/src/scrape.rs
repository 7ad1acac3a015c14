//! Scrapes on the thread pool.

use crate::convert::failure;
use crate::extra::{ExtraFamily, FamilyUnit};
use crate::text::Text;
use mpmetrics_core::exposition::extra::Extra;
use mpmetrics_core::exposition::{json, openmetrics, text};
use mpmetrics_core::scrape::filter::{Filter, Scope};
use mpmetrics_core::scrape::recycle;
use mpmetrics_core::scrape::scrape;
use mpmetrics_core::scrape::snapshot::Snapshot;
use mpmetrics_core::segment::Segment;
use mpmetrics_core::Error;
use napi::bindgen_prelude::{Buffer, JsValue};
use napi::{Env, Task};
use napi_derive::napi;
use std::panic::{catch_unwind, AssertUnwindSafe};
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
    print: fn(&Snapshot, &Extra) -> Vec<u8>,
    failed: Option<Error>,
}

impl Scrape {
    /// Makes a scrape of these options.
    pub fn new(segment: Arc<Segment>, options: ScrapeOptions, scope: Scope) -> Self {
        let families = options.families.iter().filter_map(|family| family.split_once('\0'));
        let print = match options.format {
            ScrapeFormat::Text => text::with_extra,
            ScrapeFormat::OpenMetrics => openmetrics::with_extra,
            ScrapeFormat::Json => json::with_extra,
        };
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
        Self { segment, filter, extra, print, failed: None }
    }

    /// Scrapes and prints. A panic would end the process, because the caller is C code.
    fn printed(&self) -> Result<Vec<u8>, Error> {
        let printed = catch_unwind(AssertUnwindSafe(|| {
            let (snapshot, _) = scrape(self.segment.heap(), &self.filter)?;
            let printed = (self.print)(&snapshot, &self.extra);
            recycle(snapshot);
            Ok(printed)
        }));
        printed.unwrap_or(Err(Error::Corrupt {
            what: "bytes that a scrape can read (it panicked)",
            at: 0,
        }))
    }

    fn run(&mut self) -> napi::Result<Vec<u8>> {
        match self.printed() {
            Ok(printed) => Ok(printed),
            Err(error) => {
                let error = self.segment.told(error);
                let message = error.to_string();
                self.failed = Some(error);
                Err(napi::Error::from_reason(message))
            }
        }
    }

    /// Returns the error of the scrape as a JavaScript Error with its `code`.
    fn rejected(&self, env: &Env, error: napi::Error) -> napi::Error {
        let Some(failed) = &self.failed else {
            return error;
        };
        let failure = failure(failed);
        let made = env.create_error(napi::Error::from_reason(failure.reason.clone()));
        let Ok(mut made) = made else {
            return error;
        };
        match made.set("code", failure.status.as_str()) {
            Ok(()) => napi::Error::from(made.to_unknown()),
            Err(_) => error,
        }
    }
}

/// A scrape that yields a string.
pub struct ToText(pub Scrape);

/// A scrape that yields a Buffer.
pub struct ToBuffer(pub Scrape);

impl Task for ToText {
    type Output = Text;
    type JsValue = Text;

    fn compute(&mut self) -> napi::Result<Text> {
        self.0.run().map(Text::new)
    }

    fn resolve(&mut self, _: Env, output: Text) -> napi::Result<Text> {
        Ok(output)
    }

    fn reject(&mut self, env: Env, error: napi::Error) -> napi::Result<Text> {
        Err(self.0.rejected(&env, error))
    }
}

impl Task for ToBuffer {
    type Output = Vec<u8>;
    type JsValue = Buffer;

    fn compute(&mut self) -> napi::Result<Vec<u8>> {
        self.0.run()
    }

    fn resolve(&mut self, _: Env, output: Vec<u8>) -> napi::Result<Buffer> {
        Ok(output.into())
    }

    fn reject(&mut self, env: Env, error: napi::Error) -> napi::Result<Buffer> {
        Err(self.0.rejected(&env, error))
    }
}
