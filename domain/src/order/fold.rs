//! One event takes an order from one state to the next, or is refused and changes nothing.

use super::event::{
    CancelledBy, Fault, LineUnits, OrderEvent, PackedLine, PaymentMethod, Proof, Proposal,
};
use super::{DueChange, Order, Stage, SubOrder, Withdrawal};
use crate::ids::CooperativeId;
use crate::limits;
use crate::money::Centimes;
use crate::refusal::Refusal;
use crate::time::Timestamp;

impl Order {
    /// Rebuilds an order from its events, oldest first.
    pub fn replay<'a>(
        events: impl IntoIterator<Item = (&'a OrderEvent, Timestamp)>,
    ) -> Result<Self, Refusal> {
        let mut events = events.into_iter();
        let Some((OrderEvent::Placed { order }, _)) = events.next() else {
            return Err(Refusal::UnknownOrder);
        };
        events.try_fold((**order).clone(), |order, (event, at)| {
            order.after(event, at)
        })
    }

    /// The order after `event`, which happened at `at` (corrected time). The order itself is not
    /// changed, so a refused event leaves no trace.
    pub fn after(&self, event: &OrderEvent, at: Timestamp) -> Result<Self, Refusal> {
        let mut order = self.clone();
        order.take(event, at)?;
        order.revision += 1;
        if event.moves_commission() {
            for sub_order in &mut order.sub_orders {
                if event.touches(sub_order.cooperative) {
                    sub_order.latest_at = sub_order.latest_at.max(Some(at));
                }
            }
        }
        for sub_order in &mut order.sub_orders {
            if let Some(before) = self.sub_order(sub_order.cooperative) {
                sub_order.note_due_change(before, at)?;
            }
        }
        Ok(order)
    }

    /// Whether an event that counts at `at` is told after another of the same part that happened later,
    /// so that the commission is no longer told as it happened.
    pub fn is_told_late(&self, event: &OrderEvent, at: Timestamp) -> bool {
        event.moves_commission()
            && self.sub_orders.iter().any(|sub_order| {
                event.touches(sub_order.cooperative)
                    && sub_order.latest_at.is_some_and(|latest_at| at < latest_at)
            })
    }

