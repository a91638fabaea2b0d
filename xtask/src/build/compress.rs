//! Compression done once, at build time, with all the effort the server could not spend on a request.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};

use super::Mode;
use super::site::sha256_hex;
use crate::workspace;

/// One file in its two compressed forms.
pub struct Compressed {
    pub brotli: Vec<u8>,
    pub gzip: Vec<u8>,
}

/// Compresses `bytes`, or recalls the result when these exact bytes were compressed before.
///
/// # Errors
/// When the results cannot be kept.
pub fn compressed(bytes: &[u8], mode: Mode) -> Result<Compressed> {
    let (brotli_quality, gzip_level) = match mode {
        Mode::Quick => (5, 6),
        Mode::Release => (11, 9),
    };
    let hash = sha256_hex(bytes);
    let brotli = recalled(&format!("{hash}.{brotli_quality}.br"), || {
        let parameters = brotli::enc::BrotliEncoderParams {
            quality: brotli_quality,
            lgwin: 22,
            size_hint: bytes.len(),
            ..Default::default()
        };
        let mut compressed = Vec::new();
        brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)?;
        Ok(compressed)
    })?;
    let gzip = recalled(&format!("{hash}.{gzip_level}.gz"), || {
        let level = flate2::Compression::new(gzip_level);
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
        encoder.write_all(bytes)?;
        Ok(encoder.finish()?)
    })?;
    Ok(Compressed { brotli, gzip })
}

/// Whether a file of this name is worth compressing: fonts and pictures already are.
pub fn is_worth_it(name: &str) -> bool {
    let extension = name.rsplit('.').next().unwrap_or_default();
    !matches!(
        extension,
        "woff2" | "png" | "jpg" | "jpeg" | "webp" | "avif" | "ico" | "gz" | "br"
    )
}

fn recalled(name: &str, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    let folder = workspace::cache().join("compressed");
    let path: PathBuf = folder.join(name);
    if let Ok(kept) = std::fs::read(&path) {
        return Ok(kept);
    }
    let made = make().with_context(|| format!("compressing {name}"))?;
    std::fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    std::fs::write(&path, &made).with_context(|| format!("writing {}", path.display()))?;
    Ok(made)
}
