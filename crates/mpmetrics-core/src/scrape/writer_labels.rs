//! The labels that tell writers apart, in the text of a series' labels.

use super::part::Origin;
use crate::aggregator::WRITER_LABELS;

/// Adds the labels that tell writers apart to a label text, which ends where its types begin; where they
/// begin now.
pub(super) fn name_writer(writer: Origin, start: usize, split: usize, text: &mut Vec<u8>) -> usize {
    let mut types = text.split_off(split.min(text.len()));
    // A main thread is its process.
    for (name, number) in WRITER_LABELS.into_iter().zip([writer.pid, writer.thread]) {
        if name == WRITER_LABELS[0] || number != 0 {
            let comma = if text.len() > start { "," } else { "" };
            text.extend_from_slice(format!("{comma}{name}=\"{number}\"").as_bytes());
            if !types.is_empty() {
                types.push(b's');
            }
        }
    }
    let split = text.len();
    text.extend_from_slice(&types);
    split
}
