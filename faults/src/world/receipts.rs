//! Orders that are entered again from the receipts that customers hold.

use super::acts::{Order, place_body, short};
use super::{Fate, World};
use crate::phone::Disk;
use crate::schedule::Reading;
use taswiq_domain::customer::CustomerDetails;
use taswiq_domain::ids::{CommandId, CustomerId, PersonId};
use taswiq_domain::order::again;
use taswiq_domain::sync::{CommandBody, PlaceOrder};
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};
use taswiq_offline::Device;

/// What a customer holds of an order that was saved at their door.
pub struct Receipt {
    person: PersonId,
    order: CommandId,
    place: PlaceOrder,
    taken_on: CivilDate,
    customer: CustomerDetails,
}

impl World<'_> {
    /// An order was saved, and its customer gets a receipt.
    pub(super) fn print(
        &mut self,
        device: &Device<Disk>,
        (id, body): (CommandId, &CommandBody),
        now: Timestamp,
    ) {
        let CommandBody::PlaceOrder(place) = body else {
            return;
        };
        // One that was entered from a receipt is on paper already.
        if place.from_receipt_of.is_some() {
            return;
        }
        if let Some(customer) = device.customer(place.customer) {
            self.receipts.push(Receipt {
                person: device.person(),
                order: id,
                place: place.clone(),
                taken_on: device.calendar().date_at(device.corrected(now)),
                customer: customer.details.clone(),
            });
        }
    }

    /// What an agent enters who reads a receipt: that of an order which the phone does not have, the latest
    /// first; the order with its customer where the phone does not know them.
    pub(super) fn read_off(
        &mut self,
        device: &Device<Disk>,
        reading: Reading,
        pick: u32,
        now: Timestamp,
    ) -> Option<Vec<(CommandId, CommandBody)>> {
        let orders = device.orders();
        let is_here = |receipt: &Receipt| {
            orders
                .iter()
                .any(|view| view.order.code == receipt.place.code && !view.order.is_cancelled())
        };
        // Of what was taken back there is none.
        let exists = |id: CommandId| {
            self.saved
                .iter()
                .any(|saved| saved.command.id == id && saved.fate != Fate::Never)
        };
        let held: Vec<&Receipt> = self
            .receipts
            .iter()
            .rev()
            .filter(|receipt| receipt.person == device.person() && exists(receipt.order))
            .collect();
        let away: Vec<&Receipt> = held.iter().copied().filter(|one| !is_here(one)).collect();
        if away.is_empty() && !held.is_empty() {
            self.tally
                .count("the order of a receipt is on the phone already");
        }
        let receipt = *away.get(pick as usize % away.len().max(1))?;
        let original = receipt.order;
        let (place, details) = (receipt.place.clone(), receipt.customer.clone());
        let taken_on = match reading {
            Reading::OtherDay => receipt.taken_on.plus_days(-1),
            _ => receipt.taken_on,
        };
        let mut lines: Vec<(i64, u32)> = place
            .basket
            .lines
            .iter()
            .rev()
            .map(|line| (line.product.0, line.units))
            .collect();
        if reading == Reading::OtherUnits {
            lines[0].1 += 1;
        }
        let mut acts = Vec::new();
        let customers = device.customers();
        let known = match reading {
            Reading::OtherCustomer => customers.iter().find(|one| one.details != details),
            _ => customers
                .iter()
                .find(|one| one.id == place.customer)
                .or_else(|| customers.iter().find(|one| one.details == details)),
        };
        let customer = match known {
            Some(known) => known.id,
            None => {
                let id = self.next_id();
                acts.push((id, CommandBody::RegisterCustomer(details)));
                CustomerId::from(id)
            }
        };
        let at = again::door_of(taken_on, device.corrected(now), &device.calendar());
        let order = Order {
            customer,
            lines: &lines,
            code: place.code,
            from_receipt_of: Some(taken_on),
        };
        let body = place_body(device, at, &order)?;
        let id = self.next_id();
        self.tally.count(match reading {
            Reading::Right => "an order is entered from a receipt",
            _ => "a receipt is misread",
        });
        self.note(format!("  from the receipt of {}", short(original)));
        acts.push((id, body));
        Some(acts)
    }
}
