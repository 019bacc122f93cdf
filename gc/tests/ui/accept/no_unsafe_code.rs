//! Everything that a user writes is safe code.
#![forbid(unsafe_code)]

use synodic_gc::{Gc, Heap, HeapOptions, Rootable, Static, Trace, enter};

#[derive(Trace)]
enum Value<'gc> {
    Nothing,
    Number(f64),
    Pair { _both: Gc<'gc, Pair<'gc, i32>> },
}

#[derive(Trace)]
struct Pair<'gc, T: 'static> {
    left: Gc<'gc, Value<'gc>>,
    right: Static<T>,
}

fn main() {
    let mut heap =
        Heap::<Rootable![Value<'_>]>::new(HeapOptions::new(), |_| Value::Nothing).unwrap();
    enter!(heap => mc, root);
    assert!(matches!(root, Value::Nothing));
    let value = mc.alloc(Value::Number(1.0));
    let _ = mc.alloc(Pair {
        left: value,
        right: Static(1),
    });
}