    fn take(&mut self, event: &OrderEvent, at: Timestamp) -> Result<(), Refusal> {
        match event {
            // An order is placed once; a second placing is another order.
            OrderEvent::Placed { .. } => Err(Refusal::CommandIdReused),
            OrderEvent::Amended { order } => {
                if !self.is_untouched() {
                    return Err(Refusal::CooperativeHasActed);
                }
                let mut amended = Self {
                    revision: self.revision,
                    from_receipt_of: self.from_receipt_of,
                    also: order.also_known_as(self),
                    ..(**order).clone()
                };
                for known in &self.sub_orders {
                    match amended.sub_order_mut(known.cooperative) {
                        Ok(sub_order) => sub_order.go_on_from(known)?,
                        // Money that was given for goods is not amended away with them: whoever takes
                        // them out of the order cancels it, and owes the money to the customer.
                        Err(refusal) if known.has_taken_money() => return Err(refusal),
                        Err(_) => {}
                    }
                }
                *self = amended;
                Ok(())
            }
            OrderEvent::FoundAgain { order } => self.find_again(order),
            OrderEvent::Cancelled { by, reason } => {
                if *by == CancelledBy::Agent && !self.is_untouched() {
                    return Err(Refusal::CooperativeHasActed);
                }
                let mut cancelled_any = false;
                for sub_order in &mut self.sub_orders {
                    if !sub_order.stage.is_dead() && sub_order.stage != Stage::Delivered {
                        sub_order.stage = Stage::Cancelled;
                        sub_order.reason = Some(*reason);
                        sub_order.proposal = None;
                        cancelled_any = true;
                    }
                }
                let stage = self
                    .sub_orders
                    .first()
                    .map_or(Stage::Cancelled, |sub_order| sub_order.stage);
                if cancelled_any {
                    Ok(())
                } else {
                    Err(Refusal::WrongStage { stage })
                }
            }
            OrderEvent::Confirmed { cooperative, lines } => {
                self.sub_order_mut(*cooperative)?.confirm(lines)
            }
            OrderEvent::Refused {
                cooperative,
                reason,
            } => {
                let sub_order = self.sub_order_mut(*cooperative)?;
                sub_order.check_may_decide()?;
                sub_order.forget_decision();
                sub_order.stage = Stage::Refused;
                sub_order.reason = Some(*reason);
                Ok(())
            }
            OrderEvent::DecisionSeen { cooperative } => {
                self.sub_order_mut(*cooperative)?.decision_seen = true;
                Ok(())
            }
            OrderEvent::Expired { cooperative } => self
                .sub_order_mut(*cooperative)?
                .step(&[Stage::Awaiting], Stage::Expired),
            OrderEvent::ChangeProposed {
                cooperative,
                proposal,
            } => self.sub_order_mut(*cooperative)?.propose(proposal),
            OrderEvent::ChangeAnswered {
                cooperative,
                accepted,
            } => self.sub_order_mut(*cooperative)?.answer_proposal(*accepted),
            OrderEvent::PreparationStarted { cooperative } => self
                .sub_order_mut(*cooperative)?
                .step(&[Stage::Confirmed], Stage::Preparing),
            OrderEvent::Packed { cooperative, lines } => {
                self.sub_order_mut(*cooperative)?.pack(lines)
            }
            OrderEvent::HandedOver { cooperative, .. } => self
                .sub_order_mut(*cooperative)?
                .step(&[Stage::Ready], Stage::HandedOver),
            OrderEvent::Delivered {
                cooperative,
                lines,
                proof,
            } => {
                let receipt_digits = self.receipt_digits;
                self.sub_order_mut(*cooperative)?
                    .deliver(lines, proof, receipt_digits, at)
            }
            OrderEvent::DeliveryFailed {
                cooperative,
                reason,
            } => {
                let sub_order = self.sub_order_mut(*cooperative)?;
                // An absent customer is visited again, so a failed delivery may fail once more.
                sub_order.step(
                    &[Stage::Ready, Stage::HandedOver, Stage::Failed],
                    Stage::Failed,
                )?;
                sub_order.reason = Some(*reason);
                Ok(())
            }
            OrderEvent::Returned {
                cooperative,
                lines,
                fault,
            } => {
                let sub_order = self.sub_order_mut(*cooperative)?;
                sub_order.check_stage(&[Stage::Delivered])?;
                sub_order.check_lines(lines.iter().map(|line| line.line), false)?;
                for returned in lines {
                    let line = sub_order.line_mut(returned.line)?;
                    at_most(returned, line.kept())?;
                    line.returned += returned.units;
                    line.excuse(returned.units, *fault);
                }
                Ok(())
            }
            OrderEvent::Collected {
                cooperative,
                amount,
                method,
            } => {
                let sub_order = self.sub_order_mut(*cooperative)?;
                if let Withdrawal::Open { closes_at } = sub_order.withdrawal {
                    return Err(Refusal::PaymentBeforeWithdrawalCloses { closes_at });
                }
                sub_order.check_payable(*amount, at)?;
                if let Withdrawal::Exercised { .. } = sub_order.withdrawal {
                    let stage = sub_order.stage;
                    return Err(Refusal::WrongStage { stage });
                }
                sub_order.collected = sub_order.collected.plus(*amount)?;
                sub_order.take_in_hand(*amount, *method)
            }
            OrderEvent::DeclaredEarly {
                cooperative,
                amount,
                method,
            } => {
                let sub_order = self.sub_order_mut(*cooperative)?;
                sub_order.check_payable(*amount, at)?;
                match sub_order.withdrawal {
                    // Given before the customer withdrew, if told after.
                    Withdrawal::Open { .. } | Withdrawal::Exercised { .. } => {
                        sub_order.held = sub_order.held.plus(*amount)?
                    }
                    Withdrawal::None | Withdrawal::Closed { .. } => {
                        sub_order.collected = sub_order.collected.plus(*amount)?
                    }
                }
                sub_order.take_in_hand(*amount, *method)
            }
            OrderEvent::Withdrawn { cooperative } => {
                let sub_order = self.sub_order_mut(*cooperative)?;
                match sub_order.withdrawal {
                    Withdrawal::Open { closes_at }
                        if at < closes_at && !sub_order.stage.is_dead() =>
                    {
                        sub_order.withdrawal = Withdrawal::Exercised { at };
                        sub_order.stage = Stage::Withdrawn;
                        sub_order.proposal = None;
                        Ok(())
                    }
                    Withdrawal::Open { closes_at } if at < closes_at => Err(Refusal::WrongStage {
                        stage: sub_order.stage,
                    }),
                    _ => Err(Refusal::WithdrawalClosed),
                }
            }
            OrderEvent::WithdrawalClosed { cooperative } => {
                let sub_order = self.sub_order_mut(*cooperative)?;
                match sub_order.withdrawal {
                    Withdrawal::Open { closes_at } if at >= closes_at => {
                        sub_order.withdrawal = Withdrawal::Closed { closes_at };
                        // Even where nothing will come: whether it is owed to the customer is a
                        // matter of what is due, and not of what was told first.
                        sub_order.collected = sub_order.collected.plus(sub_order.held)?;
                        sub_order.held = Centimes::ZERO;
                        Ok(())
                    }
                    Withdrawal::Open { .. } => Err(Refusal::WithdrawalStillOpen),
                    _ => Err(Refusal::WithdrawalClosed),
                }
            }
            OrderEvent::SupplyFailed { cooperative, fault } => {
                self.sub_order_mut(*cooperative)?.fail_supply(*fault)
            }
            OrderEvent::Deposited {
                cooperative,
                amount,
                ..
            } => self.sub_order_mut(*cooperative)?.deposit(*amount),
            OrderEvent::WrittenOff { cooperative } => {
                self.sub_order_mut(*cooperative)?.write_off(at)
            }
        }
    }

