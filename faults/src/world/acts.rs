//! What people do on their phones. Each act is made from what the screen shows, as the screens make it,
//! so it is sensible for whoever does it and may be late for everybody else.

use super::{Fate, Saved, Violation, World};
use crate::company::{cooperatives_of, is_agent};
use crate::phone::now_or_never;
use crate::schedule::{Act, Way};
use taswiq_domain::catalogue::{Channel, PriceTier};
use taswiq_domain::customer::{CustomerDetails, CustomerKind};
use taswiq_domain::dispute::{DisputeReason, Disputed, DisputedLine};
use taswiq_domain::ids::{CommandId, CooperativeId, CustomerId, OrderId, PersonId, ProductId};
use taswiq_domain::money::Centimes;
use taswiq_domain::order::basket::{Basket, BasketLine, Door, OrderIdentity, Promise};
use taswiq_domain::order::event::{LineUnits, PackedLine, Proof, Proposal, ProposedLine, Reason};
use taswiq_domain::order::{CancelledBy, PaymentMethod, Stage, SubOrder};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{
    AmendOrder, AnswerChange, CancelOrder, Collect, Command, CommandBody, ConfirmSubOrder,
    CorrectCustomer, Deliver, DisputeRef, EscalateDispute, HandOver, OpenDispute, PackSubOrder,
    PlaceOrder, ProposeChange, RefuseSubOrder, Shown, SubOrderRef,
};
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};
use taswiq_offline::store::StoreError;
use taswiq_offline::{ActError, Device, OrderView, UndoError, Whereabouts};

type OnPhone = Device<crate::phone::Disk>;

const RECEIPT_DIGITS: u16 = 4_711;

