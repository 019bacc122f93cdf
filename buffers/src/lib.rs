//! Pooled byte buffers and owned-buffer traits for completion I/O.
