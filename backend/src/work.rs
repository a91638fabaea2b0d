//! What one writing transaction has read and will write.
//!
//! Jobs of one transaction decide on orders, customers and devices as the jobs before them left
//! them, so each is read at most once and written at most once, together with all others of its
//! table. A job changes an order only through [`Work::happen`], which writes the event, the state,
//! the ledger, the sums and the change feed as one: none can be forgotten.

use crate::audit::sql::AuditRow;
use crate::catalogue::{self, CatalogueCache};
use crate::clock::{Casablanca, Clock};
use crate::customers::StoredCustomer;
use crate::db::sql::OfficeRow;
use crate::db::{Conn, Db};
use crate::devices::sql::DeviceRow;
use crate::error::OfficeError;
use crate::feed::{self, Kind, Scope};
use crate::hand_over::Keys;
use crate::orders::{StoredOrder, sql::EventRow};
use crate::rollups::Deltas;
use crate::sync::sql::CommandRow;
use crate::{
    audit, customers, db, devices, engagements, ledger, orders, rollups, settlement, sync,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{CommandId, CooperativeId, CustomerId, DeviceId, OrderId, PersonId};
use taswiq_domain::ledger::{Happening, Told, Transfer, transfers_for};
use taswiq_domain::order::event::RecordedEvent;
use taswiq_domain::order::{Order, OrderEvent};
use taswiq_domain::period::{Period, counts_at};
use taswiq_domain::spoken_code::SpokenCode;
use taswiq_domain::time::Timestamp;
use tokio::sync::broadcast;

/// Told to open pages after a commit: who should pull. Never the data itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changed {
    /// The scopes with something new, as [`Scope`] prints them; empty when it may be any.
    pub scopes: Arc<[String]>,
}

/// What every part of the office shares.
pub struct Shared {
    pub clock: Arc<dyn Clock>,
    pub calendar: Casablanca,
    pub catalogue: CatalogueCache,
    pub changes: broadcast::Sender<Changed>,
    pub hand_over_keys: Arc<Keys>,
    /// See [`crate::Options::use_noted_within`].
    pub use_noted_within: Duration,
}

impl Shared {
    pub fn announce(&self, scopes: Vec<String>) {
        if !scopes.is_empty() {
            // Nobody listening is no failure.
            let _ = self.changes.send(Changed {
                scopes: scopes.into(),
            });
        }
    }
}

/// What a job is going to read. Only a hint: what is missing here is read when it is asked for.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    pub devices: Vec<DeviceId>,
    pub commands: Vec<CommandId>,
    pub orders: Vec<OrderId>,
    pub customers: Vec<CustomerId>,
    /// Of orders that are to be placed.
    pub codes: Vec<SpokenCode>,
}

impl<'a> FromIterator<&'a Needs> for Needs {
    fn from_iter<I: IntoIterator<Item = &'a Needs>>(several: I) -> Self {
        let mut all = Self::default();
        for needs in several {
            all.devices.extend(&needs.devices);
            all.commands.extend(&needs.commands);
            all.orders.extend(&needs.orders);
            all.customers.extend(&needs.customers);
            all.codes.extend(&needs.codes);
        }
        all
    }
}

