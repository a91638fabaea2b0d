//! The files the build made: read from disk when asked for, in the form the browser likes best.
//!
//! Only names found at start are ever opened, so no address can lead out of the folder. Files under
//! `/pkg/` carry their content's hash in their name and are kept by browsers for ever; all others are
//! asked for again each time and answered with 304 while the build is the same.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use taswiq_app::public::Assets;

use crate::failure::Failure;

/// The build's own account of itself, `assets.json`.
#[derive(Debug, Deserialize)]
struct Index {
    build: String,
    assets: BTreeMap<String, String>,
    csp: Hashes,
}

#[derive(Debug, Default, Deserialize)]
struct Hashes {
    script: Vec<String>,
    style: Vec<String>,
}

/// Everything the server hands out unchanged.
#[derive(Debug)]
pub struct Site {
    folder: PathBuf,
    build: String,
    assets: Assets,
    shell_policy: HeaderValue,
    files: HashMap<String, File>,
}

#[derive(Debug)]
struct File {
    content_type: &'static str,
    brotli: bool,
    gzip: bool,
}

/// Why the folder cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// A file cannot be read.
    #[error("{path} cannot be read: build the site first with `cargo xtask build`")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The index is not what this server understands.
    #[error("{path} is not an index of a site")]
    WrongIndex {
        /// Which.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
    },
    /// A hash in the index is not one.
    #[error("assets.json names a hash that is none: {hash}")]
    WrongHash {
        /// The text.
        hash: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Plain,
    Gzip,
    Brotli,
}

impl Site {
    /// Reads the index and the names of all files.
    ///
    /// # Errors
    /// When the folder was not made by the build.
    pub fn open(folder: &Path) -> Result<Self, SiteError> {
        let path = folder.join("assets.json");
        let index = std::fs::read(&path).map_err(|source| SiteError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let index: Index = serde_json::from_slice(&index)
            .map_err(|source| SiteError::WrongIndex { path, source })?;
        let mut names = Vec::new();
        list(folder, "", &mut names)?;
        let mut files = HashMap::new();
        for name in &names {
            if name.ends_with(".br") || name.ends_with(".gz") || name == "/assets.json" {
                continue;
            }
            let has = |extension: &str| names.contains(&format!("{name}{extension}"));
            files.insert(
                name.clone(),
                File {
                    content_type: content_type(name),
                    brotli: has(".br"),
                    gzip: has(".gz"),
                },
            );
        }
        Ok(Self {
            folder: folder.to_owned(),
            build: index.build,
            assets: Assets::new(index.assets),
            shell_policy: shell_policy(&index.csp)?,
            files,
        })
    }

    /// The id of the build.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// Logical names of files and their addresses, for rendered pages.
    pub fn assets(&self) -> Assets {
        self.assets.clone()
    }

    /// The content policy of the shell: what stands inline in it, named by hash.
    pub fn shell_policy(&self) -> HeaderValue {
        self.shell_policy.clone()
    }

    /// Answers with a file of the site.
    ///
    /// # Errors
    /// [`Failure::NotFound`] for a name the build did not make.
    pub async fn answer(&self, address: &str, asked: &HeaderMap) -> Result<Response, Failure> {
        let file = self.files.get(address).ok_or(Failure::NotFound)?;
        let encoding = file.best_for(asked);
        let is_hashed = address.starts_with("/pkg/");
        let tag = format!(
            "\"{}-{}\"",
            self.build,
            match encoding {
                Encoding::Plain => "p",
                Encoding::Gzip => "g",
                Encoding::Brotli => "b",
            }
        );
        let unchanged = !is_hashed
            && asked
                .get_all(IF_NONE_MATCH)
                .iter()
                .filter_map(|value| value.to_str().ok())
                .flat_map(|value| value.split(','))
                .any(|known| known.trim().trim_start_matches("W/") == tag);
        let mut response = if unchanged {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            let suffix = match encoding {
                Encoding::Plain => "",
                Encoding::Gzip => ".gz",
                Encoding::Brotli => ".br",
            };
            let path = self
                .folder
                .join(format!("{}{suffix}", address.trim_start_matches('/')));
            // The file may have gone since the start, when a new build took its place.
            let bytes = tokio::fs::read(&path).await.map_err(|error| {
                tracing::warn!(address, %error, "a file of the site has gone: restart the server");
                Failure::NotFound
            })?;
            let length = bytes.len();
            let mut response = Response::new(Body::from(bytes));
            response
                .headers_mut()
                .insert(CONTENT_LENGTH, HeaderValue::from(length));
            response
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(file.content_type));
        if file.brotli || file.gzip {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        match encoding {
            Encoding::Plain => {}
            Encoding::Gzip => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            Encoding::Brotli => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("br"));
            }
        }
        if is_hashed {
            let for_ever = HeaderValue::from_static("public, max-age=31536000, immutable");
            headers.insert(CACHE_CONTROL, for_ever);
        } else {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            if let Ok(tag) = HeaderValue::from_str(&tag) {
                headers.insert(ETAG, tag);
            }
        }
        Ok(response)
    }
}

