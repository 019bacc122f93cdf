//! Replays vectors recorded on real Node.
fn main() {}