/// A writing transaction under way.
pub struct Work {
    /// For statements of rarely used tables, written at once.
    pub conn: Conn,
    db: Db,
    /// Whether no other job of the transaction has run before.
    pub(crate) is_first_job: bool,
    is_large: bool,
    /// When the transaction began, by the server's clock.
    pub now: Timestamp,
    pub shared: Arc<Shared>,
    numbers: OfficeRow,
    numbers_before: OfficeRow,
    catalogue: Option<Arc<Catalogue>>,
    orders: HashMap<OrderId, Option<StoredOrder>>,
    orders_changed: BTreeSet<OrderId>,
    /// Of codes that were looked up: the orders in the database that have them.
    codes: HashMap<SpokenCode, Vec<(OrderId, PersonId)>>,
    /// The orders that this transaction placed.
    placed: Vec<(SpokenCode, OrderId, PersonId)>,
    aliases: HashMap<OrderId, Option<OrderId>>,
    aliases_new: Vec<(OrderId, OrderId)>,
    sub_orders_removed: Vec<(OrderId, CooperativeId)>,
    events: Vec<EventRow>,
    transfers: Vec<(i64, Transfer)>,
    rollups: Deltas,
    engagements: HashMap<PersonId, Vec<Engagement>>,
    customers: HashMap<CustomerId, Option<StoredCustomer>>,
    customers_changed: BTreeSet<CustomerId>,
    devices: HashMap<DeviceId, Option<DeviceRow>>,
    devices_changed: BTreeSet<DeviceId>,
    commands: HashMap<CommandId, Option<CommandRow>>,
    commands_new: Vec<CommandRow>,
    feed: BTreeMap<(String, &'static str, String), (i64, bool)>,
    audits: Vec<AuditRow>,
}

impl Work {
    pub(crate) fn begin(conn: Conn, db: Db, numbers: OfficeRow, shared: Arc<Shared>) -> Self {
        Self {
            conn,
            db,
            is_first_job: true,
            is_large: false,
            now: shared.clock.now(),
            shared,
            numbers_before: numbers.clone(),
            numbers,
            catalogue: None,
            orders: HashMap::new(),
            orders_changed: BTreeSet::new(),
            codes: HashMap::new(),
            placed: Vec::new(),
            aliases: HashMap::new(),
            aliases_new: Vec::new(),
            sub_orders_removed: Vec::new(),
            events: Vec::new(),
            transfers: Vec::new(),
            rollups: Deltas::default(),
            engagements: HashMap::new(),
            customers: HashMap::new(),
            customers_changed: BTreeSet::new(),
            devices: HashMap::new(),
            devices_changed: BTreeSet::new(),
            commands: HashMap::new(),
            commands_new: Vec::new(),
            feed: BTreeMap::new(),
            audits: Vec::new(),
        }
    }

    /// Reads what all jobs need, one statement for each table.
    pub(crate) async fn look_up(&mut self, all: Needs) -> Result<(), OfficeError> {
        let devices: Vec<uuid::Uuid> = all.devices.iter().map(|id| id.0).collect();
        for row in devices::sql::by_ids(&mut self.conn, &devices).await? {
            self.devices.insert(DeviceId(row.id), Some(row));
        }
        for id in all.devices {
            self.devices.entry(id).or_insert(None);
        }
        self.look_up_commands(&all.commands).await?;
        for stored in orders::load(&mut self.conn, &all.orders).await? {
            self.orders.insert(stored.order.id, Some(stored));
        }
        for id in all.orders {
            self.orders.entry(id).or_insert(None);
        }
        for stored in customers::load(&mut self.conn, &all.customers).await? {
            self.customers.insert(stored.customer.id, Some(stored));
        }
        for id in all.customers {
            self.customers.entry(id).or_insert(None);
        }
        self.look_up_codes(&all.codes).await
    }

    async fn look_up_codes(&mut self, codes: &[SpokenCode]) -> Result<(), OfficeError> {
        let unknown: BTreeSet<SpokenCode> = codes
            .iter()
            .filter(|code| !self.codes.contains_key(code))
            .copied()
            .collect();
        let texts: Vec<&str> = unknown.iter().map(SpokenCode::as_str).collect();
        let found = orders::sql::of_codes(&mut self.conn, &texts).await?;
        for code in &unknown {
            self.codes.insert(*code, Vec::new());
        }
        for (id, agent, code) in found {
            let code = code
                .parse()
                .map_err(|_| OfficeError::Corrupt { what: "a code" })?;
            let known = self.codes.entry(code).or_default();
            known.push((OrderId(id), PersonId(agent)));
        }
        Ok(())
    }

    /// The orders of an agent that have this code, those of the jobs before included.
    pub async fn orders_of_code(
        &mut self,
        agent: PersonId,
        code: SpokenCode,
    ) -> Result<BTreeSet<OrderId>, OfficeError> {
        self.look_up_codes(&[code]).await?;
        let stored = self.codes.get(&code).into_iter().flatten().copied();
        let placed = self.placed.iter().filter(|(placed, ..)| *placed == code);
        Ok(stored
            .chain(placed.map(|(_, id, agent)| (*id, *agent)))
            .filter(|(_, whose)| *whose == agent)
            .map(|(id, _)| id)
            .collect())
    }

    /// The order that has this id besides its own.
    pub async fn known_as(&mut self, id: OrderId) -> Result<Option<OrderId>, OfficeError> {
        if !self.aliases.contains_key(&id) {
            let found = orders::sql::known_as(&mut self.conn, id.0).await?;
            self.aliases.insert(id, found.map(OrderId));
        }
        Ok(self.aliases.get(&id).copied().flatten())
    }

