//! What happens in a scenario, one event after the other, and the books it leaves.

use super::company::{Company, PRICES};
use super::reader::{Node, Object};
use super::{Balance, Entry, OrderOutcome, Outcome, ScenarioError, ScenarioFault};
use crate::catalogue::{Channel, PriceTier};
use crate::commission::{self, CapPer};
use crate::customer::CustomerKind;
use crate::dispute::{self, Claim, Dispute, DisputeReason, Disputed, DisputedLine};
use crate::engagement::{self, Engagement, EngagementKind};
use crate::ids::{CooperativeId, CustomerId, OrderId, PersonId};
use crate::ledger::{self, Account, Cause, Happening, Purpose, Told, Transfer};
use crate::money::{Centimes, Overflow};
use crate::order::basket::{Basket, BasketLine, Door, OrderIdentity, Promise};
use crate::order::{Order, OrderEvent, Withdrawal};
use crate::period::Period;
use crate::reading::Tree;
use crate::refusal::Refusal;
use crate::settlement::movement::{LineEntry, LineMoment, attribute};
use crate::settlement::supplement::Outlook;
use crate::settlement::tax;
use crate::settlement::{
    AdvanceGiven, CappedRule, ClosingInput, EarlierMonth, MonthRules, Movement, NotYetIn,
    NotYetInReason, PeriodRules, SettledMonth, Statement, close, why_not_in,
};
use crate::spoken_code::SpokenCode;
use crate::time::{Calendar, CivilDate, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub(super) const EVENT: [&str; 10] = [
    "at", "by", "order", "placed", "event", "advance", "paid", "dispute", "opened", "closed",
];
pub(super) const PLACED: [&str; 6] = [
    "agent",
    "customer",
    "channel",
    "tier",
    "lines",
    "promised_on",
];
pub(super) const ADVANCE: [&str; 2] = ["agent", "amount"];
pub(super) const PAID: [&str; 2] = ["agent", "period"];
pub(super) const OPENED: [&str; 6] = ["agent", "order", "cooperative", "line", "amount", "note"];

/// The fields of what can happen to an order, by its kind. An order is never placed or amended by an
/// event: both carry how it stands, and that is for the rules to say.
pub const ORDER_EVENTS: [(&str, &[&str]); 20] = [
    ("cancelled", &["kind", "by", "reason"]),
    ("confirmed", &["kind", "cooperative", "lines"]),
    ("refused", &["kind", "cooperative", "reason"]),
    ("decision_seen", &["kind", "cooperative"]),
    ("expired", &["kind", "cooperative"]),
    ("change_proposed", &["kind", "cooperative", "proposal"]),
    ("change_answered", &["kind", "cooperative", "accepted"]),
    ("preparation_started", &["kind", "cooperative"]),
    ("packed", &["kind", "cooperative", "lines"]),
    ("handed_over", &["kind", "cooperative", "to"]),
    ("delivered", &["kind", "cooperative", "lines", "proof"]),
    ("delivery_failed", &["kind", "cooperative", "reason"]),
    ("returned", &["kind", "cooperative", "lines", "fault"]),
    ("collected", &["kind", "cooperative", "amount", "method"]),
    (
        "declared_early",
        &["kind", "cooperative", "amount", "method"],
    ),
    ("withdrawn", &["kind", "cooperative"]),
    ("withdrawal_closed", &["kind", "cooperative"]),
    ("supply_failed", &["kind", "cooperative", "fault"]),
    ("deposited", &["kind", "cooperative", "amount", "holder"]),
    ("written_off", &["kind", "cooperative"]),
];

/// Goods are promised so many days ahead where a scenario does not say when.
const PROMISE_DAYS: i32 = 10;

/// An order and what happened to it.
struct Known {
    label: String,
    order: Order,
    /// By the number of the event, from 1, each with when it happened.
    events: Vec<(OrderEvent, Timestamp)>,
}

/// Everything that has happened.
pub(super) struct Happenings<'a> {
    company: &'a Company,
    calendar: &'a dyn Calendar,
    /// The first month that is not closed; nothing before the first event.
    open: Option<Period>,
    orders: Vec<Known>,
    /// Where each stands among them, by the name it has in the scenario.
    by_label: BTreeMap<String, usize>,
    /// When which of them can no longer be withdrawn from. One that was left meanwhile is no matter.
    withdrawals: BTreeSet<(Timestamp, usize, CooperativeId)>,
    disputes: Vec<(String, Dispute)>,
    ledger: Vec<Transfer>,
    advances: Vec<(PersonId, Period, AdvanceGiven)>,
    settled: BTreeMap<(PersonId, Period), SettledMonth>,
    owed: BTreeMap<PersonId, Centimes>,
    paid_in_year: BTreeMap<(PersonId, i32), Centimes>,
    statements: Vec<Statement>,
    /// How many agents' months may still be closed.
    closings_left: usize,
}

