//! Whether a log is what a vector expects.

use serde::{Deserialize, Serialize};

/// What Node made of a program.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct Expected {
    log: Vec<Entry>,
    exit_code: i32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Entry {
    One(String),
    /// All of them come next, in any order.
    AnyOrder {
        any_order: Vec<Run>,
    },
}

/// Strings that come together, in this order.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Run {
    One(String),
    Many(Vec<String>),
}

/// What a program did here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Outcome {
    pub(crate) log: Vec<String>,
    pub(crate) exit_code: i32,
}

impl Expected {
    pub(crate) fn matches(&self, actual: &Outcome) -> bool {
        self.exit_code == actual.exit_code && match_entries(&self.log, &actual.log)
    }
}

impl Run {
    /// What is left of `log` behind this run, if it starts with it.
    fn strip<'a>(&self, log: &'a [String]) -> Option<&'a [String]> {
        match self {
            Self::One(line) => log.strip_prefix(std::slice::from_ref(line)),
            Self::Many(lines) => log.strip_prefix(lines.as_slice()),
        }
    }
}

fn match_entries(expected: &[Entry], log: &[String]) -> bool {
    match expected {
        [] => log.is_empty(),
        [Entry::One(line), rest @ ..] => log
            .split_first()
            .is_some_and(|(first, log)| first == line && match_entries(rest, log)),
        [Entry::AnyOrder { any_order }, rest @ ..] => {
            match_any_order(&any_order.iter().collect::<Vec<_>>(), rest, log)
        }
    }
}

/// Tries each run in the first place: two of them may start alike.
fn match_any_order(runs: &[&Run], rest: &[Entry], log: &[String]) -> bool {
    if runs.is_empty() {
        return match_entries(rest, log);
    }
    (0..runs.len()).any(|i| {
        let Some(log) = runs[i].strip(log) else {
            return false;
        };
        let mut others = runs.to_vec();
        others.remove(i);
        match_any_order(&others, rest, log)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(expected: &str, log: &[&str]) -> bool {
        let log: Vec<_> = log.iter().map(|&line| line.to_owned()).collect();
        match_entries(&serde_json::from_str::<Vec<Entry>>(expected).unwrap(), &log)
    }

    #[test]
    fn a_log_matches_line_by_line() {
        assert!(matches(r#"["a", "b"]"#, &["a", "b"]));
        assert!(!matches(r#"["a", "b"]"#, &["b", "a"]));
        assert!(!matches(r#"["a", "b"]"#, &["a"]));
        assert!(!matches(r#"["a"]"#, &["a", "b"]));
    }

    #[test]
    fn runs_come_in_any_order_but_stay_together() {
        let expected = r#"["a", {"any_order": ["x", ["x", "y"], "z"]}, "b"]"#;
        assert!(matches(expected, &["a", "x", "x", "y", "z", "b"]));
        assert!(matches(expected, &["a", "z", "x", "y", "x", "b"]));
        assert!(!matches(expected, &["a", "x", "z", "x", "b", "y"]));
        assert!(!matches(expected, &["a", "x", "x", "z", "y", "b"]));
    }
}
