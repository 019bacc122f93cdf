//! Rules about Rust code.

use super::source::{Role, Source, has_word};

/// The one package that may touch what it hides.
const DOOR: &str = "synodic-sync";

/// Lines that a file may have.
const LINES_MAX: usize = 500;

/// Lines that a file of tests may have.
const TEST_LINES_MAX: usize = 800;

/// How far above an atomic operation its comment may end.
const COMMENT_REACH: usize = 3;

/// Atomics, locks, threads and crossbeam come through the door only.
pub(crate) fn door(source: &Source) -> Vec<String> {
    const HIDDEN: [&str; 6] = [
        "std::sync",
        "core::sync",
        "std::thread",
        "alloc::sync",
        "atomic_wait",
        "parking_lot",
    ];
    if !matches!(source.role, Role::Library | Role::Program) || source.package == DOOR {
        return Vec::new();
    }
    find(source, false, |line| {
        HIDDEN
            .iter()
            .find(|hidden| has_word(line, hidden))
            .copied()
            .or_else(|| grouped(line))
            .or_else(|| has_word(line, "loom").then_some("loom"))
            .or_else(|| line.contains("crossbeam").then_some("crossbeam"))
            .map(|hidden| format!("`{hidden}` comes through synodic-sync only"))
    })
}

/// Finds `use std::{..., sync::...}`.
fn grouped(line: &str) -> Option<&'static str> {
    let (_, group) = line.split_once("use std::{")?;
    let names = |word| {
        group
            .split([',', '{', '}'])
            .any(|part| is_path_under(part.trim(), word))
    };
    ["sync", "thread"].into_iter().find(|word| names(word))
}

fn is_path_under(path: &str, word: &str) -> bool {
    path == word
        || path
            .strip_prefix(word)
            .is_some_and(|rest| rest.starts_with("::"))
}

/// `unsafe` lives in `sys/`, or in a module named in the table of exceptions.
pub(crate) fn unsafe_code(source: &Source) -> Vec<String> {
    if matches!(source.role, Role::Test) || source.is_under("sys") || source.file_name_is("sys.rs")
    {
        return Vec::new();
    }
    find(source, false, |line| {
        has_word(line, "unsafe").then(|| "`unsafe` outside `sys/`".to_owned())
    })
}

/// A file is one idea, and fits in a head.
pub(crate) fn size(source: &Source) -> Vec<String> {
    let max = if source.role == Role::Test {
        TEST_LINES_MAX
    } else {
        LINES_MAX
    };
    let lines = source.code.len();
    let too_long = lines > max;
    too_long
        .then(|| source.at(lines, &format!("{lines} lines, at most {max}")))
        .into_iter()
        .collect()
}

/// Every test runs, and nothing is left undone.
pub(crate) fn unfinished(source: &Source) -> Vec<String> {
    let words = ["#[ignore", "todo!(", "unimplemented!("];
    find(source, true, |line| {
        words
            .iter()
            .find(|word| line.contains(**word))
            .map(|word| format!("`{word}`"))
    })
}

/// A test waits for what it tests, not for time.
pub(crate) fn sleep_in_test(source: &Source) -> Vec<String> {
    let mut found = find(source, true, |line| {
        line.contains("thread::sleep")
            .then(|| "a test sleeps".to_owned())
    });
    if source.role != Role::Test {
        found.retain(|finding| {
            let number = finding
                .split(':')
                .nth(1)
                .and_then(|number| number.parse().ok());
            number.is_some_and(|number| source.is_test_line(number))
        });
    }
    found
}

/// Nothing prints from a library.
pub(crate) fn printing(source: &Source) -> Vec<String> {
    const MACROS: [&str; 5] = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];
    if source.role != Role::Library {
        return Vec::new();
    }
    find(source, false, |line| {
        let name = MACROS
            .iter()
            .find(|name| has_word(line, name.trim_end_matches('!')));
        name.filter(|name| line.contains(**name))
            .map(|name| format!("`{name}` in a library"))
    })
}

/// A library reports what goes wrong; it does not `unwrap`.
pub(crate) fn unwrap(source: &Source) -> Vec<String> {
    if source.role != Role::Library {
        return Vec::new();
    }
    find(source, false, |line| {
        line.contains(".unwrap()")
            .then(|| "`unwrap` outside tests; `expect` says why".to_owned())
    })
}

