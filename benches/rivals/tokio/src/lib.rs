//! What the programs of this package share.

use std::time::Instant;

/// Prints one line of JSON for a case: nanoseconds for each of `count` operations.
pub fn report(case: &str, start: Instant, count: usize) {
    let ns = start.elapsed().as_nanos() as f64 / count as f64;
    println!("{{\"case\":\"{case}\",\"ns\":{ns:.3}}}");
}

/// The port of the command line, 0 when there is none.
pub fn port() -> u16 {
    std::env::args()
        .nth(1)
        .and_then(|port| port.parse().ok())
        .unwrap_or(0)
}

/// The runtime in its default configuration, on this thread.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}
