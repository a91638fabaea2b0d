//! What must hold: after each answer, after each step, and in the end.

use crate::bugs::question;
use crate::company::{self, cooperatives_of, is_agent, name_of};
use crate::phone::{self, App};
use crate::server::Server;
use crate::world::{Closed, Fate, Violation, World};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use taswiq_backend::disputes::DisputeFile;
use taswiq_backend::ledger::ENTRIES_PER_PAGE;
use taswiq_backend::orders::{OrderFilter, OrderHistory};
use taswiq_backend::people::Session;
use taswiq_backend::settlement::MonthState;
use taswiq_backend::{Office, OfficeError};
use taswiq_domain::Refusal;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::customer::Customer;
use taswiq_domain::dispute::DisputeEvent;
use taswiq_domain::ids::{CommandId, DeviceId, OrderId, PersonId, ProductId};
use taswiq_domain::ledger::Account;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::{Order, OrderEvent};
use taswiq_domain::period::Period;
use taswiq_domain::settlement::Statement;
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::sync::{Answer, Change, CommandBody, LedgerEntry, Response};
use taswiq_offline::Checked;
use uuid::Uuid;

/// No centime comes from nowhere.
pub fn ledger_is_zero(balances: &BTreeMap<Account, Centimes>) -> Result<(), Violation> {
    match taswiq_backend::ledger::sum(balances) {
        Ok(Centimes::ZERO) => Ok(()),
        sum => Err(Violation::new(
            "the ledger sums to zero",
            format!("{sum:?}"),
        )),
    }
}

/// A closed month never changes: neither its statement nor what that is made of.
pub fn closed_months_stand(world: &World<'_>) -> Result<(), Violation> {
    for (then, now) in world.closed_months()? {
        if then != now {
            return Err(Violation::new(
                "a closed month stays as it was closed",
                format!("{then:?} has become {now:?}"),
            ));
        }
    }
    Ok(())
}

/// A statement is made of what the ledger says of its month, and of that alone.
pub fn closed_as_earned(closed: &Closed) -> Result<(), Violation> {
    let Some(statement) = &closed.statement else {
        return Ok(());
    };
    if statement.total.0 == closed.earned {
        return Ok(());
    }
    Err(Violation::new(
        "a statement is the sum of its entries",
        format!(
            "{} of {} says {:?} and its entries {}",
            statement.period, statement.agent, statement.total, closed.earned
        ),
    ))
}

/// How many changes of which kind.
pub fn summary(changes: &[Change]) -> String {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    for change in changes {
        let kind = match change {
            Change::Profile(_) => "profile",
            Change::Catalogue(_) => "catalogue",
            Change::Customer(_) => "customers",
            Change::CustomerRemoved(_) => "customers removed",
            Change::Order(_) => "orders",
            Change::OrderRemoved(_) => "orders removed",
            Change::Entry(_) => "entries",
            Change::ParkedSettled(_) => "settled",
            Change::Statement(_) => "statements",
            Change::Dispute(_) => "disputes",
        };
        *counts.entry(kind).or_default() += 1;
    }
    let mut words = String::new();
    for (kind, count) in counts {
        let _ = write!(words, "{count} {kind}, ");
    }
    if words.is_empty() {
        "nothing new".to_owned()
    } else {
        words.trim_end_matches(", ").to_owned()
    }
}

const OUT_OF_SCOPE: &str = "no device is given what is not in its scope";

