//! Words that hold several numbers. Each such word has a type, and no other Rust code shifts or masks these words.

mod blocks;
mod records;

pub use blocks::{BlockBirth, BlockHead, BlockKey, ExtentHead, OctaveLink, WriterName, ABSENT};
pub use records::{
    major, Answer, Carried, DefaultsState, FamilyShape, GenerationPair, IndexEntry, SeriesState,
    TextLengths,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::kinds::ExtentKind;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn packed_words_round_trip(series: u32, generation: u32, birth in 0u64..1 << 48, defaults: u16,
            words in 1u16.., incarnation: u32, absent: bool, residue: bool, form: u8, kind in prop_oneof![1u8..10, Just(16)], extent in 0u64..1 << 56) {
            let key = BlockKey { series, generation };
            prop_assert_eq!(BlockKey::unpack(key.pack()), key);
            let answer = Answer { bell: series, incarnation };
            prop_assert_eq!(Answer::unpack(answer.pack()), answer);
            let born = BlockBirth { birth, defaults };
            prop_assert_eq!(BlockBirth::unpack(born.pack()), born);
            let name = WriterName { pid: series, thread: generation };
            prop_assert_eq!(WriterName::unpack(name.pack()), name);
            let link = OctaveLink { next: birth, octave: defaults };
            prop_assert_eq!(OctaveLink::unpack(link.pack()), link);
            let word = u64::from(kind) | u64::from(words) << 16;
            let kind = BlockHead::unpack(word).unwrap().unwrap().kind;
            let head = BlockHead { kind, absent, residue, words, incarnation };
            prop_assert_eq!(BlockHead::unpack(head.pack()), Ok(Some(head)));
            let extent = ExtentHead { kind: ExtentKind::Slab, words: extent };
            prop_assert_eq!(ExtentHead::unpack(extent.pack()), Some(extent));
            let shape = FamilyShape { metric_type: 3, form: form & 0xf, repeats: extent.words };
            prop_assert_eq!(FamilyShape::unpack(shape.pack()), shape);
            let lengths = TextLengths { text: series, types: generation };
            prop_assert_eq!(TextLengths::unpack(lengths.pack()), lengths);
            let carried = Carried([defaults, words, 0, 7]);
            prop_assert_eq!(Carried::unpack(carried.pack()), carried);
        }

        #[test]
        fn a_part_of_a_word_changes_alone(word: u64, number in 0u32..1 << 30, other: u32, odd: bool) {
            let pair = GenerationPair(word).with(1, other);
            prop_assert_eq!((pair.of(1), pair.of(0)), (other, GenerationPair(word).of(0)));
            prop_assert_eq!(pair.with(2, number).of(3), other);
            let state = SeriesState(word).with_expired(other).with_taken(odd);
            prop_assert_eq!((state.expired(), state.is_taken()), (other, odd));
            let state = DefaultsState(word).taken();
            prop_assert!(state.is_taken() && !state.vacated().is_taken() && state.vacated() != state);
            let entry = IndexEntry::new(word, number, odd);
            prop_assert_eq!((entry.number(), entry.is_family(), entry.has(word)), (number, odd, true));
            prop_assert!(entry != IndexEntry::EMPTY && entry.home(1000) < 1000);
        }

        #[test]
        fn a_birth_tells_its_millisecond(ms in 20_000_000_000u64..4_000_000_000_000, later in 0..BlockBirth::PER_MS) {
            let birth = BlockBirth { birth: BlockBirth::at(ms) + later, defaults: 3 };
            prop_assert_eq!(BlockBirth::unpack(birth.pack()).unix_ms(), Some(ms));
            prop_assert_eq!(BlockBirth { birth: later, defaults: 3 }.unix_ms(), None);
            prop_assert_eq!(BlockBirth { birth: BlockBirth::NONE, defaults: 0 }.unix_ms(), None);
        }

        #[test]
        fn an_answer_covers_what_was_rung_before_it_and_nothing_later(ring: u32, ahead in 0u32..1 << 31) {
            let answer = |bell| Answer { bell, incarnation: 1 };
            prop_assert!(answer(ring.wrapping_add(ahead)).covers(ring));
            prop_assert!(!answer(ring).covers(ring.wrapping_add(ahead.max(1))));
        }

        #[test]
        fn any_word_unpacks_without_panic(word: u64) {
            let _ = BlockHead::unpack(word);
            let _ = ExtentHead::unpack(word);
        }
    }
}
