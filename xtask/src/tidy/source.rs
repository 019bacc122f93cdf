//! A Rust file split into code and comments, so that a rule looks at one of them only.

use std::path::{Path, PathBuf};

/// What a file is for; rules differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The source of a library that is published.
    Library,
    /// The source of a program that is published.
    Program,
    /// Tests, benches and examples.
    Test,
    /// Packages that only serve the repository: this one, the conformance harness, the benches.
    Tool,
}

/// One Rust file.
#[derive(Debug)]
pub(crate) struct Source {
    /// Relative to the root of the repository, with `/`.
    pub(crate) path: PathBuf,
    /// The package that the file belongs to.
    pub(crate) package: String,
    pub(crate) role: Role,
    pub(crate) text: String,
    /// The lines with comments, strings and characters blanked out.
    pub(crate) code: Vec<String>,
    /// The lines with everything but comments blanked out.
    pub(crate) comments: Vec<String>,
    /// For each line, whether it belongs to an inline test module.
    in_tests: Vec<bool>,
}

impl Source {
    pub(crate) fn new(path: impl Into<PathBuf>, package: &str, role: Role, text: &str) -> Self {
        let (code, comments) = split(text);
        let in_tests = test_lines(&code);
        Self {
            path: path.into(),
            package: package.to_owned(),
            role,
            text: text.to_owned(),
            code,
            comments,
            in_tests,
        }
    }

    /// Lines of code with their numbers (from 1); test modules only when `tests` is set.
    pub(crate) fn lines(&self, tests: bool) -> impl Iterator<Item = (usize, &str)> {
        self.code
            .iter()
            .zip(&self.in_tests)
            .enumerate()
            .filter(move |(_, (_, in_tests))| tests || !**in_tests)
            .map(|(index, (line, _))| (index + 1, line.as_str()))
    }

    /// Whether the line with this number belongs to a test.
    pub(crate) fn is_test_line(&self, number: usize) -> bool {
        self.role == Role::Test || self.in_tests[number - 1]
    }

    /// Whether a folder of this name is on the way to the file.
    pub(crate) fn is_under(&self, folder: &str) -> bool {
        self.path
            .parent()
            .is_some_and(|parent| parent.iter().any(|part| part == folder))
    }

    /// `PATH:LINE: what`.
    pub(crate) fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path.display())
    }

    pub(crate) fn file_name_is(&self, name: &str) -> bool {
        self.path
            .file_name()
            .is_some_and(|own| own == Path::new(name))
    }
}

/// Whether `word` stands in `line` with no letter, digit or underscore beside it.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(start, _)| {
        let before = line[..start].chars().next_back();
        let after = line[start + word.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// What the scanner is in the middle of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    LineComment,
    /// How deep block comments are nested.
    BlockComment(usize),
    Text,
    /// How many `#` close it.
    RawText(usize),
}

/// Splits into code and comments, line by line, columns kept.
fn split(text: &str) -> (Vec<String>, Vec<String>) {
    let mut code = vec![String::new()];
    let mut comments = vec![String::new()];
    let mut state = State::Code;
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let (next, taken) = step(&chars, at, state);
        for &c in &chars[at..at + taken] {
            if c == '\n' {
                code.push(String::new());
                comments.push(String::new());
                continue;
            }
            let is_comment = |s| matches!(s, State::LineComment | State::BlockComment(_));
            let in_comment = is_comment(state) || is_comment(next);
            let in_code = state == State::Code && next == State::Code && taken == 1;
            code.last_mut()
                .expect("never empty")
                .push(if in_code { c } else { ' ' });
            comments
                .last_mut()
                .expect("never empty")
                .push(if in_comment { c } else { ' ' });
        }
        at += taken;
        state = next;
    }
    (code, comments)
}

