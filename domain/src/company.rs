//! Company identifiers (ICE): 15 digits, divisible by 97 as a whole.

/// What is to be said of a company identifier that somebody typed.
///
/// The check digit rule is known from secondary sources only, so a number that breaks it is doubted
/// aloud but kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IceCheck {
    /// 15 digits that fit.
    Fits,
    /// 15 digits that do not fit: warn, keep.
    Doubtful,
    /// Not 15 digits: refuse.
    NotFifteenDigits,
}

/// Checks a company identifier (identifiant commun de l'entreprise).
pub fn check_ice(text: &str) -> IceCheck {
    let digits: String = text
        .chars()
        .filter(|letter| !letter.is_whitespace())
        .collect();
    if digits.len() != 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return IceCheck::NotFifteenDigits;
    }
    let remainder = digits.bytes().fold(0u32, |rest, digit| {
        (rest * 10 + u32::from(digit - b'0')) % 97
    });
    if remainder == 0 {
        IceCheck::Fits
    } else {
        IceCheck::Doubtful
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_identifier_fits_and_others_are_doubted_or_refused() {
        assert_eq!(check_ice("001458946000061"), IceCheck::Fits);
        assert_eq!(check_ice("001458946000062"), IceCheck::Doubtful);
        assert_eq!(check_ice("00145894600006"), IceCheck::NotFifteenDigits);
    }
}