impl World<'_> {
    /// A person does something, with a network or without, having looked for news before or not: the two
    /// lowest bits of `pick` tell.
    pub(super) fn act(&mut self, phone: usize, act: Act, pick: u32) -> Result<(), Violation> {
        let has_network = pick & 1 == 0;
        if has_network && pick & 2 == 0 {
            self.contact(phone, &[])?;
        }
        self.boot(phone)?;
        let Some(app) = &self.phones[phone].app else {
            return Ok(());
        };
        let (device, now) = (app.device.clone(), app.now());
        let has_parked = !device.parked().is_empty();
        match act {
            Act::Undo => self.undo(phone, &device)?,
            Act::LetGo => device.let_go(),
            Act::Discard if has_parked => self.discard(phone, &device, pick >> 2)?,
            Act::Reissue if has_parked => self.reissue(phone, &device, pick >> 2, now)?,
            Act::FromReceipt { reading } => {
                let Some(acts) = self.read_off(&device, reading, pick >> 2, now) else {
                    self.note("  there is no receipt to read");
                    return Ok(());
                };
                self.save(phone, &device, acts, now, false)?;
            }
            _ => {
                self.ids += 1;
                let number = self.ids;
                let made = body(&device, act, pick >> 2, now, number)
                    .or_else(|| body(&device, instead(device.person()), pick >> 2, now, number));
                let Some(body) = made else {
                    self.note("  there is nothing for it");
                    return Ok(());
                };
                let held = act == Act::Cancel { held: true };
                let acts = vec![(self.next_id(), body)];
                self.save(phone, &device, acts, now, held)?;
            }
        }
        if self.has_died(phone, "saving") {
            return Ok(());
        }
        if let (Some(app), Some(_)) = (&self.phones[phone].app, &self.phones[phone].behind)
            && !app.leads()
        {
            self.tally.count("a page that does not lead saves");
        }
        self.pages_hear(phone);
        if has_network {
            self.phones[phone].ask();
        } else if let Some(app) = &mut self.phones[phone].app {
            app.queue_changed();
        }
        let ways: &[Way] = if has_network { &[] } else { &[Way::Lost; 3] };
        self.carry(phone, ways, None)
    }

    pub(super) fn register(&mut self, phone: usize) -> Result<(), Violation> {
        self.act(phone, Act::Register, 0)
    }

    fn save(
        &mut self,
        phone: usize,
        device: &OnPhone,
        acts: Vec<(CommandId, CommandBody)>,
        now: Timestamp,
        held: bool,
    ) -> Result<(), Violation> {
        let outcome = if held {
            now_or_never(device.act_all_held(acts.clone(), now))
        } else {
            now_or_never(device.act_all(acts.clone(), now, None))
        };
        let outcome = outcome.unwrap_or(Ok(()));
        let fate = match &outcome {
            Ok(()) => Fate::Due,
            Err(ActError::Store(StoreError::Unavailable { .. })) => Fate::Uncertain,
            Err(ActError::Store(StoreError::Full)) => {
                self.tally.count("a save is refused for want of room");
                Fate::Never
            }
            Err(ActError::Store(error)) => {
                return Err(Violation::new("a phone can save", error.to_string()));
            }
            Err(_) => Fate::Never,
        };
        let words = match &outcome {
            Ok(()) => "saved".to_owned(),
            Err(error) => error.to_string(),
        };
        for (id, body) in acts {
            self.note(format!("  {} {}: {words}", body.kind(), short(id)));
            self.is_saved(phone, device, (id, body), now, held, fate)?;
        }
        Ok(())
    }

    fn is_saved(
        &mut self,
        phone: usize,
        device: &OnPhone,
        (id, body): (CommandId, CommandBody),
        now: Timestamp,
        held: bool,
        fate: Fate,
    ) -> Result<(), Violation> {
        let is_safe = fate == Fate::Due;
        let body = as_kept(device, body);
        if held && is_safe && device.is_held(id) {
            self.tally.count("an act is kept back");
        }
        self.saved.push(Saved {
            phone,
            person: device.person(),
            device: device.id(),
            command: Command {
                id,
                seq: 0,
                made_at: now,
                body: body.clone(),
            },
            fate,
            discarded: false,
            restores: self.restores,
        });
        if is_safe {
            self.print(device, (id, &body), now);
            self.tally.count("commands saved");
            if body.dispute().is_some() || matches!(body, CommandBody::OpenDispute(_)) {
                self.tally.count(match body {
                    CommandBody::OpenDispute(_) => "an agent disputes",
                    CommandBody::WithdrawDispute(_) => "an agent takes a dispute back",
                    _ => "an agent escalates a dispute",
                });
            }
            let shows = device.outbox().iter().any(|queued| queued.command.id == id);
            if !shows {
                return Err(Violation::new(
                    "what was saved waits",
                    format!("{} is not in the outbox", short(id)),
                ));
            }
        }
        Ok(())
    }

    fn undo(&mut self, phone: usize, device: &OnPhone) -> Result<(), Violation> {
        let last = device.outbox().last().map(|queued| queued.command.id);
        let Some(id) = last else { return Ok(()) };
        match now_or_never(device.undo(id)).unwrap_or(Ok(())) {
            Ok(()) => {
                self.tally.count("an act is taken back");
                self.fate_of(phone, id, Fate::Never);
                self.note(format!("  {} is taken back", short(id)));
            }
            Err(UndoError::Store(StoreError::Unavailable { .. })) => {
                self.fate_of(phone, id, Fate::Uncertain);
            }
            Err(UndoError::AlreadySent) => self.tally.count("an act can no longer be taken back"),
            Err(error) => self.note(format!("  {} stays: {error}", short(id))),
        }
        Ok(())
    }

    fn fate_of(&mut self, phone: usize, id: CommandId, fate: Fate) {
        let found = self
            .saved
            .iter_mut()
            .find(|saved| saved.phone == phone && saved.command.id == id);
        if let Some(saved) = found {
            saved.fate = fate;
        }
    }

    fn discard(&mut self, phone: usize, device: &OnPhone, pick: u32) -> Result<(), Violation> {
        let Some(id) = picked(&device.parked(), pick).map(|parked| parked.command.id) else {
            return Ok(());
        };
        match now_or_never(device.discard_parked(id)).unwrap_or(Ok(())) {
            Ok(()) => self.tally.count("a parked command is discarded"),
            Err(ActError::Store(StoreError::Unavailable { .. })) => {}
            Err(error) => {
                self.note(format!("  {} stays: {error}", short(id)));
                return Ok(());
            }
        }
        self.is_discarded(phone, id);
        Ok(())
    }

    fn is_discarded(&mut self, phone: usize, id: CommandId) {
        for saved in &mut self.saved {
            if saved.phone == phone && saved.command.id == id {
                saved.discarded = true;
            }
        }
    }

    fn reissue(
        &mut self,
        phone: usize,
        device: &OnPhone,
        pick: u32,
        now: Timestamp,
    ) -> Result<(), Violation> {
        let Some(parked) = picked(&device.parked(), pick).cloned() else {
            return Ok(());
        };
        let old = parked.command.id;
        let body = match &parked.command.body {
            CommandBody::PlaceOrder(place) => {
                let lines: Vec<(i64, u32)> = place
                    .basket
                    .lines
                    .iter()
                    .map(|line| (line.product.0, line.units))
                    .collect();
                let code = SpokenCode::from_random(old.0.as_u128() as u64);
                place_body(
                    device,
                    device.corrected(now),
                    &Order {
                        customer: place.customer,
                        lines: &lines,
                        // What stands on a receipt stays.
                        code: place.from_receipt_of.map_or(code, |_| place.code),
                        from_receipt_of: place.from_receipt_of,
                    },
                )
            }
            other => Some(other.clone()),
        };
        let (Some(body), id) = (body, self.next_id()) else {
            return Ok(());
        };
        let outcome = now_or_never(device.reissue(old, body.clone(), id, now));
        let fate = match outcome.unwrap_or(Ok(id)) {
            Ok(_) => {
                self.tally.count("a parked command is done again");
                self.is_discarded(phone, old);
                Fate::Due
            }
            Err(ActError::Store(StoreError::Unavailable { .. })) => {
                self.is_discarded(phone, old);
                Fate::Uncertain
            }
            Err(_) => Fate::Never,
        };
        self.note(format!("  {} again as {}: {fate:?}", short(old), short(id)));
        let body = as_kept(device, body);
        self.saved.push(Saved {
            phone,
            person: device.person(),
            device: device.id(),
            command: Command {
                id,
                seq: 0,
                made_at: now,
                body,
            },
            fate,
            discarded: false,
            restores: self.restores,
        });
        Ok(())
    }
}