impl<'a> Happenings<'a> {
    pub(super) fn new(
        company: &'a Company,
        calendar: &'a dyn Calendar,
        statements_most: usize,
    ) -> Self {
        Self {
            company,
            calendar,
            open: None,
            orders: Vec::new(),
            by_label: BTreeMap::new(),
            withdrawals: BTreeSet::new(),
            disputes: Vec::new(),
            ledger: Vec::new(),
            advances: Vec::new(),
            settled: BTreeMap::new(),
            owed: BTreeMap::new(),
            paid_in_year: BTreeMap::new(),
            statements: Vec::new(),
            closings_left: statements_most,
        }
    }

    /// The next event.
    pub(super) fn take(&mut self, node: Node<'_>) -> Result<(), ScenarioError> {
        let mut fields = node.object(&EVENT)?;
        let at = fields.required("at")?.moment(self.calendar)?;
        self.open
            .get_or_insert_with(|| Period::at(at, self.calendar));
        let by: Option<PersonId> = fields.optional("by").map(Node::read).transpose()?;
        let place = fields.place.clone();
        self.pass_time(at).map_err(|error| wrong(&place, error))?;
        if let Some(label) = fields.optional("order") {
            let label: String = label.read()?;
            match (fields.optional("placed"), fields.optional("event")) {
                (Some(placed), None) => self.place(label, placed, at)?,
                (None, Some(event)) => self.order_event(&fields, &label, event, by, at)?,
                _ => return Err(wrong(&place, ScenarioFault::OrderOneThing)),
            }
        } else if let Some(label) = fields.optional("dispute") {
            let label: String = label.read()?;
            match (fields.optional("opened"), fields.optional("event")) {
                (Some(opened), None) => self.open_dispute(label, opened, at)?,
                (None, Some(event)) => self.dispute_event(&fields, &label, event, by, at)?,
                _ => return Err(wrong(&place, ScenarioFault::DisputeOneThing)),
            }
        } else if let Some(advance) = fields.optional("advance") {
            self.advance(advance, at)?;
        } else if let Some(paid) = fields.optional("paid") {
            self.pay(paid, at)?;
        } else if let Some(closed) = fields.optional("closed") {
            let place = closed.place.clone();
            let period = closed.read()?;
            self.close(&place, period, at)?;
        } else {
            return Err(wrong(&place, ScenarioFault::NothingHappens));
        }
        // One event is one thing that happens.
        let left: Vec<&str> = ["placed", "event", "advance", "paid", "opened", "closed"]
            .into_iter()
            .filter(|name| fields.optional(name).is_some())
            .collect();
        match left.first() {
            Some(name) => Err(wrong(
                &fields.place_of(name),
                ScenarioFault::TwoThingsHappen,
            )),
            None => Ok(()),
        }
    }

    fn counts_in(&self, at: Timestamp) -> Period {
        let period = Period::at(at, self.calendar);
        self.open.map_or(period, |open| period.max(open))
    }

    /// The server's clock: what a customer can no longer withdraw from by now.
    fn pass_time(&mut self, now: Timestamp) -> Result<(), Overflow> {
        while let Some(&(closes_at, index, cooperative)) = self.withdrawals.first()
            && closes_at <= now
        {
            self.withdrawals.pop_first();
            let order = &self.orders[index].order;
            let is_due = order.sub_order(cooperative).is_some_and(
                |sub_order| matches!(sub_order.withdrawal, Withdrawal::Open { closes_at } if closes_at <= now),
            );
            let event = OrderEvent::WithdrawalClosed { cooperative };
            if is_due && let Ok(after) = order.after(&event, closes_at) {
                self.post(index, event, after, None, closes_at)?;
            }
        }
        Ok(())
    }