/// Whether an answer tells its person only what they may know.
pub fn in_scope(
    server: &Server,
    session: &Session,
    response: &Response,
    by_key: bool,
) -> Result<(), Violation> {
    let person = session.person.id;
    let out = |what: String| {
        Err(Violation::new(
            OUT_OF_SCOPE,
            format!("{}: {what}", name_of(person)),
        ))
    };
    if !session.may_read && !response.changes.is_empty() {
        return out(format!(
            "may not read, and is told {}",
            summary(&response.changes)
        ));
    }
    if by_key && !response.changes.is_empty() {
        return out(format!(
            "only shows a device's key, and is told {}",
            summary(&response.changes)
        ));
    }
    let own = cooperatives_of(person);
    let mut customers = Vec::new();
    for change in &response.changes {
        match change {
            Change::Profile(profile) if profile.person != person => {
                return out(format!("the profile of {}", profile.person));
            }
            Change::Customer(customer) => customers.push(customer.id),
            Change::Order(document) if is_agent(person) && document.order.agent != person => {
                return out(format!("an order of {}", document.order.agent));
            }
            Change::Order(document) if !is_agent(person) => {
                let order = &document.order;
                let reduced = order.for_cooperatives(&own);
                if reduced.as_ref() != Some(order) {
                    return out(format!("more of order {} than its part", order.id));
                }
            }
            Change::Entry(entry) if entry.transfer.agent() != Some(person) => {
                return out(format!("entry {}", entry.number));
            }
            Change::Dispute(document) if document.dispute.agent != person => {
                return out(format!("dispute {}", document.dispute.id));
            }
            Change::Statement(document) if document.statement.agent != person => {
                return out(format!("a statement of {}", document.statement.agent));
            }
            _ => {}
        }
    }
    if !customers.is_empty() {
        let known = server.ask(async |office| {
            office
                .customers(&company::manager(), Some(person), "")
                .await
        })?;
        let foreign = customers
            .iter()
            .find(|id| !known.iter().any(|stored| stored.customer.id == **id));
        if let Some(foreign) = foreign {
            return out(format!("customer {foreign}"));
        }
    }
    Ok(())
}

/// All entries of an agent, in their order.
pub async fn entries_of(office: &Office, agent: PersonId) -> Result<Vec<LedgerEntry>, OfficeError> {
    let mut entries = Vec::new();
    loop {
        let before = entries.last().map(|entry: &LedgerEntry| entry.number);
        let page = office
            .entries_of_agent(&company::manager(), agent, before)
            .await?;
        let is_last = page.len() < ENTRIES_PER_PAGE;
        entries.extend(page);
        if is_last {
            entries.reverse();
            return Ok(entries);
        }
    }
}

/// What the office has in the end.
struct Truth {
    /// Entries of a later month than that in which they happened: that was closed.
    late: usize,
    orders: BTreeMap<OrderId, OrderHistory>,
    customers: BTreeMap<PersonId, Vec<Customer>>,
    /// What waits for a person, under the id that its device gave it.
    parked: BTreeSet<CommandId>,
    catalogue: std::sync::Arc<Catalogue>,
    entries: BTreeMap<PersonId, Vec<LedgerEntry>>,
    disputes: BTreeMap<Uuid, DisputeFile>,
    /// The orders by their other ids.
    also: BTreeMap<OrderId, OrderId>,
    statements: BTreeMap<PersonId, Vec<Statement>>,
}