    fn sub_order_mut(&mut self, cooperative: CooperativeId) -> Result<&mut SubOrder, Refusal> {
        self.sub_orders
            .iter_mut()
            .find(|sub_order| sub_order.cooperative == cooperative)
            .ok_or(Refusal::NoSuchSubOrder { cooperative })
    }
}

impl SubOrder {
    fn check_stage(&self, allowed: &[Stage]) -> Result<(), Refusal> {
        if allowed.contains(&self.stage) {
            Ok(())
        } else {
            Err(Refusal::WrongStage { stage: self.stage })
        }
    }

    fn step(&mut self, from: &[Stage], to: Stage) -> Result<(), Refusal> {
        self.check_stage(from)?;
        self.stage = to;
        Ok(())
    }

    fn line_mut(&mut self, number: u16) -> Result<&mut super::Line, Refusal> {
        self.lines
            .iter_mut()
            .find(|line| line.number == number)
            .ok_or(Refusal::NoSuchLine { line: number })
    }

    /// Each number names a line of this sub-order, none twice, and (when `all`) none is left out.
    fn check_lines(&self, numbers: impl Iterator<Item = u16>, all: bool) -> Result<(), Refusal> {
        let mut seen: Vec<u16> = Vec::new();
        for number in numbers {
            if seen.contains(&number) || self.line(number).is_none() {
                return Err(Refusal::NoSuchLine { line: number });
            }
            seen.push(number);
        }
        match self
            .lines
            .iter()
            .find(|line| all && !seen.contains(&line.number))
        {
            Some(left_out) => Err(Refusal::NoSuchLine {
                line: left_out.number,
            }),
            None => Ok(()),
        }
    }

