//! Logarithmic buckets of base 2^(1/32), the native histogram's schema 5: from a value to its bucket
//! and back. JavaScript does the same (`ts/storage/cells/octave.ts`); a test compares the two.
//!
//! An octave `o` covers the magnitudes in (2^o, 2^(o+1)] and has 32 buckets, each with its upper bound and without its
//! lower one. Negative values have octaves of their own, zero has none. A normal number is at most 1.0831 % off the
//! middle of its bucket. Among denormal numbers the middle is rounded to a double, which adds an error of at most half
//! of the smallest double.

use std::sync::LazyLock;

/// Buckets in an octave. Models of concurrency need only two.
pub const CELLS: usize = if cfg!(loom) { 2 } else { 32 };
/// Octaves of each sign. The lowest one ends with 2^-1074, which is the smallest double.
pub const OCTAVES: u16 = 2099;
/// Most octaves that one writer keeps of a series. 64 octaves have room for the values of nearly every series; all
/// octaves would take a megabyte.
pub const KEPT: usize = 64;
/// The number that is added to an octave's exponent, so that octaves are numbered from 0.
const BIAS: i32 = 1075;
const NEGATIVE: u16 = 1 << 12;
const MANTISSA: u64 = (1 << 52) - 1;
/// Number of equally wide slices of an octave. It is large enough that no slice contains two bounds.
const SLICES: usize = 64;

/// The octave of a value: which power of two, and which sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Octave(u16);

/// The division of every octave into buckets.
struct Scale {
    /// The lower bounds of the buckets, of which the first is 1. The last entry is 2, the end of the octave.
    bounds: [f64; CELLS + 1],
    /// For each slice: the bucket in which it begins, and the mantissa at which the next bucket begins (2^52 for none).
    slices: [(u8, u64); SLICES],
}

static SCALE: LazyLock<Scale> = LazyLock::new(Scale::new);

impl Scale {
    /// Computes the bounds from square roots and products, which IEEE 754 defines to the bit. The last bits of a power
    /// function differ between libraries.
    fn new() -> Self {
        let mut roots = [0.0; 5];
        let mut root = 2.0_f64;
        for entry in &mut roots {
            root = root.sqrt();
            *entry = root;
        }
        let bound = |number: usize| {
            let chosen = roots.iter().enumerate().filter(|(bit, _)| number >> (4 - bit) & 1 == 1);
            chosen.fold(1.0, |product, (_, root)| product * root)
        };
        let mut bounds = [2.0; CELLS + 1];
        for (number, entry) in bounds.iter_mut().take(CELLS).enumerate() {
            *entry = bound(number);
        }
        let mut slices = [(0, 1 << 52); SLICES];
        for (number, slice) in slices.iter_mut().enumerate() {
            let start = (number as u64) << 46;
            let below = |bound: &&f64| bound.to_bits() & MANTISSA <= start;
            let begins = bounds[1..CELLS].iter().filter(below).count();
            *slice = (begins as u8, 1 << 52);
            if let Some(next) = bounds.get(begins + 1).filter(|next| **next < 2.0) {
                slice.1 = next.to_bits() & MANTISSA;
            }
        }
        Self { bounds, slices }
    }
}

/// Returns the bounds of an octave's buckets as factors of its lower end, from 1 to 2. JavaScript compares
/// its own bounds with these.
#[must_use]
pub fn bounds() -> [f64; CELLS + 1] {
    SCALE.bounds
}

/// The octave and bucket of a value; `None` for zero and values that are not finite.
#[must_use]
#[inline]
pub fn locate(value: f64) -> Option<(Octave, usize)> {
    let magnitude = value.abs();
    if magnitude == 0.0 || !magnitude.is_finite() {
        return None;
    }
    // One unit less, because the upper bound of a bucket belongs to the bucket.
    let mut below = magnitude.to_bits() - 1;
    let mut lifted = 0;
    if below >> 52 == 0 {
        // Denormal: the product with a power of two is exact, and normal.
        below = (magnitude * power(54)).to_bits() - 1;
        lifted = 54;
    }
    let number = (below >> 52) as i32 - 1023 + BIAS - lifted;
    let mantissa = below & MANTISSA;
    let (begins, next) = SCALE.slices[(mantissa >> 46) as usize];
    let sign = if value < 0.0 { NEGATIVE } else { 0 };
    let cell = usize::from(begins) + usize::from(mantissa >= next);
    Some((Octave(number as u16 | sign), cell))
}

