//! Customers: the only place where their personal data is stored. Orders and events carry the id.

pub mod sql;

use crate::Office;
use crate::db::Conn;
use crate::error::OfficeError;
use crate::feed::{Kind, Scope};
use crate::people;
use crate::work::Work;
use sql::CustomerRow;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::customer::{Customer, CustomerDetails};
use taswiq_domain::ids::{CustomerId, PersonId};
use taswiq_domain::person::Role;
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::text;
use taswiq_domain::time::Timestamp;

/// A customer with whose they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCustomer {
    /// Who.
    pub customer: Customer,
    /// Whose.
    pub agent: PersonId,
    /// Since when the office knows them.
    pub created_at: Timestamp,
}

impl StoredCustomer {
    pub(crate) fn to_row(&self) -> Result<CustomerRow, OfficeError> {
        let details = &self.customer.details;
        let phone = details
            .phone
            .as_ref()
            .map(|phone| phone.as_e164().to_owned());
        Ok(CustomerRow {
            id: self.customer.id.0,
            agent_id: self.agent.0,
            details: serde_json::to_string(details)
                .map_err(|_| OfficeError::Corrupt { what: "a customer" })?,
            search_key: search_key(details),
            phone,
            created_at: self.created_at.0,
        })
    }

    fn from_row(row: &CustomerRow) -> Result<Self, OfficeError> {
        Ok(Self {
            customer: Self::read_details(CustomerId(row.id), &row.details)?,
            agent: PersonId(row.agent_id),
            created_at: Timestamp(row.created_at),
        })
    }

    pub(crate) fn read_details(id: CustomerId, details: &str) -> Result<Customer, OfficeError> {
        let details = serde_json::from_str(details)
            .map_err(|_| OfficeError::Corrupt { what: "a customer" })?;
        Ok(Customer { id, details })
    }
}

/// Name, place and telephone, folded: what is searched, and what makes two customers the same.
pub(crate) fn search_key(details: &CustomerDetails) -> String {
    let phone = details.phone.as_ref().map_or("", PhoneNumber::as_e164);
    text::search_key(&[details.full_name().as_str(), &details.place, phone].join(" "))
}

/// Customers by id, in any order; unknown ones are left out.
pub(crate) async fn load(
    conn: &mut Conn,
    ids: &[CustomerId],
) -> Result<Vec<StoredCustomer>, OfficeError> {
    let ids: Vec<uuid::Uuid> = ids.iter().map(|id| id.0).collect();
    sql::by_ids(conn, &ids)
        .await?
        .iter()
        .map(StoredCustomer::from_row)
        .collect()
}

/// A `LIKE` pattern for a text anywhere, with `!` as the escape.
pub(crate) fn like_pattern(folded: &str) -> String {
    let mut pattern = String::with_capacity(folded.len() + 2);
    pattern.push('%');
    for letter in folded.chars() {
        if matches!(letter, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// Customers in one answer.
pub const CUSTOMERS_MAX: usize = 200;

impl Office {
    /// Customers by part of a name, place or telephone number.
    pub async fn customers(
        &self,
        actor: &Actor,
        agent: Option<PersonId>,
        typed: &str,
    ) -> Result<Vec<StoredCustomer>, OfficeError> {
        self.require(actor, Action::ManagePeople)?;
        let mut conn = self.db.read().await?;
        let phone = typed.parse::<PhoneNumber>().ok();
        let folded = text::search_key(typed);
        let pattern = (phone.is_none() && !folded.is_empty()).then(|| like_pattern(&folded));
        let rows = sql::search(
            &mut conn,
            agent.map(|agent| agent.0),
            pattern.as_deref(),
            phone.as_ref().map(PhoneNumber::as_e164),
            CUSTOMERS_MAX as i64,
        )
        .await?;
        rows.iter().map(StoredCustomer::from_row).collect()
    }

    /// Gives customers to another agent, all or none. The phones of the first forget them; what they
    /// did for them before they knew still counts, and orders stay with whoever took them.
    pub async fn move_customers(
        &self,
        actor: &Actor,
        customers: Vec<CustomerId>,
        to: PersonId,
    ) -> Result<(), OfficeError> {
        self.require(actor, Action::ManagePeople)?;
        self.write(
            (actor.person, customers, to),
            |(by, customers, to), work| {
                Box::pin(async move {
                    for customer in customers {
                        move_customer(work, *by, *customer, *to).await?;
                    }
                    Ok(())
                })
            },
        )
        .await
    }
}

async fn move_customer(
    work: &mut Work,
    by: PersonId,
    id: CustomerId,
    to: PersonId,
) -> Result<(), OfficeError> {
    let agent = people::load(&mut work.conn, to)
        .await?
        .ok_or(OfficeError::NotFound)?;
    // Whoever is out comes to no door.
    if agent.role != Role::Agent || agent.deactivated_at.is_some() {
        return Err(crate::error::invalid("agent"));
    }
    let stored = work
        .customer(id)
        .await?
        .cloned()
        .ok_or(OfficeError::NotFound)?;
    if stored.agent == to {
        return Ok(());
    }
    work.removed(&Scope::Agent(stored.agent), Kind::Customer, id.to_string());
    work.audit(
        Some(by),
        None,
        "customer_moved",
        id.to_string(),
        format!("{} to {to}", stored.agent),
    );
    work.put_customer(StoredCustomer {
        agent: to,
        ..stored
    });
    Ok(())
}
