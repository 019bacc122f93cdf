//! A trait object that may hide a pointer.

use synodic_gc::Trace;

#[derive(Trace)]
struct Holder<'gc> {
    value: Box<dyn Fn() -> i32 + 'gc>,
}

fn main() {}
