//! A visitor that would get hold of what it sees.

use synodic_gc::Visitor;

struct Thief;

impl Visitor for Thief {}

fn main() {}
