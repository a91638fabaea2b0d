//! Every address of the phone's areas, as a type: a link that leads nowhere does not compile.
//!
//! `/field` and `/coop` are permanent: installed icons point at them. The server answers both, and
//! all below them, with the shell; everything else is a page of the server and left to the browser.

mod coop;
mod field;

pub use coop::{Coop, Grouping, PartsShown};
pub use field::{Behind, Field, OrdersShown, Rung};
use std::fmt;

/// An address of the phone's areas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The agent's area.
    Field(Field),
    /// The cooperative's area.
    Coop(Coop),
}

impl Route {
    /// Reads a path with its query (`/field/orders?show=delivered`). Nothing for a page of the
    /// server. An address within an area that no longer exists leads to the area's first screen, for
    /// an old shortcut must not end at a wall.
    pub fn parse(address: &str) -> Option<Self> {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let query = query.split('#').next().unwrap_or_default();
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let area = parts.next()?;
        let parts: Vec<&str> = parts.collect();
        match area {
            "field" => Some(Self::Field(
                Field::parse(&parts, query).unwrap_or(Field::Today),
            )),
            "coop" => Some(Self::Coop(Coop::parse(&parts, query).unwrap_or_default())),
            _ => None,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(field) => field.fmt(out),
            Self::Coop(coop) => coop.fmt(out),
        }
    }
}

impl From<Field> for Route {
    fn from(field: Field) -> Self {
        Self::Field(field)
    }
}

impl From<Coop> for Route {
    fn from(coop: Coop) -> Self {
        Self::Coop(coop)
    }
}

/// The value of `name` in a query.
fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| {
        pair.split_once('=')
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use taswiq_domain::dispute::{Disputed, DisputedLine};
    use taswiq_domain::ids::{CooperativeId, OrderId};
    use taswiq_domain::ledger::Purpose;
    use taswiq_domain::period::Period;
    use uuid::Uuid;

    fn every_route() -> Vec<Route> {
        let order = OrderId(Uuid::from_u128(0x0193_5c1e_7b2a_7000_8000_0000_0000_0001));
        let line = DisputedLine {
            order,
            cooperative: CooperativeId(12),
            line: 3,
        };
        let month = Period::new(2026, 11).expect("a month");
        let mut routes: Vec<Route> = [
            Field::Today,
            Field::NewOrder,
            Field::FromReceipt,
            Field::NewCustomer,
            Field::Products,
            Field::Review,
            Field::Order(order),
            Field::Receipt(order),
            Field::Deliver(order, CooperativeId(12)),
            Field::Earnings,
            Field::Statement(month),
            Field::StatementEntries(month, Behind::All),
            Field::StatementEntries(
                month,
                Behind::Row {
                    purpose: Purpose::CommissionVested,
                    concerns: month,
                },
            ),
            Field::StatementEntries(month, Behind::Step(Purpose::CommissionVested)),
            Field::StatementEntries(month, Behind::Net),
            Field::StatementEntries(month, Behind::Owed { from_before: true }),
            Field::StatementEntries(month, Behind::Owed { from_before: false }),
            Field::Disputes,
            Field::Dispute(order.0),
            Field::NewDispute(Disputed {
                entry: Some(12),
                line: None,
            }),
            Field::NewDispute(Disputed {
                entry: None,
                line: Some(line),
            }),
            Field::NewDispute(Disputed {
                entry: Some(12),
                line: Some(line),
            }),
            Field::Sync,
            Field::Settings,
        ]
        .into_iter()
        .map(Route::from)
        .collect();
        routes.extend(OrdersShown::ALL.map(|shown| Field::Orders(shown).into()));
        routes.extend(Rung::ALL.map(|rung| Field::EarningsOf(rung).into()));
        routes.extend(Coop::examples().into_iter().map(Route::from));
        routes
    }

    #[test]
    fn every_address_is_read_as_it_is_written() {
        for route in every_route() {
            assert_eq!(
                Route::parse(&route.to_string()).as_ref(),
                Some(&route),
                "{route}"
            );
        }
    }

    #[test]
    fn no_two_screens_share_an_address() {
        let mut addresses: Vec<String> = every_route().iter().map(Route::to_string).collect();
        let count = addresses.len();
        addresses.sort();
        addresses.dedup();
        assert_eq!(addresses.len(), count);
    }

    #[test]
    fn pages_of_the_server_are_left_to_the_browser() {
        for address in [
            "/",
            "/sign-in?next=/field",
            "/office/orders",
            "/fields",
            "/api/v1/sync",
        ] {
            assert_eq!(Route::parse(address), None, "{address}");
        }
    }

    #[test]
    fn an_old_address_leads_to_the_first_screen_of_its_area() {
        assert_eq!(Route::parse("/field/gone/1"), Some(Field::Today.into()));
        assert_eq!(Route::parse("/coop/gone"), Some(Coop::default().into()));
        assert_eq!(Route::parse("/field/"), Some(Field::Today.into()));
    }
}
