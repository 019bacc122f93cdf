//! Goal: what the program does between two slices of a marking hides no object from it.
//! Method: the only pointer to an object moves from the end of a long list, which is marked last,
//! to a place that is marked first, at every moment of a marking that has many slices.

use synodic_gc::{
    FinalizationRegistry, Gc, GcCell, GcKind, GcRefCell, Heap, HeapOptions, Mutation, Rootable,
    Trace, Weak, WeakMap,
};

/// Nodes of the list. Under stress a slice looks into twenty objects.
const NODES: u32 = 120;

/// Safepoints after which the pointer moves: more than a marking has slices.
const MOMENTS: u32 = if cfg!(miri) { 3 } else { 16 };

/// Elements of a slice that has blocks of its own.
const LARGE: usize = 10_000;

type Link<'gc> = Option<Gc<'gc, Node<'gc>>>;

#[derive(Trace)]
struct Node<'gc> {
    number: u32,
    next: GcCell<'gc, Link<'gc>>,
}

#[derive(Trace)]
struct Places<'gc> {
    list: GcCell<'gc, Link<'gc>>,
    cell: GcCell<'gc, Link<'gc>>,
    vector: GcRefCell<'gc, Vec<Gc<'gc, Node<'gc>>>>,
    large: GcCell<'gc, Option<Gc<'gc, [Link<'gc>]>>>,
    map: WeakMap<'gc, Key, Gc<'gc, Node<'gc>>>,
    key: Gc<'gc, Key>,
    registry: FinalizationRegistry<'gc, Gc<'gc, Node<'gc>>>,
    weak: GcCell<'gc, Option<Weak<'gc, Node<'gc>>>>,
}

#[derive(Trace)]
struct Key {
    _number: u32,
}

type PlacesHeap = Heap<Rootable![Gc<'_, Places<'_>>]>;

fn heap() -> PlacesHeap {
    let options = HeapOptions::new()
        .min_semi_space_size(1)
        .cage_size(32 << 20)
        .stress(true)
        .verify(true);
    let mut heap = PlacesHeap::new(options, |mc| {
        let key = mc.alloc(Key { _number: 1 });
        let mut list = None;
        for number in 0..NODES {
            let next = GcCell::new(list);
            list = Some(mc.alloc(Node { number, next }));
        }
        mc.alloc(Places {
            list: GcCell::new(list),
            cell: GcCell::new(None),
            vector: GcRefCell::new(Vec::new()),
            large: GcCell::new(None),
            map: WeakMap::new(mc),
            key,
            registry: FinalizationRegistry::new(mc),
            weak: GcCell::new(None),
        })
    })
    .expect("room for a heap");
    heap.gc(GcKind::Full);
    heap.gc(GcKind::Full);
    heap
}

/// Takes the last node of the list.
fn take_last<'gc>(mc: &Mutation<'gc>, places: &Places<'gc>) -> Gc<'gc, Node<'gc>> {
    let mut node = places.list.get().expect("the list is long");
    loop {
        let next = node.next.get().expect("it has more than one node");
        if next.next.get().is_none() {
            node.next.set(mc, None);
            return next;
        }
        node = next;
    }
}

/// Moves the last node at every moment of a marking, and looks for it later.
fn at_every_moment(
    put: impl for<'gc> Fn(&Mutation<'gc>, &Places<'gc>, Gc<'gc, Node<'gc>>),
    find: impl for<'gc> Fn(&Mutation<'gc>, &Places<'gc>) -> Option<u32>,
) {
    for moment in 0..MOMENTS {
        let mut heap = heap();
        for _ in 0..moment {
            heap.safepoint();
        }
        heap.mutate(|mc, places| put(mc, places, take_last(mc, places)));
        for _ in 0..MOMENTS {
            heap.mutate(|mc, _| mc.alloc([0_u64; 4])[0]);
        }
        heap.gc(GcKind::Full);
        heap.mutate(|mc, places| assert_eq!(find(mc, places), Some(0), "moment {moment}"));
    }
}

#[test]
fn a_pointer_that_moves_to_a_cell_is_found() {
    at_every_moment(
        |mc, places, node| places.cell.set(mc, Some(node)),
        |_, places| places.cell.get().map(|node| node.number),
    );
}

#[test]
fn a_pointer_that_moves_to_a_vector_is_found() {
    at_every_moment(
        |mc, places, node| places.vector.borrow_mut(mc).push(node),
        |_, places| places.vector.borrow().first().map(|node| node.number),
    );
}

#[test]
fn a_pointer_that_moves_to_a_new_large_object_is_found() {
    at_every_moment(
        |mc, places, node| {
            let large = mc.alloc_slice(LARGE, |index| (index == LARGE - 1).then_some(node));
            places.large.set(mc, Some(large));
        },
        |_, places| Some(places.large.get()?.last()?.as_ref()?.number),
    );
}

#[test]
fn a_pointer_that_moves_to_a_new_object_is_found() {
    at_every_moment(
        |mc, places, node| {
            let host = mc.alloc(Node {
                number: 1,
                next: GcCell::new(Some(node)),
            });
            places.cell.set(mc, Some(host));
        },
        |_, places| places.cell.get()?.next.get().map(|node| node.number),
    );
}

#[test]
fn a_pointer_that_moves_to_a_weak_map_is_found() {
    at_every_moment(
        |mc, places, node| {
            places.map.insert(mc, places.key, node);
        },
        |_, places| places.map.get(places.key).map(|node| node.number),
    );
}

#[test]
fn a_pointer_that_moves_to_a_registry_is_found() {
    at_every_moment(
        |mc, places, node| {
            places.registry.register(mc, mc.alloc(0_u8), node);
        },
        |mc, places| places.registry.take_gone(mc).map(|node| node.number),
    );
}

#[test]
fn a_weak_pointer_that_is_all_there_was_can_become_a_strong_one() {
    at_every_moment(
        |mc, places, node| {
            places.weak.set(mc, Some(mc.downgrade(node)));
            let strong = places.weak.get().and_then(Weak::upgrade);
            places.cell.set(mc, strong);
        },
        |_, places| places.cell.get().map(|node| node.number),
    );
}
