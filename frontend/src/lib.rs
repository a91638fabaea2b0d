//! The WebAssembly entry point. It stays this small so that all code worth reading lives in `app`.