impl Truth {
    fn of(server: &Server) -> Result<Self, Violation> {
        let manager = company::manager();
        Ok(server.ask(async |office| {
            let mut orders = BTreeMap::new();
            let page = office
                .orders(&manager, &OrderFilter::default(), None, 100)
                .await?;
            for summary in page.orders {
                let history = office.order_history(&manager, summary.id).await?;
                orders.insert(summary.id, history);
            }
            let mut customers: BTreeMap<PersonId, Vec<Customer>> = BTreeMap::new();
            for stored in office.customers(&manager, None, "").await? {
                customers
                    .entry(stored.agent)
                    .or_default()
                    .push(stored.customer);
            }
            let parked = office.parked(&manager, None).await?;
            let parked = parked
                .into_iter()
                .map(|parked| parked.claimed_id.unwrap_or(parked.id))
                .collect();
            let mut disputes = BTreeMap::new();
            let waiting = office.disputes_waiting(&manager).await?;
            let answered = office.disputes_answered(&manager, None).await?.disputes;
            for summary in waiting.into_iter().chain(answered) {
                let id = summary.dispute.id;
                disputes.insert(id, office.dispute(&manager, id).await?);
            }
            let months: Vec<_> = office
                .months(&manager)
                .await?
                .into_iter()
                .filter(|month| matches!(month.state, MonthState::Closed { .. }))
                .collect();
            let mut entries = BTreeMap::new();
            let mut statements: BTreeMap<PersonId, Vec<Statement>> = BTreeMap::new();
            for person in company::PEOPLE
                .into_iter()
                .filter(|person| is_agent(*person))
            {
                entries.insert(person, entries_of(office, person).await?);
                for month in &months {
                    match office.statement(&manager, person, month.period).await {
                        Ok(sight) => statements
                            .entry(person)
                            .or_default()
                            .push(sight.document.statement),
                        Err(OfficeError::NotFound) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
            let calendar = office.calendar();
            let late = entries.values().flatten().filter(|entry: &&LedgerEntry| {
                Period::at(entry.transfer.at, calendar) < entry.transfer.period
            });
            let also = orders
                .iter()
                .flat_map(|(id, history): (&OrderId, &OrderHistory)| {
                    history.order.also.iter().map(|also| (also.id, *id))
                })
                .collect();
            Ok::<_, OfficeError>(Self {
                late: late.count(),
                also,
                orders,
                customers,
                parked,
                catalogue: office.catalogue().await?,
                entries,
                disputes,
                statements,
            })
        })?)
    }
}

impl Truth {
    /// The order that goes by this id.
    fn id_of(&self, id: OrderId) -> OrderId {
        self.also.get(&id).copied().unwrap_or(id)
    }
}

/// What became of a command, as the office says when it is asked again.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Became {
    Applied,
    Parked(Refusal),
    Unknown,
}

/// Everything has healed and nothing moves: what was promised must be so. Gives a line that tells what
/// there is.
pub fn in_the_end(world: &mut World<'_>) -> Result<String, Violation> {
    let differences = world.server.ask(async |office| office.recount().await)?;
    if !differences.is_empty() {
        return Err(Violation::new(
            "everything derived is what the events say",
            format!("{differences:?}"),
        ));
    }
    let truth = Truth::of(&world.server)?;
    if truth.late > 0 {
        world.tally.count("something of a closed month comes late");
    }
    asked_once(world, &truth)?;
    let became = ask_again(world)?;
    nothing_lost(world, &became)?;
    nothing_doubled(world, &truth, &became)?;
    found_by_any_id(world, &truth, &became)?;
    losses_are_told(world, &truth)?;
    let mut reading = 0;
    for index in 0..world.phones.len() {
        let people: Vec<PersonId> = world.phones[index].stores.keys().copied().collect();
        for person in people {
            reading += u32::from(agrees(world, index, person, &truth, &became)?);
        }
    }
    let heads: Vec<String> = truth
        .entries
        .values()
        .filter_map(|entries| entries.last())
        .map(|entry| format!("{}:{:?}", entry.number, entry.link))
        .collect();
    Ok(format!(
        "in the end: {} orders, {} disputes, {} customers, {} parked, {} devices agree, chains {heads:?}",
        truth.orders.len(),
        truth.disputes.len(),
        truth.customers.values().map(Vec::len).sum::<usize>(),
        truth.parked.len(),
        reading
    ))
}

/// Asks the office about every command there ever was, by sending it once more with a number so high
/// that an unknown one has to wait.
fn ask_again(world: &World<'_>) -> Result<BTreeMap<CommandId, Became>, Violation> {
    let mut became = BTreeMap::new();
    let mut by_device: BTreeMap<(DeviceId, PersonId), Vec<serde_json::Value>> = BTreeMap::new();
    for saved in &world.saved {
        let Ok(mut command) = serde_json::to_value(&saved.command) else {
            continue;
        };
        command["seq"] = i64::MAX.into();
        by_device
            .entry((saved.device, saved.person))
            .or_default()
            .push(command);
    }
    for ((device, person), commands) in by_device {
        let on_a_phone = world.phones.iter().find_map(|phone| {
            let stored = phone.stores.get(&person)?;
            (stored.device == device).then(|| stored.token.clone())
        });
        let answers = world.server.ask(async |office| {
            let known = match &on_a_phone {
                Some(token) => office.session_for_sync(token).await?,
                None => None,
            };
            let session = match known {
                Some(session) => session,
                None => {
                    let opened = office.open_session(person, "oracle").await?;
                    let opened = office.session_for_sync(&opened.token).await?;
                    opened.ok_or(taswiq_backend::OfficeError::NotFound)?
                }
            };
            let request = question(device, office.epoch().await?, office.now(), commands);
            office.sync(&session, request).await
        })?;
        for result in answers.results {
            let answer = match result.answer {
                Answer::AlreadyApplied => Became::Applied,
                Answer::Parked { refusal } => Became::Parked(refusal),
                Answer::Applied | Answer::RetryAfter { .. } => Became::Unknown,
            };
            became.insert(result.id, answer);
        }
    }
    Ok(became)
}

fn nothing_lost(world: &World<'_>, became: &BTreeMap<CommandId, Became>) -> Result<(), Violation> {
    for saved in &world.saved {
        let id = saved.command.id;
        let of = || {
            format!(
                "{} {id} of {}",
                saved.command.body.kind(),
                name_of(saved.person)
            )
        };
        let became = became.get(&id).unwrap_or(&Became::Unknown);
        match (saved.fate, became) {
            (Fate::Due, Became::Unknown) => {
                return Err(Violation::new("what was saved is never lost", of()));
            }
            (Fate::Never, Became::Applied | Became::Parked(_)) => {
                return Err(Violation::new(
                    "what was not saved, or taken back, never happens",
                    format!("{}: {became:?}", of()),
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

const FOUND_AGAIN: &str = "found again";

/// What a customer asked for once is asked of cooperatives, and earned, once, however often its receipt was
/// read off: unless a person says otherwise, and then under another code.
fn asked_once(world: &mut World<'_>, truth: &Truth) -> Result<(), Violation> {
    const ONCE: &str = "an order and its receipt are one order";
    let mut of_code: BTreeMap<(PersonId, &str), Vec<&Order>> = BTreeMap::new();
    for history in truth.orders.values() {
        let order = &history.order;
        of_code
            .entry((order.agent, order.code.as_str()))
            .or_default()
            .push(order);
    }
    for orders in of_code.values() {
        let asked = orders.iter().filter(|order| !order.is_cancelled());
        if asked.count() > 1 {
            let ids: Vec<String> = orders.iter().map(|order| order.id.to_string()).collect();
            return Err(Violation::new(ONCE, ids.join(" and ")));
        }
    }
    for entry in truth.entries.values().flatten() {
        let order = entry.transfer.cause.order();
        if let Some(order) = order.filter(|order| !truth.orders.contains_key(order)) {
            return Err(Violation::new(
                ONCE,
                format!("entry {} is earned by {order}", entry.number),
            ));
        }
    }
    for history in truth.orders.values() {
        for (order, placed) in found_again(history) {
            world.tally.count(if order.from_receipt_of.is_some() {
                "an order from a receipt comes after its original"
            } else {
                "an original comes after the order from its receipt"
            });
            let is_said = world.said_same.contains(&CommandId(order.id.0));
            let is_other = goods(order) != goods(placed) || order.code != placed.code;
            if is_other && !is_said {
                return Err(Violation::new(
                    "what differs is not one order unless a person says so",
                    format!("{} was found again as {}", placed.id, order.id),
                ));
            }
        }
    }
    Ok(())
}

/// What came once more of an order, each with what was placed.
fn found_again(history: &OrderHistory) -> Vec<(&Order, &Order)> {
    let mut placed = None;
    let mut again = Vec::new();
    for recorded in &history.events {
        match (&recorded.event, placed) {
            (OrderEvent::Placed { order }, _) => placed = Some(&**order),
            (OrderEvent::FoundAgain { order }, Some(placed)) => again.push((&**order, placed)),
            _ => {}
        }
    }
    again
}

fn goods(order: &Order) -> BTreeSet<(ProductId, u32)> {
    let lines = order.sub_orders.iter().flat_map(|part| &part.lines);
    lines.map(|line| (line.product, line.asked)).collect()
}

/// The office knows the code of every order that was lost with a store, and which of them has come by another
/// way; and so does whoever lost it.
fn losses_are_told(world: &mut World<'_>, truth: &Truth) -> Result<(), Violation> {
    const TOLD: &str = "what was lost with a store is told to the office until it comes";
    let stores = world
        .server
        .ask(async |office| office.lost_stores(&company::manager()).await)?;
    let is_there = |person: PersonId, code: SpokenCode| {
        let mut orders = truth.orders.values().map(|history| &history.order);
        orders.any(|order| order.agent == person && order.code == code)
    };
    let mut missing: BTreeSet<(PersonId, String)> = BTreeSet::new();
    for store in &stores {
        for lost in &store.orders {
            if lost.arrived.is_some() != is_there(store.person, lost.code) {
                return Err(Violation::new(
                    TOLD,
                    format!("{} is said to have come: {:?}", lost.code, lost.arrived),
                ));
            }
            if lost.arrived.is_none() {
                missing.insert((store.person, lost.code.to_string()));
            }
        }
    }
    for loss in &world.losses {
        for code in &loss.orders {
            if is_there(loss.person, *code) {
                world.tally.count("a lost order comes by another way");
            } else if missing.contains(&(loss.person, code.to_string())) {
                world
                    .tally
                    .count("a lost order is missing, and the office knows its code");
            } else {
                return Err(Violation::new(
                    TOLD,
                    format!("{code} of {} is not", name_of(loss.person)),
                ));
            }
        }
    }
    Ok(())
}

/// What names an order by any of its ids finds it.
fn found_by_any_id(
    world: &mut World<'_>,
    truth: &Truth,
    became: &BTreeMap<CommandId, Became>,
) -> Result<(), Violation> {
    for saved in &world.saved {
        let Some(named) = saved.command.body.order() else {
            continue;
        };
        // Where a person said that two are one, whoever looked at the one looks at what came for it before.
        let is_said = world.said_same.contains(&CommandId(named.0));
        // Done on a phone that did not know yet that the server was restored, or waiting already when it was
        // restored once more: what it is about may come later, and a person looks at it.
        let is_after = world.restores > 1 || saved.restores > 0;
        if !truth.also.contains_key(&named) || is_said || is_after {
            continue;
        }
        world
            .tally
            .count("a command names an order by another of its ids");
        let is_open = truth.parked.contains(&saved.command.id);
        if let (true, Some(Became::Parked(Refusal::UnknownOrder))) =
            (is_open, became.get(&saved.command.id))
        {
            return Err(Violation::new(
                "what names an order by any of its ids finds it",
                format!("{} {}", saved.command.body.kind(), saved.command.id),
            ));
        }
    }
    Ok(())
}

/// Every event has one command, and every command that took effect one event.
fn nothing_doubled(
    world: &World<'_>,
    truth: &Truth,
    became: &BTreeMap<CommandId, Became>,
) -> Result<(), Violation> {
    const ONCE: &str = "what was saved takes effect once";
    let mut due: BTreeMap<(OrderId, &str, Option<DeviceId>), i64> = BTreeMap::new();
    let mut steps: BTreeMap<(Uuid, &str, Option<DeviceId>), i64> = BTreeMap::new();
    for saved in &world.saved {
        if became.get(&saved.command.id) != Some(&Became::Applied) {
            continue;
        }
        let body = &saved.command.body;
        if let CommandBody::RegisterCustomer(_) = body {
            let found = truth
                .customers
                .values()
                .flatten()
                .filter(|customer| customer.id == saved.command.id.into())
                .count();
            if found != 1 {
                return Err(Violation::new(
                    ONCE,
                    format!("customer {} is there {found} times", saved.command.id),
                ));
            }
            continue;
        }
        if let Some((dispute, step)) = step_of(saved.command.id, body) {
            *steps
                .entry((dispute, step, Some(saved.device)))
                .or_default() += 1;
            continue;
        }
        let named = match body {
            CommandBody::PlaceOrder(_) => Some(saved.command.id.into()),
            body => body.order(),
        };
        let Some(named) = named else { continue };
        let order = truth.id_of(named);
        // What comes second is found again, and placed no more.
        let event = match body {
            CommandBody::PlaceOrder(_) if order != named => FOUND_AGAIN,
            body => event_of(body),
        };
        *due.entry((order, event, Some(saved.device))).or_default() += 1;
    }
    for (id, history) in &truth.orders {
        for recorded in &history.events {
            if let Some(name) = name_of_event(&recorded.event) {
                *due.entry((*id, name, recorded.device)).or_default() -= 1;
            }
        }
    }
    for (id, file) in &truth.disputes {
        for recorded in &file.steps {
            let step = match &recorded.event {
                None => "opened",
                Some(DisputeEvent::Escalated { .. }) => "escalated",
                Some(DisputeEvent::TakenBack) => "taken back",
                Some(DisputeEvent::Taken | DisputeEvent::Decided { .. }) => continue,
            };
            *steps.entry((*id, step, recorded.device)).or_default() -= 1;
        }
    }
    if let Some(((dispute, step, device), count)) = steps.iter().find(|(_, count)| **count != 0) {
        return Err(Violation::new(
            ONCE,
            format!("dispute {dispute}: {step} by {device:?}, {count} more than there are steps"),
        ));
    }
    let wrong = due.iter().find(|(_, count)| **count != 0);
    if let Some(((order, event, device), count)) = wrong {
        return Err(Violation::new(
            ONCE,
            format!("order {order}: {event} by {device:?}, {count} more than there are events"),
        ));
    }
    let known: BTreeSet<CommandId> = world.saved.iter().map(|saved| saved.command.id).collect();
    if let Some(stranger) = truth.parked.iter().find(|id| !known.contains(id)) {
        return Err(Violation::new(
            ONCE,
            format!("nobody has done what is parked as {stranger}"),
        ));
    }
    let customers = truth.customers.values().flatten();
    let stranger = customers
        .map(|customer| CommandId(customer.id.0))
        .find(|id| !known.contains(id) && id.0 > company::id(0x1_0000));
    match stranger {
        Some(id) => Err(Violation::new(
            ONCE,
            format!("nobody has registered customer {id}"),
        )),
        None => Ok(()),
    }
}

/// Which step of which dispute a command is, if it is one.
fn step_of(id: CommandId, body: &CommandBody) -> Option<(Uuid, &'static str)> {
    match body {
        CommandBody::OpenDispute(_) => Some((id.0, "opened")),
        CommandBody::EscalateDispute(escalate) => Some((escalate.dispute, "escalated")),
        CommandBody::WithdrawDispute(withdraw) => Some((withdraw.dispute, "taken back")),
        _ => None,
    }
}

const fn event_of(body: &CommandBody) -> &'static str {
    match body {
        CommandBody::ConfirmSubOrder(_) => "confirmed",
        other => other.kind(),
    }
}

/// The kind of command that an event comes from; nothing for what the server does by itself.
const fn name_of_event(event: &OrderEvent) -> Option<&'static str> {
    Some(match event {
        OrderEvent::Placed { .. } => "place_order",
        OrderEvent::FoundAgain { .. } => FOUND_AGAIN,
        OrderEvent::Amended { .. } => "amend_order",
        OrderEvent::Cancelled { .. } => "cancel_order",
        OrderEvent::Confirmed { .. } => "confirmed",
        OrderEvent::Refused { .. } => "refuse_sub_order",
        OrderEvent::ChangeProposed { .. } => "propose_change",
        OrderEvent::ChangeAnswered { .. } => "answer_change",
        OrderEvent::PreparationStarted { .. } => "start_preparing",
        OrderEvent::Packed { .. } => "pack_sub_order",
        OrderEvent::HandedOver { .. } => "hand_over",
        OrderEvent::Delivered { .. } => "deliver",
        OrderEvent::Collected { .. } => "collect",
        OrderEvent::Withdrawn { .. } => "withdraw",
        _ => return None,
    })
}

const AGREE: &str = "devices and server agree";

/// Whether what a person has on a phone is what the office has; false where it may not be told.
fn agrees(
    world: &mut World<'_>,
    index: usize,
    person: PersonId,
    truth: &Truth,
    became: &BTreeMap<CommandId, Became>,
) -> Result<bool, Violation> {
    let phone = &world.phones[index];
    let stored = &phone.stores[&person];
    let token = stored.token.clone();
    let session = world
        .server
        .ask(async |office| office.session_for_sync(&token).await)?;
    // A session may outlive the device that it was last heard with, which is put out all the same.
    let is_out = world.put_out.contains(&stored.device);
    let reads = session.is_some_and(|session| session.may_read) && !is_out;
    // As shown, and as whoever starts the phone again will see it.
    let again = phone::open(person, &stored.copy(), &phone.watch.aside(), phone.build)
        .map_err(|error| Violation::new("a phone starts, whatever it died of", error))?;
    let pages = phone.app.iter().chain(&phone.behind);
    let shown = pages.filter(|app| app.person == person);
    for app in shown.chain([&again]) {
        let whose = format!("{} on {}", name_of(person), phone.name());
        let wrong = |what: String| Violation::new(AGREE, format!("{whose}: {what}"));
        let parked: BTreeSet<CommandId> = app
            .device
            .parked()
            .into_iter()
            .map(|parked| parked.command.id)
            .collect();
        // One that the office put out keeps nothing that is decided: what is parked the office has.
        let is_put_out = app.device.is_revoked();
        if is_put_out && reads {
            return Err(wrong("it thinks that it was put out".to_owned()));
        }
        let copies = app.disk.copies();
        if is_put_out && !copies.is_empty() {
            return Err(Violation::new(
                "a device that was put out keeps nothing of the office",
                format!("{whose}: {copies:?}"),
            ));
        }
        if let Some(waits) = app.outbox_ids().first() {
            return Err(wrong(format!("{waits} still waits")));
        }
        for saved in &world.saved {
            let id = saved.command.id;
            let is_here = saved.device == app.device.id() && saved.fate != Fate::LostWithStore;
            if !is_here || saved.discarded {
                continue;
            }
            let is_open = truth.parked.contains(&id);
            match became.get(&id) {
                Some(Became::Parked(refusal))
                    if is_open && !parked.contains(&id) && !is_put_out =>
                {
                    return Err(Violation::new(
                        "whoever saved what is parked sees it, with its reason",
                        format!("{whose}: {} {id}, {refusal}", saved.command.body.kind()),
                    ));
                }
                Some(Became::Applied) if reads && parked.contains(&id) => {
                    return Err(wrong(format!("{id} took effect and is shown as parked")));
                }
                // What a file brought may be rejected before its phone has asked: that it was stands there until
                // its owner has seen it.
                Some(Became::Parked(_))
                    if reads
                        && !is_open
                        && parked.contains(&id)
                        && !world.brought.contains(&id) =>
                {
                    return Err(wrong(format!("{id} was settled and is shown as parked")));
                }
                _ => {}
            }
        }
        if reads {
            documents_agree(app, person, truth, &parked).map_err(wrong)?;
        }
    }
    Ok(reads)
}

fn documents_agree(
    app: &App,
    person: PersonId,
    truth: &Truth,
    parked: &BTreeSet<CommandId>,
) -> Result<(), String> {
    let device = &app.device;
    let own = cooperatives_of(person);
    let due: BTreeMap<OrderId, Order> = truth
        .orders
        .iter()
        .filter_map(|(id, history)| {
            let order = if is_agent(person) {
                (history.order.agent == person).then(|| Order {
                    signature: String::new(),
                    ..history.order.clone()
                })
            } else {
                history.order.for_cooperatives(&own)
            };
            Some((*id, order?))
        })
        .collect();
    for (id, order) in &due {
        match device.order_in_the_books(*id) {
            None => return Err(format!("order {id} is missing")),
            Some(known) if *known != *order => {
                return Err(format!("order {id} is {known:?} and should be {order:?}"));
            }
            Some(_) => {}
        }
    }
    for view in device.orders().iter() {
        let id = view.order.id;
        let is_parked = parked.contains(&CommandId(id.0));
        match due.get(&id) {
            None if !is_parked => return Err(format!("order {id} should not be there")),
            Some(order) if *view.order != *order => {
                return Err(format!("order {id} is shown otherwise than it is"));
            }
            _ => {}
        }
        if !view.pending.is_empty() {
            return Err(format!("order {id} shows something that waits"));
        }
    }
    if *device.catalogue() != *truth.catalogue {
        return Err("the catalogue is another".to_owned());
    }
    if !is_agent(person) {
        return if device.customers().is_empty() {
            Ok(())
        } else {
            Err("a cooperative knows customers".to_owned())
        };
    }
    let none = Vec::new();
    let customers = truth.customers.get(&person).unwrap_or(&none);
    for customer in customers {
        match device.customer(customer.id) {
            None => return Err(format!("customer {} is missing", customer.id)),
            Some(known) if *known != *customer => {
                return Err(format!("customer {} is another", customer.id));
            }
            Some(_) => {}
        }
    }
    for known in device.customers() {
        let is_own = customers.iter().any(|customer| customer.id == known.id);
        if !is_own && !parked.contains(&CommandId(known.id.0)) {
            return Err(format!("customer {} should not be there", known.id));
        }
    }
    let mut entries = device.entries();
    entries.reverse();
    let due = &truth.entries[&person];
    if entries.len() != due.len() || entries.iter().zip(due).any(|(known, due)| **known != *due) {
        return Err(format!(
            "{} entries, or other ones, instead of {}",
            entries.len(),
            due.len()
        ));
    }
    let none = Vec::new();
    let statements = truth.statements.get(&person).unwrap_or(&none);
    let known = device.statements();
    let is_told = |statement: &Statement| {
        let mut known = known.iter();
        known.any(|known| known.statement == *statement)
    };
    if known.len() != statements.len() || !statements.iter().all(is_told) {
        return Err(format!(
            "{} statements, or other ones, instead of {}",
            known.len(),
            statements.len()
        ));
    }
    let own = truth
        .disputes
        .values()
        .filter(|file| file.dispute.agent == person);
    let known = device.disputes();
    let mut count = 0;
    for file in own {
        count += 1;
        let told = known
            .iter()
            .find(|view| view.document.dispute.id == file.dispute.id);
        match told {
            None => return Err(format!("dispute {} is missing", file.dispute.id)),
            Some(view) if view.document.dispute != file.dispute || view.waits => {
                return Err(format!("dispute {} is another", file.dispute.id));
            }
            Some(_) => {}
        }
    }
    let is_parked = |id: Uuid| parked.contains(&CommandId(id));
    let decided = known
        .iter()
        .filter(|view| !is_parked(view.document.dispute.id));
    if decided.count() != count {
        return Err(format!("{} disputes instead of {count}", known.len()));
    }
    match device.check_entries() {
        Checked::Whole(_) => Ok(()),
        checked => Err(format!("its chain of entries is {checked:?}")),
    }
}
