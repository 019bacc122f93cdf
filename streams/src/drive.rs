//! Reading a source to its end.

use std::{future::poll_fn, ops::ControlFlow};

use crate::{Result, Source};

/// Calls `step` with what it returned last and an item, until it breaks, and destroys the source.
pub(crate) async fn drive<S: Source, U>(
    mut source: S,
    initial: U,
    mut step: impl FnMut(U, S::Item) -> Result<ControlFlow<U, U>>,
) -> Result<U> {
    let mut state = initial;
    let result = loop {
        match poll_fn(|cx| source.poll_next(cx)).await {
            Err(error) => break Err(error),
            Ok(None) => break Ok(state),
            Ok(Some(item)) => match step(state, item) {
                Err(error) => break Err(error),
                Ok(ControlFlow::Break(state)) => break Ok(state),
                Ok(ControlFlow::Continue(next)) => state = next,
            },
        }
    };
    let closed = poll_fn(|cx| source.poll_destroy(cx, result.as_ref().err())).await;
    result.and_then(|state| closed.map(|()| state))
}
