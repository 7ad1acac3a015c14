//! Converts errors, identities and specifications of families between Rust and JavaScript.

use mpmetrics_core::heap::FamilySpec;
use mpmetrics_core::metric_type::MetricType;
use mpmetrics_core::os::ProcessIdentity;
use mpmetrics_core::Error;
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;

/// An error whose `code` is one of `ERR_MPMETRICS_*`.
pub type Failure = napi::Error<String>;
/// A result with such an error.
pub type Result<T, E = Failure> = core::result::Result<T, E>;

/// Converts an error. Keeps its code, and makes one message of the error and its causes.
pub fn failure(error: &Error) -> Failure {
    Failure::new(error.code().name().to_owned(), error.to_string())
}

/// Converts an error of Node.js itself into one with a code of this library.
pub fn foreign(error: &napi::Error) -> Failure {
    Failure::new("ERR_MPMETRICS_UNSUPPORTED".to_owned(), error.to_string())
}

/// Returns the error for a rule that the caller broke.
pub fn invalid(what: &'static str, value: impl ToString) -> Failure {
    failure(&Error::Invalid { what, value: value.to_string() })
}

/// A process, distinct from any other process that had or will have its pid.
#[napi(object, js_name = "ProcessIdentity")]
pub struct Identity {
    /// Process id.
    pub pid: u32,
    /// Process id of the parent.
    pub ppid: u32,
    /// Time of the start, in decimal: on Linux in clock ticks after boot, on macOS in microseconds since 1970.
    pub start_time: String,
    /// Boot id, 32 hexadecimal digits.
    pub boot_id: String,
    /// Inode of the pid namespace, in decimal; a constant on systems without namespaces.
    pub pid_namespace: String,
}

impl From<ProcessIdentity> for Identity {
    fn from(from: ProcessIdentity) -> Self {
        Self {
            pid: from.pid,
            ppid: from.ppid,
            start_time: from.start_time.to_string(),
            boot_id: from.boot_id.iter().map(|byte| format!("{byte:02x}")).collect(),
            pid_namespace: from.pid_namespace.to_string(),
        }
    }
}

impl TryFrom<Identity> for ProcessIdentity {
    type Error = Failure;

    fn try_from(from: Identity) -> Result<Self> {
        let number =
            |text: &str| text.parse::<u64>().map_err(|_| invalid("a decimal number", text));
        let boot = u128::from_str_radix(&from.boot_id, 16)
            .map_err(|_| invalid("a boot id of 32 hexadecimal digits", &from.boot_id))?;
        Ok(Self {
            pid: from.pid,
            ppid: from.ppid,
            start_time: number(&from.start_time)?,
            boot_id: boot.to_be_bytes(),
            pid_namespace: number(&from.pid_namespace)?,
        })
    }
}

/// The type of a family.
#[napi(string_enum = "lowercase")]
pub enum FamilyType {
    /// A sum that only grows.
    Counter,
    /// A value that is set.
    Gauge,
    /// Counts of observations in buckets.
    Histogram,
    /// Quantiles of observations.
    Summary,
    /// Which of the declared states are set.
    StateSet,
    /// Labels whose values are the information.
    Info,
}

impl From<FamilyType> for MetricType {
    fn from(from: FamilyType) -> Self {
        match from {
            FamilyType::Counter => Self::Counter,
            FamilyType::Gauge => Self::Gauge,
            FamilyType::Histogram => Self::Histogram,
            FamilyType::Summary => Self::Summary,
            FamilyType::StateSet => Self::StateSet,
            FamilyType::Info => Self::Info,
        }
    }
}

/// The declaration of a family.
#[napi(object, js_name = "FamilySpec", object_to_js = false)]
pub struct Spec {
    /// Tag of the registry.
    pub tag: String,
    /// Metric name.
    pub name: String,
    /// Help text.
    pub help: String,
    /// Its type.
    #[napi(js_name = "type")]
    pub family_type: FamilyType,
    /// Name of the aggregator.
    pub aggregator: String,
    /// Declared label names.
    pub label_names: Vec<String>,
    /// The options that are numbers. Of a histogram: its upper bounds. Of a summary: its options. Of a state set: the
    /// mask that a cell of 0 stands for. A gauge, state set or info that counts the dead has one more number, which is
    /// the last: how many dead lives are shown. That number means nothing unless each dead life is shown by itself.
    pub numbers: Float64Array,
    /// The states of a state set, in the order of the bits of its mask.
    pub states: Vec<String>,
}

impl TryFrom<Spec> for FamilySpec {
    type Error = Failure;

    fn try_from(from: Spec) -> Result<Self> {
        Ok(Self {
            tag: from.tag,
            name: from.name,
            help: from.help,
            metric_type: from.family_type.into(),
            aggregator: from.aggregator,
            label_names: from.label_names,
            numbers: from.numbers.to_vec(),
            states: from.states,
        })
    }
}