impl File {
    fn best_for(&self, asked: &HeaderMap) -> Encoding {
        if self.brotli && accepts(asked, "br") {
            Encoding::Brotli
        } else if self.gzip && accepts(asked, "gzip") {
            Encoding::Gzip
        } else {
            Encoding::Plain
        }
    }
}

/// Whether the browser takes this encoding: named, and not with `q=0`.
pub(crate) fn accepts(asked: &HeaderMap, encoding: &str) -> bool {
    asked
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|offer| {
            let mut parts = offer.split(';').map(str::trim);
            let named = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(encoding));
            let refused = parts.any(|part| {
                part.strip_prefix("q=")
                    .and_then(|weight| weight.parse::<f32>().ok())
                    .is_some_and(|weight| weight <= 0.0)
            });
            named && !refused
        })
}

fn shell_policy(hashes: &Hashes) -> Result<HeaderValue, SiteError> {
    let quoted = |hashes: &[String]| -> Result<String, SiteError> {
        hashes
            .iter()
            .map(|hash| {
                let is_hash = hash.starts_with("sha256-")
                    && hash
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"+/=-".contains(&byte));
                if is_hash {
                    Ok(format!(" '{hash}'"))
                } else {
                    Err(SiteError::WrongHash { hash: hash.clone() })
                }
            })
            .collect()
    };
    let policy = crate::headers::content_policy(
        &format!(" 'wasm-unsafe-eval'{}", quoted(&hashes.script)?),
        &quoted(&hashes.style)?,
    );
    HeaderValue::from_str(&policy).map_err(|_| SiteError::WrongHash { hash: policy })
}

fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) -> Result<(), SiteError> {
    let unreadable = |source| SiteError::Unreadable {
        path: folder.to_owned(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = format!("{prefix}/{}", entry.file_name().to_string_lossy());
        if entry.file_type().map_err(unreadable)?.is_dir() {
            list(&entry.path(), &name, names)?;
        } else {
            names.push(name);
        }
    }
    Ok(())
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        "xml" => "application/xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(encodings: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(encodings))])
    }

    #[test]
    fn brotli_comes_before_gzip_and_what_is_refused_is_not_sent() {
        let file = File {
            content_type: "text/css",
            brotli: true,
            gzip: true,
        };
        assert!(file.best_for(&asking("gzip, deflate, br")) == Encoding::Brotli);
        assert!(file.best_for(&asking("gzip, br;q=0")) == Encoding::Gzip);
        assert!(file.best_for(&asking("identity")) == Encoding::Plain);
        assert!(file.best_for(&HeaderMap::new()) == Encoding::Plain);
    }

    #[test]
    fn a_hash_cannot_carry_a_directive_into_the_policy() {
        let hashes = Hashes {
            script: vec!["sha256-x'; script-src *".to_owned()],
            style: Vec::new(),
        };
        assert!(shell_policy(&hashes).is_err());
    }
}