/// The end of an id, which tells them apart.
pub fn short(id: CommandId) -> String {
    format!("…{}", &id.to_string()[28..])
}

/// An order to be taken.
pub struct Order<'a> {
    pub customer: CustomerId,
    /// Products and units.
    pub lines: &'a [(i64, u32)],
    pub code: SpokenCode,
    pub from_receipt_of: Option<CivilDate>,
}

fn picked<T>(of: &[T], pick: u32) -> Option<&T> {
    of.get(pick as usize % of.len().max(1))
}

/// What a person does when there is nothing for what they wanted.
fn instead(person: PersonId) -> Act {
    if is_agent(person) {
        Act::Place { units: 2 }
    } else {
        Act::Confirm { short: false }
    }
}

/// What a person would do, if there is anything to do it to.
fn body(device: &OnPhone, act: Act, pick: u32, now: Timestamp, number: u64) -> Option<CommandBody> {
    let own = cooperatives_of(device.person());
    // An order that shows something to do, and whose part it is.
    let part = |fits: fn(&SubOrder) -> bool| -> Option<(OrderView, SubOrder)> {
        let orders = device.orders();
        let fitting: Vec<(&OrderView, &SubOrder)> = orders
            .iter()
            .filter(|view| !matches!(view.whereabouts, Whereabouts::ToCorrect { .. }))
            .flat_map(|view| view.order.sub_orders.iter().map(move |part| (view, part)))
            .filter(|(_, part)| own.is_empty() || own.contains(&part.cooperative))
            .filter(|(_, part)| fits(part))
            .collect();
        picked(&fitting, pick).map(|(view, part)| ((*view).clone(), (*part).clone()))
    };
    let whole = |fits: fn(&OrderView) -> bool| -> Option<OrderView> {
        let orders = device.orders();
        let fitting: Vec<&OrderView> = orders.iter().filter(|view| fits(view)).collect();
        picked(&fitting, pick).map(|view| (*view).clone())
    };
    let reference = |view: &OrderView, part: &SubOrder| (view.order.id, part.cooperative);
    let lines =
        |part: &SubOrder, units: fn(&taswiq_domain::order::Line) -> u32| -> Vec<LineUnits> {
            part.lines
                .iter()
                .map(|line| LineUnits {
                    line: line.number,
                    units: units(line),
                })
                .collect()
        };
    Some(match act {
        Act::Register => CommandBody::RegisterCustomer(details(number)),
        Act::Correct => {
            let customer = picked(&device.customers(), pick)?.id;
            CommandBody::CorrectCustomer(CorrectCustomer {
                customer,
                details: details(number),
            })
        }
        Act::Place { units } => {
            let customer = picked(&device.customers(), pick)?.id;
            placed(device, now, customer, &basket_of(pick, units), number)?
        }
        Act::Amend { units } => {
            let view = whole(|view| view.order.is_untouched())?;
            let placed = placed(
                device,
                now,
                view.order.customer,
                &basket_of(pick >> 3, units),
                number,
            )?;
            let CommandBody::PlaceOrder(placed) = placed else {
                return None;
            };
            CommandBody::AmendOrder(AmendOrder {
                order: view.order.id,
                basket: placed.basket,
                shown: placed.shown,
                other_ids: 0,
            })
        }
        Act::Cancel { .. } => {
            let view = whole(|view| view.order.is_untouched())?;
            CommandBody::CancelOrder(CancelOrder {
                order: view.order.id,
                by: CancelledBy::Agent,
                reason: Reason::Mistake,
                other_ids: 0,
            })
        }
        Act::Answer { accepted } => {
            let (view, part) = part(|part| part.stage == Stage::ChangeProposed)?;
            let (order, cooperative) = reference(&view, &part);
            CommandBody::AnswerChange(AnswerChange {
                order,
                cooperative,
                accepted,
            })
        }
        Act::Deliver => {
            let (view, part) = part(|part| matches!(part.stage, Stage::HandedOver | Stage::Ready))?;
            let (order, cooperative) = reference(&view, &part);
            let units = if part.lines.iter().any(|line| line.packed > 0) {
                lines(&part, |line| line.packed)
            } else {
                lines(&part, |line| line.confirmed)
            };
            CommandBody::Deliver(Deliver {
                order,
                cooperative,
                lines: units,
                proof: Proof::ReceiptDigits {
                    digits: RECEIPT_DIGITS,
                },
            })
        }
        Act::Collect => {
            let (view, part) = part(|part| part.stage == Stage::Delivered)?;
            let (order, cooperative) = reference(&view, &part);
            CommandBody::Collect(Collect {
                order,
                cooperative,
                amount: part.due().ok()?,
                method: PaymentMethod::Cash,
                other_ids: 0,
            })
        }
        Act::Withdraw => {
            let (view, part) = part(|part| part.stage != Stage::Withdrawn)?;
            let (order, cooperative) = reference(&view, &part);
            CommandBody::Withdraw(SubOrderRef { order, cooperative })
        }
        Act::Dispute => {
            let entries = device.entries();
            let of_line = || {
                let (view, part) = part(|part| !part.lines.is_empty())?;
                let line = part.lines[pick as usize % part.lines.len()].number;
                Some(Disputed {
                    entry: None,
                    line: Some(DisputedLine {
                        order: view.order.id,
                        cooperative: part.cooperative,
                        line,
                    }),
                })
            };
            let of_entry = || picked(&entries, pick >> 1).map(|entry| Disputed::of(entry));
            let about = if pick & 1 == 0 {
                of_entry().or_else(of_line)?
            } else {
                of_line()?
            };
            CommandBody::OpenDispute(OpenDispute {
                about,
                amount: Centimes(1 + i64::from(pick % 900)),
                reason: DisputeReason::Rate,
                note: format!("on m'avait dit plus ({number})"),
                photo: None,
            })
        }
        Act::TakeDisputeBack => {
            let disputes = device.disputes();
            CommandBody::WithdrawDispute(DisputeRef {
                dispute: picked(&disputes, pick)?.document.dispute.id,
            })
        }
        Act::Escalate => {
            let disputes = device.disputes();
            CommandBody::EscalateDispute(EscalateDispute {
                dispute: picked(&disputes, pick)?.document.dispute.id,
                note: "il manque le reste".to_owned(),
            })
        }
        Act::Confirm { short } => {
            let (view, part) = part(|part| part.stage == Stage::Awaiting)?;
            let (order, cooperative) = reference(&view, &part);
            let lines = if short {
                lines(&part, |line| (line.asked / 2).max(1))
            } else {
                lines(&part, |line| line.asked)
            };
            CommandBody::ConfirmSubOrder(ConfirmSubOrder {
                order,
                cooperative,
                lines,
            })
        }
        Act::Refuse => {
            let (view, part) =
                part(|part| matches!(part.stage, Stage::Awaiting | Stage::Confirmed))?;
            let (order, cooperative) = reference(&view, &part);
            CommandBody::RefuseSubOrder(RefuseSubOrder {
                order,
                cooperative,
                reason: Reason::OutOfStock,
            })
        }
        Act::Propose => {
            let (view, part) = part(|part| part.stage == Stage::Awaiting)?;
            let (order, cooperative) = reference(&view, &part);
            let lines = part
                .lines
                .iter()
                .map(|line| ProposedLine {
                    line: line.number,
                    units: (line.asked / 2).max(1),
                    unit_price: line.unit_price,
                })
                .collect();
            CommandBody::ProposeChange(ProposeChange {
                order,
                cooperative,
                proposal: Proposal {
                    reason: Reason::OutOfStock,
                    lines,
                },
            })
        }
        Act::Prepare => {
            let (view, part) = part(|part| part.stage == Stage::Confirmed)?;
            let (order, cooperative) = reference(&view, &part);
            CommandBody::StartPreparing(SubOrderRef { order, cooperative })
        }
        Act::Pack => {
            let (view, part) =
                part(|part| matches!(part.stage, Stage::Confirmed | Stage::Preparing))?;
            let (order, cooperative) = reference(&view, &part);
            let lines = lines(&part, |line| line.confirmed)
                .into_iter()
                .map(|line| PackedLine {
                    line: line.line,
                    units: line.units,
                    lot: "L1".to_owned(),
                })
                .collect();
            CommandBody::PackSubOrder(PackSubOrder {
                order,
                cooperative,
                lines,
            })
        }
        Act::HandOver => {
            let (view, part) = part(|part| matches!(part.stage, Stage::Confirmed | Stage::Ready))?;
            let (order, cooperative) = reference(&view, &part);
            CommandBody::HandOver(HandOver {
                order,
                cooperative,
                to: "Gare routière".to_owned(),
            })
        }
        Act::Undo | Act::LetGo | Act::Discard | Act::Reissue | Act::FromReceipt { .. } => {
            return None;
        }
    })
}