    /// Gives the connection back, with the scopes that have something new.
    pub(crate) fn end(self) -> (Conn, Vec<String>) {
        let scopes: BTreeSet<String> = self.feed.into_keys().map(|(scope, _, _)| scope).collect();
        (self.conn, scopes.into_iter().collect())
    }

    /// A second connection that reads what this one does, if one is free. Whoever asks has written nothing,
    /// and nobody else writes meanwhile: what was committed is all there is, on either database.
    pub(crate) fn read_beside(&self) -> Option<Conn> {
        if self.is_first_job {
            self.db.read_if_free()
        } else {
            None
        }
    }

    /// This transaction writes so much that its log is moved to its place only after the answer.
    pub(crate) const fn writes_much(&mut self) {
        self.is_large = true;
    }

    /// Whether it writes that much.
    pub(crate) const fn is_large(&self) -> bool {
        self.is_large
    }

    /// The epoch of the database.
    pub fn epoch(&self) -> &str {
        &self.numbers.epoch
    }

    /// When the database was last restored from a copy.
    pub const fn restored_at(&self) -> Option<Timestamp> {
        match self.numbers.restored_at {
            0 => None,
            at => Some(Timestamp(at)),
        }
    }

    /// What can be sold, as this transaction sees it.
    pub async fn catalogue(&mut self) -> Result<Arc<Catalogue>, OfficeError> {
        if let Some(catalogue) = &self.catalogue {
            return Ok(Arc::clone(catalogue));
        }
        let revision = self.numbers.catalogue_revision;
        let catalogue = if revision == self.numbers_before.catalogue_revision {
            let shared = Arc::clone(&self.shared);
            shared.catalogue.at(&mut self.conn, revision).await?
        } else {
            // Changed by this very transaction: not for others to see before it commits.
            Arc::new(catalogue::load(&mut self.conn, revision).await?)
        };
        self.catalogue = Some(Arc::clone(&catalogue));
        Ok(catalogue)
    }

    /// Something in the catalogue was changed.
    pub fn catalogue_changed(&mut self) {
        self.numbers.catalogue_revision += 1;
        self.catalogue = None;
        self.changed(&Scope::Everyone, Kind::Catalogue, String::new());
    }

    /// An order, as the jobs before left it.
    pub async fn order(&mut self, id: OrderId) -> Result<Option<&StoredOrder>, OfficeError> {
        if !self.orders.contains_key(&id) {
            let found = orders::load(&mut self.conn, &[id]).await?.pop();
            self.orders.insert(id, found);
        }
        Ok(self.orders.get(&id).and_then(Option::as_ref))
    }

    /// The events of an order, oldest first, those of the jobs before included.
    pub async fn events_of(&mut self, id: OrderId) -> Result<Vec<EventRow>, OfficeError> {
        let mut rows = orders::sql::events(&mut self.conn, id.0).await?;
        let new = self.events.iter().filter(|row| row.order_id == id.0);
        rows.extend(new.cloned());
        Ok(rows)
    }

    /// Writes that `event` happened to an order and made `after` of it.
    pub async fn happen(
        &mut self,
        event: &OrderEvent,
        after: Order,
        doer: Doer,
    ) -> Result<(), OfficeError> {
        let id = after.id;
        let at = counts_at(doer.made_at, doer.received_at);
        let is_late = self
            .order(id)
            .await?
            .is_some_and(|stored| stored.order.is_told_late(event, at));
        let earlier = if is_late {
            orders::read_events(self.events_of(id).await?)?
        } else {
            Vec::new()
        };
        let earlier: Vec<Told<'_>> = earlier.iter().map(RecordedEvent::told).collect();
        let stored = self.orders.get(&id).and_then(Option::as_ref);
        let before = stored.map(|stored| &stored.order);
        let received_at = stored.map_or(doer.received_at, |stored| stored.received_at);
        let number = after.revision;
        let happening = Happening {
            told: Told {
                event,
                number,
                made_at: doer.made_at,
                at,
            },
            actor: doer.actor,
            earlier: &earlier,
            month: &|moment| self.posting_period(moment.at),
        };
        let transfers = transfers_for(before, &after, &happening)?;
        self.events
            .push(orders::event_row(id, number, event, &doer));
        match event {
            OrderEvent::Placed { .. } => self.placed.push((after.code, id, after.agent)),
            OrderEvent::FoundAgain { order } => {
                self.aliases.insert(order.id, Some(id));
                self.aliases_new.push((order.id, id));
            }
            _ => {}
        }
        for transfer in transfers {
            self.post(transfer)?;
        }
        let before = self
            .orders
            .get(&id)
            .and_then(Option::as_ref)
            .map(|stored| &stored.order);
        self.rollups
            .add(before, Some(&after), &self.shared.calendar)?;
        let mut scopes = BTreeSet::from([Scope::Agent(after.agent)]);
        scopes.extend(
            after
                .sub_orders
                .iter()
                .map(|sub_order| Scope::Cooperative(sub_order.cooperative)),
        );
        let gone: Vec<CooperativeId> = before.map_or_else(Vec::new, |before| {
            before
                .sub_orders
                .iter()
                .map(|sub_order| sub_order.cooperative)
                .filter(|cooperative| after.sub_order(*cooperative).is_none())
                .collect()
        });
        // The agent's phone has just been given the decision; telling it again that it was given
        // would cost a change for each.
        if matches!(event, OrderEvent::DecisionSeen { .. }) {
            scopes.remove(&Scope::Agent(after.agent));
        }
        for scope in &scopes {
            self.changed(scope, Kind::Order, id.to_string());
        }
        for cooperative in gone {
            self.removed(
                &Scope::Cooperative(cooperative),
                Kind::Order,
                id.to_string(),
            );
            self.sub_orders_removed.push((id, cooperative));
        }
        self.orders.insert(
            id,
            Some(StoredOrder {
                order: after,
                received_at,
            }),
        );
        self.orders_changed.insert(id);
        Ok(())
    }

