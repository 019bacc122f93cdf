//! A cache that forgets what was used longest ago.

use std::time::Instant;

use synodic_benches::report;
use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Mutation, Rootable, Trace};

use super::Random;

/// Entries of the cache, and keys that are asked for.
const SIZE: usize = 1_000_000;
const KEYS: u32 = 2_000_000;

/// Requests that are counted.
const REQUESTS: usize = 4_000_000;

/// Requests in one section.
const BATCH: usize = 16;

type Link<'gc> = Option<Gc<'gc, Entry<'gc>>>;

#[derive(Trace)]
struct Entry<'gc> {
    key: u32,
    value: u64,
    chain: GcCell<'gc, Link<'gc>>,
    newer: GcCell<'gc, Link<'gc>>,
    older: GcCell<'gc, Link<'gc>>,
}

#[derive(Trace)]
struct Cache<'gc> {
    table: Gc<'gc, [GcCell<'gc, Link<'gc>>]>,
    newest: GcCell<'gc, Link<'gc>>,
    oldest: GcCell<'gc, Link<'gc>>,
}

impl<'gc> Cache<'gc> {
    fn bucket(&self, key: u32) -> &GcCell<'gc, Link<'gc>> {
        let hash = key.wrapping_mul(0x9e37_79b1) as usize;
        &Gc::as_ref(self.table)[hash & (self.table.len() - 1)]
    }

    fn find(&self, key: u32) -> Link<'gc> {
        let mut link = self.bucket(key).get();
        while let Some(entry) = link.filter(|entry| entry.key != key) {
            link = entry.chain.get();
        }
        link
    }

    fn unlink(&self, mc: &Mutation<'gc>, entry: Gc<'gc, Entry<'gc>>) {
        let (newer, older) = (entry.newer.get(), entry.older.get());
        match newer {
            Some(newer) => newer.older.set(mc, older),
            None => self.newest.set(mc, older),
        }
        match older {
            Some(older) => older.newer.set(mc, newer),
            None => self.oldest.set(mc, newer),
        }
    }

    fn push(&self, mc: &Mutation<'gc>, entry: Gc<'gc, Entry<'gc>>) {
        let newest = self.newest.get();
        entry.newer.set(mc, None);
        entry.older.set(mc, newest);
        match newest {
            Some(newest) => newest.newer.set(mc, Some(entry)),
            None => self.oldest.set(mc, Some(entry)),
        }
        self.newest.set(mc, Some(entry));
    }

    fn add(&self, mc: &Mutation<'gc>, key: u32) {
        let bucket = self.bucket(key);
        let entry = mc.alloc(Entry {
            key,
            value: u64::from(key),
            chain: GcCell::new(bucket.get()),
            newer: GcCell::new(None),
            older: GcCell::new(None),
        });
        bucket.set(mc, Some(entry));
        self.push(mc, entry);
    }

    fn evict(&self, mc: &Mutation<'gc>) {
        let oldest = self.oldest.get().expect("the cache is full");
        self.unlink(mc, oldest);
        let mut cell = self.bucket(oldest.key);
        while let Some(entry) = cell.get() {
            if Gc::ptr_eq(entry, oldest) {
                cell.set(mc, oldest.chain.get());
                return;
            }
            cell = &Gc::as_ref(entry).chain;
        }
    }

    fn request(&self, mc: &Mutation<'gc>, key: u32) -> u64 {
        if let Some(entry) = self.find(key) {
            self.unlink(mc, entry);
            self.push(mc, entry);
            return entry.value;
        }
        self.evict(mc);
        self.add(mc, key);
        0
    }
}

pub(crate) fn run() {
    let mut heap = Heap::<Rootable![Cache<'_>]>::new(HeapOptions::new(), |mc| Cache {
        table: mc.alloc_slice(SIZE.next_power_of_two(), |_| GcCell::new(None)),
        newest: GcCell::new(None),
        oldest: GcCell::new(None),
    })
    .expect("room for a heap");
    for first in (0..SIZE).step_by(BATCH) {
        heap.mutate(|mc, cache| (first..first + BATCH).for_each(|key| cache.add(mc, key as u32)));
    }
    let mut random = Random(7);
    let mut sum = 0;
    let start = Instant::now();
    for _ in 0..REQUESTS / BATCH {
        heap.mutate(|mc, cache| {
            for _ in 0..BATCH {
                sum += cache.request(mc, random.next() % KEYS);
            }
        });
    }
    report("lru", start.elapsed(), REQUESTS);
    assert_ne!(sum, 0);
}
