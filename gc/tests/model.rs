//! Goal: a heap does to a graph of objects what a plain `Vec` does, whatever is collected when.
//! Method: random operations on both, compared in full now and then, for several seeds, with and
//! without a collection at every safepoint.

use std::cell::Cell;
use std::rc::Rc;

use synodic_gc::{Gc, GcCell, GcKind, GcRefCell, Heap, HeapOptions, Root, Rootable, Trace};

/// Slots of the root.
const SLOTS: usize = 24;

/// Pointers of a node.
const EDGES: usize = 3;

#[derive(Trace)]
struct Table<'gc> {
    slots: [GcCell<'gc, Link<'gc>>; SLOTS],
    all: Vec<GcCell<'gc, Link<'gc>>>,
}

type Link<'gc> = Option<Gc<'gc, Node<'gc>>>;
type NodeRoot = Rootable![Gc<'_, Node<'_>>];

#[derive(Trace)]
struct Node<'gc> {
    id: u64,
    edges: [GcCell<'gc, Link<'gc>>; EDGES],
    more: GcRefCell<'gc, Vec<Gc<'gc, Node<'gc>>>>,
    name: Gc<'gc, str>,
    wide: Option<Gc<'gc, [Link<'gc>]>>,
    #[trace(static)]
    _dropped: Option<Counter>,
}

/// Counts how many of them are alive.
struct Counter(Rc<Cell<i64>>);

