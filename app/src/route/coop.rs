use std::fmt;

/// A screen of the cooperative's area.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Coop {
    /// What awaits an answer.
    #[default]
    ToConfirm,
    /// What is to be packed.
    Prepare,
    /// What is on this phone.
    Sync,
    /// Language, look, signing out.
    Settings,
}

impl Coop {
    pub(super) fn parse(parts: &[&str], _query: &str) -> Option<Self> {
        Some(match parts {
            [] => Self::ToConfirm,
            ["prepare"] => Self::Prepare,
            ["sync"] => Self::Sync,
            ["settings"] => Self::Settings,
            _ => return None,
        })
    }

    /// One of each, for the test that reads back what it writes.
    #[cfg(test)]
    pub(super) fn examples() -> Vec<Self> {
        vec![Self::ToConfirm, Self::Prepare, Self::Sync, Self::Settings]
    }
}

impl fmt::Display for Coop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("/coop")?;
        match self {
            Self::ToConfirm => Ok(()),
            Self::Prepare => out.write_str("/prepare"),
            Self::Sync => out.write_str("/sync"),
            Self::Settings => out.write_str("/settings"),
        }
    }
}
