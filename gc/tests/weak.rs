//! Goal: weak pointers, maps and registries follow what lives and forget what does not.
//! Method: small graphs and collections of both kinds, with every heap verified.

use synodic_gc::{
    FinalizationRegistry, Gc, GcCell, GcKind, Heap, HeapOptions, Pinned, Rootable, Trace, Weak,
    WeakMap,
};

fn options() -> HeapOptions {
    HeapOptions::new().verify(true)
}

const KINDS: [GcKind; 2] = [GcKind::Minor, GcKind::Full];

#[derive(Trace)]
struct Weaks<'gc> {
    strong: GcCell<'gc, Option<Gc<'gc, u32>>>,
    weak: GcCell<'gc, Option<Weak<'gc, u32>>>,
}

#[test]
fn a_weak_pointer_follows_its_target_and_ends_with_it() {
    for kinds in [[KINDS[0]; 3], [KINDS[1]; 3], [KINDS[0], KINDS[0], KINDS[1]]] {
        let mut heap = Heap::<Rootable![Gc<'_, Weaks<'_>>]>::new(options(), |mc| {
            let target = mc.alloc(7);
            mc.alloc(Weaks {
                strong: GcCell::new(Some(target)),
                weak: GcCell::new(Some(mc.downgrade(target))),
            })
        })
        .expect("room for a heap");
        for kind in kinds {
            heap.gc(kind);
            heap.view(|_, root| {
                let target = root.weak.get().and_then(Weak::upgrade);
                let strong = root.strong.get().expect("it was never taken out");
                assert!(Gc::ptr_eq(target.expect("it is kept alive"), strong));
            });
        }
        heap.mutate(|mc, root| root.strong.set(mc, None));
        heap.gc(GcKind::Full);
        heap.view(|_, root| {
            let weak = root.weak.get().expect("the weak pointer itself stays");
            assert!(weak.upgrade().is_none());
        });
    }
}

#[test]
fn an_old_object_may_have_a_weak_pointer_to_a_new_one() {
    let mut heap = Heap::<Rootable![Gc<'_, Weaks<'_>>]>::new(options(), |mc| {
        mc.alloc(Weaks {
            strong: GcCell::new(None),
            weak: GcCell::new(None),
        })
    })
    .expect("room for a heap");
    heap.gc(GcKind::Full);
    heap.mutate(|mc, root| {
        let target = mc.alloc(8);
        root.strong.set(mc, Some(target));
        root.weak.set(mc, Some(mc.downgrade(target)));
    });
    for _ in 0..3 {
        heap.gc(GcKind::Minor);
        heap.view(|_, root| {
            let weak = root.weak.get().expect("set above");
            assert_eq!(weak.upgrade().as_deref(), Some(&8));
        });
    }
    heap.mutate(|mc, root| root.strong.set(mc, None));
    heap.gc(GcKind::Minor);
    heap.view(|_, root| assert!(root.weak.get().and_then(Weak::upgrade).is_some()));
    heap.gc(GcKind::Full);
    heap.view(|_, root| assert!(root.weak.get().and_then(Weak::upgrade).is_none()));
}

#[derive(Trace, Clone, Copy)]
enum Value<'gc> {
    Key(Gc<'gc, Key>),
    Number(u32),
}

#[derive(Trace)]
struct Key {
    id: u32,
}

type Map<'gc> = WeakMap<'gc, Key, Value<'gc>>;
type Keys<'gc> = Gc<'gc, [GcCell<'gc, Option<Gc<'gc, Key>>>]>;

#[derive(Trace)]
struct Maps<'gc> {
    map: Map<'gc>,
    keys: Keys<'gc>,
}

fn maps(len: usize) -> Heap<Rootable![Maps<'_>]> {
    Heap::new(options(), |mc| Maps {
        map: WeakMap::new(mc),
        keys: mc.alloc_slice(len, |_| GcCell::new(None)),
    })
    .expect("room for a heap")
}

#[test]
fn an_entry_lives_as_long_as_its_key_though_its_value_leads_there() {
    let mut heap = maps(1);
    heap.mutate(|mc, root| {
        let key = mc.alloc(Key { id: 1 });
        root.keys[0].set(mc, Some(key));
        root.map.insert(mc, key, Value::Key(key));
        let lost = mc.alloc(Key { id: 2 });
        root.map.insert(mc, lost, Value::Key(lost));
    });
    for kind in KINDS {
        heap.gc(kind);
        heap.view(|_, root| {
            let key = root.keys[0].get().expect("it is kept");
            assert!(matches!(root.map.get(key), Some(Value::Key(value)) if value.id == 1));
        });
    }
    assert_eq!(heap.view(|_, root| root.map.len()), 1);
    heap.mutate(|mc, root| root.keys[0].set(mc, None));
    heap.gc(GcKind::Full);
    assert!(heap.view(|_, root| root.map.is_empty()));
}

