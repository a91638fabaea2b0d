//! Tax withheld at the source from what becomes payable to an agent.
//!
//! The law changes and the figures here are not all read in its text, so all of them are parameters
//! with a date. The yearly threshold is met by payments: what was paid in a year stays of that year,
//! and a reversal that comes later lowers what is paid, and so the meter, of the year it comes in.

use crate::engagement::EngagementKind;
use crate::limits;
use crate::money::{Centimes, Overflow, Ppm};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// What is withheld from one kind of engagement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxRate {
    /// From whom.
    pub kind: EngagementKind,
    /// How much of the surplus.
    pub rate: Ppm,
    /// Above how much paid by the programme in one year; zero: from the first centime.
    #[serde(default)]
    pub above_a_year: Centimes,
}

/// What is withheld, from a moment on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaxTerms {
    /// From when on it holds.
    pub valid_from: Timestamp,
    /// For each kind of engagement. Nothing is withheld from a kind that is not named.
    pub rates: Vec<TaxRate>,
}

/// What holds until an administrator says otherwise: 30 % of what an auto-entrepreneur is paid above
/// 80,000 DH a year by one client, 10 % of what another independent is paid, 5 % of what a company
/// is, nothing of what goes through a payroll.
impl Default for TaxTerms {
    fn default() -> Self {
        let rate = |kind, ppm, above| TaxRate {
            kind,
            rate: Ppm(ppm),
            above_a_year: Centimes(above),
        };
        Self {
            valid_from: Timestamp(0),
            rates: vec![
                rate(EngagementKind::AutoEntrepreneur, 300_000, 8_000_000),
                rate(EngagementKind::Independent, 100_000, 0),
                rate(EngagementKind::Company, 50_000, 0),
                rate(EngagementKind::Salaried, 0, 0),
            ],
        }
    }
}

/// Why terms cannot be published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum TaxTermsError {
    /// A kind of engagement with two rates.
    #[error("the kind {} is given two rates", kind.as_str())]
    KindTwice {
        /// Which.
        kind: EngagementKind,
    },
    /// A rate above the whole.
    #[error("the rate of the kind {} is above 100 %", kind.as_str())]
    RateAboveWhole {
        /// Whose.
        kind: EngagementKind,
    },
    /// A negative or far too large threshold.
    #[error("the threshold of the kind {} is not a valid sum", kind.as_str())]
    ThresholdNotValid {
        /// Whose.
        kind: EngagementKind,
    },
}

impl TaxTerms {
    /// Refuses terms that say two things of one kind, or an impossible one.
    ///
    /// # Errors
    /// The first thing wrong.
    pub fn check(&self) -> Result<(), TaxTermsError> {
        for (index, rate) in self.rates.iter().enumerate() {
            let kind = rate.kind;
            if self.rates[..index]
                .iter()
                .any(|earlier| earlier.kind == kind)
            {
                return Err(TaxTermsError::KindTwice { kind });
            }
            if rate.rate.0 > limits::RATE_PPM {
                return Err(TaxTermsError::RateAboveWhole { kind });
            }
            if !(0..=limits::PERIOD_TURNOVER_CENTIMES).contains(&rate.above_a_year.0) {
                return Err(TaxTermsError::ThresholdNotValid { kind });
            }
        }
        Ok(())
    }

    /// What is withheld from that kind.
    pub fn rate_of(&self, kind: EngagementKind) -> TaxRate {
        self.rates
            .iter()
            .copied()
            .find(|rate| rate.kind == kind)
            .unwrap_or(TaxRate {
                kind,
                rate: Ppm(0),
                above_a_year: Centimes::ZERO,
            })
    }
}

/// The terms in force at that moment, of a list with the oldest first.
pub fn in_force(terms: &[TaxTerms], moment: Timestamp) -> Option<&TaxTerms> {
    terms.iter().rev().find(|terms| terms.valid_from <= moment)
}

/// What is withheld from a payable amount, and how it was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// From which kind of engagement.
    pub kind: EngagementKind,
    /// At which rate.
    pub rate: Ppm,
    /// Above how much a year.
    pub above_a_year: Centimes,
    /// What had been paid in the year before, tax included: where the meter stood.
    pub paid_before: Centimes,
    /// The part of the payable amount that lies above the threshold.
    pub taxed: Centimes,
    /// What is withheld of it.
    pub amount: Centimes,
}

