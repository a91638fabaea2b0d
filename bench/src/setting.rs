//! With what is measured, and how much.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::company::Company;

/// The smallest company that is compared with larger ones.
const ORDERS_SMALLEST: u32 = 10_000;

/// Programs, folders, sizes.
pub struct Setting {
    pub server: PathBuf,
    pub pocketbase: Option<PathBuf>,
    pub pouchdb: Option<PathBuf>,
    pub orders: u32,
    pub is_quick: bool,
    pub companies: PathBuf,
    /// Emptied at the start of every run.
    pub run: PathBuf,
}

impl Setting {
    /// # Errors
    /// When the folder cannot be emptied.
    pub fn new(
        server: PathBuf,
        (pocketbase, pouchdb): (Option<PathBuf>, Option<PathBuf>),
        (orders, is_quick): (u32, bool),
        folder: &Path,
    ) -> Result<Self> {
        let run = folder.join("run");
        if run.exists() {
            std::fs::remove_dir_all(&run).with_context(|| format!("emptying {}", run.display()))?;
        }
        std::fs::create_dir_all(&run).with_context(|| format!("creating {}", run.display()))?;
        Ok(Self {
            server,
            pocketbase,
            pouchdb,
            orders,
            is_quick,
            companies: folder.join("companies"),
            run,
        })
    }

    /// A copy of a company, under a name of its own.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn company(&self, orders: u32, name: &str) -> Result<Company> {
        Company::new(&self.server, &self.companies, orders, &self.run, name).await
    }

    /// Orders of the companies that are compared, the smallest first.
    pub fn sizes(&self) -> Vec<u32> {
        sizes(self.orders)
    }

    /// How often something is measured: an odd number, so that the median is a round.
    pub fn rounds(&self) -> usize {
        if self.is_quick { 3 } else { 5 }
    }

    /// How long a round of orders takes.
    pub fn round(&self) -> Duration {
        Duration::from_millis(if self.is_quick { 500 } else { 2_000 })
    }
}

/// From the smallest company in steps of ten to the largest.
fn sizes(largest: u32) -> Vec<u32> {
    let smallest = ORDERS_SMALLEST.min((largest / 2).max(1));
    let mut sizes = vec![smallest];
    while let Some(next) = sizes.last().map(|size| size * 10)
        && next < largest
    {
        sizes.push(next);
    }
    sizes.push(largest);
    sizes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_grow_tenfold_up_to_the_largest() {
        assert_eq!(sizes(1_000_000), [10_000, 100_000, 1_000_000]);
        assert_eq!(sizes(30_000), [10_000, 30_000]);
        assert_eq!(sizes(500), [250, 500]);
    }
}
