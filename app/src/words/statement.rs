//! How a statement is told: the same steps on the agent's phone, in the office and on paper.

use super::Words;
use crate::route::Behind;
use taswiq_domain::ledger::Purpose;
use taswiq_domain::money::Centimes;
use taswiq_domain::settlement::supplement::Slice;
use taswiq_domain::settlement::tax::Withheld;
use taswiq_domain::settlement::{
    NotYetInReason, Nothing, PaymentState, ReversalReason, Statement, StatementLine,
};
use taswiq_domain::time::Calendar;

/// A line on the way from what was there before to what is paid and what goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it is.
    pub label: String,
    /// What more there is to say.
    pub note: String,
    /// What it adds, or takes away.
    pub amount: Centimes,
    /// Whether the lines above come to it.
    pub is_sum: bool,
    /// The entries it rests on.
    pub behind: Behind,
}

impl Words {
    /// What an entry is for.
    pub fn purpose(self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::CommissionPending => self.entry_pending(),
            Purpose::CommissionVested => self.entry_vested(),
            Purpose::CommissionReversed => self.entry_reversed(),
            Purpose::CommissionCharged => self.entry_charged(),
            Purpose::Sale
            | Purpose::Payment
            | Purpose::Deposit
            | Purpose::DepositReleased
            | Purpose::Banked => self.entry_other(),
            Purpose::TierSupplement => self.entry_tier_supplement(),
            Purpose::SupplementCorrection => self.entry_supplement_correction(),
            Purpose::TargetBonus => self.entry_target_bonus(),
            Purpose::GuaranteedDraw => self.entry_guaranteed_draw(),
            Purpose::PeriodCap => self.entry_period_cap(),
            Purpose::Settled => self.entry_settled(),
            Purpose::CarriedForward => self.entry_carried_forward(),
            Purpose::Recovered => self.entry_recovered(),
            Purpose::TaxWithheld => self.entry_tax_withheld(),
            Purpose::Advance => self.entry_advance(),
            Purpose::PaidOut => self.entry_paid_out(),
            Purpose::DisputeHeld => self.entry_dispute_held(),
            Purpose::DisputeReleased => self.entry_dispute_released(),
            Purpose::DisputeGranted => self.entry_dispute_granted(),
            Purpose::WrittenOff => self.entry_written_off(),
            Purpose::Correction => self.entry_correction(),
        }
    }

    /// Why something was taken back.
    pub fn reversal_reason(self, reason: ReversalReason) -> &'static str {
        match reason {
            ReversalReason::CustomerReturned => self.statement_reason_returned(),
            ReversalReason::AgentAtFault => self.statement_reason_agent(),
            ReversalReason::Withdrawn => self.statement_reason_withdrawn(),
            ReversalReason::Cancelled => self.statement_reason_cancelled(),
            ReversalReason::NeverPaid => self.statement_reason_never_paid(),
            ReversalReason::Corrected => self.statement_reason_corrected(),
        }
    }

    /// Why a statement pays nothing.
    pub fn statement_nothing(self, nothing: Nothing) -> &'static str {
        match nothing {
            Nothing::NothingSold => self.statement_nothing_sold(),
            Nothing::NothingVested => self.statement_nothing_vested(),
            Nothing::TakenBack => self.statement_nothing_taken_back(),
            Nothing::Held => self.statement_nothing_held(),
            Nothing::Advanced => self.statement_nothing_advanced(),
            Nothing::Taxed => self.statement_nothing_taxed(),
        }
    }

    /// Why something is not yet in.
    pub fn not_yet_in(self, why: &NotYetInReason, calendar: &dyn Calendar) -> String {
        match why {
            // The period closes at midnight: people count the day before as its last.
            NotYetInReason::WithdrawalOpen { closes_at } => self.statement_waits_withdrawal_until(
                &self.date_full(calendar.date_at(closes_at.plus_ms(-1))),
            ),
            why => self.not_yet_in_name(why.as_str()).to_owned(),
        }
    }

    /// The same by the stored name of the reason.
    pub fn not_yet_in_name(self, because: &str) -> &'static str {
        match because {
            "awaiting_answer" => self.statement_waits_answer(),
            "not_delivered" => self.statement_waits_delivery(),
            "withdrawal_open" => self.statement_waits_withdrawal(),
            "not_paid" => self.statement_waits_payment(),
            "not_deposited" => self.statement_waits_deposit(),
            "disputed" => self.statement_waits_dispute(),
            _ => self.statement_waits_month(),
        }
    }

    /// How a statement stands with its payment.
    pub fn payment_state(self, payment: &PaymentState) -> String {
        match payment {
            PaymentState::Nothing => self.statement_is_nothing().to_owned(),
            PaymentState::Payable => self.statement_is_payable().to_owned(),
            PaymentState::Prepared => self.statement_is_prepared().to_owned(),
            PaymentState::Approved => self.statement_is_approved().to_owned(),
            PaymentState::Paid { on, .. } => self.statement_is_paid(&self.date_full(*on)),
        }
    }

    /// The part of a turnover that lies in one tier, in words.
    pub fn slice(self, slice: &Slice) -> String {
        let (base, rate) = (slice.base.to_string(), slice.rate.to_string());
        match slice.below {
            Some(below) => self.statement_slice_between(
                &base,
                &slice.from.to_string(),
                &below.to_string(),
                &rate,
            ),
            None => self.statement_slice_from(&base, &slice.from.to_string(), &rate),
        }
    }

    /// How the tax on a statement is come by.
    pub fn tax_meter(self, tax: &Withheld) -> String {
        let (rate, above) = (tax.rate.to_string(), tax.above_a_year.to_string());
        if tax.above_a_year == Centimes::ZERO {
            self.statement_tax_whole(&tax.taxed.to_string(), &rate)
        } else {
            self.statement_tax_surplus(
                &tax.paid_before.to_string(),
                &above,
                &tax.taxed.to_string(),
                &rate,
            )
        }
    }

    /// A statement from top to bottom.
    pub fn steps(self, statement: &Statement) -> Vec<Step> {
        let less = |amount: Centimes| Centimes(amount.0.saturating_neg());
        let mut steps: Vec<Step> = statement
            .lines
            .iter()
            .map(|line| self.line(statement, line))
            .collect();
        steps.push(sum(self.statement_total(), statement.total, Behind::All));
        if statement.total < Centimes::ZERO {
            steps.push(step(
                self.statement_below_zero(),
                less(statement.total),
                Behind::Step(Purpose::CarriedForward),
            ));
        }
        if statement.draw > Centimes::ZERO {
            steps.push(step(
                self.statement_draw(),
                statement.draw,
                Behind::Step(Purpose::GuaranteedDraw),
            ));
        }
        steps.push(sum(
            self.statement_payable(),
            statement.payable,
            Behind::Step(Purpose::Settled),
        ));
        if statement.tax.amount > Centimes::ZERO {
            steps.push(Step {
                note: self.tax_meter(&statement.tax),
                ..step(
                    self.statement_tax(),
                    less(statement.tax.amount),
                    Behind::Step(Purpose::TaxWithheld),
                )
            });
        }
        if statement.recovered > Centimes::ZERO {
            steps.push(Step {
                note: self.statement_recovered_of(&less(statement.opening).to_string()),
                ..step(
                    self.statement_recovered(),
                    less(statement.recovered),
                    Behind::Step(Purpose::Recovered),
                )
            });
        }
        if statement.advances_deducted > Centimes::ZERO {
            steps.push(step(
                self.statement_advances(),
                less(statement.advances_deducted),
                Behind::Step(Purpose::Advance),
            ));
        }
        steps.push(sum(self.statement_net(), statement.net, Behind::Net));
        steps
    }

    /// What was there before it.
    pub fn opening(self, statement: &Statement) -> Step {
        let from_before = true;
        sum(
            self.statement_opening(),
            statement.opening,
            Behind::Owed { from_before },
        )
    }

    /// What goes on to the next.
    pub fn carried(self, statement: &Statement) -> Step {
        let from_before = false;
        let amount = Centimes(statement.carried_forward.0.saturating_neg());
        Step {
            note: self.statement_carried_note().to_owned(),
            ..sum(
                self.statement_carried(),
                amount,
                Behind::Owed { from_before },
            )
        }
    }

    /// A line that sums entries of one kind.
    fn line(self, statement: &Statement, line: &StatementLine) -> Step {
        let mut notes = Vec::new();
        notes.extend(
            line.reason
                .map(|reason| self.reversal_reason(reason).to_owned()),
        );
        if line.concerns != statement.period {
            let month = self.month_and_year(line.concerns.first_day());
            notes.push(self.statement_concerns(&month));
        }
        if line.count > 1 {
            notes.push(self.statement_entries(line.count as usize));
        }
        Step {
            note: notes.join(" · "),
            ..step(
                self.purpose(line.purpose),
                line.amount,
                Behind::Row {
                    purpose: line.purpose,
                    concerns: line.concerns,
                },
            )
        }
    }
}

fn step(label: &str, amount: Centimes, behind: Behind) -> Step {
    Step {
        label: label.to_owned(),
        note: String::new(),
        amount,
        is_sum: false,
        behind,
    }
}

fn sum(label: &str, amount: Centimes, behind: Behind) -> Step {
    Step {
        is_sum: true,
        ..step(label, amount, behind)
    }
}