/// What is withheld from `payable`, when `paid_this_year_before` has been paid in the year, tax
/// included.
///
/// # Errors
/// When the figures do not fit 64 bits.
pub fn withheld(
    payable: Centimes,
    paid_this_year_before: Centimes,
    kind: EngagementKind,
    terms: &TaxTerms,
) -> Result<Withheld, Overflow> {
    let TaxRate {
        rate, above_a_year, ..
    } = terms.rate_of(kind);
    let payable = payable.max(Centimes::ZERO);
    let surplus = |paid: Centimes| Ok::<_, Overflow>(paid.minus(above_a_year)?.max(Centimes::ZERO));
    let taxed =
        surplus(paid_this_year_before.plus(payable)?)?.minus(surplus(paid_this_year_before)?)?;
    Ok(Withheld {
        kind,
        rate,
        above_a_year,
        paid_before: paid_this_year_before,
        taxed,
        amount: taxed.at_rate(rate)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tax(payable: i64, before: i64, kind: EngagementKind) -> (i64, i64) {
        let withheld = withheld(
            Centimes(payable),
            Centimes(before),
            kind,
            &TaxTerms::default(),
        )
        .expect("fits");
        (withheld.taxed.0, withheld.amount.0)
    }

    fn any_kind() -> impl Strategy<Value = EngagementKind> {
        prop::sample::select(EngagementKind::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn no_more_is_withheld_than_is_payable(payable in -1_000i64..20_000_000, before in 0i64..20_000_000, kind in any_kind()) {
            let (taxed, amount) = tax(payable, before, kind);
            prop_assert!(0 <= amount && amount <= taxed && taxed <= payable.max(0));
        }

        #[test]
        fn a_payment_in_parts_is_taxed_on_the_same_surplus(payable in 0i64..20_000_000, first in 0i64..20_000_000, before in 0i64..20_000_000, kind in any_kind()) {
            let first = first.min(payable);
            let (whole, _) = tax(payable, before, kind);
            prop_assert_eq!(tax(first, before, kind).0 + tax(payable - first, before + first, kind).0, whole);
        }
    }

    #[test]
    fn an_auto_entrepreneur_is_taxed_on_the_surplus_alone() {
        let kind = EngagementKind::AutoEntrepreneur;
        assert_eq!(tax(8_000_000, 0, kind), (0, 0));
        assert_eq!(tax(1, 8_000_000, kind), (1, 0));
        assert_eq!(tax(500_000, 7_900_000, kind), (400_000, 120_000));
        assert_eq!(tax(500_000, 9_000_000, kind), (500_000, 150_000));
    }

    #[test]
    fn the_other_kinds_are_taxed_from_the_first_centime_or_not_at_all() {
        assert_eq!(tax(10_005, 0, EngagementKind::Independent), (10_005, 1_001));
        assert_eq!(tax(10_000, 0, EngagementKind::Company), (10_000, 500));
        assert_eq!(tax(10_000, 9_000_000, EngagementKind::Salaried).1, 0);
    }

    #[test]
    fn nothing_is_given_back_by_a_month_that_pays_nothing() {
        assert_eq!(
            tax(-500_000, 9_000_000, EngagementKind::Independent),
            (0, 0)
        );
    }

    #[test]
    fn terms_hold_from_their_date_on() {
        let later = TaxTerms {
            valid_from: Timestamp(100),
            rates: Vec::new(),
        };
        let terms = [TaxTerms::default(), later.clone()];
        assert_eq!(in_force(&terms, Timestamp(99)), Some(&terms[0]));
        assert_eq!(in_force(&terms, Timestamp(100)), Some(&later));
        assert_eq!(in_force(&terms, Timestamp(-1)), None);
        assert_eq!(later.rate_of(EngagementKind::Company).rate, Ppm(0));
    }

    #[test]
    fn impossible_terms_are_refused_by_kind() {
        let kind = EngagementKind::Company;
        let good = TaxRate {
            kind,
            rate: Ppm(1_000_000),
            above_a_year: Centimes::ZERO,
        };
        let check = |rates: &[TaxRate]| {
            TaxTerms {
                valid_from: Timestamp(0),
                rates: rates.to_vec(),
            }
            .check()
        };
        assert_eq!(TaxTerms::default().check(), Ok(()));
        assert_eq!(check(&[good]), Ok(()));
        assert_eq!(check(&[good, good]), Err(TaxTermsError::KindTwice { kind }));
        assert_eq!(
            check(&[TaxRate {
                rate: Ppm(1_000_001),
                ..good
            }]),
            Err(TaxTermsError::RateAboveWhole { kind })
        );
        assert_eq!(
            check(&[TaxRate {
                above_a_year: Centimes(-1),
                ..good
            }]),
            Err(TaxTermsError::ThresholdNotValid { kind })
        );
    }
}
