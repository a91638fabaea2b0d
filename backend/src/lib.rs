//! What the office remembers.
