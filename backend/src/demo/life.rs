//! The life of one order, from the door to the last thing that happened before the history ends.
//!
//! Chance decides what people do and when; what follows from it is decided by
//! [`taswiq_domain::order`] and posted by [`taswiq_domain::ledger`]. People's acts wait in an
//! agenda; each, when its time has come, looks at the order as it then stands, makes an event of it
//! if it still makes sense, and puts what people will do next on the agenda. An event that the
//! rules refuse is a mistake of this module and stops the generator.

use super::clientele::DemoCustomer;
use super::company::{Company, uuid_at};
use super::days::{Days, Hours};
use super::market::{Knock, Market};
use super::random::{Random, Stream};
use super::{DemoError, Options};
use crate::bulk::History;
use taswiq_domain::catalogue::Channel;
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::in_force;
use taswiq_domain::ids::{CooperativeId, OrderId, PersonId};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::basket::{Basket, Door, OrderIdentity};
use taswiq_domain::order::event::{LineUnits, PackedLine, Proposal, ProposedLine};
use taswiq_domain::order::{
    CancelledBy, Fault, Order, OrderEvent, PaymentMethod, Place, Proof, Reason, Stage, SubOrder,
    Withdrawal,
};
use taswiq_domain::refusal::Refusal;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::time::{Calendar, Timestamp};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Orders of the last days of which more than usual wait for the customer's answer to a proposal,
/// so that there are always some to look at.
const RECENT_DAYS: i64 = 3;

/// What never changes while orders are lived.
#[derive(Clone, Copy)]
pub(super) struct World<'a> {
    pub options: &'a Options,
    pub company: &'a Company,
    pub days: &'a Days,
    pub market: &'a Market,
}

/// Something that somebody means to do.
#[derive(Clone, Copy, Debug)]
enum Act {
    Amend,
    CancelByAgent,
    CancelByCustomer,
    DeclareDeposit(CooperativeId),
    Decide(CooperativeId),
    CorrectDecision(CooperativeId),
    SeeDecision(CooperativeId),
    Expire(CooperativeId),
    AnswerChange(CooperativeId),
    StartPreparing(CooperativeId),
    Pack(CooperativeId),
    HandOver(CooperativeId),
    Visit(CooperativeId),
    Collect(CooperativeId),
    GiveBack(CooperativeId),
    Withdraw(CooperativeId),
    CloseWithdrawal(CooperativeId),
    WriteOff(CooperativeId),
}

impl Act {
    /// Whether it reaches the server from the agent's phone.
    const fn is_agents(self) -> bool {
        !matches!(
            self,
            Self::Decide(_)
                | Self::CorrectDecision(_)
                | Self::Expire(_)
                | Self::StartPreparing(_)
                | Self::Pack(_)
                | Self::HandOver(_)
                | Self::CloseWithdrawal(_)
                | Self::WriteOff(_)
        )
    }
}

/// An act with its times.
#[derive(Clone, Copy, Debug)]
struct Planned {
    made_at: Timestamp,
    received_at: Timestamp,
    /// Acts of one moment happen in the order in which they were planned.
    turn: u32,
    act: Act,
}

/// Who acts.
#[derive(Clone, Copy)]
enum Actor {
    Agent,
    Member(CooperativeId),
    Clock,
}

struct Life<'a> {
    world: World<'a>,
    random: Random,
    agent: usize,
    /// From when on nothing of this agent's has reached the server.
    offline_since: Option<Timestamp>,
    fresh: bool,
    history: History,
    agenda: Vec<Planned>,
    turns: u32,
}

