//! Adds the labels that tell writers apart to the labels of a series.

use super::part::Origin;
use crate::aggregator::WRITER_LABELS;

/// Adds the labels of a writer to the label text from `start` to `split`, where the text's types begin. Returns
/// where the types begin now.
pub(super) fn name_writer(writer: Origin, start: usize, split: usize, text: &mut Vec<u8>) -> usize {
    let mut types = text.split_off(split.min(text.len()));
    // A main thread has the number 0, and no label for it.
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
