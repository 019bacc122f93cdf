//! Rules about words, in code and in prose.

use std::path::{Path, PathBuf};

/// Words that have no place here. Written in two parts, so that this file passes.
const WORDS: &[(&str, &str, &str)] = &[
    ("/wo", "rk/", "a path of one machine"),
    ("/ho", "me/", "a path of one machine"),
    ("/ro", "ot/", "a path of one machine"),
    ("LOOM_MAX_DU", "RATION", "it makes an unfinished model pass"),
    ("blaz", "ing", "hype"),
    ("lightning", "-fast", "hype"),
    ("world-", "class", "hype"),
    ("Co-Authored", "-By", "commits name their author already"),
    ("behav", "iour", "American spelling"),
    ("col", "our", "American spelling"),
    ("neigh", "bour", "American spelling"),
    ("initial", "ise", "American spelling"),
    ("optim", "ise", "American spelling"),
    ("serial", "ise", "American spelling"),
    ("synchron", "ise", "American spelling"),
    ("recogn", "ise", "American spelling"),
    ("cancel", "led", "American spelling"),
    ("cancel", "ling", "American spelling"),
];

/// A file with words: Rust, prose, a script.
#[derive(Debug)]
pub(crate) struct Text {
    /// Relative to the root of the repository.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

impl Text {
    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path.display())
    }
}

/// Whether a file is prose or code of ours, by its name.
pub(crate) fn has_words(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(
        extension,
        Some("rs" | "md" | "toml" | "js" | "mjs" | "c" | "html" | "css")
    )
}

/// Words that must not appear.
pub(crate) fn words(file: &Text) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let lower = line.to_lowercase();
        for (start, end, why) in WORDS {
            let word = format!("{start}{end}");
            if lower.contains(&word.to_lowercase()) {
                findings.push(file.at(index + 1, &format!("`{word}`: {why}")));
            }
        }
    }
    findings
}

/// What is put off names the issue it is put off to, as in `TODO(#12)`.
pub(crate) fn todo(file: &Text) -> Vec<String> {
    let marks = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    let mut findings = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        for mark in marks {
            let bare = line.match_indices(mark).any(|(at, _)| {
                let rest = &line[at + mark.len()..];
                let part_of_word = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
                !part_of_word && !rest.starts_with("(#")
            });
            if bare {
                findings.push(file.at(
                    index + 1,
                    &format!("`{mark}` without an issue: `{mark}(#12)`"),
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text {
        Text {
            path: "docs/a.md".into(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn words_are_found_in_any_case() {
        assert_eq!(
            words(&text(concat!("Behav", "iour of a Blaz", "ing loop"))).len(),
            2
        );
        assert_eq!(words(&text(concat!("cd /wo", "rk/main"))).len(), 1);
        assert!(words(&text("behavior, at work")).is_empty());
    }

    #[test]
    fn todo_needs_an_issue() {
        assert_eq!(todo(&text(concat!("// TO", "DO: later"))).len(), 1);
        assert!(todo(&text(concat!("// TO", "DO(#12): later"))).is_empty());
    }
}
