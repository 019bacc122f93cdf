//! The built-in site: a few pages inside of the program.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::representation::{Content, Representation};

macro_rules! page {
    ($path:literal, $kind:literal, $file:literal) => {
        Page {
            path: $path,
            kind: $kind,
            content: include_bytes!(concat!("pages/", $file)),
        }
    };
}

struct Page {
    path: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

const PAGES: &[Page] = &[
    page!("/", "text/html; charset=utf-8", "index.html"),
    page!("/style.css", "text/css; charset=utf-8", "style.css"),
    page!("/stats.js", "text/javascript; charset=utf-8", "stats.js"),
    page!("/favicon.svg", "image/svg+xml", "favicon.svg"),
];

/// The pages, with their tags.
pub(crate) struct Pages(Vec<(&'static Page, String)>);

impl Pages {
    pub(crate) fn new() -> Self {
        Self(PAGES.iter().map(|page| (page, tag(page.content))).collect())
    }

    /// The page at a URL's path.
    pub(crate) fn find(&self, path: &str) -> Option<Representation> {
        let (page, tag) = self.0.iter().find(|(page, _)| page.path == path)?;
        Some(Representation {
            kind: page.kind.into(),
            tag: tag.clone(),
            modified: None,
            len: page.content.len() as u64,
            content: Content::Static(page.content),
        })
    }
}

fn tag(content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("{:x}", hasher.finish())
}