#[test]
fn a_chain_of_entries_lives_by_its_first_key() {
    let mut heap = maps(1);
    heap.mutate(|mc, root| {
        let keys: Vec<_> = (0..100).map(|id| mc.alloc(Key { id })).collect();
        // Inserted from the end, so that one look at the table finds one more key only.
        for pair in keys.windows(2).rev() {
            root.map.insert(mc, pair[0], Value::Key(pair[1]));
        }
        root.map.insert(mc, keys[99], Value::Number(99));
        root.keys[0].set(mc, Some(keys[0]));
    });
    heap.gc(GcKind::Full);
    heap.view(|_, root| {
        assert_eq!(root.map.len(), 100);
        let mut key = root.keys[0].get().expect("it is kept");
        let mut ids = 0;
        while let Some(Value::Key(next)) = root.map.get(key) {
            assert_eq!(next.id, key.id + 1);
            (key, ids) = (next, ids + 1);
        }
        assert_eq!(ids, 99);
    });
    heap.mutate(|mc, root| root.keys[0].set(mc, None));
    heap.gc(GcKind::Full);
    assert!(heap.view(|_, root| root.map.is_empty()));
}

#[test]
fn a_map_agrees_with_a_plain_one_while_its_keys_move() {
    const KEYS: usize = 40;
    let mut heap = maps(KEYS);
    let mut model = [None; KEYS];
    let mut state = 1_u32;
    let mut random = |bound: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % bound
    };
    for step in 0..4000 {
        let place = random(KEYS);
        let choice = random(8);
        heap.mutate(|mc, root| {
            let cell = &root.keys[place];
            match (choice, cell.get()) {
                (0, _) => {
                    cell.set(mc, Some(mc.alloc(Key { id: step })));
                    model[place] = None;
                }
                (1, Some(key)) => {
                    let removed = root.map.remove(key);
                    assert_eq!(removed.is_some(), model[place].take().is_some());
                }
                (_, Some(key)) => {
                    let before = root.map.insert(mc, key, Value::Number(step));
                    assert_eq!(before.is_some(), model[place].replace(step).is_some());
                }
                (_, None) => {}
            }
        });
        match step % 50 {
            0 | 20 | 40 => heap.gc(GcKind::Minor),
            30 => heap.gc(GcKind::Full),
            _ => {}
        }
        if step % 10 == 0 {
            heap.view(|_, root| {
                for (cell, expected) in root.keys.iter().zip(model) {
                    let value = cell.get().and_then(|key| root.map.get(key));
                    let number = value.map(|value| match value {
                        Value::Number(number) => number,
                        Value::Key(_) => panic!("only numbers were stored"),
                    });
                    assert_eq!(number, expected);
                }
            });
        }
    }
    heap.gc(GcKind::Full);
    let entries = model.iter().flatten().count();
    assert_eq!(heap.view(|_, root| root.map.len()), entries);
}

type Registry<'gc> = FinalizationRegistry<'gc, Gc<'gc, str>>;
type RegistryAndKeys = Rootable![(Registry<'_>, Keys<'_>)];

#[test]
fn a_registry_hands_out_what_was_registered_with_the_dead_once() {
    for kind in KINDS {
        let mut heap = Heap::<RegistryAndKeys>::new(options(), |mc| {
            let keys = mc.alloc_slice(10, |_| GcCell::new(None));
            (FinalizationRegistry::new(mc), keys)
        })
        .expect("room for a heap");
        heap.gc(kind);
        heap.mutate(|mc, (registry, keys)| {
            for id in 0..30 {
                let key = mc.alloc(Key { id });
                if id % 3 == 0 {
                    keys[id as usize / 3].set(mc, Some(key));
                }
                registry.register(mc, key, mc.alloc_str(&format!("key {id}")));
            }
        });
        let mut gone = take_gone(&mut heap);
        assert!(gone.is_empty(), "nothing was collected yet");
        heap.gc(kind);
        gone = take_gone(&mut heap);
        gone.sort_unstable();
        assert_eq!(gone, (0..30).filter(|id| id % 3 != 0).collect::<Vec<_>>());
        heap.gc(kind);
        assert_eq!(take_gone(&mut heap), [0; 0], "each is handed out once");
        assert_eq!(heap.view(|_, (registry, _)| registry.len()), 10);
        heap.mutate(|mc, (_, keys)| keys.iter().for_each(|key| key.set(mc, None)));
        heap.gc(GcKind::Full);
        assert_eq!(take_gone(&mut heap).len(), 10);
        assert!(heap.view(|_, (registry, _)| registry.is_empty()));
    }
}

fn take_gone(heap: &mut Heap<RegistryAndKeys>) -> Vec<u32> {
    heap.mutate(|mc, (registry, _)| {
        let held = std::iter::from_fn(|| registry.take_gone(mc));
        let id = |text: Gc<'_, str>| text["key ".len()..].parse().expect("a number");
        held.map(id).collect()
    })
}

#[test]
fn a_pinned_object_stays_and_what_it_points_to_does_not_die() {
    type Pin<'gc> = Pinned<'gc, GcCell<'gc, Option<Gc<'gc, str>>>>;
    let mut heap = Heap::<Rootable![Pin<'_>]>::new(options(), |mc| {
        mc.alloc_pinned(GcCell::new(Some(mc.alloc_str("young"))))
    })
    .expect("room for a heap");
    let address = heap.view(|_, pin| pin.as_ptr().addr());
    for kind in [GcKind::Minor, GcKind::Minor, GcKind::Full, GcKind::Full] {
        heap.gc(kind);
        heap.mutate(|mc, pin| {
            assert_eq!(pin.as_ptr().addr(), address);
            assert_eq!(pin.get().as_deref(), Some("young"));
            pin.set(mc, Some(mc.alloc_str("young")));
        });
    }
}
