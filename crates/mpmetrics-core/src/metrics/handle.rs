//! Handles of single series.

use crate::cells::{scalar, sequence};
use crate::error::{Error, Result};
use crate::heap::{Address, Writer};
use crate::os;
use crate::quantile::summary::Window;
use crate::sync::AtomicU64;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Where the cells of a series are. If the series was removed, the next update binds it again.
pub(super) struct Handle {
    writer: Rc<RefCell<Writer>>,
    family: u32,
    labels: Vec<u8>,
    address: Cell<Address>,
}

impl Handle {
    pub(super) fn new(writer: &Rc<RefCell<Writer>>, family: u32, labels: Vec<u8>) -> Result<Self> {
        let address = Cell::new(writer.borrow_mut().bind(family, &labels, b"")?);
        Ok(Self { writer: Rc::clone(writer), family, labels, address })
    }

    /// Returns the address of the series' cells. Binds the series again first if it was removed.
    fn current(&self) -> Result<Address> {
        let mut writer = self.writer.borrow_mut();
        if !writer.is_current(&self.address.get())? {
            self.address.set(writer.bind(self.family, &self.labels, b"")?);
        }
        Ok(self.address.get())
    }

    /// Runs an update on the series' cells.
    fn update(&self, change: impl FnOnce(&[AtomicU64])) -> Result<()> {
        let address = self.current()?;
        change(self.writer.borrow().cells(&address)?);
        Ok(())
    }

    fn scalar(&self, change: impl FnOnce(&AtomicU64)) -> Result<()> {
        let mut change = Some(change);
        self.update(|cells| {
            if let (Some(cell), Some(change)) = (cells.first(), change.take()) {
                change(cell);
            }
        })
    }
}

/// A counter of one label set.
pub struct Counter(pub(super) Handle);

impl Counter {
    /// Adds to the counter.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative or non-finite amount; as [`Writer::bind`] if the series
    /// was removed and cannot be made again.
    pub fn inc(&self, by: f64) -> Result<()> {
        if !(by.is_finite() && by >= 0.0) {
            let what = "a counter grows by finite amounts from 0 on";
            return Err(Error::Invalid { what, value: by.to_string() });
        }
        self.0.scalar(|cell| scalar::add(cell, by))
    }
}

/// A gauge of one label set: this writer's part of it.
pub struct Gauge(pub(super) Handle);

impl Gauge {
    /// Replaces the value.
    ///
    /// # Errors
    /// As [`Writer::bind`] if the series was removed and cannot be made again.
    pub fn set(&self, value: f64) -> Result<()> {
        self.0.scalar(|cell| scalar::set(cell, value))
    }

    /// Adds to the value.
    ///
    /// # Errors
    /// As [`Gauge::set`].
    pub fn add(&self, by: f64) -> Result<()> {
        self.0.scalar(|cell| scalar::add(cell, by))
    }
}

/// A histogram of one label set.
pub struct Histogram(pub(super) Handle, pub(super) Rc<[f64]>);

impl Histogram {
    /// Counts a value.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a non-finite value; as [`Writer::bind`] if the series was removed and
    /// cannot be made again.
    pub fn observe(&self, value: f64) -> Result<()> {
        self.observe_n(value, 1)
    }

    /// Counts a value `times` times at once.
    ///
    /// # Errors
    /// As [`Histogram::observe`].
    pub fn observe_n(&self, value: f64, times: u32) -> Result<()> {
        finite(value, "a histogram observes finite values")?;
        if times == 0 {
            return Ok(());
        }
        let bucket = sequence::bucket(&self.1, value);
        self.0.update(|cells| sequence::observe(cells, bucket, value, f64::from(times)))
    }
}

/// A summary of one label set.
pub struct Summary(pub(super) Handle, pub(super) Option<Window>);

impl Summary {
    /// Counts a value. If it gets no bucket, it counts in sum and count only: see [`Writer::observe`].
    ///
    /// # Errors
    /// [`Error::Invalid`] for a non-finite value; as [`Writer::bind`] if the series was removed and
    /// cannot be made again.
    pub fn observe(&self, value: f64) -> Result<()> {
        self.observe_n(value, 1)
    }

    /// Counts a value `times` times at once.
    ///
    /// # Errors
    /// As [`Summary::observe`].
    pub fn observe_n(&self, value: f64, times: u32) -> Result<()> {
        finite(value, "a summary observes finite values")?;
        // Nothing is observed. `Writer::observe` would nevertheless change the smallest and the largest observation.
        if times == 0 {
            return Ok(());
        }
        let now = if self.1.is_some() { os::unix_ms() as f64 } else { 0.0 };
        let address = self.0.current()?;
        self.0.writer.borrow_mut().observe(&address, (value, f64::from(times)), self.1, now)
    }
}

fn finite(value: f64, what: &'static str) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::Invalid { what, value: value.to_string() })
}