fn details(number: u64) -> CustomerDetails {
    CustomerDetails {
        first_name: format!("Itto {number}"),
        family_name: "Aït Ali".to_owned(),
        phone: None,
        place: "Imouzzer".to_owned(),
        address: String::new(),
        kind: CustomerKind::Household,
    }
}

/// One to three products, by the bits of `pick`.
fn basket_of(pick: u32, units: u32) -> Vec<(i64, u32)> {
    let mut lines: Vec<(i64, u32)> = (1..=4)
        .filter(|product| pick >> (product + 4) & 3 == 0)
        .map(|product| (product, units))
        .collect();
    if lines.is_empty() {
        lines.push((1 + i64::from(pick % 4), units));
    }
    lines
}

/// An order that is taken now.
fn placed(
    device: &OnPhone,
    now: Timestamp,
    customer: CustomerId,
    lines: &[(i64, u32)],
    number: u64,
) -> Option<CommandBody> {
    let order = Order {
        customer,
        lines,
        code: SpokenCode::from_random(number),
        from_receipt_of: None,
    };
    place_body(device, device.corrected(now), &order)
}

/// An order as the phone prices it, that was taken `at` that moment.
pub(super) fn place_body(
    device: &OnPhone,
    at: Timestamp,
    order: &Order<'_>,
) -> Option<CommandBody> {
    let Order {
        customer,
        lines,
        code,
        from_receipt_of,
    } = *order;
    let (catalogue, calendar) = (device.catalogue(), device.calendar());
    let promised = calendar.date_at(at).plus_days(12);
    let basket = Basket {
        tier: PriceTier::Retail,
        price_list: catalogue.price_list_at(at)?,
        plan: catalogue.plan_at(at)?.version,
        terms_from: device.terms_from(at),
        lines: lines
            .iter()
            .map(|(product, units)| BasketLine {
                product: ProductId(*product),
                units: *units,
            })
            .collect(),
        promises: (1..=3)
            .map(|cooperative| Promise {
                cooperative: CooperativeId(cooperative),
                on: promised,
            })
            .collect(),
        signature: "0,0;3,4".to_owned(),
        substitution_agreed: false,
    };
    let profile = device.profile()?;
    let engagement = profile.engagement_of(Some(&basket), at);
    let door = Door {
        catalogue: &catalogue,
        calendar: &calendar,
        agent: device.person(),
        engagement: &engagement,
        customer_kind: CustomerKind::Household,
        channel: Channel::Door,
        placed_at: at,
    };
    let identity = OrderIdentity {
        id: OrderId(uuid::Uuid::nil()),
        code,
        receipt_digits: RECEIPT_DIGITS,
        customer,
        place: None,
    };
    let order = basket.place(identity, &door).ok()?;
    Some(CommandBody::PlaceOrder(PlaceOrder {
        customer,
        code,
        receipt_digits: RECEIPT_DIGITS,
        channel: Channel::Door,
        shown: Shown {
            total: order.gross_asked().ok()?,
            commission: order.commission_asked().ok()?,
        },
        basket,
        place: None,
        from_receipt_of,
    }))
}

/// An act as the phone keeps it: it says by how many other ids the phone knows its order.
fn as_kept(device: &OnPhone, body: CommandBody) -> CommandBody {
    let order = body.order().and_then(|id| device.order(id));
    let other_ids = order.map_or(0, |view| view.order.also.len());
    body.knowing(u16::try_from(other_ids).unwrap_or(u16::MAX))
}
