//! What Node does and Synodic does not, with the reasons: `declined.txt`.

use std::path::Path;

/// The cases of one suite that are declined.
#[derive(Debug, Default)]
pub(crate) struct Declined {
    entries: Vec<Entry>,
}

/// A line of the file.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) reason: String,
}

/// What a line names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Tag,
}

impl Declined {
    /// Reads what the repository declines of `suite`.
    pub(crate) fn read(suite: &str) -> Result<Self, String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("declined.txt");
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        Self::parse(&text, suite)
    }

    fn parse(text: &str, suite: &str) -> Result<Self, String> {
        let mut entries = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fault = |what| format!("declined.txt:{}: {what}", index + 1);
            let (subject, reason) = line.split_once(": ").ok_or(fault("a reason is missing"))?;
            let [of, kind, name] = *subject.split_whitespace().collect::<Vec<_>>() else {
                return Err(fault("not `SUITE id|tag NAME: REASON`"));
            };
            let kind = match kind {
                "id" => Kind::Id,
                "tag" => Kind::Tag,
                _ => return Err(fault("neither an id nor a tag")),
            };
            if of == suite {
                entries.push(Entry {
                    kind,
                    name: name.to_owned(),
                    reason: reason.to_owned(),
                });
            }
        }
        Ok(Self { entries })
    }

    /// The lines of the suite.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The line that declines a case, by its number.
    pub(crate) fn find<'a>(
        &self,
        id: &str,
        tags: impl Iterator<Item = &'a str> + Clone,
    ) -> Option<usize> {
        self.entries.iter().position(|entry| match entry.kind {
            Kind::Id => entry.name == id,
            Kind::Tag => tags.clone().any(|tag| tag == entry.name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_found_by_id_and_by_tag() {
        let text = "# why\na id x-1: it is odd\na tag odd: so are these\nb id x-2: no";
        let declined = Declined::parse(text, "a").unwrap();
        assert_eq!(declined.find("x-1", std::iter::empty()), Some(0));
        assert_eq!(declined.find("x-2", ["odd"].into_iter()), Some(1));
        assert_eq!(declined.find("x-2", std::iter::empty()), None);
        assert_eq!(declined.entries()[0].reason, "it is odd");
    }

    #[test]
    fn a_line_without_a_reason_is_refused() {
        assert!(Declined::parse("a id x-1", "a").is_err());
    }
}