    /// Remembers until when an order may be withdrawn from.
    fn await_withdrawals(&mut self, index: usize) {
        let sub_orders = &self.orders[index].order.sub_orders;
        let open = sub_orders
            .iter()
            .filter_map(|sub_order| match sub_order.withdrawal {
                Withdrawal::Open { closes_at } => Some((closes_at, index, sub_order.cooperative)),
                _ => None,
            });
        self.withdrawals.extend(open);
    }

    fn post(
        &mut self,
        index: usize,
        event: OrderEvent,
        after: Order,
        actor: Option<PersonId>,
        at: Timestamp,
    ) -> Result<(), Overflow> {
        let known = &self.orders[index];
        let told = told(&known.events);
        let happening = Happening {
            told: Told {
                event: &event,
                number: after.revision,
                made_at: at,
                at,
            },
            actor,
            earlier: &told,
            month: &|moment| self.counts_in(moment.at),
        };
        let transfers = ledger::transfers_for(Some(&known.order), &after, &happening)?;
        let known = &mut self.orders[index];
        known.order = after;
        known.events.push((event, at));
        self.ledger.extend(transfers);
        self.await_withdrawals(index);
        Ok(())
    }

    fn place(&mut self, label: String, node: Node<'_>, at: Timestamp) -> Result<(), ScenarioError> {
        let place = node.place.clone();
        let mut fields = node.object(&PLACED)?;
        if self.by_label.contains_key(&label) {
            return Err(wrong(&place, ScenarioFault::OrderTwice { name: label }));
        }
        let agent = self.agent(&mut fields)?;
        let engagement = self.engagement(&place, agent, at)?;
        let customer_kind: CustomerKind = read_or_default(&mut fields, "customer")?;
        let channel: Channel = read_or_default(&mut fields, "channel")?;
        let tier: Option<PriceTier> = fields.optional("tier").map(Node::read).transpose()?;
        let promised_on: Option<CivilDate> =
            fields.optional("promised_on").map(Node::read).transpose()?;
        let lines_place = fields.place_of("lines");
        let mut lines: Vec<BasketLine> = Vec::new();
        for node in fields.required("lines")?.list()? {
            lines.push(node.read()?);
        }
        let plan = self
            .company
            .catalogue
            .plan_at(at)
            .ok_or_else(|| wrong(&place, ScenarioFault::NoPlan))?
            .version;
        let on = promised_on.unwrap_or_else(|| self.calendar.date_at(at).plus_days(PROMISE_DAYS));
        let promises = self
            .company
            .catalogue
            .cooperatives
            .iter()
            .map(|cooperative| Promise {
                cooperative: cooperative.id,
                on,
            })
            .collect();
        let basket = Basket {
            tier: tier.unwrap_or_else(|| PriceTier::usual_for(customer_kind)),
            price_list: PRICES,
            plan,
            terms_from: None,
            lines,
            promises,
            signature: String::new(),
            substitution_agreed: false,
        };
        let door = Door {
            catalogue: &self.company.catalogue,
            calendar: self.calendar,
            agent,
            engagement: &engagement,
            customer_kind,
            channel,
            placed_at: at,
        };
        let number = self.orders.len() as u128 + 1;
        let identity = OrderIdentity {
            id: OrderId(Uuid::from_u128(number)),
            code: SpokenCode::from_random(number as u64),
            receipt_digits: 0,
            customer: CustomerId(Uuid::from_u128(number)),
            place: None,
        };
        let order = basket
            .place(identity, &door)
            .map_err(|refusal| wrong(&lines_place, refusal))?;
        let placed = OrderEvent::Placed {
            order: Box::new(order.clone()),
        };
        let happening = Happening {
            told: Told {
                event: &placed,
                number: order.revision,
                made_at: at,
                at,
            },
            actor: Some(agent),
            earlier: &[],
            month: &|moment| self.counts_in(moment.at),
        };
        let transfers = ledger::transfers_for(None, &order, &happening)
            .map_err(|error| wrong(&place, error))?;
        self.ledger.extend(transfers);
        let index = self.orders.len();
        self.by_label.insert(label.clone(), index);
        self.orders.push(Known {
            label,
            order,
            events: vec![(placed, at)],
        });
        self.await_withdrawals(index);
        Ok(())
    }

