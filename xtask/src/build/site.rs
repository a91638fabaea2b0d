//! The folder the server serves, written so that a file is touched only when its bytes changed and
//! nothing of an earlier build stays behind.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::Mode;
use super::compress;

/// How many hexadecimal digits of SHA-256 name a file. 40 bits tell a few hundred files of one
/// project apart; it is a name, not a proof of authenticity.
const HASH_DIGITS: usize = 10;

pub struct Site {
    folder: PathBuf,
    mode: Mode,
    /// Logical name → address, for hashed files.
    assets: BTreeMap<String, String>,
    /// Address → first digits of the hash of its content, for every file.
    hashes: BTreeMap<String, String>,
    kept: BTreeSet<PathBuf>,
    sizes: Vec<(String, usize, Option<usize>)>,
}

impl Site {
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: PathBuf, mode: Mode) -> Result<Self> {
        std::fs::create_dir_all(folder.join("pkg"))
            .with_context(|| format!("creating {}", folder.display()))?;
        Ok(Self {
            folder,
            mode,
            assets: BTreeMap::new(),
            hashes: BTreeMap::new(),
            kept: BTreeSet::new(),
            sizes: Vec::new(),
        })
    }

    /// Adds a file under an address made of its name and its content.
    ///
    /// # Errors
    /// When two files claim one logical name, or it cannot be written.
    pub fn add(&mut self, logical_name: &str, bytes: &[u8]) -> Result<()> {
        let address = hashed_address(logical_name, &short_hash(bytes));
        if self.assets.contains_key(logical_name) {
            bail!("two assets are called {logical_name}");
        }
        self.write(&address, bytes)?;
        self.assets.insert(logical_name.to_owned(), address);
        Ok(())
    }

    /// Adds a file whose address is fixed for ever.
    ///
    /// # Errors
    /// When two files claim one address, or it cannot be written.
    pub fn add_at_root(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let address = format!("/{name}");
        if self.hashes.contains_key(&address) {
            bail!("two files are called {name}");
        }
        self.write(&address, bytes)
    }

    /// The address of an asset added before.
    pub fn url(&self, logical_name: &str) -> Option<&str> {
        self.assets.get(logical_name).map(String::as_str)
    }

    /// # Errors
    /// When no such asset was added.
    pub fn require(&self, logical_name: &str) -> Result<&str> {
        self.url(logical_name)
            .with_context(|| format!("no asset is called {logical_name}"))
    }

    pub fn assets(&self) -> &BTreeMap<String, String> {
        &self.assets
    }

    /// Address → hash of everything added so far.
    pub fn hashes(&self) -> &BTreeMap<String, String> {
        &self.hashes
    }

    /// One name for all that was added so far and for the templates still to be filled in: the same
    /// sources give the same id on every machine, and any change gives another.
    pub fn build_id(&self, templates: &str) -> String {
        let mut everything = String::new();
        for (address, hash) in &self.hashes {
            everything.push_str(&format!("{address} {hash}\n"));
        }
        everything.push_str(templates);
        short_hash(everything.as_bytes())
    }

    /// Writes `assets.json` and removes what earlier builds left.
    ///
    /// # Errors
    /// When a file cannot be written or removed.
    pub fn finish(&mut self, build_id: &str, policy: &ContentPolicy) -> Result<()> {
        let index = json!({
            "build": build_id,
            "release": self.mode == Mode::Release,
            "assets": self.assets,
            "csp": { "script": policy.scripts, "style": policy.styles },
        });
        let index = serde_json::to_vec_pretty(&index)?;
        let path = self.folder.join("assets.json");
        write_if_changed(&path, &index)?;
        self.kept.insert(path);
        for path in super::files_below(&self.folder)? {
            if !self.kept.contains(&path) {
                std::fs::remove_file(&path)
                    .with_context(|| format!("removing {}", path.display()))?;
            }
        }
        Ok(())
    }

    /// Prints the sizes that people pay for: the largest files, as sent.
    pub fn report(&self) {
        let mut sizes: Vec<_> = self.sizes.iter().collect();
        sizes.sort_by_key(|(_, raw, brotli)| std::cmp::Reverse(brotli.unwrap_or(*raw)));
        for (address, raw, brotli) in sizes.iter().take(8) {
            match brotli {
                Some(brotli) => println!("  {brotli:>8} B brotli {raw:>9} B  {address}"),
                None => println!("  {raw:>8} B        {raw:>9} B  {address}"),
            }
        }
    }

    fn write(&mut self, address: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(address.trim_start_matches('/'));
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("creating {}", folder.display()))?;
        }
        write_if_changed(&path, bytes)?;
        let mut brotli_length = None;
        if compress::is_worth_it(address) {
            let compressed = compress::compressed(bytes, self.mode)?;
            brotli_length = Some(compressed.brotli.len());
            for (extension, bytes) in [("br", &compressed.brotli), ("gz", &compressed.gzip)] {
                let mut name = path.clone().into_os_string();
                name.push(".");
                name.push(extension);
                let path = PathBuf::from(name);
                write_if_changed(&path, bytes)?;
                self.kept.insert(path);
            }
        }
        self.kept.insert(path);
        self.hashes.insert(address.to_owned(), short_hash(bytes));
        self.sizes
            .push((address.to_owned(), bytes.len(), brotli_length));
        Ok(())
    }
}

/// What the shell holds inline, named by hash so that nothing else inline may run.
pub struct ContentPolicy {
    /// `sha256-…` of each inline script.
    pub scripts: Vec<String>,
    /// `sha256-…` of each inline style.
    pub styles: Vec<String>,
}

pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub fn short_hash(bytes: &[u8]) -> String {
    let mut digits = sha256_hex(bytes);
    digits.truncate(HASH_DIGITS);
    digits
}

fn hashed_address(logical_name: &str, hash: &str) -> String {
    let (folder, file) = match logical_name.rsplit_once('/') {
        Some((folder, file)) => (format!("{folder}/"), file),
        None => (String::new(), logical_name),
    };
    match file.rsplit_once('.') {
        Some((stem, extension)) => format!("/pkg/{folder}{stem}.{hash}.{extension}"),
        None => format!("/pkg/{folder}{file}.{hash}"),
    }
}

/// Leaves a file alone when it holds these bytes already, so that its time of change means something.
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_stands_before_the_last_extension_and_folders_stay() {
        assert_eq!(hashed_address("main.css", "ab"), "/pkg/main.ab.css");
        assert_eq!(
            hashed_address("locale.fr.json", "ab"),
            "/pkg/locale.fr.ab.json"
        );
        assert_eq!(
            hashed_address("fonts/a.woff2", "ab"),
            "/pkg/fonts/a.ab.woff2"
        );
    }

    #[test]
    fn hashes_are_those_every_other_tool_prints() {
        assert_eq!(short_hash(b"abc"), "ba7816bf8f");
    }
}