    /// A decision may be replaced until the agent's phone knows it: a slip of the thumb is
    /// correctable. An expired sub-order may still be answered, for the answer may have been given
    /// offline in time.
    fn check_may_decide(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::Awaiting | Stage::Expired => Ok(()),
            Stage::Confirmed | Stage::Refused | Stage::ChangeProposed if !self.decision_seen => {
                Ok(())
            }
            stage => Err(Refusal::WrongStage { stage }),
        }
    }

    fn forget_decision(&mut self) {
        self.reason = None;
        self.proposal = None;
        for line in &mut self.lines {
            line.confirmed = 0;
        }
    }

    fn confirm(&mut self, lines: &[LineUnits]) -> Result<(), Refusal> {
        self.check_may_decide()?;
        self.check_lines(lines.iter().map(|line| line.line), true)?;
        if lines.iter().all(|line| line.units == 0) {
            return Err(Refusal::OrderEmpty);
        }
        self.forget_decision();
        for confirmed in lines {
            let line = self.line_mut(confirmed.line)?;
            at_most(confirmed, line.asked)?;
            line.confirmed = confirmed.units;
        }
        self.stage = Stage::Confirmed;
        Ok(())
    }

    fn propose(&mut self, proposal: &Proposal) -> Result<(), Refusal> {
        self.check_may_decide()?;
        self.check_lines(proposal.lines.iter().map(|line| line.line), true)?;
        for proposed in &proposal.lines {
            let line = self.line_mut(proposed.line)?;
            at_most(
                &LineUnits {
                    line: proposed.line,
                    units: proposed.units,
                },
                line.asked,
            )?;
            if proposed.unit_price <= Centimes::ZERO
                || proposed.unit_price.0 > limits::UNIT_PRICE_CENTIMES
            {
                return Err(Refusal::FieldInvalid {
                    field: "unit_price".to_owned(),
                });
            }
        }
        if proposal.lines.iter().all(|line| line.units == 0) {
            return Err(Refusal::OrderEmpty);
        }
        self.forget_decision();
        self.proposal = Some(proposal.clone());
        self.stage = Stage::ChangeProposed;
        Ok(())
    }

    fn answer_proposal(&mut self, accepted: bool) -> Result<(), Refusal> {
        self.check_stage(&[Stage::ChangeProposed])?;
        let proposal = self
            .proposal
            .take()
            .ok_or(Refusal::WrongStage { stage: self.stage })?;
        if !accepted {
            self.stage = Stage::Declined;
            return Ok(());
        }
        for proposed in &proposal.lines {
            let line = self.line_mut(proposed.line)?;
            line.unit_price = proposed.unit_price;
            line.confirmed = proposed.units;
            let base = line.net_asked()?;
            line.commission = line.commission.on_base(base, line.asked)?;
        }
        self.stage = Stage::Confirmed;
        self.decision_seen = true;
        Ok(())
    }

    fn pack(&mut self, lines: &[PackedLine]) -> Result<(), Refusal> {
        self.check_stage(&[Stage::Confirmed, Stage::Preparing])?;
        self.check_lines(lines.iter().map(|line| line.line), true)?;
        if lines.iter().all(|line| line.units == 0) {
            return Err(Refusal::OrderEmpty);
        }
        for packed in lines {
            let line = self.line_mut(packed.line)?;
            at_most(
                &LineUnits {
                    line: packed.line,
                    units: packed.units,
                },
                line.confirmed,
            )?;
            line.packed = packed.units;
            line.excuse(line.confirmed - packed.units, Fault::Cooperative);
            line.lot = packed.lot.clone();
        }
        self.stage = Stage::Ready;
        Ok(())
    }

    fn deliver(
        &mut self,
        lines: &[LineUnits],
        proof: &Proof,
        receipt_digits: Option<u16>,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_stage(&[Stage::Ready, Stage::HandedOver, Stage::Failed])?;
        self.check_lines(lines.iter().map(|line| line.line), true)?;
        if lines.iter().all(|line| line.units == 0) {
            return Err(Refusal::OrderEmpty);
        }
        match proof {
            // A cooperative's phone does not know the digits; only the server can compare them.
            Proof::ReceiptDigits { digits }
                if receipt_digits.is_some_and(|expected| expected != *digits) =>
            {
                return Err(Refusal::ProofDoesNotFit);
            }
            Proof::ReceiptDigits { .. } => {}
            Proof::Signature { strokes } if strokes.is_empty() => {
                return Err(Refusal::ProofMissing);
            }
            Proof::Signature { strokes } if strokes.len() > limits::SIGNATURE_BYTES => {
                return Err(Refusal::FieldTooLong {
                    field: "signature".to_owned(),
                    characters_max: limits::SIGNATURE_BYTES,
                });
            }
            Proof::Signature { .. } => {}
        }
        for delivered in lines {
            let line = self.line_mut(delivered.line)?;
            at_most(delivered, line.packed)?;
            line.delivered = delivered.units;
        }
        self.stage = Stage::Delivered;
        self.reason = None;
        self.delivered_at = Some(at);
        Ok(())
    }

    /// Everything still promised is lost. A customer who would not take the goods, or an agent who
    /// promised wrongly, is no failure of supply: then the customer cancels.
    fn fail_supply(&mut self, fault: Fault) -> Result<(), Refusal> {
        self.check_stage(match fault {
            Fault::Cooperative => &[
                Stage::Confirmed,
                Stage::Preparing,
                Stage::Ready,
                Stage::HandedOver,
                Stage::Failed,
            ],
            // What was not packed has not been on its way.
            Fault::Logistics => &[Stage::Ready, Stage::HandedOver, Stage::Failed],
            Fault::Customer | Fault::Agent => {
                return Err(Refusal::FieldInvalid {
                    field: "fault".to_owned(),
                });
            }
        })?;
        let lost: Vec<u32> = self
            .lines
            .iter()
            .map(|line| self.units_alive(line))
            .collect();
        for (line, units) in self.lines.iter_mut().zip(lost) {
            line.excuse(units, fault);
        }
        self.stage = Stage::SupplyFailed;
        self.reason = None;
        Ok(())
    }

    pub(crate) fn has_taken_money(&self) -> bool {
        self.collected > Centimes::ZERO || self.held > Centimes::ZERO
    }

    /// Priced anew, what is sold is another and what was given for it is not.
    fn go_on_from(&mut self, known: &Self) -> Result<(), Refusal> {
        self.collected = known.collected;
        match self.withdrawal {
            Withdrawal::Open { .. } => self.held = known.held,
            _ => self.collected = self.collected.plus(known.held)?,
        }
        self.in_hand = known.in_hand;
        self.latest_at = known.latest_at;
        self.due_changes.clone_from(&known.due_changes);
        Ok(())
    }

    fn take_in_hand(&mut self, amount: Centimes, method: PaymentMethod) -> Result<(), Refusal> {
        if method == PaymentMethod::Cash {
            self.in_hand = self.in_hand.plus(amount)?;
        }
        Ok(())
    }

    fn deposit(&mut self, amount: Centimes) -> Result<(), Refusal> {
        if amount <= Centimes::ZERO {
            return Err(Refusal::AmountNotPositive);
        }
        if amount > self.in_hand {
            return Err(Refusal::DepositAboveCash {
                amount,
                in_hand: self.in_hand,
            });
        }
        self.in_hand = self.in_hand.minus(amount)?;
        Ok(())
    }

    fn write_off(&mut self, at: Timestamp) -> Result<(), Refusal> {
        match self.write_off_at()? {
            // Money held until the withdrawal period closes may be all that is due.
            Some(due_at) if due_at <= at && self.withdrawal.is_over() => {
                self.written_off_at = Some(at);
                Ok(())
            }
            _ => Err(Refusal::WrongStage { stage: self.stage }),
        }
    }

    /// Keeps in mind when what is due changed, in the order in which it happened.
    fn note_due_change(&mut self, before: &Self, at: Timestamp) -> Result<(), Refusal> {
        let by = self.due()?.minus(before.due()?)?;
        if by == Centimes::ZERO {
            return Ok(());
        }
        let place = self.due_changes.partition_point(|known| known.at < at);
        match self.due_changes.get_mut(place) {
            Some(known) if known.at == at => known.by = known.by.plus(by)?,
            _ => self.due_changes.insert(place, DueChange { at, by }),
        }
        Ok(())
    }

    /// Money that changed hands at the door did so whatever is told first. It is no more than was due at
    /// its time, or became due afterwards (a clock was wrong, or the phone that knew had not told yet);
    /// what of it is no longer due is [owed to the customer](SubOrder::owed_to_customer).
    ///
    /// Two people who each take what is due, not knowing of the other, are another matter: all that was
    /// taken counts, by whomever and whenever, so whoever tells second is refused and a person looks at
    /// it. Mostly it is one payment told twice; if the customer really paid twice, nobody but the people
    /// concerned can know, and to accept it unseen would make one of them owe cash that never was.
    fn check_payable(&self, amount: Centimes, at: Timestamp) -> Result<(), Refusal> {
        let most = self.most_due_since(at)?;
        if self.stage.is_dead() && most <= Centimes::ZERO {
            return Err(Refusal::WrongStage { stage: self.stage });
        }
        if amount <= Centimes::ZERO {
            return Err(Refusal::AmountNotPositive);
        }
        let left = most.minus(self.collected)?.minus(self.held)?;
        if amount > left {
            let due = left.max(Centimes::ZERO);
            Err(Refusal::PaymentAboveDue { amount, due })
        } else {
            Ok(())
        }
    }
}

impl super::Line {
    /// Units are gone by somebody's fault: where it is not the agent's, their commission is kept.
    fn excuse(&mut self, units: u32, fault: Fault) {
        if fault.keeps_commission() {
            self.excused += units;
        }
        if fault == Fault::Logistics {
            self.lost_in_transport += units;
        }
    }
}

fn at_most(given: &LineUnits, units_max: u32) -> Result<(), Refusal> {
    if given.units > units_max {
        Err(Refusal::QuantityAbovePrevious {
            line: given.line,
            units: given.units,
            units_max,
        })
    } else {
        Ok(())
    }
}