    /// The month in which what happened then counts: its own, or the first that is still open. A
    /// closed month never opens again.
    pub fn posting_period(&self, at: Timestamp) -> Period {
        Period::at(at, &self.shared.calendar).max(self.open_period())
    }

    /// The first month that is still open; the earliest there is when none was ever closed.
    pub fn open_period(&self) -> Period {
        match i32::try_from(self.numbers.open_period) {
            Ok(0) | Err(_) => Period::from_months_since_1970(i32::MIN),
            Ok(months) => Period::from_months_since_1970(months),
        }
    }

    /// The first month that is still open as the database has it: 0 when none was ever closed.
    pub(crate) const fn stored_open_period(&self) -> i64 {
        self.numbers.open_period
    }

    /// Closes a month and all before it: nothing counts in them any more from here on.
    ///
    /// # Errors
    /// [`OfficeError::Conflict`] when it is closed already.
    pub fn close_period(&mut self, period: Period) -> Result<(), OfficeError> {
        if period < self.open_period() {
            return Err(OfficeError::Conflict { field: "period" });
        }
        self.numbers.open_period = i64::from(period.next().months_since_1970());
        Ok(())
    }

    /// Posts a transfer and gives its number. Whoever's commission it moves will be told.
    ///
    /// # Errors
    /// [`OfficeError::Corrupt`] for one that no rule makes: into a closed month, or from one agent to
    /// another.
    pub fn post(&mut self, transfer: Transfer) -> Result<i64, OfficeError> {
        let agent = transfer.agent();
        let number = self.post_untold(transfer)?;
        if let Some(agent) = agent {
            self.changed(&Scope::Agent(agent), Kind::Entry, number.to_string());
        }
        Ok(number)
    }

    /// Posts a transfer of which whoever posts it tells in another way.
    ///
    /// # Errors
    /// As [`Work::post`].
    pub fn post_untold(&mut self, transfer: Transfer) -> Result<i64, OfficeError> {
        let (from, to) = (transfer.debit.agent(), transfer.credit.agent());
        if transfer.period < self.open_period() || from.zip(to).is_some_and(|(from, to)| from != to)
        {
            return Err(OfficeError::Corrupt {
                what: "a transfer that may not be posted",
            });
        }
        let number = self.next_ledger_number();
        self.transfers.push((number, transfer));
        Ok(number)
    }

    /// A customer, as the jobs before left them.
    pub async fn customer(
        &mut self,
        id: CustomerId,
    ) -> Result<Option<&StoredCustomer>, OfficeError> {
        if !self.customers.contains_key(&id) {
            let found = customers::load(&mut self.conn, &[id]).await?.pop();
            self.customers.insert(id, found);
        }
        Ok(self.customers.get(&id).and_then(Option::as_ref))
    }

    /// The terms on which somebody sells, oldest first.
    pub async fn engagements_of(&mut self, person: PersonId) -> Result<&[Engagement], OfficeError> {
        if !self.engagements.contains_key(&person) {
            let found = engagements::load(&mut self.conn, person).await?;
            self.engagements.insert(person, found);
        }
        Ok(self.engagements.get(&person).map_or(&[], Vec::as_slice))
    }

