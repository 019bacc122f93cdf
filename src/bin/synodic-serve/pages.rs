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

/// The page at a URL's path.
pub(crate) fn page(path: &str) -> Option<Representation> {
    let page = PAGES.iter().find(|page| page.path == path)?;
    let mut hasher = DefaultHasher::new();
    page.content.hash(&mut hasher);
    Some(Representation {
        kind: page.kind.into(),
        tag: format!("{:x}", hasher.finish()),
        modified: None,
        len: page.content.len() as u64,
        content: Content::Static(page.content),
    })
}
