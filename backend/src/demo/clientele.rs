//! The customers: households and some shops around the places where agents knock.

use super::company::{Company, phone, uuid_at};
use super::days::{Days, Hours};
use super::material::Material;
use super::random::{Random, Stream};
use super::{DemoError, Options};
use taswiq_domain::customer::{Customer, CustomerDetails, CustomerKind};
use taswiq_domain::ids::{CustomerId, PersonId};
use taswiq_domain::order::Place;
use taswiq_domain::time::Timestamp;

/// The fewest customers; a longer history has one for every thirty orders.
const CUSTOMERS_MIN: u32 = 2_000;
const ORDERS_PER_CUSTOMER: u32 = 30;
/// The five free digits of `+2126000…`: the upper half is the customers'.
const PHONE_FIRST: u32 = 50_000;
const PHONE_COUNT: u32 = 50_000;

/// A customer with whose they are and since when.
#[derive(Clone, Debug)]
pub struct DemoCustomer {
    /// The customer.
    pub customer: Customer,
    /// Who registered them.
    pub agent: PersonId,
    /// When.
    pub created_at: Timestamp,
    pub(super) door: Place,
}

/// The customers of each agent, in the order in which they were registered.
pub(super) type Clientele = Vec<Vec<DemoCustomer>>;

/// Finds the customers of that seed.
pub(super) fn gather(
    options: &Options,
    company: &Company,
    material: &Material,
    days: &Days,
) -> Result<Clientele, DemoError> {
    let mut clientele: Clientele = vec![Vec::new(); company.agents.len()];
    let count = CUSTOMERS_MIN.max(options.orders / ORDERS_PER_CUSTOMER);
    for index in 0..count {
        let mut random = Random::new(options.seed, Stream::Customer, u64::from(index));
        let agent_index = index as usize % company.agents.len();
        // A third were known before the first order; the others came one by one.
        let known_before = clientele[agent_index].is_empty() || random.chance(330);
        let date = if known_before {
            options.first_day().plus_days(-1 - random.below(30) as i32)
        } else {
            options
                .first_day()
                .plus_days(random.below(super::HISTORY_DAYS as u64 - 2) as i32)
        };
        let minute = random.between(Hours::DOOR.opens, Hours::DOOR.closes - 1);
        let created_at = days.at(date, minute).plus_ms(random.between(0, 59_999));
        let place = random
            .pick(&company.places[agent_index])
            .ok_or(DemoError::Material {
                file: "places.csv",
                detail: "an agent has no place".to_owned(),
            })?;
        // Agents write as their customers speak: some names in Arabic letters, some in Latin ones.
        let language = if random.chance(380) { "ar" } else { "fr" };
        let in_language = |french: &str, arabic: &str| match language {
            "ar" => arabic.to_owned(),
            _ => french.to_owned(),
        };
        let is_shop = random.chance(120);
        let (first_name, family_name) = if is_shop {
            match (random.pick(&material.trades), random.pick(&material.signs)) {
                (Some(trade), Some(sign)) => (
                    in_language(
                        &format!("{} {}", trade.name_fr, sign.name_fr),
                        &format!("{} {}", trade.name_ar, sign.name_ar),
                    ),
                    String::new(),
                ),
                _ => (String::new(), String::new()),
            }
        } else {
            let first = random.pick(&material.first_names);
            let family = random.pick(&material.family_names);
            (
                first.map_or(String::new(), |name| {
                    in_language(&name.name_fr, &name.name_ar)
                }),
                // Many are known by their first name only.
                family
                    .filter(|_| !random.chance(90))
                    .map_or(String::new(), |name| {
                        in_language(&name.name_fr, &name.name_ar)
                    }),
            )
        };
        let address = match random.pick(&material.streets) {
            Some(street) if !random.chance(150) => {
                let number = random.between(1, 120);
                in_language(
                    &format!("{number}, {}", street.name_fr),
                    &format!("{} رقم {number}", street.name_ar),
                )
            }
            _ => String::new(),
        };
        let phone = if index < PHONE_COUNT && !random.chance(60) {
            // 7,919 is prime to 50,000, so each customer has a number of their own.
            let digits = PHONE_FIRST + (index * 7_919) % PHONE_COUNT;
            Some(phone(&format!("+2126000{digits:05}"))?)
        } else {
            None
        };
        let details = CustomerDetails {
            first_name,
            family_name,
            phone,
            place: place.name.get(language).to_owned(),
            address,
            kind: if is_shop {
                CustomerKind::Professional
            } else {
                CustomerKind::Household
            },
        };
        clientele[agent_index].push(DemoCustomer {
            customer: Customer {
                id: CustomerId(uuid_at(created_at, &mut random)),
                details: details.cleaned()?,
            },
            agent: company.agents[agent_index],
            created_at,
            door: Place {
                latitude_e4: place.latitude_e4 + random.between(-60, 60) as i32,
                longitude_e4: place.longitude_e4 + random.between(-60, 60) as i32,
            },
        });
    }
    for customers in &mut clientele {
        customers.sort_by_key(|customer| (customer.created_at, customer.customer.id));
    }
    Ok(clientele)
}