impl Counter {
    fn new(count: &Rc<Cell<i64>>) -> Self {
        count.set(count.get() + 1);
        Self(Rc::clone(count))
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// The same without a collector: nodes by number.
#[derive(Default)]
struct Model {
    nodes: Vec<ModelNode>,
    slots: [Option<u64>; SLOTS],
    rooted: Vec<u64>,
}

struct ModelNode {
    edges: [Option<u64>; EDGES],
    more: Vec<u64>,
    wide: Option<Vec<Option<u64>>>,
}

/// Numbers that look random (Marsaglia 2003, xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}

struct Run {
    heap: Heap<Rootable![Table<'_>]>,
    model: Model,
    handles: Vec<Root<NodeRoot>>,
    random: Random,
    alive: Rc<Cell<i64>>,
}

impl Run {
    fn new(seed: u64, options: HeapOptions) -> Self {
        let heap = Heap::new(options, |_| Table {
            slots: std::array::from_fn(|_| GcCell::new(None)),
            all: (0..4).map(|_| GcCell::new(None)).collect(),
        });
        Self {
            heap: heap.expect("room for a heap"),
            model: Model::default(),
            handles: Vec::new(),
            random: Random(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed + 1)),
            alive: Rc::default(),
        }
    }

    fn step(&mut self) {
        match self.random.below(20) {
            0..=5 => self.allocate(),
            6..=9 => self.connect(),
            10 => self.push(),
            11 => self.clear(),
            12 => self.root(),
            13 => self.garbage(),
            14 => self.copy(),
            _ => self.pull(),
        }
    }

    /// A new node into a slot, with what other slots have.
    fn allocate(&mut self) {
        let slot = self.random.below(SLOTS);
        let from: [usize; EDGES] = std::array::from_fn(|_| self.random.below(SLOTS));
        let wide = match self.random.below(64) {
            0 => Some(self.random.below(20_000)),
            1..4 => Some(self.random.below(30)),
            _ => None,
        };
        let counts = self.random.below(3) == 0;
        let id = self.model.nodes.len() as u64;
        let alive = &self.alive;
        self.heap.mutate(|mc, table| {
            let link = |i: usize| table.slots[from[i]].get();
            let node = mc.alloc(Node {
                id,
                edges: std::array::from_fn(|i| GcCell::new(link(i))),
                more: GcRefCell::new(Vec::new()),
                name: mc.alloc_str(&format!("node {id}")),
                wide: wide.map(|len| mc.alloc_slice(len, |i| link(i % EDGES))),
                _dropped: counts.then(|| Counter::new(alive)),
            });
            table.slots[slot].set(mc, Some(node));
            table.all[slot % 4].set(mc, Some(node));
        });
        let link = |i: usize| self.model.slots[from[i]];
        self.model.nodes.push(ModelNode {
            edges: std::array::from_fn(link),
            more: Vec::new(),
            wide: wide.map(|len| (0..len).map(|i| link(i % EDGES)).collect()),
        });
        self.model.slots[slot] = Some(id);
    }

    /// One node's edge to another.
    fn connect(&mut self) {
        let (from, to) = (self.random.below(SLOTS), self.random.below(SLOTS));
        let edge = self.random.below(EDGES);
        self.heap.mutate(|mc, table| {
            if let Some(node) = table.slots[from].get() {
                node.edges[edge].set(mc, table.slots[to].get());
            }
        });
        if let Some(id) = self.model.slots[from] {
            self.model.nodes[id as usize].edges[edge] = self.model.slots[to];
        }
    }

    /// One node into another's vector.
    fn push(&mut self) {
        let (from, to) = (self.random.below(SLOTS), self.random.below(SLOTS));
        self.heap.mutate(|mc, table| {
            if let (Some(node), Some(other)) = (table.slots[from].get(), table.slots[to].get()) {
                node.more.borrow_mut(mc).push(other);
            }
        });
        if let (Some(id), Some(other)) = (self.model.slots[from], self.model.slots[to]) {
            self.model.nodes[id as usize].more.push(other);
        }
    }

    fn clear(&mut self) {
        let slot = self.random.below(SLOTS);
        self.heap
            .mutate(|mc, table| table.slots[slot].set(mc, None));
        self.model.slots[slot] = None;
    }

    fn copy(&mut self) {
        let (from, to) = (self.random.below(SLOTS), self.random.below(SLOTS));
        self.heap
            .mutate(|mc, table| table.slots[to].set(mc, table.slots[from].get()));
        self.model.slots[to] = self.model.slots[from];
    }

    /// One node's edge, or what its vector has last, moves to a slot: the only pointer to an object
    /// changes its place.
    fn pull(&mut self) {
        let (from, to) = (self.random.below(SLOTS), self.random.below(SLOTS));
        let edge = self.random.below(EDGES + 1);
        self.heap.mutate(|mc, table| {
            let Some(node) = table.slots[from].get() else {
                return;
            };
            let link = match node.edges.get(edge) {
                Some(edge) => edge.replace(mc, None),
                None => node.more.borrow_mut(mc).pop(),
            };
            table.slots[to].set(mc, link);
        });
        let Some(id) = self.model.slots[from] else {
            return;
        };
        let node = &mut self.model.nodes[id as usize];
        self.model.slots[to] = match node.edges.get_mut(edge) {
            Some(edge) => edge.take(),
            None => node.more.pop(),
        };
    }

    /// A handle comes, or one goes.
    fn root(&mut self) {
        let slot = self.random.below(SLOTS);
        if self.handles.len() > 10 {
            let index = self.random.below(self.handles.len());
            drop(self.handles.swap_remove(index));
            self.model.rooted.swap_remove(index);
        }
        let handle = self.heap.mutate(|mc, table| {
            let node = table.slots[slot].get()?;
            Some(mc.root::<NodeRoot>(node))
        });
        if let (Some(handle), Some(id)) = (handle, self.model.slots[slot]) {
            self.handles.push(handle);
            self.model.rooted.push(id);
        }
    }

    fn garbage(&mut self) {
        let count = self.random.below(400);
        self.heap.mutate(|mc, _| {
            for index in 0..count {
                mc.alloc([index; 6]);
            }
        });
    }

    fn compare(&self) {
        self.heap.view(|view, table| {
            let mut seen = vec![None; self.model.nodes.len()];
            let mut left = Vec::new();
            let check = |link: Link<'_>, id: Option<u64>| {
                assert_eq!(link.map(|node| node.id), id);
            };
            for (slot, id) in table.slots.iter().zip(self.model.slots) {
                check(slot.get(), id);
                left.extend(slot.get());
            }
            for (handle, id) in self.handles.iter().zip(&self.model.rooted) {
                check(Some(handle.get(view)), Some(*id));
                left.push(handle.get(view));
            }
            while let Some(node) = left.pop() {
                let seen = &mut seen[node.id as usize];
                if let Some(seen) = *seen {
                    assert!(Gc::ptr_eq(seen, node), "a node exists once");
                    continue;
                }
                *seen = Some(node);
                let model = &self.model.nodes[node.id as usize];
                assert_eq!(&*node.name, format!("node {}", node.id));
                for (edge, id) in node.edges.iter().zip(model.edges) {
                    check(edge.get(), id);
                    left.extend(edge.get());
                }
                let more = node.more.borrow();
                assert_eq!(more.len(), model.more.len());
                for (other, id) in more.iter().zip(&model.more) {
                    check(Some(*other), Some(*id));
                    left.push(*other);
                }
                assert_eq!(
                    node.wide.map(|wide| wide.len()),
                    model.wide.as_ref().map(Vec::len)
                );
                let wide = node.wide.iter().flat_map(|wide| wide.iter().copied());
                for (link, id) in wide.zip(model.wide.iter().flatten()) {
                    check(link, *id);
                    left.extend(link);
                }
            }
        });
    }

    fn finish(mut self) {
        self.compare();
        self.handles.clear();
        self.heap.mutate(|mc, table| {
            table.slots.iter().for_each(|slot| slot.set(mc, None));
            table.all.iter().for_each(|slot| slot.set(mc, None));
        });
        self.heap.gc(GcKind::Full);
        assert_eq!(self.alive.get(), 0, "every value is dropped once");
        let left: u64 = self
            .heap
            .space_statistics()
            .iter()
            .map(|s| s.space_used_size)
            .sum();
        assert_eq!(left, 0, "nothing is left of an empty graph");
        assert_eq!(self.heap.statistics().number_of_roots, 0);
    }
}

fn options() -> HeapOptions {
    HeapOptions::new()
        .min_semi_space_size(1)
        .max_semi_space_size(1 << 20)
        .cage_size(256 << 20)
}

#[test]
fn a_heap_agrees_with_its_model() {
    let (seeds, steps) = if cfg!(miri) { (1, 300) } else { (10, 6_000) };
    for seed in 0..seeds {
        let mut run = Run::new(seed, options().verify(seed == 0));
        for step in 0..steps {
            run.step();
            match step % 977 {
                500 => run.compare(),
                700 => run.heap.gc(GcKind::Minor),
                800 => run.heap.gc(GcKind::Full),
                _ => {}
            }
        }
        run.finish();
    }
}

/// Every safepoint collects, and looks into a few objects only, so that the program runs between
/// many slices of each marking.
fn stress(seeds: std::ops::Range<u64>, steps: usize, verify: bool) {
    for seed in seeds {
        let mut run = Run::new(seed, options().stress(true).verify(verify));
        for step in 0..steps {
            run.step();
            if step % 50 == 0 {
                run.compare();
            }
        }
        run.finish();
    }
}

#[test]
fn a_heap_agrees_with_its_model_when_every_safepoint_collects() {
    let (seeds, steps) = if cfg!(miri) { (1, 60) } else { (10, 300) };
    stress(100..100 + seeds, steps, false);
}

#[test]
fn every_object_is_what_it_should_be_after_every_collection() {
    let (seeds, steps) = if cfg!(miri) { (1, 40) } else { (3, 100) };
    stress(200..200 + seeds, steps, true);
}
