//! Where things are in this repository.

use std::path::{Path, PathBuf};

/// The folder that holds the workspace's `Cargo.toml`.
pub fn root() -> PathBuf {
    // The manifest of this crate is one folder below the root; it is read at run time first so that a
    // clone that was moved after its build still finds itself.
    let manifest_folder = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    manifest_folder
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where cargo writes, wherever the person has moved it.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// What the server serves: hashed files, the shell, the service worker.
pub fn site() -> PathBuf {
    target().join("site")
}

/// Results worth keeping between two runs of this tool.
pub fn cache() -> PathBuf {
    target().join("xtask")
}