    fn order_event(
        &mut self,
        fields: &Object<'_>,
        label: &str,
        node: Node<'_>,
        by: Option<PersonId>,
        at: Timestamp,
    ) -> Result<(), ScenarioError> {
        let place = node.place.clone();
        let index = self.order_of(&fields.place_of("order"), label)?;
        let event = order_event(node)?;
        let known = &self.orders[index].order;
        let actor = by.unwrap_or(known.agent);
        let after = known
            .after(&event, at)
            .map_err(|refusal| wrong(&place, refusal))?;
        self.post(index, event, after, Some(actor), at)
            .map_err(|error| wrong(&place, error))
    }

    fn order_of(&self, place: &str, label: &str) -> Result<usize, ScenarioError> {
        self.by_label.get(label).copied().ok_or_else(|| {
            let name = label.to_owned();
            wrong(place, ScenarioFault::UnknownOrder { name })
        })
    }

    /// Orders are numbered as they are placed, from 1.
    fn order_with(&self, id: OrderId) -> Option<&Known> {
        let number = usize::try_from(id.0.as_u128()).ok()?;
        self.orders.get(number.checked_sub(1)?)
    }

    fn agent(&self, fields: &mut Object<'_>) -> Result<PersonId, ScenarioError> {
        let place = fields.place_of("agent");
        let agent = fields.required("agent")?.read()?;
        if self.company.agents.contains_key(&agent) {
            Ok(agent)
        } else {
            Err(wrong(&place, ScenarioFault::UnknownAgent { number: agent }))
        }
    }

    fn engagement(
        &self,
        place: &str,
        agent: PersonId,
        at: Timestamp,
    ) -> Result<Engagement, ScenarioError> {
        self.company
            .agents
            .get(&agent)
            .and_then(|engagements| engagement::in_force(engagements, at))
            .cloned()
            .ok_or_else(|| wrong(place, ScenarioFault::NotEngaged { agent }))
    }

    fn advance(&mut self, node: Node<'_>, at: Timestamp) -> Result<(), ScenarioError> {
        let mut fields = node.object(&ADVANCE)?;
        let agent = self.agent(&mut fields)?;
        let amount = amount(&mut fields)?;
        let given = AdvanceGiven {
            advance: Uuid::from_u128(self.advances.len() as u128 + 1),
            at,
            amount,
        };
        let period = self.counts_in(at);
        self.advances.push((agent, period, given));
        self.ledger.push(Transfer {
            debit: Account::AgentCarried(agent),
            credit: Account::AgentPaid(agent),
            amount,
            purpose: Purpose::Advance,
            cause: Cause::Advance {
                advance: given.advance,
            },
            base: Centimes::ZERO,
            at,
            period,
        });
        Ok(())
    }

    fn pay(&mut self, node: Node<'_>, at: Timestamp) -> Result<(), ScenarioError> {
        let mut fields = node.object(&PAID)?;
        let place = fields.place.clone();
        let agent = self.agent(&mut fields)?;
        let period: Period = fields.required("period")?.read()?;
        let statement = self
            .statements
            .iter()
            .find(|statement| statement.agent == agent && statement.period == period)
            .ok_or_else(|| wrong(&place, ScenarioFault::NotClosed { period, agent }))?;
        let transfer = Transfer {
            debit: Account::AgentPayable(agent),
            credit: Account::AgentPaid(agent),
            amount: statement.net,
            purpose: Purpose::PaidOut,
            cause: Cause::Payout {
                agent,
                period,
                step: 1,
            },
            base: Centimes::ZERO,
            at,
            period: self.counts_in(at),
        };
        if self
            .ledger
            .iter()
            .any(|known| known.cause == transfer.cause)
        {
            return Err(wrong(&place, ScenarioFault::PaidAlready));
        }
        if transfer.amount > Centimes::ZERO {
            self.ledger.push(transfer);
        }
        Ok(())
    }