/// The state after the characters at `at`, and how many of them it took.
fn step(chars: &[char], at: usize, state: State) -> (State, usize) {
    let starts = |text: &str| {
        text.chars()
            .enumerate()
            .all(|(i, c)| chars.get(at + i) == Some(&c))
    };
    match state {
        State::Code if starts("//") => (State::LineComment, 2),
        State::Code if starts("/*") => (State::BlockComment(1), 2),
        State::Code if starts("\"") => (State::Text, 1),
        State::Code if starts("r\"") || starts("r#") => raw_text(chars, at),
        State::Code if starts("'") => (State::Code, character(chars, at)),
        State::LineComment if starts("\n") => (State::Code, 1),
        State::BlockComment(depth) if starts("/*") => (State::BlockComment(depth + 1), 2),
        State::BlockComment(1) if starts("*/") => (State::Code, 2),
        State::BlockComment(depth) if starts("*/") => (State::BlockComment(depth - 1), 2),
        State::Text if starts("\\") && at + 1 < chars.len() => (State::Text, 2),
        State::Text if starts("\"") => (State::Code, 1),
        State::RawText(hashes) if starts("\"") => {
            let closed = (1..=hashes).all(|i| chars.get(at + i) == Some(&'#'));
            if closed {
                (State::Code, 1 + hashes)
            } else {
                (state, 1)
            }
        }
        _ => (state, 1),
    }
}

/// A raw string starts here, unless it is a raw identifier or the end of another word.
fn raw_text(chars: &[char], at: usize) -> (State, usize) {
    let hashes = chars[at + 1..].iter().take_while(|&&c| c == '#').count();
    let word_before = at > 0
        && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_')
        && !(chars[at - 1] == 'b' || chars[at - 1] == 'c');
    if word_before || chars.get(at + 1 + hashes) != Some(&'"') {
        return (State::Code, 1);
    }
    (State::RawText(hashes), 2 + hashes)
}

/// How many characters a character literal takes; one for a lifetime.
fn character(chars: &[char], at: usize) -> usize {
    match (chars.get(at + 1), chars.get(at + 2)) {
        (Some('\\'), _) => {
            // The escaped character itself may be a quote.
            let rest = chars.get(at + 3..).unwrap_or_default();
            rest.iter()
                .position(|&c| c == '\'')
                .map_or(1, |end| end + 4)
        }
        (Some(_), Some('\'')) => 3,
        _ => 1,
    }
}

/// Marks the lines of inline modules under `#[cfg(test)]` or `#[cfg(all(test, ...))]`.
fn test_lines(code: &[String]) -> Vec<bool> {
    let mut marks = vec![false; code.len()];
    let mut index = 0;
    while index < code.len() {
        let attribute = code[index].trim();
        let is_gate =
            attribute.starts_with("#[cfg(test)]") || attribute.starts_with("#[cfg(all(test");
        if !is_gate {
            index += 1;
            continue;
        }
        let start = index;
        let mut depth = 0_usize;
        let mut opened = false;
        'item: for (number, line) in code.iter().enumerate().skip(start) {
            marks[number] = true;
            index = number + 1;
            for c in line.chars() {
                match c {
                    '{' => (depth, opened) = (depth + 1, true),
                    '}' => depth = depth.saturating_sub(1),
                    ';' if !opened => break 'item,
                    _ => {}
                }
            }
            if opened && depth == 0 {
                break;
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("x/src/a.rs", "x", Role::Library, text)
    }

    #[test]
    fn comments_and_strings_are_not_code() {
        let source =
            source("let a = \"unsafe // no\"; // unsafe\nlet b = r#\"\" unsafe\"#;\n/* x\ny */ z");
        assert!(source.code.iter().all(|line| !line.contains("unsafe")));
        assert!(source.code[0].starts_with("let a = "));
        assert_eq!(source.comments[0].trim(), "// unsafe");
        assert_eq!(source.code[3].trim(), "z");
    }

    #[test]
    fn quotes_lifetimes_and_raw_names_do_not_confuse_it() {
        let source =
            source("fn f<'a>(x: &'a str) { g('\"', '\\'', '{', b'\"'); } // c\nr#type(unsafe)");
        assert!(source.code[0].contains("fn f<'a>(x: &'a str)"));
        assert_eq!(source.comments[0].trim(), "// c");
        assert!(source.code[1].contains("unsafe"));
    }

    #[test]
    fn test_modules_are_marked() {
        let source =
            source("a\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nc\n#[cfg(test)]\nmod d;\ne");
        let lines: Vec<_> = source.lines(false).map(|(_, line)| line).collect();
        assert_eq!(lines, ["a", "c", "e"]);
    }

    #[test]
    fn words_have_edges() {
        assert!(has_word("unsafe { x }", "unsafe"));
        assert!(!has_word("#![forbid(unsafe_code)]", "unsafe"));
    }
}
