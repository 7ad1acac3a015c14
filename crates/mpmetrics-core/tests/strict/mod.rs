//! A parser of both text formats, which refuses what Prometheus refuses and gives the reason. Written from the formats'
//! descriptions (<https://prometheus.io/docs/instrumenting/exposition_formats/>,
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>), not from this crate's writers.
#![allow(dead_code, reason = "each test program uses its part")]

use std::collections::HashSet;

/// A sample's name, the number of its labels, and whether it had an exemplar.
pub type Sample<'a> = (&'a str, usize, bool);

/// Reads a page of text format 0.0.4.
pub fn text(page: &[u8]) -> Result<Vec<Sample<'_>>, String> {
    read(page, false)
}

/// Reads a page of OpenMetrics 1.0.
pub fn openmetrics(page: &[u8]) -> Result<Vec<Sample<'_>>, String> {
    read(page, true)
}

fn read(page: &[u8], open: bool) -> Result<Vec<Sample<'_>>, String> {
    let page = core::str::from_utf8(page).map_err(|error| error.to_string())?;
    let body = match (open, page.strip_suffix("# EOF\n"), page.strip_suffix('\n')) {
        (true, Some(body), _) if body.is_empty() || body.ends_with('\n') => body,
        (false, _, Some(body)) => body,
        _ => return Err("no end".into()),
    };
    let mut types = HashSet::new();
    let mut samples = Vec::new();
    for line in body.split_terminator('\n') {
        let done = match line.strip_prefix("# ") {
            Some(comment) => head(comment, open, &mut types),
            None if line.is_empty() && !open => Ok(()),
            None => sample(line, open).map(|found| samples.push(found)),
        };
        done.map_err(|why| format!("{why}: {line:?}"))?;
    }
    Ok(samples)
}

fn head<'a>(comment: &'a str, open: bool, types: &mut HashSet<&'a str>) -> Result<(), String> {
    let (word, rest) = comment.split_once(' ').ok_or("a comment of one word")?;
    let (name, value) = rest.split_once(' ').ok_or("a comment of two words")?;
    let left = name_of(name, true)?;
    if !left.is_empty() {
        return Err("a character that a metric's name may not have".into());
    }
    match word {
        "HELP" => escapes(value, if open { "\\n\"" } else { "\\n" }),
        "TYPE" if !["counter", "gauge", "histogram", "summary", "unknown"].contains(&value) => {
            Err("an unknown type".into())
        }
        "TYPE" if !types.insert(name) => Err("a second type of one metric".into()),
        "TYPE" => Ok(()),
        _ => Err("a comment that is neither HELP nor TYPE".into()),
    }
}

/// Checks the name at the start of `text`, and returns the rest.
fn name_of(text: &str, metric: bool) -> Result<&str, String> {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || (metric && c == ':');
    let rest = text.trim_start_matches(part);
    if rest.len() == text.len() || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("no valid name".into());
    }
    Ok(rest)
}

fn escapes(value: &str, known: &str) -> Result<(), String> {
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        if c == '\\' && !rest.next().is_some_and(|next| known.contains(next)) {
            return Err("an unknown escape".into());
        }
    }
    Ok(())
}

/// Reads labels after `{`. Returns their names, the number of characters in names and values, and the rest after `}`.
fn labels(mut text: &str) -> Result<(HashSet<&str>, usize, &str), String> {
    let mut names = HashSet::new();
    let mut points = 0;
    loop {
        if let Some(rest) = text.strip_prefix('}') {
            return Ok((names, points, rest));
        }
        let rest = name_of(text, false)?;
        let name = &text[..text.len() - rest.len()];
        if !names.insert(name) {
            return Err(format!("the label {name} twice"));
        }
        let value = rest.strip_prefix("=\"").ok_or("no value of a label")?;
        let mut escaped = false;
        let end = value.char_indices().find(|(_, c)| {
            let quote = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            quote
        });
        let (end, _) = end.ok_or("no end of a label's value")?;
        escapes(&value[..end], "\\n\"")?;
        let inner = value[..end].replace("\\\\", "b").replace("\\\"", "q").replace("\\n", "n");
        points += name.chars().count() + inner.chars().count();
        text = &value[end + 1..];
        if let Some(rest) = text.strip_prefix(',') {
            name_of(rest, false)?;
            text = rest;
        } else if !text.starts_with('}') {
            return Err("no comma".into());
        }
    }
}

fn number(text: &str) -> Result<(), String> {
    let known = ["NaN", "Nan", "+Inf", "-Inf"].contains(&text);
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    if known || (plain && text.parse::<f64>().is_ok()) {
        Ok(())
    } else {
        Err(format!("no number: {text:?}"))
    }
}

fn sample(line: &str, open: bool) -> Result<Sample<'_>, String> {
    let (line, exemplar) = match line.rfind(" # {") {
        Some(at) if open => (&line[..at], Some(&line[at + 4..])),
        _ => (line, None),
    };
    let rest = name_of(line, true)?;
    let name = &line[..line.len() - rest.len()];
    let (count, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest).map(|(names, _, rest)| (names.len(), rest))?,
        None => (0, rest),
    };
    number(rest.strip_prefix(' ').ok_or("no space before a value")?)?;
    if let Some(exemplar) = exemplar {
        let (_, points, rest) = labels(exemplar)?;
        if points > 128 || exemplar.contains('\0') {
            return Err("an exemplar's labels are too long or have a NUL".into());
        }
        let numbers = rest.strip_prefix(' ').ok_or("no space in an exemplar")?;
        for text in numbers.split(' ') {
            number(text)?;
        }
        if !name.ends_with("_total") && !name.ends_with("_bucket") {
            return Err("an exemplar where none may be".into());
        }
    }
    Ok((name, count, exemplar.is_some()))
}

#[test]
fn it_refuses_what_is_broken() {
    let good = "# HELP a b\\\\\n# TYPE a counter\na_total{b=\"\\\"x\",c=\"\"} 1e-7";
    assert_eq!(text(format!("{good}\n\n\n").as_bytes()), Ok(vec![("a_total", 2, false)]));
    let exemplar = format!("{good} # {{t=\"1\"}} 1 2.5\n# EOF\n");
    assert_eq!(openmetrics(exemplar.as_bytes()), Ok(vec![("a_total", 2, true)]));
    for broken in [
        "a{b=\"1} 1\n",
        "a{b=\"1\",} 1\n",
        "a{b=\"\\t\"} 1\n",
        "a{b=\"1\",b=\"1\"} 1\n",
        "a b\n",
        "a  1\n",
        "\u{e4} 1\n",
        "a{\u{e4}=\"\"} 1\n",
        "# TYPE a count\n",
        "# TYPE a gauge\n# TYPE a gauge\n",
        "a 1",
        "# HELP a b\n c\n",
        "9a 1\n",
        "a{b=\"1\"}1\n",
        "a Infinity\n",
        "# HELP a \\t\n",
    ] {
        assert!(text(broken.as_bytes()).is_err(), "{broken:?}");
        assert!(openmetrics(format!("{broken}# EOF\n").as_bytes()).is_err(), "{broken:?}");
    }
    assert!(text(b"a{b=\"\xff\"} 1\n").is_err());
    assert!(openmetrics(b"a 1\n").is_err() && openmetrics(b"\n# EOF\n").is_err());
}
