//! A destructor that looks at an object which may be gone.

use synodic_gc::{Gc, Trace};

#[derive(Trace)]
struct Noisy<'gc> {
    name: Gc<'gc, str>,
}

impl Drop for Noisy<'_> {
    fn drop(&mut self) {
        println!("{}", self.name);
    }
}

fn main() {}