    fn open_dispute(
        &mut self,
        label: String,
        node: Node<'_>,
        at: Timestamp,
    ) -> Result<(), ScenarioError> {
        let place = node.place.clone();
        let mut fields = node.object(&OPENED)?;
        if self.disputes.iter().any(|(known, _)| *known == label) {
            return Err(wrong(&place, ScenarioFault::DisputeTwice { name: label }));
        }
        let agent = self.agent(&mut fields)?;
        let order_place = fields.place_of("order");
        let order: String = fields.required("order")?.read()?;
        let order = &self.orders[self.order_of(&order_place, &order)?].order;
        let cooperative = fields.required("cooperative")?.read()?;
        let line = fields.required("line")?.read()?;
        if order
            .sub_order(cooperative)
            .and_then(|sub_order| sub_order.line(line))
            .is_none()
        {
            return Err(wrong(
                &fields.place_of("line"),
                Refusal::NoSuchLine { line },
            ));
        }
        let claim = Claim {
            about: Disputed {
                entry: None,
                line: Some(DisputedLine {
                    order: order.id,
                    cooperative,
                    line,
                }),
            },
            amount: fields.required("amount")?.read()?,
            reason: DisputeReason::Other,
            note: fields
                .optional("note")
                .map_or(Ok("-".to_owned()), Node::read)?,
            photo: None,
        };
        let id = Uuid::from_u128(self.disputes.len() as u128 + 1);
        let opened = Dispute::open(id, agent, claim, at).map_err(|error| wrong(&place, error))?;
        let transfers = dispute::transfers_for(None, &opened, at, self.counts_in(at))
            .map_err(|error| wrong(&place, error))?;
        self.ledger.extend(transfers);
        self.disputes.push((label, opened));
        Ok(())
    }

    fn dispute_event(
        &mut self,
        fields: &Object<'_>,
        label: &str,
        node: Node<'_>,
        by: Option<PersonId>,
        at: Timestamp,
    ) -> Result<(), ScenarioError> {
        let place = node.place.clone();
        let event = node.read()?;
        let by = by.ok_or_else(|| wrong(&fields.place_of("by"), ScenarioFault::FieldMissing))?;
        let period = self.counts_in(at);
        let known = self
            .disputes
            .iter_mut()
            .find(|(known, _)| known == label)
            .map(|(_, dispute)| dispute)
            .ok_or_else(|| {
                let name = label.to_owned();
                wrong(
                    &fields.place_of("dispute"),
                    ScenarioFault::UnknownDispute { name },
                )
            })?;
        let after = known
            .after(&event, by, at)
            .map_err(|refusal| wrong(&place, refusal))?;
        let transfers = dispute::transfers_for(Some(known), &after, at, period)
            .map_err(|error| wrong(&place, error))?;
        *known = after;
        self.ledger.extend(transfers);
        Ok(())
    }

    /// Closes the open month for everybody.
    fn close(&mut self, place: &str, period: Period, at: Timestamp) -> Result<(), ScenarioError> {
        if let Some(open) = self.open.filter(|open| *open != period) {
            return Err(wrong(place, ScenarioFault::NotTheOpenMonth { open }));
        }
        if at < period.end(self.calendar) {
            return Err(wrong(place, ScenarioFault::MonthNotOver { period }));
        }
        let closings = self.company.agents.len();
        self.closings_left = self.closings_left.checked_sub(closings).ok_or_else(|| {
            let most = self.statements.len().saturating_add(self.closings_left);
            wrong(place, ScenarioFault::TooMany { most })
        })?;
        self.pass_time(at).map_err(|error| wrong(place, error))?;
        for agent in self.company.agents.keys().copied() {
            self.close_for(place, agent, period, at)?;
        }
        self.open = Some(period.next());
        Ok(())
    }