/// Lives the order of that number.
pub(super) fn live(
    world: World<'_>,
    number: u32,
    knock: &Knock,
    customer: &DemoCustomer,
) -> Result<History, DemoError> {
    let mut random = Random::new(world.options.seed, Stream::Order, u64::from(number));
    let person = &world.company.people[(customer.agent.0 - 1) as usize];
    let kind = customer.customer.details.kind;
    let mut basket = world
        .market
        .basket(world.company, world.days, knock, kind, &mut random)?;
    let identity = OrderIdentity {
        id: OrderId(uuid_at(knock.at, &mut random)),
        code: SpokenCode::from_random(random.next()),
        receipt_digits: random.below(10_000) as u16,
        customer: customer.customer.id,
        place: random.chance(650).then(|| Place {
            latitude_e4: customer.door.latitude_e4 + random.between(-1, 1) as i32,
            longitude_e4: customer.door.longitude_e4 + random.between(-1, 1) as i32,
        }),
    };
    let order = place(
        &world,
        &mut basket,
        identity,
        person.id,
        kind,
        knock.at,
        &mut random,
    )?;
    let fresh = knock.fresh_for.is_some();
    // Most orders are sent from the door; others wait until there is a network.
    let lag_ms = match random.below(1_000) {
        0..700 => random.between(2_000, 40_000),
        700..930 => random.between(5 * MINUTE_MS, 5 * HOUR_MS),
        _ => random.between(5 * HOUR_MS, 30 * HOUR_MS),
    };
    let offline_since = world.options.offline_since(world.days, knock.agent);
    let latest = offline_since.unwrap_or(world.options.ends_at.plus_ms(-1_000));
    let received_at = knock
        .at
        .plus_ms(if fresh { lag_ms % 60_000 } else { lag_ms })
        .min(latest)
        .max(knock.at);
    let mut life = Life {
        world,
        random,
        agent: (person.id.0 - 1) as usize,
        offline_since,
        fresh,
        agenda: Vec::with_capacity(8),
        turns: 0,
        history: History::place(order, person.device, received_at),
    };
    life.look_ahead();
    while let Some(next) = life.next_act() {
        life.act(next)?;
    }
    Ok(life.history)
}

/// Prices and signs a basket.
fn place(
    world: &World<'_>,
    basket: &mut Basket,
    identity: OrderIdentity,
    agent: PersonId,
    customer_kind: CustomerKind,
    placed_at: Timestamp,
    random: &mut Random,
) -> Result<Order, Refusal> {
    let engagement = world
        .company
        .person(agent)
        .and_then(|person| in_force(&person.engagements, placed_at))
        .cloned()
        .unwrap_or_default();
    let door = Door {
        catalogue: &world.company.catalogue,
        calendar: world.days,
        agent,
        engagement: &engagement,
        customer_kind,
        channel: Channel::Door,
        placed_at,
    };
    let mut order = basket.place(identity, &door)?;
    if order
        .sub_orders
        .iter()
        .any(|sub_order| sub_order.regime.needs_signature())
    {
        basket.signature = scribble(random);
        order.signature.clone_from(&basket.signature);
    }
    basket.check_signed(&order.sub_orders)?;
    Ok(order)
}

