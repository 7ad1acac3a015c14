//! Numbers, printed as ECMAScript prints them.

/// Every integer of a smaller magnitude is a double, and printed without an exponent.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The two digits of every number below 100.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// Appends a number as `String(value)` gives it in JavaScript: `NaN`, `Infinity`, `1e+21`, `1e-7`, and
/// `0` for minus zero (ECMA-262, Number::toString).
pub fn push(out: &mut Vec<u8>, value: f64) {
    if value.abs() < EXACT && value.trunc() == value {
        push_integer(out, value as i64);
    } else if value.is_finite() {
        out.extend_from_slice(ryu_js::Buffer::new().format_finite(value).as_bytes());
    } else {
        out.extend_from_slice(match value {
            v if v.is_nan() => b"NaN",
            v if v > 0.0 => b"Infinity",
            _ => b"-Infinity",
        });
    }
}

/// Appends a sample's value as prom-client prints it: as [`push`], but `Nan`, `+Inf` and `-Inf`.
pub fn push_sample(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        push(out, value);
    } else {
        out.extend_from_slice(match value {
            v if v.is_nan() => b"Nan",
            v if v > 0.0 => b"+Inf",
            _ => b"-Inf",
        });
    }
}

/// Appends a number as JSON. A value that is no number in JSON becomes a string (`"NaN"`, `"Infinity"`, `"-Infinity"`).
pub fn push_json(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        push(out, value);
    } else {
        out.push(b'"');
        push(out, value);
        out.push(b'"');
    }
}

/// Appends an integer. Most values of a scrape are integers, and this is several times as fast as the search for the
/// shortest digits, which fractions need.
fn push_integer(out: &mut Vec<u8>, value: i64) {
    let mut rest = value.unsigned_abs();
    if rest < 10 && value >= 0 {
        out.push(b'0' + rest as u8);
        return;
    }
    // 2^53 has 16 digits; one more for the sign.
    let mut digits = [0; 17];
    let mut at = digits.len();
    while rest >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(rest % 100) as usize]);
        rest /= 100;
    }
    if rest > 0 {
        at -= 1;
        digits[at] = b'0' + rest as u8;
    }
    if value < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    out.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn printed(with: fn(&mut Vec<u8>, f64), value: f64) -> String {
        let mut out = Vec::new();
        with(&mut out, value);
        String::from_utf8(out).expect("ASCII")
    }

    /// What Node.js 20 prints for `String(value)`.
    #[test]
    fn prints_what_ecmascript_prints() {
        let vectors: [(f64, &str); 33] = [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-1.0, "-1"),
            (9.0, "9"),
            (10.0, "10"),
            (-10.0, "-10"),
            (99.0, "99"),
            (100.0, "100"),
            (101.0, "101"),
            (1234567.0, "1234567"),
            (0.5, "0.5"),
            (-0.5, "-0.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (0.005, "0.005"),
            (2.5, "2.5"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (5e-324, "5e-324"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-1e21, "-1e+21"),
            (1.25e25, "1.25e+25"),
            (f64::MAX, "1.7976931348623157e+308"),
            (123456789012345680000.0, "123456789012345680000"),
            (9007199254740991.0, "9007199254740991"),
            (-9007199254740991.0, "-9007199254740991"),
            (9007199254740992.0, "9007199254740992"),
            (9007199254740994.0, "9007199254740994"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, text) in vectors {
            assert_eq!(printed(push, value), text);
        }
    }

    #[test]
    fn names_what_is_not_finite() {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.25];
        assert_eq!(odd.map(|v| printed(push_sample, v)), ["Nan", "+Inf", "-Inf", "0.25"]);
        let json = odd.map(|v| printed(push_json, v));
        assert_eq!(json, ["\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "0.25"]);
    }

    proptest! {
        #[test]
        fn reads_back_as_the_same_double(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            prop_assert_eq!(printed(push, value).parse::<f64>().expect("a number"), value);
        }

        #[test]
        fn integers_are_printed_as_rust_prints_them(value in -9_007_199_254_740_992_i64..=9_007_199_254_740_992) {
            prop_assert_eq!(printed(push, value as f64), value.to_string());
        }
    }
}
