//! What the office does in a schedule.

use super::{Closed, Violation, World};
use crate::company::{self, FATIMA, HASSAN, PEOPLE};
use crate::oracle;
use crate::schedule::OfficeAct;
use taswiq_backend::parked::{Settled, Settlement};
use taswiq_backend::settlement::MonthState;
use taswiq_backend::{Office, OfficeError};
use taswiq_domain::Refusal;
use taswiq_domain::dispute::{DisputeState, Verdict};
use taswiq_domain::ids::PersonId;
use taswiq_domain::money::Centimes;
use taswiq_domain::period::Period;

impl World<'_> {
    pub(super) fn office_acts(&mut self, act: OfficeAct, pick: u32) -> Result<(), Violation> {
        let (manager, administrator) = (company::manager(), company::administrator());
        let now = self.now;
        let pick = pick as usize;
        self.may_have_written = true;
        let mut put_out = None;
        let mut said_same = None;
        let mut closed = Vec::new();
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
            OfficeAct::Accept | OfficeAct::Reject | OfficeAct::Same => {
                let mut parked = office.parked(&manager, None).await?;
                if act == OfficeAct::Same {
                    let is_compared =
                        |refusal: &Refusal| matches!(refusal, Refusal::ReceiptDiffers { .. });
                    parked.retain(|parked| is_compared(&parked.refusal));
                }
                // Some ids are the server's own, at random: what came first comes first.
                parked
                    .sort_by_key(|parked| (parked.claimed_id.unwrap_or(parked.id), parked.made_at));
                let count = parked.len().max(1);
                let Some(parked) = parked.get(pick % count) else {
                    return Ok(None);
                };
                let is_compared = parked.twin.is_some();
                let (settlement, what) = match act {
                    OfficeAct::Same => (Settlement::Same, "a person says that two orders are one"),
                    OfficeAct::Accept if is_compared => (
                        Settlement::Accept,
                        "a person says that two orders of one code are two",
                    ),
                    OfficeAct::Accept => (Settlement::Accept, "a parked command is accepted"),
                    _ => (Settlement::Reject, "a parked command is rejected"),
                };
                match office
                    .settle_parked(&manager, parked.id, settlement)
                    .await?
                {
                    Settled::Done => {
                        if act == OfficeAct::Same {
                            said_same = Some(parked.id);
                        }
                        Ok(Some(what))
                    }
                    Settled::LookAgain(_) => {
                        Ok(Some("an order is shown beside another before it counts"))
                    }
                }
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
                put_out = Some(device.id);
                Ok(Some("a device is revoked"))
            }
            OfficeAct::TakeDispute | OfficeAct::DecideDispute => {
                let mut waiting = office.disputes_waiting(&manager).await?;
                waiting.sort_by_key(|waiting| waiting.dispute.id);
                let count = waiting.len().max(1);
                let Some(waiting) = waiting.get(pick % count) else {
                    return Ok(None);
                };
                let dispute = &waiting.dispute;
                // What was escalated is an administrator's, and nobody decides twice.
                let by = if dispute.state == DisputeState::Escalated {
                    &administrator
                } else {
                    &manager
                };
                if act == OfficeAct::TakeDispute {
                    office.take_dispute(by, dispute.id).await?;
                    return Ok(Some("a dispute is looked at"));
                }
                let half = Centimes(dispute.claim.amount.0 / 2);
                let (verdict, what) = match pick % 3 {
                    0 => (Verdict::Accepted, "a dispute is accepted"),
                    1 if half > Centimes::ZERO => (
                        Verdict::Partly { amount: half },
                        "a dispute is accepted in part",
                    ),
                    _ => (Verdict::Denied, "a dispute is denied"),
                };
                office
                    .decide_dispute_beyond_terms(by, dispute.id, verdict, "on a regardé")
                    .await?;
                Ok(Some(what))
            }
            OfficeAct::CloseMonth => {
                let months = office.months(&manager).await?;
                let due = months
                    .iter()
                    .find(|month| month.state == MonthState::Due)
                    .map(|month| month.period);
                let Some(period) = due else {
                    return Ok(None);
                };
                office.close_period(&manager, period).await?;
                for agent in PEOPLE
                    .into_iter()
                    .filter(|person| company::is_agent(*person))
                {
                    closed.push(((agent, period), closed_of(office, agent, period).await?));
                }
                Ok(Some("a month is closed"))
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
        self.put_out.extend(put_out);
        self.said_same.extend(said_same);
        for (month, closed) in closed {
            oracle::closed_as_earned(&closed)?;
            self.closed.insert(month, closed);
        }
        match done {
            Ok(Some(what)) => self.tally.count(what),
            Ok(None) => {}
            // A rule said no.
            Err(
                error @ (OfficeError::NotAllowed
                | OfficeError::NotFound
                | OfficeError::Invalid(_)
                | OfficeError::Conflict { .. }
                | OfficeError::Settlement(_)),
            ) => self.note(format!("  the office may not: {error}")),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// The office puts out the device that a phone's holder has on it.
    pub(super) fn put_out(&mut self, phone: usize) -> Result<(), Violation> {
        let device = self.phones[phone].holders().device;
        self.may_have_written = true;
        let done = self
            .server
            .ask(async |office| office.revoke_device(&company::manager(), device).await);
        match done {
            Ok(()) => {
                self.put_out.insert(device);
                self.tally.count("a device is revoked");
                Ok(())
            }
            Err(error @ OfficeError::NotFound) => {
                self.note(format!("  the office may not: {error}"));
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What an agent's closed month is made of, as it is now.
    pub(in crate::world) fn closed_now(
        &self,
        agent: PersonId,
        period: Period,
    ) -> Result<Closed, Violation> {
        Ok(self
            .server
            .ask(async |office| closed_of(office, agent, period).await)?)
    }

    /// Every other parked command is accepted, where it can be; the others are rejected, or are the order that
    /// they were compared with.
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
            if round % 3 == 1 {
                self.office_acts(OfficeAct::Same, round)?;
            }
            self.office_acts(act, round)?;
        }
        Ok(())
    }
}

async fn closed_of(
    office: &Office,
    agent: PersonId,
    period: Period,
) -> Result<Closed, OfficeError> {
    // Who earned nothing in a month has no statement of it.
    let sight = match office.statement(&company::manager(), agent, period).await {
        Ok(sight) => Some(sight),
        Err(OfficeError::NotFound) => None,
        Err(error) => return Err(error),
    };
    let entries = oracle::entries_of(office, agent).await?;
    Ok(Closed {
        earned: sight
            .iter()
            .flat_map(|sight| &sight.entries)
            .map(|entry| entry.amount.0)
            .sum(),
        statement: sight.map(|sight| sight.document.statement),
        entries: entries
            .iter()
            .filter(|entry| entry.transfer.period == period)
            .map(|entry| (entry.number, entry.transfer.amount))
            .collect(),
    })
}
