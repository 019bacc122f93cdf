//! A map whose keys change their addresses.

use std::collections::HashMap;

use synodic_gc::{Gc, Trace};

#[derive(Trace)]
struct Holder<'gc> {
    map: HashMap<Gc<'gc, str>, i32>,
}

fn main() {}