impl Life<'_> {
    /// What follows from an order that was just placed.
    fn look_ahead(&mut self) {
        let placed_at = self.history.order().placed_at;
        let received_at = self.history.received_at();
        let parts: Vec<(CooperativeId, Withdrawal)> = self
            .history
            .order()
            .sub_orders
            .iter()
            .map(|sub_order| (sub_order.cooperative, sub_order.withdrawal))
            .collect();
        // A slip or a change of mind at the next door, while the day lasts.
        // The last orders of all stay as they are: something must await each cooperative.
        match self.random.below(1_000) {
            _ if self.fresh => {}
            0..14 => {
                let at = received_at.plus_ms(self.random.between(4, 90) * MINUTE_MS);
                self.plan_at(at, Act::Amend);
            }
            14..28 => {
                let at = received_at.plus_ms(self.random.between(4, 120) * MINUTE_MS);
                self.plan_at(at, Act::CancelByAgent);
            }
            28..46 => {
                let at = received_at.plus_ms(self.random.between(2 * HOUR_MS, 6 * DAY_MS));
                self.plan_at_door_hours(at, Act::CancelByCustomer);
            }
            _ => {}
        }
        for (cooperative, withdrawal) in parts {
            let expires_at = received_at.plus_hours(limits::CONFIRM_EXPIRY_HOURS);
            self.plan_at(expires_at, Act::Expire(cooperative));
            if !self.random.chance(22) {
                let at = self.answer_time(received_at);
                self.plan_later(at, Act::Decide(cooperative), 120);
            } else if self.random.chance(60) {
                // Answered offline in time, sent too late: it counts when it arrives.
                let made_at = expires_at.plus_ms(-self.random.between(1, 5) * HOUR_MS);
                let received_at = expires_at.plus_ms(self.random.between(1, 20) * HOUR_MS);
                self.plan(made_at, received_at, Act::Decide(cooperative));
            }
            if let Withdrawal::Open { closes_at } = withdrawal {
                self.plan_at(closes_at, Act::CloseWithdrawal(cooperative));
                if self.random.chance(28) {
                    let whole_ms = closes_at.0 - received_at.0 - 6 * HOUR_MS;
                    let at = received_at.plus_ms(self.random.between(3 * HOUR_MS, whole_ms));
                    self.plan_at_door_hours(at, Act::Withdraw(cooperative));
                } else if self.random.chance(9) {
                    self.plan_at(
                        received_at.max(placed_at).plus_ms(2 * MINUTE_MS),
                        Act::DeclareDeposit(cooperative),
                    );
                }
            }
        }
    }

    /// When a cooperative answers, in its hours.
    fn answer_time(&mut self, received_at: Timestamp) -> Timestamp {
        if self.fresh {
            // The last orders of the history are still to be answered when it ends.
            return self.world.options.ends_at.plus_ms(HOUR_MS);
        }
        let minutes = match self.random.below(1_000) {
            0..330 => self.random.between(8, 110),
            330..780 => self.random.between(110, 7 * 60),
            780..960 => self.random.between(7 * 60, 24 * 60),
            _ => self.random.between(24 * 60, 56 * 60),
        };
        let late_ms = self.random.between(1, 150) * MINUTE_MS;
        self.world.days.within(
            received_at.plus_ms(minutes * MINUTE_MS),
            Hours::WORKSHOP,
            late_ms,
        )
    }

    fn plan(&mut self, made_at: Timestamp, received_at: Timestamp, act: Act) {
        let heard_until = match self.offline_since {
            Some(offline_since) if act.is_agents() => offline_since,
            _ => self.world.options.ends_at,
        };
        if received_at <= heard_until {
            self.turns += 1;
            self.agenda.push(Planned {
                made_at,
                received_at,
                turn: self.turns,
                act,
            });
        }
    }

    /// An act that the server knows of at once.
    fn plan_at(&mut self, at: Timestamp, act: Act) {
        self.plan(at, at, act);
    }

    fn plan_at_door_hours(&mut self, at: Timestamp, act: Act) {
        let late_ms = self.random.between(0, 8 * 60) * MINUTE_MS;
        self.plan_at(self.world.days.within(at, Hours::DOOR, late_ms), act);
    }

    /// An act that now and then waits for a network.
    fn plan_later(&mut self, at: Timestamp, act: Act, offline_per_mille: u64) {
        let lag_ms = if self.random.chance(offline_per_mille) {
            self.random.between(10 * MINUTE_MS, 7 * HOUR_MS)
        } else {
            self.random.between(1_000, 30_000)
        };
        self.plan(at, at.plus_ms(lag_ms), act);
    }

    fn next_act(&mut self) -> Option<Planned> {
        let (index, _) = self
            .agenda
            .iter()
            .enumerate()
            .min_by_key(|(_, planned)| (planned.received_at, planned.turn))?;
        Some(self.agenda.swap_remove(index))
    }

    fn act(&mut self, planned: Planned) -> Result<(), DemoError> {
        let Planned {
            made_at: at,
            received_at,
            ..
        } = planned;
        match planned.act {
            Act::Amend if self.history.order().is_untouched() => self.amend(at),
            Act::CancelByAgent if self.history.order().is_untouched() => {
                let event = OrderEvent::Cancelled {
                    by: CancelledBy::Agent,
                    reason: Reason::Mistake,
                };
                self.happen(event, Actor::Agent, at, received_at)
            }
            Act::CancelByCustomer => {
                let can_be_cancelled = self.history.order().sub_orders.iter().any(|sub_order| {
                    !sub_order.stage.is_dead() && sub_order.stage != Stage::Delivered
                });
                if !can_be_cancelled {
                    return Ok(());
                }
                let event = OrderEvent::Cancelled {
                    by: CancelledBy::Customer,
                    reason: Reason::CustomerCancelled,
                };
                self.happen(event, Actor::Agent, at, received_at)
            }
            Act::Amend | Act::CancelByAgent => Ok(()),
            Act::DeclareDeposit(cooperative)
            | Act::Decide(cooperative)
            | Act::CorrectDecision(cooperative)
            | Act::SeeDecision(cooperative)
            | Act::Expire(cooperative)
            | Act::AnswerChange(cooperative)
            | Act::StartPreparing(cooperative)
            | Act::Pack(cooperative)
            | Act::HandOver(cooperative)
            | Act::Visit(cooperative)
            | Act::Collect(cooperative)
            | Act::GiveBack(cooperative)
            | Act::Withdraw(cooperative)
            | Act::CloseWithdrawal(cooperative)
            | Act::WriteOff(cooperative) => {
                let Some(part) = self.history.order().sub_order(cooperative).cloned() else {
                    return Ok(());
                };
                self.act_on_part(planned.act, &part, at, received_at)
            }
        }
    }

    fn act_on_part(
        &mut self,
        act: Act,
        part: &SubOrder,
        at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), DemoError> {
        let cooperative = part.cooperative;
        let member = Actor::Member(cooperative);
        match (act, part.stage) {
            (Act::DeclareDeposit(_), Stage::Awaiting) => {
                let due = part.due().map_err(Refusal::from)?;
                // A round part of the price that the customer wished to leave at once.
                let amount = Centimes((due.0 / 400 * 100).max(100)).min(due);
                let event = OrderEvent::DeclaredEarly {
                    cooperative,
                    amount,
                    method: PaymentMethod::Cash,
                };
                self.happen(event, Actor::Agent, at, received_at)
            }
            (Act::Decide(_), Stage::Awaiting | Stage::Expired) => {
                self.decide(part, at, received_at)
            }
            (Act::CorrectDecision(_), Stage::Refused) if !part.decision_seen => {
                // The thumb slipped: it was there after all.
                self.confirm(part, false, at, received_at)
            }
            (Act::SeeDecision(_), Stage::Confirmed | Stage::Refused | Stage::ChangeProposed)
                if !part.decision_seen =>
            {
                let event = OrderEvent::DecisionSeen { cooperative };
                self.happen(event, Actor::Agent, at, received_at)
            }
            (Act::Expire(_), Stage::Awaiting) => self.happen(
                OrderEvent::Expired { cooperative },
                Actor::Clock,
                at,
                received_at,
            ),
            (Act::AnswerChange(_), Stage::ChangeProposed) => {
                let accepted = self.random.chance(620);
                let event = OrderEvent::ChangeAnswered {
                    cooperative,
                    accepted,
                };
                self.happen(event, Actor::Agent, at, received_at)?;
                if accepted {
                    self.plan_packing(part, received_at);
                }
                Ok(())
            }
            (Act::StartPreparing(_), Stage::Confirmed) => {
                let event = OrderEvent::PreparationStarted { cooperative };
                self.happen(event, member, at, received_at)
            }
            (Act::Pack(_), Stage::Confirmed | Stage::Preparing) => self.pack(part, at, received_at),
            (Act::HandOver(_), Stage::Ready) => {
                let to = self.world.company.people[self.agent].town.clone();
                let event = OrderEvent::HandedOver { cooperative, to };
                self.happen(event, member, at, received_at)
            }
            (Act::Visit(_), Stage::Ready | Stage::HandedOver | Stage::Failed) => {
                self.visit(part, at, received_at)
            }
            (Act::Collect(_), Stage::Delivered) => self.collect(part, at, received_at),
            (Act::GiveBack(_), Stage::Delivered) => self.give_back(part, at, received_at),
            (Act::Withdraw(_), stage) if !stage.is_dead() => match part.withdrawal {
                Withdrawal::Open { closes_at } if at < closes_at => {
                    let event = OrderEvent::Withdrawn { cooperative };
                    self.happen(event, Actor::Agent, at, received_at)
                }
                _ => Ok(()),
            },
            (Act::CloseWithdrawal(_), _) => match part.withdrawal {
                Withdrawal::Open { closes_at } if closes_at > at => {
                    // Signed anew on a later day.
                    self.plan_at(closes_at, act);
                    Ok(())
                }
                Withdrawal::Open { .. } => {
                    let event = OrderEvent::WithdrawalClosed { cooperative };
                    self.happen(event, Actor::Clock, at, received_at)
                }
                _ => Ok(()),
            },
            (Act::WriteOff(_), Stage::Delivered) => match part.write_off_at() {
                Ok(Some(due_at)) if due_at <= at => {
                    let event = OrderEvent::WrittenOff { cooperative };
                    self.happen(event, Actor::Clock, at, received_at)
                }
                _ => Ok(()),
            },
            // Something else happened first; what was meant no longer makes sense.
            _ => Ok(()),
        }
    }

    /// The customer wants more or less of something and signs again.
    fn amend(&mut self, at: Timestamp) -> Result<(), DemoError> {
        let order = self.history.order();
        let catalogue = &self.world.company.catalogue;
        let (Some(price_list), Some(plan)) = (catalogue.price_list_at(at), catalogue.plan_at(at))
        else {
            return Ok(());
        };
        let mut lines: Vec<_> = order
            .sub_orders
            .iter()
            .flat_map(|sub_order| &sub_order.lines)
            .map(|line| (line.number, line.product, line.asked))
            .collect();
        lines.sort_unstable();
        let changed = self.random.below(lines.len() as u64) as usize;
        let less = lines[changed].2 > 1 && self.random.chance(450);
        lines[changed].2 = if less {
            lines[changed].2 - 1
        } else {
            lines[changed].2 + 1
        };
        let mut basket = Basket {
            tier: order.tier,
            price_list,
            plan: plan.version,
            terms_from: None,
            lines: lines
                .into_iter()
                .map(
                    |(_, product, units)| taswiq_domain::order::basket::BasketLine {
                        product,
                        units,
                    },
                )
                .collect(),
            promises: order
                .sub_orders
                .iter()
                .map(|sub_order| taswiq_domain::order::basket::Promise {
                    cooperative: sub_order.cooperative,
                    on: sub_order.promised_on.max(self.world.days.date_at(at)),
                })
                .collect(),
            signature: String::new(),
            substitution_agreed: order.substitution_agreed,
        };
        let identity = OrderIdentity {
            id: order.id,
            code: order.code,
            receipt_digits: order.receipt_digits.unwrap_or_default(),
            customer: order.customer,
            place: order.place,
        };
        let (agent, kind) = (order.agent, order.customer_kind);
        let amended = place(
            &self.world,
            &mut basket,
            identity,
            agent,
            kind,
            at,
            &mut self.random,
        )?;
        let event = OrderEvent::Amended {
            order: Box::new(amended),
        };
        self.happen(event, Actor::Agent, at, at)
    }

    fn decide(
        &mut self,
        part: &SubOrder,
        at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), DemoError> {
        let cooperative = part.cooperative;
        let recent = self.world.options.ends_at.0 - received_at.0 < RECENT_DAYS * DAY_MS;
        let proposals = if recent { 70 } else { 32 };
        let seen_at = received_at.plus_ms(match self.random.below(1_000) {
            0..500 => self.random.between(1, 20) * MINUTE_MS,
            500..900 => self.random.between(20, 5 * 60) * MINUTE_MS,
            _ => self.random.between(5, 20) * HOUR_MS,
        });
        match self.random.below(1_000) {
            0..46 => {
                let reason = self.random.by_weight([
                    (420, Reason::OutOfStock),
                    (120, Reason::Quality),
                    (160, Reason::Season),
                    (110, Reason::Closed),
                    (130, Reason::AreaNotServed),
                    (60, Reason::PriceChanged),
                ]);
                let event = OrderEvent::Refused {
                    cooperative,
                    reason,
                };
                self.happen(event, Actor::Member(cooperative), at, received_at)?;
                if self.random.chance(40) {
                    let corrected_at = received_at.plus_ms(40_000);
                    self.plan_at(corrected_at, Act::CorrectDecision(cooperative));
                }
                self.plan_at(seen_at, Act::SeeDecision(cooperative));
                Ok(())
            }
            drawn if drawn < 46 + proposals && part.stage == Stage::Awaiting => {
                let proposal = self.proposal(part);
                let event = OrderEvent::ChangeProposed {
                    cooperative,
                    proposal,
                };
                self.happen(event, Actor::Member(cooperative), at, received_at)?;
                self.plan_at(seen_at, Act::SeeDecision(cooperative));
                let days = if recent {
                    self.random.between(3, 9)
                } else {
                    self.random
                        .by_weight([(500, 0), (300, 1), (130, 3), (70, 9)])
                };
                let answered_at =
                    seen_at.plus_ms(days * DAY_MS + self.random.between(30, 500) * MINUTE_MS);
                self.plan_at_door_hours(answered_at, Act::AnswerChange(cooperative));
                Ok(())
            }
            drawn => {
                self.confirm(part, drawn >= 930, at, received_at)?;
                self.plan_at(seen_at, Act::SeeDecision(cooperative));
                Ok(())
            }
        }
    }

    fn proposal(&mut self, part: &SubOrder) -> Proposal {
        let units_asked: u32 = part.lines.iter().map(|line| line.asked).sum();
        if units_asked > part.lines.len() as u32 && self.random.chance(500) {
            Proposal {
                reason: Reason::OutOfStock,
                lines: part
                    .lines
                    .iter()
                    .map(|line| ProposedLine {
                        line: line.number,
                        units: line.asked - line.asked / 2,
                        unit_price: line.unit_price,
                    })
                    .collect(),
            }
        } else {
            let percent = self
                .random
                .by_weight([(350, 4), (350, 6), (200, 10), (100, -5)]);
            Proposal {
                reason: Reason::PriceChanged,
                lines: part
                    .lines
                    .iter()
                    .map(|line| ProposedLine {
                        line: line.number,
                        units: line.asked,
                        unit_price: Centimes(
                            (line.unit_price.0 * (100 + percent) / 100 / 50 * 50).max(50),
                        ),
                    })
                    .collect(),
            }
        }
    }

    fn confirm(
        &mut self,
        part: &SubOrder,
        in_part: bool,
        at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), DemoError> {
        let mut lines: Vec<LineUnits> = part
            .lines
            .iter()
            .map(|line| LineUnits {
                line: line.number,
                units: line.asked,
            })
            .collect();
        if in_part {
            let short = self.random.below(lines.len() as u64) as usize;
            let asked = lines[short].units;
            // A single unit is there or not; a lone line keeps at least one unit.
            let least = u64::from(lines.len() == 1);
            lines[short].units = (least + self.random.below(u64::from(asked))) as u32;
            lines[short].units = lines[short].units.min(asked);
        }
        let event = OrderEvent::Confirmed {
            cooperative: part.cooperative,
            lines,
        };
        self.happen(event, Actor::Member(part.cooperative), at, received_at)?;
        self.plan_packing(part, received_at);
        Ok(())
    }

    /// Food is packed on the working day before the promise, or as soon as it can be; what is woven
    /// or thrown is begun as soon as it is promised.
    fn plan_packing(&mut self, part: &SubOrder, known_at: Timestamp) {
        let days = self.world.days;
        let cooperative = part.cooperative;
        let made_to_order = part
            .lines
            .iter()
            .any(|line| !self.world.company.carries_lot[(line.product.0 - 1) as usize]);
        let eve = days.at(part.promised_on.plus_days(-1), Hours::WORKSHOP.opens);
        let soon = known_at.plus_ms(self.random.between(20, 200) * MINUTE_MS);
        let late_ms = self.random.between(5, 160) * MINUTE_MS;
        let start = if made_to_order { soon } else { eve.max(soon) };
        let started_at = days.within(start.plus_ms(late_ms), Hours::WORKSHOP, late_ms);
        if made_to_order || self.random.chance(550) {
            self.plan_later(started_at, Act::StartPreparing(cooperative), 60);
        }
        let worked_ms = self.random.between(25, 300) * MINUTE_MS;
        let packed_at = eve.max(started_at).plus_ms(worked_ms);
        let packed_at = days.within(packed_at, Hours::WORKSHOP, late_ms);
        self.plan_later(packed_at, Act::Pack(cooperative), 80);
    }

    fn pack(
        &mut self,
        part: &SubOrder,
        at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), DemoError> {
        let company = self.world.company;
        let (_, month, day) = self.world.days.date_at(at).year_month_day();
        let damaged = self.random.chance(14);
        let confirmed: u32 = part.lines.iter().map(|line| line.confirmed).sum();
        if damaged && confirmed == 1 {
            return self.fail_supply(part, Fault::Cooperative, at, received_at);
        }
        let mut lines: Vec<PackedLine> = Vec::with_capacity(part.lines.len());
        for line in &part.lines {
            let carries_lot = company.carries_lot[(line.product.0 - 1) as usize];
            lines.push(PackedLine {
                line: line.number,
                units: line.confirmed,
                lot: if carries_lot && line.confirmed > 0 {
                    // Lots are filled weekly.
                    format!("L{:02}{month:02}{:02}", part.cooperative.0, day / 7 * 7 + 1)
                } else {
                    String::new()
                },
            });
        }
        if damaged
            && confirmed > 1
            && let Some(line) = lines.iter_mut().find(|line| line.units > 0)
        {
            line.units -= 1;
        }
        let event = OrderEvent::Packed {
            cooperative: part.cooperative,
            lines,
        };
        self.happen(event, Actor::Member(part.cooperative), at, received_at)?;
        let days = self.world.days;
        let promised = days.at(part.promised_on, Hours::DOOR.opens);
        let on_time = received_at.plus_ms(HOUR_MS).max(promised);
        let late_days = self.random.by_weight([(860, 0), (90, 1), (50, 2)]);
        let late_ms = self.random.between(20, 9 * 60) * MINUTE_MS;
        let visited_at = days.within(
            on_time.plus_ms(late_days * DAY_MS + late_ms),
            Hours::DOOR,
            late_ms / 2,
        );
        if self.random.chance(800) {
            let between_ms = (visited_at.0 - received_at.0).max(4 * MINUTE_MS);
            let handed_over_at =
                received_at.plus_ms(between_ms * self.random.between(20, 80) / 100);
            let handed_over_at = days
                .within(handed_over_at, Hours::WORKSHOP, 7 * MINUTE_MS)
                .min(visited_at.plus_ms(-2 * MINUTE_MS));
            self.plan_at(
                handed_over_at.max(received_at),
                Act::HandOver(part.cooperative),
            );
        }
        self.plan_later(visited_at, Act::Visit(part.cooperative), 200);
        Ok(())
    }

    /// Nothing is left to deliver.
    fn fail_supply(
        &mut self,
        part: &SubOrder,
        fault: Fault,
        at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), DemoError> {
        let cooperative = part.cooperative;
        let event = OrderEvent::SupplyFailed { cooperative, fault };
        self.happen(event, Actor::Member(cooperative), at, received_at)
    }

    fn visit(
        &mut self,
        part: &SubOrder,
        at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), DemoError> {
        let cooperative = part.cooperative;
        let already_failed = part.stage == Stage::Failed;
        let failure = match self.random.below(1_000) {
            0..62 => Some(Reason::Absent),
            62..80 => Some(Reason::CustomerRefused),
            // A jar that breaks on the way.
            80..83 => return self.fail_supply(part, Fault::Logistics, at, received_at),
            _ => None,
        };
        if let Some(reason) = failure {
            let event = OrderEvent::DeliveryFailed {
                cooperative,
                reason,
            };
            self.happen(event, Actor::Agent, at, received_at)?;
            if reason == Reason::Absent && (!already_failed || self.random.chance(500)) {
                let days = self.random.between(1, 3);
                let late_ms = self.random.between(0, 9 * 60) * MINUTE_MS;
                let again = self.world.days.within(
                    received_at.plus_ms(days * DAY_MS),
                    Hours::DOOR,
                    late_ms,
                );
                self.plan_later(again, Act::Visit(cooperative), 200);
            } else if self.random.chance(800) {
                // Nobody will try again: most such orders are closed within a week or so.
                let at = received_at.plus_ms(self.random.between(1, 9) * DAY_MS);
                self.plan_at_door_hours(at, Act::CancelByCustomer);
            }
            return Ok(());
        }
        let digits = self.history.order().receipt_digits.unwrap_or_default();
        // Most deliveries are the agent's; a cooperative nearby sometimes brings its own goods.
        let by_agent = self.random.chance(860);
        let proof = if self.random.chance(740) || !by_agent {
            Proof::ReceiptDigits { digits }
        } else {
            Proof::Signature {
                strokes: scribble(&mut self.random),
            }
        };
        let mut lines: Vec<LineUnits> = part
            .lines
            .iter()
            .map(|line| LineUnits {
                line: line.number,
                units: line.packed,
            })
            .collect();
        let packed: u32 = lines.iter().map(|line| line.units).sum();
        if packed > 1
            && self.random.chance(18)
            && let Some(line) = lines.iter_mut().find(|line| line.units > 0)
        {
            // The customer would not take all of it.
            line.units -= 1;
        }
        let event = OrderEvent::Delivered {
            cooperative,
            lines,
            proof,
        };
        let actor = if by_agent {
            Actor::Agent
        } else {
            Actor::Member(cooperative)
        };
        self.happen(event, actor, at, received_at)?;
        self.plan_payment(part, at, received_at);
        if self.random.chance(34) {
            let after = received_at.plus_ms(self.random.between(HOUR_MS, 8 * DAY_MS));
            self.plan_at_door_hours(after, Act::GiveBack(cooperative));
        }
        Ok(())
    }

    fn plan_payment(&mut self, part: &SubOrder, at: Timestamp, received_at: Timestamp) {
        let cooperative = part.cooperative;
        let given_up_at = at.max(received_at).plus_days(limits::WRITE_OFF_DAYS);
        self.plan_at(given_up_at, Act::WriteOff(cooperative));
        let minutes_later = received_at.plus_ms(self.random.between(1, 4) * MINUTE_MS);
        if let Withdrawal::Open { closes_at } = part.withdrawal {
            // Nobody asks for money before the period closes. A few customers insist.
            let closes_at = closes_at.max(received_at);
            let at = if self.random.chance(110) {
                minutes_later
            } else {
                closes_at.plus_ms(self.random.between(8 * HOUR_MS, 5 * DAY_MS))
            };
            self.plan_at_door_hours(at, Act::Collect(cooperative));
            return;
        }
        let is_shop = self.history.order().customer_kind == CustomerKind::Professional;
        let later_days = match (is_shop, self.random.below(1_000)) {
            (true, 0..380) => Some(self.random.between(5, 30)),
            (false, 0..35) => Some(self.random.between(1, 12)),
            // Some are never paid.
            (_, 990..) => return,
            _ => None,
        };
        match later_days {
            Some(days) => self.plan_at_door_hours(
                at.max(received_at).plus_ms(days * DAY_MS),
                Act::Collect(cooperative),
            ),
            None => self.plan_at(minutes_later, Act::Collect(cooperative)),
        }
    }

    fn collect(
        &mut self,
        part: &SubOrder,
        at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), DemoError> {
        let cooperative = part.cooperative;
        let owed = part
            .due()
            .and_then(|due| due.minus(part.collected)?.minus(part.held))
            .map_err(Refusal::from)?;
        if owed <= Centimes::ZERO {
            return Ok(());
        }
        let method = match self.history.order().customer_kind {
            CustomerKind::Household => self.random.by_weight([
                (800, PaymentMethod::Cash),
                (140, PaymentMethod::Wallet),
                (50, PaymentMethod::Transfer),
                (10, PaymentMethod::Cheque),
            ]),
            CustomerKind::Professional => self.random.by_weight([
                (400, PaymentMethod::Cash),
                (120, PaymentMethod::Wallet),
                (280, PaymentMethod::Transfer),
                (200, PaymentMethod::Cheque),
            ]),
        };
        // Half now and the rest later, now and then.
        let in_two = owed > Centimes(20_000) && self.random.chance(45);
        let amount = if in_two {
            Centimes(owed.0 / 200 * 100)
        } else {
            owed
        };
        let event = if matches!(part.withdrawal, Withdrawal::Open { .. }) {
            OrderEvent::DeclaredEarly {
                cooperative,
                amount,
                method,
            }
        } else {
            OrderEvent::Collected {
                cooperative,
                amount,
                method,
            }
        };
        self.happen(event, Actor::Agent, at, received_at)?;
        if in_two {
            let later = received_at.plus_ms(self.random.between(3, 15) * DAY_MS);
            self.plan_at_door_hours(later, Act::Collect(cooperative));
        }
        Ok(())
    }

    fn give_back(
        &mut self,
        part: &SubOrder,
        at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), DemoError> {
        let Some(line) = part.lines.iter().find(|line| line.kept() > 0) else {
            return Ok(());
        };
        let units = self.random.between(1, i64::from(line.kept())) as u32;
        let fault = self.random.by_weight([
            (360, Fault::Customer),
            (130, Fault::Agent),
            (310, Fault::Cooperative),
            (200, Fault::Logistics),
        ]);
        let event = OrderEvent::Returned {
            cooperative: part.cooperative,
            lines: vec![LineUnits {
                line: line.number,
                units,
            }],
            fault,
        };
        self.happen(event, Actor::Agent, at, received_at)
    }

    /// Records an event, lets the rules say what it makes of the order and what it moves.
    fn happen(
        &mut self,
        event: OrderEvent,
        actor: Actor,
        made_at: Timestamp,
        received_at: Timestamp,
    ) -> Result<(), DemoError> {
        let people = &self.world.company.people;
        let person = match actor {
            Actor::Agent => Some(&people[self.agent]),
            Actor::Member(cooperative) => {
                let member = self.world.company.cooperatives[(cooperative.0 - 1) as usize].member;
                Some(&people[(member.0 - 1) as usize])
            }
            Actor::Clock => None,
        };
        let kind = event.kind();
        self.history
            .happen(
                event,
                person.map(|person| person.id),
                person.and_then(|person| person.device),
                made_at,
                received_at,
            )
            .map_err(|refusal| DemoError::Refused {
                order: self.history.order().id,
                event: kind,
                refusal,
            })
    }
}

/// A signature by hand as the pad writes it: a first point as two letters for each coordinate, then
/// a letter for each step to the right and each step down, of −31 to 31.
fn scribble(random: &mut Random) -> String {
    const LETTERS: &[u8; 63] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-";
    let letter = |value: i64| char::from(LETTERS[value.clamp(0, 62) as usize]);
    let mut text = String::with_capacity(48);
    let (right, down) = (random.between(90, 200), random.between(150, 250));
    for coordinate in [right, down] {
        text.push(letter(coordinate / 63));
        text.push(letter(coordinate % 63));
    }
    let mut height = 0;
    for step in 0..random.between(12, 20) {
        // Loops that lean forward and swing up and down around the line.
        let swing = random.between(8, 31);
        let down = if step % 2 == 0 { -swing } else { swing };
        let down = if height + down > 90 || height + down < -90 {
            -down
        } else {
            down
        };
        height += down;
        text.push(letter(random.between(-6, 26) + 31));
        text.push(letter(down + 31));
    }
    text
}
