//! The rules of the design and the style that no compiler knows, as plain Rust.
//!
//! A rule is a function from a file (or a package) to complaints, with a test that shows
//! that it can fail. Where a rule does not hold stands in `exceptions.rs`, with the reason.

mod code_rules;
mod exceptions;
mod manifest_rules;
mod source;
mod text_rules;

use std::fs;
use std::path::{Path, PathBuf};

use exceptions::{EXCEPTIONS, covers, excepts};
use source::{Role, Source, has_word};
use text_rules::Text;

use crate::Result;
use crate::tally::Tally;
use crate::workspace::{Package, Workspace};

type CodeRule = fn(&Source) -> Vec<String>;
type TextRule = fn(&Text) -> Vec<String>;
type PackageRule = fn(&Workspace, &Package) -> Vec<String>;

const CODE_RULES: &[(&str, CodeRule)] = &[
    ("door", code_rules::door),
    ("unsafe", code_rules::unsafe_code),
    ("size", code_rules::size),
    ("unfinished", code_rules::unfinished),
    ("sleep", code_rules::sleep_in_test),
    ("printing", code_rules::printing),
    ("unwrap", code_rules::unwrap),
    ("ordering", code_rules::ordering),
    ("index", code_rules::index),
    ("opening", code_rules::opening),
];

const TEXT_RULES: &[(&str, TextRule)] = &[("words", text_rules::words), ("todo", text_rules::todo)];

const PACKAGE_RULES: &[(&str, PackageRule)] = &[
    ("direction", manifest_rules::direction),
    ("door-dependency", manifest_rules::door),
    ("dev-dependency", manifest_rules::dev_dependency),
    ("complete", manifest_rules::complete),
    ("lints", manifest_rules::lints),
    ("forbid-unsafe", manifest_rules::forbids_unsafe),
];

/// Folders that hold nothing of ours.
const FOREIGN: [&str; 3] = ["target", ".git", "node_modules"];

/// Scripts and semantics recorded together with the vectors; they are kept as they were.
const RECORDED: &str = "conformance/node";

/// Checks every rule; each counts once.
pub(crate) fn run(workspace: &Workspace) -> Result<Tally> {
    let mut files = Vec::new();
    walk(&workspace.root, &mut files)?;
    files.sort();
    let sources = read_sources(workspace, &files)?;
    let texts = read_texts(workspace, &files)?;
    let mut tally = Tally::default();
    tally.found(sources.len(), "Rust files");
    let mut used = vec![false; EXCEPTIONS.len()];
    for (name, rule) in CODE_RULES {
        let findings = sources
            .iter()
            .flat_map(|source| without_excepted(name, &source.path, rule(source), &mut used))
            .collect();
        conclude(&mut tally, name, findings);
    }
    for (name, rule) in TEXT_RULES {
        let findings = texts
            .iter()
            .flat_map(|text| without_excepted(name, &text.path, rule(text), &mut used))
            .collect();
        conclude(&mut tally, name, findings);
    }
    for (name, rule) in PACKAGE_RULES {
        let findings = workspace
            .packages
            .iter()
            .flat_map(|p| rule(workspace, p))
            .collect();
        conclude(&mut tally, name, findings);
    }
    let unused = EXCEPTIONS
        .iter()
        .zip(used)
        .filter(|(_, used)| !used)
        .map(|(exception, _)| {
            format!(
                "{}: nothing breaks `{}` any more",
                exception.path, exception.rule
            )
        });
    conclude(&mut tally, "exceptions", unused.collect());
    Ok(tally)
}

/// Drops the complaints about an excepted file and notes that the exception was needed.
fn without_excepted(
    rule: &str,
    path: &Path,
    findings: Vec<String>,
    used: &mut [bool],
) -> Vec<String> {
    let path = path.to_string_lossy();
    if findings.is_empty() || !excepts(EXCEPTIONS, rule, &path) {
        return findings;
    }
    for (exception, used) in EXCEPTIONS.iter().zip(used) {
        *used |= exception.rule == rule && covers(exception, &path);
    }
    Vec::new()
}

fn conclude(tally: &mut Tally, rule: &str, findings: Vec<String>) {
    for finding in &findings {
        println!("{rule}: {finding}");
    }
    tally.check(
        findings.is_empty(),
        format!("tidy {rule}: {} findings", findings.len()),
    );
}

/// Whether a Rust file in `folder` has `unsafe` code.
pub(crate) fn has_unsafe(folder: &Path) -> bool {
    let mut files = Vec::new();
    if walk(folder, &mut files).is_err() {
        return false;
    }
    files.iter().filter(|path| is_rust(path)).any(|path| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let source = Source::new(path, "", Role::Library, &text);
        source.lines(true).any(|(_, line)| has_word(line, "unsafe"))
    })
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        if !entry.file_type()?.is_dir() {
            files.push(path);
        } else if !FOREIGN.iter().any(|name| entry.file_name() == *name) {
            walk(&path, files)?;
        }
    }
    Ok(())
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Reads the Rust files of the members; a folder belongs to the innermost package around it.
fn read_sources(workspace: &Workspace, files: &[PathBuf]) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in files.iter().filter(|path| is_rust(path)) {
        let relative = workspace.relative(path);
        if relative.starts_with("benches/rivals") {
            continue;
        }
        let around = workspace
            .packages
            .iter()
            .filter(|package| path.starts_with(&package.dir));
        let Some(package) = around.max_by_key(|package| package.dir.components().count()) else {
            continue;
        };
        let text = fs::read_to_string(path)?;
        sources.push(Source::new(
            relative,
            &package.name,
            role(package, path),
            &text,
        ));
    }
    Ok(sources)
}

fn role(package: &Package, path: &Path) -> Role {
    let inside = path.strip_prefix(&package.dir).unwrap_or(path);
    let first = inside.iter().next().unwrap_or_default();
    // A module `tests` may have files of its own below `src`.
    let in_test_module = inside
        .iter()
        .any(|part| part == "tests" || part == "tests.rs");
    if in_test_module || first == "benches" || first == "examples" {
        Role::Test
    } else if !package.published {
        Role::Tool
    } else if inside.starts_with("src/bin") || !package.has_library() {
        Role::Program
    } else {
        Role::Library
    }
}

fn read_texts(workspace: &Workspace, files: &[PathBuf]) -> Result<Vec<Text>> {
    files
        .iter()
        .map(|path| (path, workspace.relative(path)))
        .filter(|(_, relative)| text_rules::has_words(relative) && !relative.starts_with(RECORDED))
        .map(|(path, relative)| {
            Ok(Text {
                path: relative.to_owned(),
                text: fs::read_to_string(path)?,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_exception_names_a_rule() {
        let rules: HashSet<_> = CODE_RULES
            .iter()
            .map(|(n, _)| *n)
            .chain(TEXT_RULES.iter().map(|(n, _)| *n))
            .collect();
        assert!(
            EXCEPTIONS
                .iter()
                .all(|exception| rules.contains(exception.rule))
        );
    }
}