    fn close_for(
        &mut self,
        place: &str,
        agent: PersonId,
        period: Period,
        at: Timestamp,
    ) -> Result<(), ScenarioError> {
        let last_moment = period.end(self.calendar).plus_ms(-1);
        let engagement = self.engagement(place, agent, last_moment).ok();
        let movements = self
            .movements(agent, period)
            .map_err(|error| wrong(place, error))?;
        if engagement.is_none() && movements.is_empty() {
            return Ok(());
        }
        let mut rules = self.month_rules(period);
        // Nothing is guaranteed to somebody who has left.
        let without_guarantee = PeriodRules {
            guaranteed: Centimes::ZERO,
            ..rules.rules.clone()
        };
        if engagement.is_none() {
            rules.rules = &without_guarantee;
        }
        let concerned: BTreeSet<Period> = movements
            .iter()
            .map(|movement| movement.concerns)
            .filter(|concerns| *concerns < period)
            .collect();
        let earlier: Vec<(MonthRules<'_>, SettledMonth)> = concerned
            .into_iter()
            .map(|concerns| {
                let rules = self.month_rules(concerns);
                let settled = self.settled.get(&(agent, concerns)).cloned();
                let settled = settled.unwrap_or_else(|| SettledMonth {
                    period: concerns,
                    plan: rules.plan,
                    before: Outlook::default(),
                    now: Outlook::default(),
                    capped: Vec::new(),
                });
                (rules, settled)
            })
            .collect();
        let earlier: Vec<EarlierMonth<'_>> = earlier
            .iter()
            .map(|(rules, settled)| EarlierMonth {
                rules: rules.clone(),
                settled,
            })
            .collect();
        let advances: Vec<AdvanceGiven> = self
            .advances
            .iter()
            .filter(|(to, counts_in, _)| *to == agent && *counts_in == period)
            .map(|(_, _, advance)| *advance)
            .collect();
        let terms = tax::in_force(&self.company.tax, at)
            .cloned()
            .unwrap_or_default();
        let (year, _, _) = self.calendar.date_at(at).year_month_day();
        let number = self
            .statements
            .iter()
            .filter(|statement| statement.agent == agent)
            .count() as u32
            + 1;
        let closing = close(ClosingInput {
            number,
            agent,
            period,
            closed_at: at,
            rules,
            earlier: &earlier,
            owed: self.owed.get(&agent).copied().unwrap_or_default(),
            movements: &movements,
            advances: &advances,
            kind: engagement.map_or(EngagementKind::default(), |engagement| engagement.kind),
            tax: &terms,
            paid_this_year_before: self
                .paid_in_year
                .get(&(agent, year))
                .copied()
                .unwrap_or_default(),
            not_yet_in: self
                .not_yet_in(agent, period)
                .map_err(|error| wrong(place, error))?,
        })
        .map_err(|error| wrong(place, ScenarioFault::Closing { agent, error }))?;
        let statement = closing.statement;
        self.ledger.extend(
            closing
                .postings
                .iter()
                .map(|posting| posting.transfer(&statement)),
        );
        self.owed.insert(agent, statement.carried_forward);
        self.paid_in_year
            .insert((agent, year), statement.paid_this_year);
        for month in &statement.months {
            self.settled.insert((agent, month.period), month.clone());
        }
        self.statements.push(statement);
        Ok(())
    }

    /// The rules of the plan in force when a month began, or of the first one in it.
    fn month_rules(&self, period: Period) -> MonthRules<'a> {
        let catalogue = &self.company.catalogue;
        let plan = catalogue
            .plan_at(period.start(self.calendar))
            .or_else(|| catalogue.plans.first());
        const NO_RULES: &PeriodRules = &PeriodRules {
            tiers: Vec::new(),
            targets: Vec::new(),
            guaranteed: Centimes::ZERO,
            lead_rate: crate::money::Ppm(0),
        };
        plan.map_or(
            MonthRules {
                plan: crate::ids::PlanVersion(0),
                rules: NO_RULES,
            },
            |plan| MonthRules {
                plan: plan.version,
                rules: &plan.period,
            },
        )
    }

