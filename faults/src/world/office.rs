//! What the office does in a schedule.

use super::{Violation, World};
use crate::company::{self, FATIMA, HASSAN, PEOPLE};
use crate::schedule::OfficeAct;
use taswiq_backend::OfficeError;
use taswiq_backend::parked::Settlement;

impl World<'_> {
    pub(super) fn office_acts(&mut self, act: OfficeAct, pick: u32) -> Result<(), Violation> {
        let (manager, administrator) = (company::manager(), company::administrator());
        let now = self.now;
        let pick = pick as usize;
        self.may_have_written = true;
        let done: Result<Option<&str>, OfficeError> = self.server.ask(async |office| match act {
            OfficeAct::Prices => {
                let prices = vec![company::price(
                    1 + (pick % 4) as i64,
                    5_000 + (pick % 9_000) as i64,
                )];
                office
                    .publish_prices(&administrator, now.plus_ms(60_000), prices)
                    .await?;
                Ok(Some("a price changes"))
            }
            OfficeAct::MoveCustomer => {
                let mut customers = office.customers(&manager, None, "").await?;
                customers.sort_by_key(|stored| stored.customer.id);
                let count = customers.len().max(1);
                let Some(stored) = customers.get(pick % count) else {
                    return Ok(None);
                };
                let to = if stored.agent == FATIMA {
                    HASSAN
                } else {
                    FATIMA
                };
                office
                    .move_customers(&manager, vec![stored.customer.id], to)
                    .await?;
                Ok(Some("a customer is given to another agent"))
            }
            OfficeAct::Accept | OfficeAct::Reject => {
                let mut parked = office.parked(&manager, None).await?;
                // Some ids are the server's own, at random: what came first comes first.
                parked
                    .sort_by_key(|parked| (parked.claimed_id.unwrap_or(parked.id), parked.made_at));
                let count = parked.len().max(1);
                let Some(parked) = parked.get(pick % count) else {
                    return Ok(None);
                };
                let (settlement, what) = if act == OfficeAct::Accept {
                    (Settlement::Accept, "a parked command is accepted")
                } else {
                    (Settlement::Reject, "a parked command is rejected")
                };
                office
                    .settle_parked(&manager, parked.id, settlement)
                    .await?;
                Ok(Some(what))
            }
            OfficeAct::Revoke => {
                let mut devices = office.devices(&manager, None).await?;
                devices.retain(|device| device.revoked_at.is_none());
                devices.sort_by_key(|device| device.id);
                let count = devices.len().max(1);
                let Some(device) = devices.get(pick % count) else {
                    return Ok(None);
                };
                office.revoke_device(&manager, device.id).await?;
                Ok(Some("a device is revoked"))
            }
            OfficeAct::Dismiss => {
                office
                    .set_active(&manager, PEOPLE[pick % PEOPLE.len()], false)
                    .await?;
                Ok(Some("a person is put out"))
            }
            OfficeAct::TakeBack => {
                let mut back = None;
                for person in PEOPLE {
                    let person = office.person(&manager, person).await?;
                    if person.deactivated_at.is_some() {
                        office.set_active(&manager, person.id, true).await?;
                        back = Some("a person is let in again");
                    }
                }
                Ok(back)
            }
        });
        match done {
            Ok(Some(what)) => self.tally.count(what),
            Ok(None) => {}
            // A rule said no.
            Err(
                error @ (OfficeError::NotAllowed
                | OfficeError::NotFound
                | OfficeError::Invalid(_)
                | OfficeError::Conflict { .. }),
            ) => self.note(format!("  the office may not: {error}")),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Every other parked command is accepted, where it can be; the others are rejected.
    pub(super) fn settle_everything(&mut self) -> Result<(), Violation> {
        let count = self
            .server
            .ask(async |office| office.count_parked(&company::manager()).await)?;
        for round in 0..count.max(0) as u32 {
            let act = if round % 2 == 0 {
                OfficeAct::Accept
            } else {
                OfficeAct::Reject
            };
            self.office_acts(act, round)?;
        }
        Ok(())
    }
}
