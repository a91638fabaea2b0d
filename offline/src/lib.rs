//! What a device remembers.