    /// What moved on an agent's earned account and counts in the month.
    fn movements(&self, agent: PersonId, period: Period) -> Result<Vec<Movement>, Overflow> {
        let mut by_line: BTreeMap<(OrderId, CooperativeId, u16), Vec<LineEntry>> = BTreeMap::new();
        let mut movements = Vec::new();
        for transfer in &self.ledger {
            let Some(movement) = Movement::of_transfer(transfer, agent) else {
                continue;
            };
            match transfer.cause {
                Cause::Order {
                    order,
                    event_number,
                    cooperative,
                    line,
                    ..
                } => by_line
                    .entry((order, cooperative, line))
                    .or_default()
                    .push(LineEntry {
                        moment: LineMoment {
                            counts_in: transfer.period,
                            at: transfer.at,
                            event_number,
                        },
                        happened_in: Period::at(transfer.at, self.calendar),
                        amount: movement.amount,
                        base: movement.base,
                    }),
                Cause::Settlement { .. } => {}
                _ if transfer.period == period => movements.push(movement),
                _ => {}
            }
        }
        for ((order, cooperative, line), entries) in by_line {
            if entries.iter().all(|entry| entry.moment.counts_in != period) {
                continue;
            }
            let Some(known) = self.order_with(order) else {
                continue;
            };
            let capped = capped_rule(known, cooperative, line, agent);
            for part in attribute(&entries)? {
                let event = (part.moment.event_number as usize)
                    .checked_sub(1)
                    .and_then(|index| known.events.get(index));
                if let Some((event, _)) = event
                    && part.moment.counts_in == period
                {
                    movements.push(part.movement(event, capped));
                }
            }
        }
        Ok(movements)
    }

    /// What an agent may expect and does not find in the statement of a month.
    fn not_yet_in(&self, agent: PersonId, period: Period) -> Result<Vec<NotYetIn>, Overflow> {
        let mut not_yet_in = Vec::new();
        let mut later: BTreeMap<(OrderId, CooperativeId), Vec<Centimes>> = BTreeMap::new();
        for transfer in self
            .ledger
            .iter()
            .filter(|transfer| transfer.period > period)
        {
            if let (Some(order), Some(cooperative)) =
                (transfer.cause.order(), transfer.cause.cooperative())
                && let Some(movement) = Movement::of_transfer(transfer, agent)
            {
                let part = later.entry((order, cooperative)).or_default();
                part.push(movement.amount);
            }
        }
        for Known { order, .. } in &self.orders {
            for sub_order in &order.sub_orders {
                let mut expect = |amount: Centimes, why| {
                    if amount > Centimes::ZERO {
                        not_yet_in.push(NotYetIn {
                            order: order.id,
                            cooperative: sub_order.cooperative,
                            amount,
                            why,
                        });
                    }
                };
                if let Some(why) = why_not_in(sub_order)? {
                    let standing = commission::standing_for(sub_order, agent, order.agent)?;
                    expect(standing.estimate.plus(standing.pending)?, why);
                }
                if let Some(amounts) = later.remove(&(order.id, sub_order.cooperative)) {
                    expect(Centimes::sum(amounts)?, NotYetInReason::MonthOpen);
                }
            }
        }
        for (_, dispute) in &self.disputes {
            let held = dispute.held()?;
            if let Some(line) = dispute.claim.about.line
                && dispute.agent == agent
                && held > Centimes::ZERO
            {
                not_yet_in.push(NotYetIn {
                    order: line.order,
                    cooperative: line.cooperative,
                    amount: held,
                    why: NotYetInReason::Disputed {
                        dispute: dispute.id,
                    },
                });
            }
        }
        Ok(not_yet_in)
    }