/// Returns 2 to the power of `exponent`. The result has to be a normal number.
fn power(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

impl Octave {
    /// Returns the stored form: the octave's number, counted from 2^-1075 on, and its sign.
    #[must_use]
    pub fn pack(self) -> u16 {
        self.0
    }

    /// Returns the octave of a stored form; `None` if the word is not that of an octave.
    #[must_use]
    pub fn unpack(word: u16) -> Option<Self> {
        (word & !NEGATIVE < OCTAVES).then_some(Self(word))
    }

    /// Whether its values are negative.
    #[must_use]
    pub fn is_negative(self) -> bool {
        self.0 & NEGATIVE != 0
    }

    /// Returns the bucket among those of the `kept` octaves that is nearest to this octave, as octave and number. It is
    /// in the kept octave of the same sign with the fewest octaves in between; of two such octaves, in the one nearer
    /// to zero. Returns `None` if no kept octave has this sign: zero is nearest then.
    #[must_use]
    pub fn nearest(self, kept: impl IntoIterator<Item = Self>) -> Option<(Self, usize)> {
        let alike = kept.into_iter().filter(|other| other.is_negative() == self.is_negative());
        let nearest = alike.min_by_key(|other| (other.0.abs_diff(self.0), other.0))?;
        Some((nearest, if nearest < self { CELLS - 1 } else { 0 }))
    }

    /// The value whose relative distance to both ends of a bucket is the same: 2lu / (l + u).
    #[must_use]
    pub fn middle(self, cell: usize) -> f64 {
        let cell = cell.min(CELLS - 1);
        let (lower, upper) = (SCALE.bounds[cell], SCALE.bounds[cell + 1]);
        let factor = 2.0 * lower * upper / (lower + upper);
        let exponent = i32::from(self.0 & !NEGATIVE) - BIAS;
        // In two steps, because the power itself may be denormal.
        let magnitude = if exponent < -900 {
            factor * power(exponent + 200) * power(-200)
        } else {
            factor * power(exponent)
        };
        if self.is_negative() {
            -magnitude
        } else {
            magnitude
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Finds the bucket by its definition: doubles or halves the magnitude until it is above 1 and at most 2, and
    /// compares it with the bounds one by one.
    fn slowly(value: f64) -> (u16, usize) {
        let mut magnitude = value.abs();
        let mut exponent = 0;
        while magnitude > 2.0 {
            magnitude /= 2.0;
            exponent += 1;
        }
        while magnitude <= 1.0 {
            magnitude *= 2.0;
            exponent -= 1;
        }
        let bucket = bounds()[1..].iter().position(|bound| magnitude <= *bound);
        let sign = if value < 0.0 { NEGATIVE } else { 0 };
        ((exponent + BIAS) as u16 | sign, bucket.expect("a bucket"))
    }

    fn check(value: f64) {
        let (octave, cell) = locate(value).expect("a bucket");
        assert_eq!((octave.pack(), cell), slowly(value), "{value:e}");
        assert_eq!(Octave::unpack(octave.pack()), Some(octave));
        if value.abs() >= f64::MIN_POSITIVE {
            let off = (octave.middle(cell) - value).abs() / value.abs();
            assert!(off <= 0.010_831, "{value:e} in {:e}: {off}", octave.middle(cell));
        }
    }

    #[test]
    fn bounds_differ_from_powers_of_two_only_in_the_last_bits() {
        for (number, bound) in bounds().into_iter().enumerate() {
            // The result of a power function may itself be off by a unit in the last place.
            let exact = (number as f64 / 32.0).exp2();
            assert!((bound - exact).abs() <= 4.0 * f64::EPSILON, "{number}: {bound} {exact}");
        }
        assert!(bounds().is_sorted());
        assert!(SCALE.bounds.windows(2).all(|pair| (pair[1] - pair[0]) > 1.0 / SLICES as f64));
    }

    #[test]
    fn a_bound_is_the_last_value_of_its_bucket() {
        for exponent in [-1074, -1073, -1023, -1022, -1021, -969, -1, 0, 1, 52, 1023] {
            for bound in bounds() {
                let value = bound
                    * 2.0_f64.powi(exponent.max(-1022))
                    * 2.0_f64.powi((exponent + 1022).min(0));
                if !value.is_finite() || value == 0.0 {
                    continue;
                }
                for near in [value.next_down(), value, value.next_up()] {
                    if near > 0.0 && near.is_finite() {
                        check(near);
                        check(-near);
                    }
                }
            }
        }
        let (octave, cell) = locate(1.0).expect("a bucket");
        assert_eq!((octave.pack(), cell), (BIAS as u16 - 1, 31), "1 ends the octave below it");
        let (octave, cell) = locate(1.0_f64.next_up()).expect("a bucket");
        assert_eq!((octave.pack(), cell), (BIAS as u16, 0));
    }

    #[test]
    fn the_ends_of_the_range() {
        for value in [5e-324, f64::MIN_POSITIVE, 1e308, f64::MAX] {
            check(value);
            check(-value);
        }
        assert_eq!(locate(5e-324).map(|(octave, cell)| (octave.pack(), cell)), Some((0, 31)));
        assert_eq!(locate(f64::MAX).map(|(octave, _)| octave.pack()), Some(OCTAVES - 1));
        for nothing in [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(locate(nothing), None);
        }
        assert_eq!(Octave::unpack(OCTAVES), None);
        assert_eq!(Octave::unpack(NEGATIVE << 1), None);
    }

    #[test]
    fn the_nearest_bucket_is_at_the_near_end_of_the_nearest_kept_octave_of_the_same_sign() {
        let of = |value: f64| locate(value).expect("a bucket").0;
        let kept = [1.5, 100.0, -3.0, -1e9].map(of);
        for (value, expected) in [
            (1e300, Some((100.0, CELLS - 1))),
            (1e-300, Some((1.5, 0))),
            (3.0, Some((1.5, CELLS - 1))),
            (40.0, Some((100.0, 0))),
            (-1e-9, Some((-3.0, 0))),
            (-5.0, Some((-3.0, CELLS - 1))),
            (-1e308, Some((-1e9, CELLS - 1))),
        ] {
            let expected = expected.map(|(value, cell)| (of(value), cell));
            assert_eq!(of(value).nearest(kept), expected, "{value}");
        }
        assert_eq!(of(4.5).nearest([1.5, 20.0].map(of)), Some((of(1.5), CELLS - 1)), "a tie");
        assert_eq!(of(-1.0).nearest([1.5, 20.0].map(of)), None);
    }

    proptest! {
        #[test]
        fn any_value_lies_in_the_bucket_that_it_should(bits: u64) {
            let value = f64::from_bits(bits);
            if value.is_finite() && value != 0.0 {
                check(value);
            }
        }
    }
}