/// Every atomic operation names its partner.
pub(crate) fn ordering(source: &Source) -> Vec<String> {
    const ORDERINGS: [&str; 5] = ["Relaxed", "Acquire", "Release", "AcqRel", "SeqCst"];
    if !matches!(source.role, Role::Library | Role::Program) {
        return Vec::new();
    }
    let used = |line: &str| {
        ORDERINGS
            .into_iter()
            .find(|o| line.contains(&format!("Ordering::{o}")))
    };
    source
        .lines(false)
        .filter_map(|(number, line)| Some((number, used(line)?)))
        .filter_map(|(number, ordering)| {
            let comment = comment_near(source, number);
            let complaint = match comment {
                None => "has no comment",
                Some(text) if ordering == "Relaxed" || names_pair(&text) => return None,
                Some(_) => "has a comment that names no pair",
            };
            Some(source.at(number, &format!("`Ordering::{ordering}` {complaint}")))
        })
        .collect()
}

fn names_pair(comment: &str) -> bool {
    let comment = comment.to_lowercase();
    ["pair", "partner", "total order"]
        .iter()
        .any(|word| comment.contains(word))
}

/// The comment on the line, or the block that ends within reach above it.
fn comment_near(source: &Source, number: usize) -> Option<String> {
    let index = number - 1;
    let has_comment = |i: usize| !source.comments[i].trim().is_empty();
    let nearest = (index.saturating_sub(COMMENT_REACH)..=index)
        .rev()
        .find(|&i| has_comment(i))?;
    let first = (0..=nearest)
        .rev()
        .take_while(|&i| has_comment(i))
        .last()
        .unwrap_or(nearest);
    Some(source.comments[first..=nearest].join(" "))
}

/// `lib.rs` is the index of a crate: docs, modules and what they export.
pub(crate) fn index(source: &Source) -> Vec<String> {
    const ITEMS: [&str; 8] = [
        "mod ",
        "pub mod ",
        "pub(crate) mod ",
        "pub use ",
        "extern crate ",
        "compile_error!",
        "#[",
        "#![",
    ];
    if source.role != Role::Library || !source.file_name_is("lib.rs") {
        return Vec::new();
    }
    let mut depth = 0_usize;
    let mut at_start = true;
    let mut doctest_only = false;
    let mut findings = Vec::new();
    for (number, line) in source.lines(false) {
        let code = line.trim();
        if code.is_empty() {
            continue;
        }
        let inside_module = depth > 0 && code == "}";
        if at_start && !inside_module && !doctest_only && !ITEMS.iter().any(|i| code.starts_with(i))
        {
            findings.push(source.at(number, "only docs, `mod` and `pub use` belong here"));
        }
        // The README's program runs as a doctest of an item that exists for nothing else.
        doctest_only =
            code.starts_with("#[cfg(doctest)]") || (doctest_only && code.starts_with("#["));
        let is_module = code.contains("mod ") && code.ends_with('{');
        depth = match code {
            _ if is_module => depth + 1,
            "}" if at_start => depth.saturating_sub(1),
            _ => depth,
        };
        at_start = is_module || code.ends_with([';', '}', ']']) || (code == "}" && at_start);
    }
    findings
}

/// A file starts by saying what it is for.
pub(crate) fn opening(source: &Source) -> Vec<String> {
    let starts = source.text.starts_with("//!") || source.text.starts_with("#!/");
    let missing = !starts && !source.text.is_empty();
    missing
        .then(|| source.at(1, "a file starts with a `//!` line"))
        .into_iter()
        .collect()
}

