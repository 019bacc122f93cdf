//! The one door to atomics, locks, threads and futexes: std, or loom under cfg(synodic_loom).
