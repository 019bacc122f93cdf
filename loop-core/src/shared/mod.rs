//! All that more than one thread touches, and nothing else: the rest of the crate is single
//! threaded. The models in `tests/loom_*.rs` include this module by its path, so they check the code
//! that ships.

pub(crate) mod board;
pub(crate) mod flag;
pub(crate) mod mailbox;
pub(crate) mod oneshot;
pub(crate) mod raised;