/// Calls `complaint` for each line of code and places what it says.
fn find(source: &Source, tests: bool, complaint: impl Fn(&str) -> Option<String>) -> Vec<String> {
    source
        .lines(tests)
        .filter_map(|(number, line)| Some(source.at(number, &complaint(line)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(text: &str) -> Source {
        Source::new("x/src/lib.rs", "synodic-x", Role::Library, text)
    }

    fn test_file(text: &str) -> Source {
        Source::new("x/tests/a.rs", "synodic-x", Role::Test, text)
    }

    #[test]
    fn door_rejects_what_it_hides() {
        assert_eq!(door(&library("use std::sync::Arc;")).len(), 1);
        assert_eq!(door(&library("use std::{cell::Cell, sync::Arc};")).len(), 1);
        assert_eq!(door(&library("std::thread::spawn(f);")).len(), 1);
        assert_eq!(door(&library("use crossbeam_queue::ArrayQueue;")).len(), 1);
        assert!(door(&library("use std::{cell::Cell, rc::Rc}; /// std::sync")).is_empty());
        assert!(door(&test_file("use std::sync::Arc;")).is_empty());
        assert!(
            door(&Source::new(
                "a.rs",
                DOOR,
                Role::Library,
                "use std::sync::Arc;"
            ))
            .is_empty()
        );
    }

    #[test]
    fn unsafe_code_belongs_in_sys() {
        assert_eq!(unsafe_code(&library("unsafe { f() }")).len(), 1);
        let sys = Source::new(
            "x/src/sys/ring.rs",
            "synodic-x",
            Role::Library,
            "unsafe { f() }",
        );
        assert!(unsafe_code(&sys).is_empty());
        assert!(unsafe_code(&library("#![forbid(unsafe_code)]")).is_empty());
    }

    #[test]
    fn size_is_bounded() {
        assert_eq!(size(&library(&"\n".repeat(LINES_MAX))).len(), 1);
        assert!(size(&test_file(&"\n".repeat(LINES_MAX))).is_empty());
    }

    #[test]
    fn unfinished_code_is_found() {
        assert_eq!(
            unfinished(&test_file("#[ignore = \"slow\"]\nfn a() { todo!() }")).len(),
            2
        );
        assert!(unfinished(&library("// #[ignore")).is_empty());
    }

    #[test]
    fn sleep_in_test_is_found_and_elsewhere_is_not() {
        assert_eq!(sleep_in_test(&test_file("std::thread::sleep(d);")).len(), 1);
        let inline = "fn f() { thread::sleep(d) }\n#[cfg(test)]\nmod tests {\nthread::sleep(d);\n}";
        assert_eq!(
            sleep_in_test(&library(inline)),
            ["x/src/lib.rs:4: a test sleeps"]
        );
    }

    #[test]
    fn printing_from_a_library_is_found() {
        assert_eq!(printing(&library("fn f() { println!(\"x\"); }")).len(), 1);
        assert!(printing(&test_file("println!(\"x\");")).is_empty());
    }

    #[test]
    fn unwrap_is_for_tests() {
        assert_eq!(unwrap(&library("x.unwrap();")).len(), 1);
        assert!(unwrap(&library("x.unwrap_or(1);")).is_empty());
    }

    #[test]
    fn ordering_needs_a_comment_that_names_its_pair() {
        assert_eq!(ordering(&library("a.load(Ordering::Acquire)")).len(), 1);
        assert_eq!(
            ordering(&library("// Fast.\na.load(Ordering::Acquire)")).len(),
            1
        );
        assert_eq!(
            ordering(&library("// Pairs.\n\n\n\n\na.load(Ordering::Acquire)")).len(),
            1
        );
        assert!(
            ordering(&library(
                "// Pairs with the store in f().\na.load(Ordering::Acquire)"
            ))
            .is_empty()
        );
        assert!(ordering(&library("// Only a counter.\na.load(Ordering::Relaxed)")).is_empty());
        assert!(ordering(&library("a.cmp(&b) == Ordering::Less")).is_empty());
    }

    #[test]
    fn index_takes_docs_modules_and_exports_only() {
        let good = "//! Docs.\n#![forbid(unsafe_code)]\nmod a;\npub mod b {\n    pub use c::{\n        D,\n        E,\n    };\n}\n\
                    pub use a::F;\n#[cfg(doctest)]\n#[doc = include_str!(\"../README.md\")]\nstruct Readme;\n";
        assert_eq!(index(&library(good)), Vec::<String>::new());
        assert_eq!(index(&library("mod a;\nfn f() {}\n")).len(), 1);
        assert_eq!(index(&library("mod a {\n    struct S;\n}\n")).len(), 1);
    }

    #[test]
    fn opening_line_is_asked_for() {
        assert_eq!(opening(&library("fn f() {}")).len(), 1);
        assert!(opening(&library("//! Docs.")).is_empty());
    }
}
