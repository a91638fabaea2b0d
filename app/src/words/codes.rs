//! The domain speaks in codes; here each code gets its sentence. Every match is exhaustive, so a new
//! code does not compile until it can be said.

use super::Words;
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::{Catalogue, Channel, PriceTier};
use taswiq_domain::commission::{CapPer, LineCommission};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::dispute::{DisputeEvent, DisputeReason, DisputeState, Verdict};
use taswiq_domain::engagement::EngagementKind;
use taswiq_domain::ids::{CooperativeId, ProductId};
use taswiq_domain::law::Regime;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{
    CancelledBy, Fault, PaymentMethod, Progress, Reason, Stage, Vesting, VestsWhen,
};
use taswiq_domain::person::Role;
use taswiq_domain::time::Calendar;

/// The tone and the icon that go with where a sub-order stands. Always shown beside its word.
pub const fn stage_look(stage: Stage) -> (&'static str, &'static str) {
    match stage {
        Stage::Awaiting => ("", "hourglass"),
        Stage::ChangeProposed => ("waiting", "question"),
        Stage::Confirmed => ("done", "double-check"),
        Stage::Preparing => ("done", "box"),
        Stage::Ready => ("done", "box"),
        Stage::HandedOver => ("news", "truck"),
        Stage::Delivered => ("done", "truck"),
        Stage::Failed => ("waiting", "absent"),
        Stage::Refused => ("trouble", "close"),
        Stage::Expired => ("waiting", "clock"),
        Stage::Declined => ("trouble", "close"),
        Stage::Cancelled => ("trouble", "close"),
        Stage::Withdrawn => ("waiting", "undo"),
        Stage::SupplyFailed => ("trouble", "out-of-stock"),
    }
}

/// The tone and the icon that go with where a dispute stands. Always shown beside its word.
pub const fn dispute_look(state: DisputeState) -> (&'static str, &'static str) {
    match state {
        DisputeState::Open => ("waiting", "hourglass"),
        DisputeState::UnderReview => ("news", "eye"),
        DisputeState::Accepted => ("done", "check"),
        DisputeState::Partly => ("done", "percent"),
        DisputeState::Denied => ("trouble", "close"),
        DisputeState::Escalated => ("waiting", "people"),
        DisputeState::TakenBack => ("", "undo"),
    }
}

/// The icon that goes with what kind of mistake an agent sees.
pub const fn dispute_reason_icon(reason: DisputeReason) -> &'static str {
    match reason {
        DisputeReason::Missing => "question",
        DisputeReason::Rate => "percent",
        DisputeReason::Reversal => "undo",
        DisputeReason::Fault => "shield",
        DisputeReason::Deduction => "minus",
        DisputeReason::Transfer => "bank",
        DisputeReason::Other => "more",
    }
}

/// The icon that goes with a reason.
pub const fn reason_icon(reason: Reason) -> &'static str {
    match reason {
        Reason::OutOfStock => "out-of-stock",
        Reason::Quality => "quality",
        Reason::Season => "season",
        Reason::Closed => "closed",
        Reason::AreaNotServed => "area",
        Reason::PriceChanged => "price-changed",
        Reason::Absent => "absent",
        Reason::CustomerRefused => "not-interested",
        Reason::CustomerCancelled => "undo",
        Reason::Mistake => "edit",
    }
}

