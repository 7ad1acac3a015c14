//! Frames: a family's bytes with its name in the clear, so that a snapshot can be divided without reading the rest.
//!
//! A frame is its length as four bytes, a byte for its kind, its name, and its body. A packed frame's kind has the
//! highest bit set, and its body is the length of the body before it was packed, and raw deflate (RFC 1951).

use super::input::Input;
use super::output::{push_length, push_text};
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::io::{Read, Write};

/// The first bytes of a snapshot; the last of them is the version of the format.
pub const MAGIC: [u8; 4] = *b"mps\x01";
/// The bit that is set in the kind of a packed frame.
const PACKED: u8 = 0x80;
/// The longest body that is unpacked, in bytes. Deflate makes a body at most about 1,000 times shorter.
const LONGEST: u64 = 1 << 30;

/// What a frame has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Content {
    /// A family of the heap, whose series can be joined with those of other applications.
    Family = 0,
    /// A family that the heap does not hold, as rows.
    Rows = 1,
}

/// A frame whose body may be packed.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// What it has.
    pub content: Content,
    /// The family's name.
    pub name: &'a str,
    packed: bool,
    body: &'a [u8],
    whole: &'a [u8],
}

#[expect(clippy::len_without_is_empty, reason = "a frame has its length, so it is never empty")]
impl<'a> Frame<'a> {
    /// The number of its bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.whole.len()
    }

    /// Returns the first frame of `bytes`, and the bytes that follow it.
    fn split(bytes: &'a [u8]) -> Result<(Self, &'a [u8])> {
        let mut input = Input::new(bytes);
        let len = input.take(4, "the length of a frame")?;
        let len = len.iter().rev().fold(0_usize, |len, byte| len << 8 | usize::from(*byte));
        let whole = input.take(len, "a whole frame")?;
        let mut input = Input::new(whole);
        let kind = input.byte("the kind of a frame")?;
        let packed = kind & PACKED != 0;
        let content = match kind & !PACKED {
            0 => Content::Family,
            1 => Content::Rows,
            _ => return Err(input.malformed("a kind of frames that this version knows")),
        };
        let name = input.text("the name of a frame")?;
        let body = input.rest();
        let (whole, rest) = bytes.split_at(4 + len);
        Ok((Self { content, name, packed, body, whole }, rest))
    }

    /// Returns the body as [`encode`](super::encode()) made it.
    pub(super) fn body(&self) -> Result<Cow<'a, [u8]>> {
        if !self.packed {
            return Ok(Cow::Borrowed(self.body));
        }
        let mut input = Input::new(self.body);
        let len = input.length("the length of a packed body")?;
        if len > LONGEST {
            return Err(input.malformed("a packed body of at most 1 GiB"));
        }
        let mut body = Vec::new();
        let deflated = input.rest();
        let inflated =
            flate2::read::DeflateDecoder::new(deflated).take(len + 1).read_to_end(&mut body);
        if inflated.is_err() || body.len() as u64 != len {
            return Err(input.malformed("a packed body that can be unpacked"));
        }
        Ok(Cow::Owned(body))
    }

    /// Appends the frame with its body packed.
    pub fn pack(&self, out: &mut Vec<u8>) -> Result<()> {
        let body = self.body()?;
        let mut packed = Vec::with_capacity(body.len() / 4 + 16);
        push_length(&mut packed, body.len() as u64);
        let mut encoder = flate2::write::DeflateEncoder::new(packed, flate2::Compression::fast());
        let packed = encoder.write_all(&body).and_then(|()| encoder.finish());
        let packed = packed.map_err(|source| Error::Io { call: "deflate", source })?;
        push(out, self.content as u8 | PACKED, self.name, &packed)
    }

    /// Appends the frame with its body as it was before it was packed.
    pub fn unpack(&self, out: &mut Vec<u8>) -> Result<()> {
        push(out, self.content as u8, self.name, &self.body()?)
    }
}

/// Returns the frames of a snapshot.
///
/// # Errors
/// [`Error::Invalid`] for bytes that are no snapshot of this version.
pub fn frames(snapshot: &[u8]) -> Result<Vec<Frame<'_>>> {
    let mut input = Input::new(snapshot);
    if input.take(MAGIC.len(), "a snapshot of this version")? != MAGIC {
        return Err(Input::new(snapshot).malformed("a snapshot of this version"));
    }
    let mut rest = input.rest();
    let mut frames = Vec::new();
    while !rest.is_empty() {
        let (frame, next) = Frame::split(rest)?;
        frames.push(frame);
        rest = next;
    }
    Ok(frames)
}

/// Appends a frame.
pub(super) fn push(out: &mut Vec<u8>, kind: u8, name: &str, body: &[u8]) -> Result<()> {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    out.push(kind);
    push_text(out, name.as_bytes());
    out.extend_from_slice(body);
    let len = out.len() - start - 4;
    let len = u32::try_from(len)
        .map_err(|_| Error::Limit { what: "bytes of a frame", limit: u64::from(u32::MAX) })?;
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
    Ok(())
}