    /// Reads somebody's terms anew when they are asked for: they have just been changed.
    pub fn forget_engagements(&mut self, person: PersonId) {
        self.engagements.remove(&person);
    }

    /// Writes a customer.
    pub fn put_customer(&mut self, stored: StoredCustomer) {
        let id = stored.customer.id;
        self.changed(&Scope::Agent(stored.agent), Kind::Customer, id.to_string());
        self.customers.insert(id, Some(stored));
        self.customers_changed.insert(id);
    }

    /// A device, as the jobs before left it.
    pub async fn device(&mut self, id: DeviceId) -> Result<Option<&DeviceRow>, OfficeError> {
        if !self.devices.contains_key(&id) {
            let found = devices::sql::by_id(&mut self.conn, id.0).await?;
            self.devices.insert(id, found);
        }
        Ok(self.devices.get(&id).and_then(Option::as_ref))
    }

    /// Writes a device.
    pub fn put_device(&mut self, row: DeviceRow) {
        let id = DeviceId(row.id);
        self.devices.insert(id, Some(row));
        self.devices_changed.insert(id);
    }

    /// Reads what is known of several commands at once.
    pub async fn look_up_commands(&mut self, ids: &[CommandId]) -> Result<(), OfficeError> {
        let unknown: Vec<uuid::Uuid> = ids
            .iter()
            .filter(|id| !self.commands.contains_key(id))
            .map(|id| id.0)
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        for row in sync::sql::by_ids(&mut self.conn, &unknown).await? {
            self.commands.insert(CommandId(row.id), Some(row));
        }
        for id in unknown {
            self.commands.entry(CommandId(id)).or_insert(None);
        }
        Ok(())
    }

    /// A decided command, as the jobs before left it.
    pub async fn command(&mut self, id: CommandId) -> Result<Option<&CommandRow>, OfficeError> {
        self.look_up_commands(&[id]).await?;
        Ok(self.commands.get(&id).and_then(Option::as_ref))
    }

    /// Writes a decision on a command.
    pub fn add_command(&mut self, row: CommandRow) {
        self.commands.insert(CommandId(row.id), Some(row.clone()));
        self.commands_new.push(row);
    }

    /// Forgets what was read of a command, for it is changed by a statement.
    pub fn forget_command(&mut self, id: CommandId) {
        self.commands.remove(&id);
    }

    /// A thing in a scope is new or changed.
    pub fn changed(&mut self, scope: &Scope, kind: Kind, entity: String) {
        self.feed_change(scope, kind, entity, false);
    }

    /// A thing left a scope.
    pub fn removed(&mut self, scope: &Scope, kind: Kind, entity: String) {
        self.feed_change(scope, kind, entity, true);
    }

    fn feed_change(&mut self, scope: &Scope, kind: Kind, entity: String, removed: bool) {
        self.numbers.feed_number += 1;
        self.feed.insert(
            (scope.to_string(), kind.as_str(), entity),
            (self.numbers.feed_number, removed),
        );
    }

    /// Writes into the audit trail. `detail` holds figures and ids, never what a person typed.
    pub fn audit(
        &mut self,
        actor: Option<PersonId>,
        device: Option<DeviceId>,
        action: &str,
        subject: String,
        detail: String,
    ) {
        self.audits.push(AuditRow {
            id: 0,
            at: self.now.0,
            actor_id: actor.map(|actor| actor.0),
            device_id: device.map(|device| device.0),
            action: action.to_owned(),
            subject,
            detail,
        });
    }

    /// Puts roll-up differences and transfers made elsewhere into this transaction.
    pub(crate) fn take_over(&mut self, deltas: &Deltas) -> Result<(), OfficeError> {
        self.rollups.merge(deltas)?;
        Ok(())
    }

    /// The next number of the ledger.
    pub(crate) fn next_ledger_number(&mut self) -> i64 {
        self.numbers.ledger_number += 1;
        self.numbers.ledger_number
    }

    /// The next number of the change feed.
    pub(crate) fn next_feed_number(&mut self) -> i64 {
        self.numbers.feed_number += 1;
        self.numbers.feed_number
    }

