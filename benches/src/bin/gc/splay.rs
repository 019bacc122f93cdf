//! V8's benchmark of a splay tree (Sleator and Tarjan 1985) with payloads.

use std::time::Instant;

use synodic_benches::report;
use synodic_gc::{Gc, GcCell, Heap, HeapOptions, Mutation, Rootable, Trace};

use super::Random;

/// Nodes of the tree.
const SIZE: usize = 8000;

/// Rounds, and changes of the tree in each.
const ROUNDS: usize = 400;
const CHANGES: usize = 80;

/// Depth of a payload.
const PAYLOAD_DEPTH: u32 = 5;

type Link<'gc> = Option<Gc<'gc, Node<'gc>>>;

#[derive(Trace)]
struct Node<'gc> {
    key: u32,
    _value: Gc<'gc, Payload<'gc>>,
    left: GcCell<'gc, Link<'gc>>,
    right: GcCell<'gc, Link<'gc>>,
}

#[derive(Trace)]
enum Payload<'gc> {
    Leaf {
        _array: Gc<'gc, [u64]>,
        _text: Gc<'gc, str>,
    },
    Inner(Gc<'gc, Payload<'gc>>, Gc<'gc, Payload<'gc>>),
}

fn payload<'gc>(mc: &Mutation<'gc>, depth: u32, tag: u32) -> Gc<'gc, Payload<'gc>> {
    if depth == 0 {
        let _array = mc.alloc_slice(10, |i| i as u64);
        let _text = mc.alloc_str(&format!("String for key {tag} in leaf node"));
        return mc.alloc(Payload::Leaf { _array, _text });
    }
    let left = payload(mc, depth - 1, tag);
    let right = payload(mc, depth - 1, tag);
    mc.alloc(Payload::Inner(left, right))
}

/// The tree with the node that is nearest to `key` at the top.
fn splay<'gc>(mc: &Mutation<'gc>, root: Gc<'gc, Node<'gc>>, key: u32) -> Gc<'gc, Node<'gc>> {
    let mut left_end: Link<'gc> = None;
    let mut right_end: Link<'gc> = None;
    let (mut left_first, mut right_first) = (None, None);
    let mut current = root;
    loop {
        if key < current.key {
            let Some(mut left) = current.left.get() else {
                break;
            };
            if key < left.key {
                current.left.set(mc, left.right.get());
                left.right.set(mc, Some(current));
                current = left;
                let Some(next) = current.left.get() else {
                    break;
                };
                left = next;
            }
            match right_end {
                Some(end) => end.left.set(mc, Some(current)),
                None => right_first = Some(current),
            }
            right_end = Some(current);
            current = left;
        } else if key > current.key {
            let Some(mut right) = current.right.get() else {
                break;
            };
            if key > right.key {
                current.right.set(mc, right.left.get());
                right.left.set(mc, Some(current));
                current = right;
                let Some(next) = current.right.get() else {
                    break;
                };
                right = next;
            }
            match left_end {
                Some(end) => end.right.set(mc, Some(current)),
                None => left_first = Some(current),
            }
            left_end = Some(current);
            current = right;
        } else {
            break;
        }
    }
    match left_end {
        Some(end) => end.right.set(mc, current.left.get()),
        None => left_first = current.left.get(),
    }
    match right_end {
        Some(end) => end.left.set(mc, current.right.get()),
        None => right_first = current.right.get(),
    }
    current.left.set(mc, left_first);
    current.right.set(mc, right_first);
    current
}

fn insert<'gc>(mc: &Mutation<'gc>, root: &GcCell<'gc, Link<'gc>>, key: u32) -> bool {
    let top = root.get().map(|root| splay(mc, root, key));
    root.set(mc, top);
    if top.is_some_and(|top| top.key == key) {
        return false;
    }
    let node = mc.alloc(Node {
        key,
        _value: payload(mc, PAYLOAD_DEPTH, key),
        left: GcCell::new(None),
        right: GcCell::new(None),
    });
    if let Some(top) = top {
        if key > top.key {
            node.left.set(mc, Some(top));
            node.right.set(mc, top.right.get());
            top.right.set(mc, None);
        } else {
            node.right.set(mc, Some(top));
            node.left.set(mc, top.left.get());
            top.left.set(mc, None);
        }
    }
    root.set(mc, Some(node));
    true
}

/// Removes the greatest key below `key`, or `key` itself when there is none.
fn remove_below<'gc>(mc: &Mutation<'gc>, root: &GcCell<'gc, Link<'gc>>, key: u32) {
    let Some(top) = root.get().map(|root| splay(mc, root, key)) else {
        return;
    };
    root.set(mc, Some(top));
    let greatest = top.left.get().map(|left| splay(mc, left, u32::MAX));
    match greatest {
        Some(greatest) => top.left.set(mc, greatest.left.get()),
        None => root.set(mc, top.right.get()),
    }
}

pub(crate) fn run() {
    let mut heap =
        Heap::<Rootable![GcCell<'_, Link<'_>>]>::new(HeapOptions::new(), |_| GcCell::new(None))
            .expect("room for a heap");
    let mut random = Random(42);
    let mut add = |heap: &mut Heap<_>| loop {
        let key = random.next();
        if heap.mutate(|mc, root| insert(mc, root, key)) {
            return key;
        }
    };
    for _ in 0..SIZE {
        add(&mut heap);
    }
    let start = Instant::now();
    for _ in 0..ROUNDS {
        for _ in 0..CHANGES {
            let key = add(&mut heap);
            heap.mutate(|mc, root| remove_below(mc, root, key));
        }
    }
    report("splay", start.elapsed(), ROUNDS * CHANGES);
}
