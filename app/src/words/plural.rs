//! Which form of a sentence goes with a number. Written once: the build checks with it that every
//! language has the forms its rule asks for, the screens choose with it.

/// How a language counts. A locale file names its rule in `meta.plural`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluralRule {
    /// One form for every number.
    None,
    /// One, and everything else: English.
    En,
    /// Nothing and one alike, then everything else: French.
    Fr,
    /// Six forms: Arabic.
    Ar,
}

/// One form of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    Zero,
    One,
    Two,
    Few,
    Many,
    Other,
}

impl PluralRule {
    /// The rule of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Self::None,
            "en" => Self::En,
            "fr" => Self::Fr,
            "ar" => Self::Ar,
            _ => return None,
        })
    }

    /// The forms that a sentence of the language must have.
    pub const fn forms(self) -> &'static [Form] {
        match self {
            Self::None => &[Form::Other],
            Self::En | Self::Fr => &[Form::One, Form::Other],
            Self::Ar => &[
                Form::Zero,
                Form::One,
                Form::Two,
                Form::Few,
                Form::Many,
                Form::Other,
            ],
        }
    }

    /// The form that goes with `n` things.
    pub const fn form(self, n: usize) -> Form {
        match (self, n) {
            (Self::En, 1) | (Self::Fr, 0 | 1) => Form::One,
            (Self::None | Self::En | Self::Fr, _) => Form::Other,
            (Self::Ar, 0) => Form::Zero,
            (Self::Ar, 1) => Form::One,
            (Self::Ar, 2) => Form::Two,
            (Self::Ar, _) => match n % 100 {
                3..=10 => Form::Few,
                11..=99 => Form::Many,
                _ => Form::Other,
            },
        }
    }
}

impl Form {
    /// The key under which a locale file keeps the form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::One => "one",
            Self::Two => "two",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }

    /// The form of that key.
    pub fn from_name(name: &str) -> Option<Self> {
        PluralRule::Ar
            .forms()
            .iter()
            .copied()
            .find(|form| form.as_str() == name)
    }
}