impl Words {
    /// The legal kind of an agent's terms.
    pub fn engagement_kind(self, kind: EngagementKind) -> &'static str {
        match kind {
            EngagementKind::AutoEntrepreneur => self.office_terms_kind_auto_entrepreneur(),
            EngagementKind::Independent => self.office_terms_kind_independent(),
            EngagementKind::Company => self.office_terms_kind_company(),
            EngagementKind::Salaried => self.office_terms_kind_salaried(),
        }
    }

    /// The cap that made a line earn less, or may still do so when the month closes.
    pub fn cap(self, commission: &LineCommission, units: u32) -> Option<(String, Centimes)> {
        let cap = commission.cap?;
        let bites = commission
            .uncapped(commission.base, units)
            .is_ok_and(|uncapped| uncapped > commission.amount);
        match commission.cap_per {
            CapPer::Line if bites => Some((self.commission_cap().to_owned(), cap)),
            CapPer::Order if bites => Some((
                self.commission_cap_order(&cap.to_string()),
                commission.cap_part.unwrap_or(cap),
            )),
            CapPer::Line | CapPer::Order => None,
            CapPer::Period => Some((self.commission_cap_period().to_owned(), cap)),
        }
    }

    /// Where a sub-order stands.
    pub fn stage(self, stage: Stage) -> &'static str {
        match stage {
            Stage::Awaiting => self.stage_awaiting(),
            Stage::ChangeProposed => self.stage_change_proposed(),
            Stage::Confirmed => self.stage_confirmed(),
            Stage::Preparing => self.stage_preparing(),
            Stage::Ready => self.stage_ready(),
            Stage::HandedOver => self.stage_handed_over(),
            Stage::Delivered => self.stage_delivered(),
            Stage::Failed => self.stage_failed(),
            Stage::Refused => self.stage_refused(),
            Stage::Expired => self.stage_expired(),
            Stage::Declined => self.stage_declined(),
            Stage::Cancelled => self.stage_cancelled(),
            Stage::Withdrawn => self.stage_withdrawn(),
            Stage::SupplyFailed => self.stage_supply_failed(),
        }
    }

    /// How far an order has come.
    pub fn progress(self, progress: Progress) -> &'static str {
        match progress {
            Progress::Awaiting => self.progress_awaiting(),
            Progress::UnderWay => self.progress_under_way(),
            Progress::Delivered => self.progress_delivered(),
            Progress::Settled => self.progress_settled(),
            Progress::Dead => self.progress_dead(),
        }
    }

    /// Why something was refused, failed or was cancelled.
    pub fn reason(self, reason: Reason) -> &'static str {
        match reason {
            Reason::OutOfStock => self.reason_out_of_stock(),
            Reason::Quality => self.reason_quality(),
            Reason::Season => self.reason_season(),
            Reason::Closed => self.reason_closed(),
            Reason::AreaNotServed => self.reason_area_not_served(),
            Reason::PriceChanged => self.reason_price_changed(),
            Reason::Absent => self.reason_absent(),
            Reason::CustomerRefused => self.reason_customer_refused(),
            Reason::CustomerCancelled => self.reason_customer_cancelled(),
            Reason::Mistake => self.reason_mistake(),
        }
    }

    /// What a person is to the programme.
    pub fn role(self, role: Role) -> &'static str {
        match role {
            Role::Agent => self.role_agent(),
            Role::Cooperative => self.role_cooperative(),
            Role::Manager => self.role_manager(),
            Role::Administrator => self.role_administrator(),
        }
    }

    /// How money was given.
    pub fn payment_method(self, method: PaymentMethod) -> &'static str {
        match method {
            PaymentMethod::Cash => self.payment_method_cash(),
            PaymentMethod::Wallet => self.payment_method_wallet(),
            PaymentMethod::Transfer => self.payment_method_transfer(),
            PaymentMethod::Cheque => self.payment_method_cheque(),
        }
    }

    /// What a part of the commission waits for.
    pub fn vests_when(self, when: VestsWhen) -> &'static str {
        match when {
            VestsWhen::Delivered => self.vesting_delivered(),
            VestsWhen::Paid => self.vesting_paid(),
            VestsWhen::Deposited => self.vesting_deposited(),
        }
    }

    /// When commission vests: `50 % à la livraison · 50 % au paiement`.
    pub fn vesting(self, vesting: &Vesting) -> String {
        let parts: Vec<String> = VestsWhen::ALL
            .into_iter()
            .map(|when| (vesting.part(when), when))
            .filter(|(part, _)| part.0 > 0)
            .map(|(part, when)| self.vesting_part(&part.to_string(), self.vests_when(when)))
            .collect();
        parts.join(" · ")
    }

    /// Who answers for goods that never reached their customer.
    pub fn supply_fault(self, fault: Fault) -> &'static str {
        match fault {
            Fault::Cooperative => self.supply_fault_cooperative(),
            Fault::Logistics => self.supply_fault_logistics(),
            Fault::Customer | Fault::Agent => self.fault(fault),
        }
    }

    /// Who answers for goods that came back.
    pub fn fault(self, fault: Fault) -> &'static str {
        match fault {
            Fault::Customer => self.fault_customer(),
            Fault::Agent => self.fault_agent(),
            Fault::Cooperative => self.fault_cooperative(),
            Fault::Logistics => self.fault_logistics(),
        }
    }

    /// Who cancelled.
    pub fn cancelled_by(self, by: CancelledBy) -> &'static str {
        match by {
            CancelledBy::Agent => self.cancelled_by_agent(),
            CancelledBy::Customer => self.cancelled_by_customer(),
        }
    }

    /// Which of the three prices.
    pub fn tier(self, tier: PriceTier) -> &'static str {
        match tier {
            PriceTier::Retail => self.tier_retail(),
            PriceTier::SemiWholesale => self.tier_semi_wholesale(),
            PriceTier::Wholesale => self.tier_wholesale(),
        }
    }

    /// Where an order was taken.
    pub fn channel(self, channel: Channel) -> &'static str {
        match channel {
            Channel::Door => self.channel_door(),
            Channel::Shop => self.channel_shop(),
            Channel::Web => self.channel_web(),
            Channel::Fair => self.channel_fair(),
        }
    }

    /// Why a customer buys.
    pub fn customer_kind(self, kind: CustomerKind) -> &'static str {
        match kind {
            CustomerKind::Household => self.customer_kind_household(),
            CustomerKind::Professional => self.customer_kind_professional(),
        }
    }

    /// Under which rules something is sold.
    pub fn regime(self, regime: Regime) -> &'static str {
        match regime {
            Regime::Doorstep7d => self.regime_doorstep(),
            Regime::RegularRound => self.regime_regular_round(),
            Regime::OwnProduction => self.regime_own_production(),
            Regime::Professional => self.regime_professional(),
        }
    }

    /// Why a rule said no, and what to do about it. Names come from `catalogue`, dates are printed
    /// by `calendar`.
    pub fn refusal(
        self,
        refusal: &Refusal,
        catalogue: &Catalogue,
        calendar: &dyn Calendar,
    ) -> String {
        let product = |id: ProductId| {
            catalogue.product(id).map_or_else(
                || id.to_string(),
                |product| product.name.get(self.code()).to_owned(),
            )
        };
        let cooperative = |id: CooperativeId| {
            catalogue.cooperative(id).map_or_else(
                || id.to_string(),
                |found| found.name.get(self.code()).to_owned(),
            )
        };
        match refusal {
            Refusal::UnknownKind { .. } => self.refusal_unknown_kind().to_owned(),
            Refusal::UnreadableBody { .. } => self.refusal_unreadable_body().to_owned(),
            Refusal::CommandIdReused => self.refusal_command_id_reused().to_owned(),
            Refusal::NotAllowed => self.refusal_not_allowed().to_owned(),
            Refusal::FieldMissing { field } => self.refusal_field_missing(self.field_name(field)),
            Refusal::FieldTooLong {
                field,
                characters_max,
            } => self.refusal_field_too_long(*characters_max, self.field_name(field)),
            Refusal::FieldInvalid { field } => self.refusal_field_invalid(self.field_name(field)),
            Refusal::OrderEmpty => self.refusal_order_empty().to_owned(),
            Refusal::TooManyLines { lines_max } => self.refusal_too_many_lines(*lines_max),
            Refusal::QuantityOutOfRange { units_max } => {
                self.refusal_quantity_out_of_range(&super::grouped(*units_max as usize))
            }
            Refusal::ProductTwice { product: id } => self.refusal_product_twice(&product(*id)),
            Refusal::UnknownProduct { .. } => self.refusal_unknown_product().to_owned(),
            Refusal::ProductWithoutPrice { product: id } => {
                self.refusal_product_without_price(&product(*id))
            }
            Refusal::NoConvention { cooperative: id } => {
                self.refusal_no_convention(&cooperative(*id))
            }
            Refusal::CatalogueTooOld => self.refusal_catalogue_too_old().to_owned(),
            Refusal::NoCommissionRule { product: id } => {
                self.refusal_no_commission_rule(&product(*id))
            }
            Refusal::TotalDiffers { claimed, computed } => {
                self.refusal_total_differs(&claimed.to_string(), &computed.to_string())
            }
            Refusal::CommissionDiffers { claimed, computed } => {
                self.refusal_commission_differs(&claimed.to_string(), &computed.to_string())
            }
            Refusal::PromiseMissing { cooperative: id } => {
                self.refusal_promise_missing(&cooperative(*id))
            }
            Refusal::PromiseOutOfRange {
                earliest, latest, ..
            } => self.refusal_promise_out_of_range(
                &self.date_plain(*earliest),
                &self.date_plain(*latest),
            ),
            Refusal::SignatureMissing => self.refusal_signature_missing().to_owned(),
            Refusal::UnknownCustomer => self.refusal_unknown_customer().to_owned(),
            Refusal::UnknownOrder => self.refusal_unknown_order().to_owned(),
            Refusal::NoSuchSubOrder { cooperative: id } => {
                self.refusal_no_such_sub_order(&cooperative(*id))
            }
            Refusal::NoSuchLine { .. } => self.refusal_no_such_line().to_owned(),
            Refusal::WrongStage { stage } => self.refusal_wrong_stage(self.stage(*stage)),
            Refusal::CooperativeHasActed => self.refusal_cooperative_has_acted().to_owned(),
            Refusal::QuantityAbovePrevious { units_max, .. } => {
                self.refusal_quantity_above_previous(&super::grouped(*units_max as usize))
            }
            Refusal::ProofMissing => self.refusal_proof_missing().to_owned(),
            Refusal::ProofDoesNotFit => self.refusal_proof_does_not_fit().to_owned(),
            // The period closes at midnight: people count the day before as its last.
            Refusal::PaymentBeforeWithdrawalCloses { closes_at } => self
                .refusal_payment_before_withdrawal_closes(
                    &self.date(calendar.date_at(closes_at.plus_ms(-1))),
                ),
            Refusal::PaymentAboveDue { due, .. } => {
                self.refusal_payment_above_due(&due.to_string())
            }
            Refusal::DepositAboveCash { in_hand, .. } => {
                self.refusal_deposit_above_cash(&in_hand.to_string())
            }
            Refusal::AmountNotPositive => self.refusal_amount_not_positive().to_owned(),
            Refusal::WithdrawalClosed => self.refusal_withdrawal_closed().to_owned(),
            Refusal::WithdrawalStillOpen => self.refusal_withdrawal_still_open().to_owned(),
            Refusal::WaitsForParked => self.refusal_waits_for_parked().to_owned(),
            Refusal::TooLarge => self.refusal_too_large().to_owned(),
            Refusal::UnknownDispute => self.refusal_unknown_dispute().to_owned(),
            Refusal::UnknownEntry => self.refusal_unknown_entry().to_owned(),
            Refusal::AlreadyDisputed => self.refusal_already_disputed().to_owned(),
            Refusal::WrongDisputeState { state } => {
                self.refusal_wrong_dispute_state(self.dispute_state(*state))
            }
            Refusal::DisputeIsFinal => self.refusal_dispute_is_final().to_owned(),
            Refusal::ReceiptTooOld { days } => self.refusal_receipt_too_old(&days.to_string()),
            Refusal::ReceiptDiffers {
                total, placed_on, ..
            } => self.refusal_receipt_differs(&self.date_full(*placed_on), &total.to_string()),
            Refusal::ToldTwice { .. } => self.refusal_told_twice().to_owned(),
            Refusal::PhotoNotValid { .. } => self.refusal_photo_not_valid().to_owned(),
        }
    }

    /// Where a dispute stands.
    pub fn dispute_state(self, state: DisputeState) -> &'static str {
        match state {
            DisputeState::Open => self.dispute_state_open(),
            DisputeState::UnderReview => self.dispute_state_under_review(),
            DisputeState::Accepted => self.dispute_state_accepted(),
            DisputeState::Partly => self.dispute_state_partly(),
            DisputeState::Denied => self.dispute_state_denied(),
            DisputeState::Escalated => self.dispute_state_escalated(),
            DisputeState::TakenBack => self.dispute_state_taken_back(),
        }
    }

    /// What happened to a dispute, and the tone of it.
    pub fn dispute_step(self, event: &DisputeEvent) -> (&'static str, String) {
        match event {
            DisputeEvent::Taken => ("news", self.dispute_step_taken().to_owned()),
            DisputeEvent::Decided { verdict, .. } => self.verdict(*verdict),
            DisputeEvent::Escalated { .. } => ("waiting", self.dispute_step_escalated().to_owned()),
            DisputeEvent::TakenBack => ("", self.dispute_step_taken_back().to_owned()),
        }
    }

    /// What was decided, with its tone.
    pub fn verdict(self, verdict: Verdict) -> (&'static str, String) {
        match verdict {
            Verdict::Accepted => ("done", self.dispute_step_accepted().to_owned()),
            Verdict::Partly { amount } => ("done", self.dispute_step_partly(&amount.to_string())),
            Verdict::Denied => ("trouble", self.dispute_step_denied().to_owned()),
        }
    }

    /// What kind of mistake an agent sees.
    pub fn dispute_reason(self, reason: DisputeReason) -> &'static str {
        match reason {
            DisputeReason::Missing => self.dispute_reason_missing(),
            DisputeReason::Rate => self.dispute_reason_rate(),
            DisputeReason::Reversal => self.dispute_reason_reversal(),
            DisputeReason::Fault => self.dispute_reason_fault(),
            DisputeReason::Deduction => self.dispute_reason_deduction(),
            DisputeReason::Transfer => self.dispute_reason_transfer(),
            DisputeReason::Other => self.dispute_reason_other(),
        }
    }

    /// What a field of a form is called. Refusals name fields by their wire names.
    pub fn field_name(self, field: &str) -> &'static str {
        match field {
            "first_name" => self.customer_first_name(),
            "family_name" => self.customer_family_name(),
            "place" => self.customer_place(),
            "address" => self.customer_address(),
            "phone" => self.customer_phone(),
            "unit_price" => self.field_unit_price(),
            "signature" => self.field_signature(),
            "receipt_digits" => self.field_receipt_digits(),
            "code" => self.field_code(),
            "from_receipt_of" => self.field_receipt_day(),
            "reason" => self.field_reason(),
            "to" => self.field_to(),
            "amount" => self.field_amount(),
            "note" => self.field_note(),
            _ => self.field_other(),
        }
    }
}
