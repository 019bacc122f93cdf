//! An event loop of phases over io_uring with Node's exact callback order.