    /// Writes the decisions taken so far, for those who must find them by something else than their id.
    pub async fn flush_commands(&mut self) -> Result<(), OfficeError> {
        let changed = std::mem::take(&mut self.devices_changed);
        let rows: Vec<DeviceRow> = changed
            .iter()
            .filter_map(|id| self.devices.get(id).cloned().flatten())
            .collect();
        devices::sql::put(&mut self.conn, &rows).await?;
        let commands = std::mem::take(&mut self.commands_new);
        Ok(sync::sql::add(&mut self.conn, &commands).await?)
    }

    /// Sends customers, orders and the ledger to the database, for those who sum what stands there. What
    /// was sent is not sent again.
    pub(crate) async fn flush_books(&mut self) -> Result<(), OfficeError> {
        let customers = std::mem::take(&mut self.customers_changed);
        if !customers.is_empty() {
            let rows: Result<Vec<_>, _> = customers
                .iter()
                .filter_map(|id| self.customers.get(id).and_then(Option::as_ref))
                .map(StoredCustomer::to_row)
                .collect();
            customers::sql::put(&mut self.conn, &rows?).await?;
        }
        let changed = std::mem::take(&mut self.orders_changed);
        if !changed.is_empty() {
            let (mut rows, mut parts, mut capped) = (Vec::new(), Vec::new(), Vec::new());
            for stored in changed
                .iter()
                .filter_map(|id| self.orders.get(id).and_then(Option::as_ref))
            {
                rows.push(stored.to_row()?);
                parts.extend(stored.to_sub_order_rows()?);
                capped.extend(settlement::capped_lines(&stored.order));
            }
            orders::sql::put(&mut self.conn, &rows).await?;
            orders::sql::put_sub_orders(&mut self.conn, &parts).await?;
            settlement::sql::put_capped_lines(&mut self.conn, &capped).await?;
            for (order, cooperative) in &std::mem::take(&mut self.sub_orders_removed) {
                let back_again = self
                    .orders
                    .get(order)
                    .and_then(Option::as_ref)
                    .is_some_and(|stored| stored.order.sub_order(*cooperative).is_some());
                if !back_again {
                    orders::sql::remove_sub_order(&mut self.conn, order.0, cooperative.0).await?;
                }
            }
            let events = std::mem::take(&mut self.events);
            orders::sql::add_events(&mut self.conn, &events).await?;
            let aliases = std::mem::take(&mut self.aliases_new);
            let aliases: Vec<_> = aliases.iter().map(|(id, order)| (id.0, order.0)).collect();
            orders::sql::add_aliases(&mut self.conn, &aliases).await?;
        }
        let transfers = std::mem::take(&mut self.transfers);
        ledger::write(&mut self.conn, &transfers).await
    }

    /// Sends everything to the database, each table in one statement where it fits.
    pub(crate) async fn flush(&mut self) -> Result<(), OfficeError> {
        if !self.devices_changed.is_empty() {
            let rows: Vec<DeviceRow> = self
                .devices_changed
                .iter()
                .filter_map(|id| self.devices.get(id).cloned().flatten())
                .collect();
            devices::sql::put(&mut self.conn, &rows).await?;
        }
        self.flush_books().await?;
        let sums = self.rollups.rows();
        if !sums.is_empty() {
            rollups::sql::add(&mut self.conn, &sums).await?;
        }
        if !self.feed.is_empty() {
            let rows = feed::rows(&self.feed);
            feed::sql::put(&mut self.conn, &rows).await?;
        }
        if !self.commands_new.is_empty() {
            sync::sql::add(&mut self.conn, &self.commands_new).await?;
        }
        if !self.audits.is_empty() {
            let last = audit::sql::last_id(&mut self.conn).await?;
            for (row, id) in self.audits.iter_mut().zip(last + 1..) {
                row.id = id;
            }
            audit::sql::add(&mut self.conn, &self.audits).await?;
        }
        if self.numbers != self.numbers_before {
            db::sql::set_numbers(&mut self.conn, &self.numbers).await?;
            let scopes: BTreeSet<&str> = self
                .feed
                .keys()
                .map(|(scope, _, _)| scope.as_str())
                .collect();
            db::dialect::notify(&mut self.conn, scopes.into_iter()).await?;
        }
        Ok(())
    }
}

/// Who does something to an order, on which device and when.
#[derive(Clone, Copy, Debug)]
pub struct Doer {
    /// Nobody for the server's clock.
    pub actor: Option<PersonId>,
    pub device: Option<DeviceId>,
    /// By the device's clock, corrected.
    pub made_at: Timestamp,
    pub received_at: Timestamp,
}
