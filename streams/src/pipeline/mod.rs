//! Sources, transforms and sinks in one future.

mod parts;
mod pump;
mod through;

pub use parts::IntoPipeline;
pub use pump::{Pipeline, Totals};
pub use through::Through;

/// Makes one future of a source, any number of transforms, and a sink.
///
/// No task, lock or waker stands between the stages. The one queue is in front of the sink, and it is
/// double: while the sink writes one batch, the next is read.
///
/// The future is ready when everything is written and every stage has closed what it stands for, or
/// when one has failed and the others are closed: then the error names the
/// [stage](crate::Error::stage). Dropping it drops the stages.
///
/// | | source | transforms | sink | result |
/// |---|---|---|---|---|
/// | the source ends | destroyed | flushed, destroyed | finished, destroyed | `Ok` |
/// | the source fails | destroyed with it | destroyed with it | destroyed with it | the error, stage 0 |
/// | transform `i` fails | the same | the same | the same | the error, stage `i` |
/// | the sink fails | the same | the same | the same | the error, the last stage |
/// | the signal is given | the same | the same | the same | [`Aborted`](crate::ErrorKind::Aborted) |
/// | closing one fails | | | | that error, if there was none |
///
/// # Examples
///
/// ```
/// use synodic_streams::{from_iter, map, pipeline};
///
/// # fn block_on<F: Future>(future: F) -> F::Output {
/// #     let mut future = std::pin::pin!(future);
/// #     let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
/// #     loop {
/// #         if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
/// #             return output;
/// #         }
/// #     }
/// # }
/// # block_on(async {
/// let mut squares = Vec::new();
/// let square = map(|number: u64| Ok(number * number));
/// let totals = pipeline((from_iter(1..=4), square, &mut squares)).await?;
/// assert_eq!(squares, [1, 4, 9, 16]);
/// assert_eq!(totals.items, 4);
/// # Ok::<(), synodic_streams::Error>(())
/// # }).unwrap();
/// ```
pub fn pipeline<P: IntoPipeline>(parts: P) -> Pipeline<P::Source, P::Sink> {
    let (source, sink, stages) = parts.into_parts();
    Pipeline::new(source, sink, stages)
}
