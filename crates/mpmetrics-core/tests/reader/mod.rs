//! A strict JSON reader (RFC 8259), so that tests do not check the crate's JSON with code of the crate.

/// A JSON value. Numbers are kept as text.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads one value that takes up all of the bytes. Returns `None` if they are not JSON, or hold something that the
    /// crate never prints: a literal (`true`, `false`, `null`), white space between tokens, an exponent with `E`, `\b`,
    /// `\f` or a surrogate pair.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text: Vec<char> = std::str::from_utf8(bytes).ok()?.chars().collect();
        let mut at = 0;
        let value = value(&text, &mut at)?;
        (at == text.len()).then_some(value)
    }

    /// The value of an object's key.
    pub fn get(&self, key: &str) -> &Self {
        let Self::Object(members) = self else { panic!("{self:?} is no object") };
        let found = members.iter().find(|(name, _)| name == key);
        &found.unwrap_or_else(|| panic!("no {key} in {self:?}")).1
    }

    /// The values of a list.
    pub fn list(&self) -> &[Self] {
        let Self::List(values) = self else { panic!("{self:?} is no list") };
        values
    }
}

fn value(text: &[char], at: &mut usize) -> Option<Json> {
    match text.get(*at)? {
        '"' => string(text, at).map(Json::Text),
        '[' => sequence(text, at, ']', value).map(Json::List),
        '{' => sequence(text, at, '}', |text, at| {
            let key = string(text, at)?;
            skip(text, at, ':')?;
            Some((key, value(text, at)?))
        })
        .map(Json::Object),
        _ => number(text, at).map(Json::Number),
    }
}

fn skip(text: &[char], at: &mut usize, wanted: char) -> Option<()> {
    (text.get(*at) == Some(&wanted)).then(|| *at += 1)
}

fn sequence<T>(
    text: &[char],
    at: &mut usize,
    end: char,
    item: impl Fn(&[char], &mut usize) -> Option<T>,
) -> Option<Vec<T>> {
    *at += 1;
    let mut items = Vec::new();
    if skip(text, at, end).is_some() {
        return Some(items);
    }
    loop {
        items.push(item(text, at)?);
        if skip(text, at, end).is_some() {
            return Some(items);
        }
        skip(text, at, ',')?;
    }
}

fn string(text: &[char], at: &mut usize) -> Option<String> {
    skip(text, at, '"')?;
    let mut read = String::new();
    loop {
        let char = *text.get(*at)?;
        *at += 1;
        match char {
            '"' => return Some(read),
            '\0'..' ' => return None,
            '\\' => {
                let escape = *text.get(*at)?;
                *at += 1;
                read.push(match escape {
                    '"' | '\\' | '/' => escape,
                    'n' => '\n',
                    't' => '\t',
                    'r' => '\r',
                    'u' => {
                        let digits: String = text.get(*at..*at + 4)?.iter().collect();
                        // `from_str_radix` accepts a sign.
                        if !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
                            return None;
                        }
                        *at += 4;
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    _ => return None,
                });
            }
            other => read.push(other),
        }
    }
}

fn number(text: &[char], at: &mut usize) -> Option<String> {
    let start = *at;
    let digits = |at: &mut usize| {
        let start = *at;
        while text.get(*at).is_some_and(char::is_ascii_digit) {
            *at += 1;
        }
        (*at > start).then_some(())
    };
    let _sign = skip(text, at, '-');
    let zero = text.get(*at) == Some(&'0');
    let first = *at;
    digits(at)?;
    if zero && *at > first + 1 {
        return None;
    }
    if skip(text, at, '.').is_some() {
        digits(at)?;
    }
    if skip(text, at, 'e').is_some() {
        let _sign = skip(text, at, '+').or_else(|| skip(text, at, '-'));
        digits(at)?;
    }
    Some(text[start..*at].iter().collect())
}