    /// What has come out.
    pub(super) fn outcome(self) -> Result<Outcome, ScenarioError> {
        let orders = self
            .orders
            .iter()
            .map(outcome_of)
            .collect::<Result<_, Overflow>>()
            .map_err(|error| wrong("events", error))?;
        let mut balances: BTreeMap<Account, Centimes> = BTreeMap::new();
        for transfer in &self.ledger {
            for (account, amount) in [
                (transfer.debit, Centimes(-transfer.amount.0)),
                (transfer.credit, transfer.amount),
            ] {
                let balance = balances.entry(account).or_default();
                *balance = balance
                    .plus(amount)
                    .map_err(|error| wrong("events", error))?;
            }
        }
        Ok(Outcome {
            orders,
            entries: self
                .ledger
                .into_iter()
                .zip(1..)
                .map(|(transfer, number)| Entry { number, transfer })
                .collect(),
            balances: balances
                .into_iter()
                .filter(|(_, amount)| *amount != Centimes::ZERO)
                .map(|(account, amount)| Balance { account, amount })
                .collect(),
            statements: self.statements,
        })
    }
}

fn wrong(place: &str, fault: impl Into<ScenarioFault>) -> ScenarioError {
    ScenarioError::new(place, fault)
}

fn read_or_default<T: serde::de::DeserializeOwned + Default>(
    fields: &mut Object<'_>,
    name: &str,
) -> Result<T, ScenarioError> {
    fields.optional(name).map_or(Ok(T::default()), Node::read)
}

fn amount(fields: &mut Object<'_>) -> Result<Centimes, ScenarioError> {
    let place = fields.place_of("amount");
    let amount: Centimes = fields.required("amount")?.read()?;
    if amount > Centimes::ZERO {
        Ok(amount)
    } else {
        Err(wrong(&place, ScenarioFault::AmountNotPositive))
    }
}

/// What happened to an order. A delivery is proven unless the scenario says otherwise; the first state
/// of an order is made of what was asked, never told.
fn order_event(node: Node<'_>) -> Result<OrderEvent, ScenarioError> {
    let place = node.place.clone();
    let mut fields = node.any_object()?;
    let known = ORDER_EVENTS
        .iter()
        .find(|(kind, _)| fields.peek("kind") == Some(kind));
    match (known, fields.peek("kind")) {
        (Some((_, known)), _) => fields = fields.only(known)?,
        (None, Some("placed" | "amended")) => {
            return Err(wrong(&place, ScenarioFault::PlacedByEvent));
        }
        (None, Some(_)) => {
            let known = ORDER_EVENTS.map(|(kind, _)| kind).join(", ");
            let place = fields.place_of("kind");
            return Err(wrong(&place, ScenarioFault::NoSuchKind { known }));
        }
        (None, None) => {}
    }
    if fields.peek("kind") == Some("delivered") {
        let digits = Tree::Object(vec![
            ("by".into(), Tree::Text("receipt_digits".into())),
            ("digits".into(), Tree::Number(0)),
        ]);
        fields.fill("proof", digits);
    }
    fields.read()
}

/// What was told of an order, oldest first.
fn told(events: &[(OrderEvent, Timestamp)]) -> Vec<Told<'_>> {
    (1..)
        .zip(events)
        .map(|(number, (event, at))| Told {
            event,
            number,
            made_at: *at,
            at: *at,
        })
        .collect()
}

/// The rule by which a line earned, if it limits a whole month of the seller.
fn capped_rule(
    known: &Known,
    cooperative: CooperativeId,
    line: u16,
    agent: PersonId,
) -> Option<CappedRule> {
    let commission = &known.order.sub_order(cooperative)?.line(line)?.commission;
    let is_lead = commission.lead.is_some_and(|lead| lead.person == agent);
    let cap = commission.cap?;
    (commission.cap_per == CapPer::Period && !is_lead).then_some(CappedRule {
        plan: known.order.plan,
        rule: commission.rule,
        cap,
    })
}

fn outcome_of(known: &Known) -> Result<OrderOutcome, Overflow> {
    let order = &known.order;
    let (mut pending, mut earned) = (Centimes::ZERO, Centimes::ZERO);
    for sub_order in &order.sub_orders {
        let standing = commission::standing_of(sub_order)?;
        pending = pending.plus(standing.pending)?;
        earned = earned.plus(standing.earned)?;
    }
    Ok(OrderOutcome {
        order: known.label.clone(),
        id: order.id,
        agent: order.agent,
        progress: order.progress()?,
        commission_asked: order.commission_asked()?,
        pending,
        earned,
    })
}
