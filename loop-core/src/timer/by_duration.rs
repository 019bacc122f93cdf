//! How the list of a duration is found.

use std::collections::HashMap;

use super::duration_hash::DurationHash;
use super::slots::NONE;

/// Durations of a page: 1 KiB.
const PAGE: usize = 256;

/// Pages at most, so durations of up to 65 s are found in them. All of them are 256 KiB.
const PAGES_MAX: usize = 256;

type Page = Box<[u32; PAGE]>;

/// A map from durations, in milliseconds, to lists.
///
/// Nearly all timers are short, so these are found by two loads, and durations that are close to
/// each other are close in memory. A hash map knows the others.
pub(super) struct ByDuration {
    /// Up to the longest duration that has been there; a page is made for its first duration.
    pages: Vec<Option<Page>>,
    long: HashMap<u32, u32, DurationHash>,
}

impl ByDuration {
    pub(super) fn new() -> Self {
        Self {
            pages: Vec::new(),
            long: HashMap::with_hasher(DurationHash::new()),
        }
    }

    #[inline]
    pub(super) fn get(&self, duration_ms: u32) -> Option<u32> {
        let duration = duration_ms as usize;
        if duration >= PAGES_MAX * PAGE {
            return self.long.get(&duration_ms).copied();
        }
        let page = self.pages.get(duration / PAGE)?.as_ref()?;
        let list = page[duration % PAGE];
        (list != NONE).then_some(list)
    }

    pub(super) fn insert(&mut self, duration_ms: u32, list: u32) {
        let duration = duration_ms as usize;
        if duration >= PAGES_MAX * PAGE {
            self.long.insert(duration_ms, list);
            return;
        }
        if self.pages.len() <= duration / PAGE {
            self.pages.resize_with(duration / PAGE + 1, || None);
        }
        let page = &mut self.pages[duration / PAGE];
        page.get_or_insert_with(|| Box::new([NONE; PAGE]))[duration % PAGE] = list;
    }

    pub(super) fn remove(&mut self, duration_ms: u32) {
        let duration = duration_ms as usize;
        if duration >= PAGES_MAX * PAGE {
            self.long.remove(&duration_ms);
        } else if let Some(Some(page)) = self.pages.get_mut(duration / PAGE) {
            page[duration % PAGE] = NONE;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_found_by_its_duration_until_it_is_removed() {
        let mut map = ByDuration::new();
        let durations = [1, 255, 256, 65_535, 65_536, i32::MAX.unsigned_abs()];
        for (list, duration_ms) in (0..).zip(durations) {
            assert_eq!(map.get(duration_ms), None);
            map.insert(duration_ms, list);
        }
        for (list, duration_ms) in (0..).zip(durations) {
            assert_eq!(map.get(duration_ms), Some(list));
            map.remove(duration_ms);
            assert_eq!(map.get(duration_ms), None);
        }
    }
}
