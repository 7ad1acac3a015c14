//! Reading of a frame's numbers and texts. No bytes make it panic, or reserve more memory than they are worth.

use super::output::DOUBLE;
use crate::error::{Error, Result};

/// The bytes that are still to be read.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    rest: &'a [u8],
    all: usize,
}

impl<'a> Input<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, all: bytes.len() }
    }

    /// All bytes that are still to be read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The error of bytes that are not `what`.
    pub fn malformed(&self, what: &'static str) -> Error {
        let at = self.all - self.rest.len();
        Error::Invalid { what, value: format!("byte {at} of {}", self.all) }
    }

    pub fn take(&mut self, len: usize, what: &'static str) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.rest.split_at_checked(len) else {
            return Err(self.malformed(what));
        };
        self.rest = rest;
        Ok(taken)
    }

    pub fn byte(&mut self, what: &'static str) -> Result<u8> {
        self.take(1, what).map(|bytes| bytes[0])
    }

    pub fn length(&mut self, what: &'static str) -> Result<u64> {
        let mut value = 0_u64;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte(what)?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(self.malformed(what))
    }

    /// A number of items, each of which takes at least one byte.
    pub fn items(&mut self, what: &'static str) -> Result<usize> {
        let items = self.length(what)?;
        match usize::try_from(items) {
            Ok(items) if items <= self.rest.len() => Ok(items),
            _ => Err(self.malformed(what)),
        }
    }

    pub fn bytes(&mut self, what: &'static str) -> Result<&'a [u8]> {
        let len = self.items(what)?;
        self.take(len, what)
    }

    pub fn text(&mut self, what: &'static str) -> Result<&'a str> {
        let bytes = self.bytes(what)?;
        core::str::from_utf8(bytes).map_err(|_| self.malformed(what))
    }

    pub fn count(&mut self, what: &'static str) -> Result<f64> {
        if self.rest.first() == Some(&DOUBLE) {
            self.take(1, what)?;
            return self.double(what);
        }
        let twice = self.length(what)?;
        if twice % 2 == 1 || twice >> 54 != 0 {
            return Err(self.malformed(what));
        }
        Ok((twice >> 1) as f64)
    }

    pub fn double(&mut self, what: &'static str) -> Result<f64> {
        let bytes = self.take(8, what)?;
        let bits = bytes.iter().rev().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
        Ok(f64::from_bits(bits))
    }
}
