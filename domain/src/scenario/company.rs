//! Who sells what under which terms: the part of a scenario that stands before anything happens.

use super::reader::{Node, Object, within};
use super::{ScenarioError, ScenarioFault};
use crate::catalogue::{
    Catalogue, Category, Convention, Cooperative, PriceList, Product, ProductPrice, VatRate,
};
use crate::commission::{Plan, PlanError, Rule};
use crate::engagement::Engagement;
use crate::ids::{CategoryId, CooperativeId, PersonId, PlanVersion, PriceListVersion, ProductId};
use crate::limits;
use crate::money::{Centimes, Ppm};
use crate::reading::Tree;
use crate::settlement::tax::TaxTerms;
use crate::text::LocalText;
use crate::time::{Calendar, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const PLAN: [&str; 3] = ["valid_from", "rules", "period"];
pub(super) const RULE: [&str; 5] = ["number", "when", "pays", "cap", "cap_per"];
pub(super) const WHEN: [&str; 9] = [
    "agent",
    "product",
    "cooperative",
    "category",
    "team",
    "grade",
    "customer_kind",
    "channel",
    "discount",
];
pub(super) const DISCOUNT: [&str; 2] = ["from", "below"];
/// By what a rule pays, and what it says of it.
pub(super) const PAYS: [(&str, &[&str]); 3] = [
    ("rate", &["by", "rate"]),
    ("per_unit", &["by", "amount"]),
    ("nothing", &["by", "reason"]),
];
pub(super) const TIER: [&str; 3] = ["from", "below", "rate"];
pub(super) const TARGET: [&str; 2] = ["reach", "bonus"];
pub(super) const SHARE: [&str; 2] = ["person", "part"];
pub(super) const TAX_RATE: [&str; 3] = ["kind", "rate", "above_a_year"];
pub(super) const PERIOD: [&str; 4] = ["tiers", "targets", "guaranteed", "lead_rate"];
pub(super) const COOPERATIVE: [&str; 3] = ["id", "name", "conventions"];
pub(super) const CONVENTION: [&str; 4] = ["valid_from", "regime", "delivery_days", "vesting"];
pub(super) const PRODUCT: [&str; 8] = [
    "id",
    "name",
    "cooperative",
    "category",
    "price",
    "semi_wholesale",
    "wholesale",
    "vat",
];
pub(super) const AGENT: [&str; 3] = ["id", "name", "engagements"];
pub(super) const ENGAGEMENT: [&str; 8] = [
    "valid_from",
    "kind",
    "contract",
    "territory",
    "grade",
    "team",
    "lead",
    "shares",
];
pub(super) const TAX: [&str; 2] = ["valid_from", "rates"];

/// The one price list of a scenario.
pub(super) const PRICES: PriceListVersion = PriceListVersion(1);

/// Everything that stands before anything happens.
pub(super) struct Company {
    pub(super) catalogue: Catalogue,
    pub(super) agents: BTreeMap<PersonId, Vec<Engagement>>,
    pub(super) tax: Vec<TaxTerms>,
}

impl Company {
    pub(super) fn read(
        mut document: Object<'_>,
        calendar: &dyn Calendar,
    ) -> Result<Self, ScenarioError> {
        let mut catalogue = Catalogue {
            price_lists: vec![PriceList {
                version: PRICES,
                valid_from: Timestamp(i64::MIN),
            }],
            ..Catalogue::default()
        };
        let cooperatives = document.required("cooperatives")?.list()?;
        for node in cooperatives {
            let place = node.place.clone();
            let cooperative = cooperative(node, calendar)?;
            refuse_twice(&place, catalogue.cooperative(cooperative.id).is_some())?;
            catalogue.cooperatives.push(cooperative);
            catalogue.cooperatives.sort_by_key(|known| known.id);
        }
        for node in document.required("products")?.list()? {
            let place = node.place.clone();
            let product = product(node, &catalogue)?;
            refuse_twice(&place, catalogue.product(product.id).is_some())?;
            if catalogue.category(product.category).is_none() {
                catalogue.categories.push(Category {
                    id: product.category,
                    name: LocalText::default(),
                    picture: Default::default(),
                });
            }
            catalogue.products.push(product);
            catalogue.products.sort_by_key(|known| known.id);
        }
        let agents = agents(document.required("agents")?, calendar)?;
        let known: BTreeSet<PersonId> = agents.keys().copied().collect();
        for node in document.required("plans")?.list()? {
            let version = PlanVersion(catalogue.plans.len() as i64 + 1);
            let place = node.place.clone();
            let plan = plan(node, version, &catalogue, &known, calendar)?;
            let earlier = catalogue.plans.last().map(|plan| plan.valid_from);
            refuse_earlier(&place, earlier, plan.valid_from)?;
            catalogue.plans.push(plan);
        }
        let tax = tax(&mut document, calendar)?;
        Ok(Self {
            catalogue,
            agents,
            tax,
        })
    }
}

fn refuse_twice(place: &str, is_there: bool) -> Result<(), ScenarioError> {
    if is_there {
        Err(ScenarioError::new(
            &format!("{place}.id"),
            ScenarioFault::NumberTwice,
        ))
    } else {
        Ok(())
    }
}

fn refuse_earlier(
    place: &str,
    earlier: Option<Timestamp>,
    valid_from: Timestamp,
) -> Result<(), ScenarioError> {
    if earlier.is_some_and(|earlier| valid_from <= earlier) {
        Err(ScenarioError::new(
            &format!("{place}.valid_from"),
            ScenarioFault::NotLater,
        ))
    } else {
        Ok(())
    }
}

fn cooperative(node: Node<'_>, calendar: &dyn Calendar) -> Result<Cooperative, ScenarioError> {
    let mut fields = node.object(&COOPERATIVE)?;
    let mut conventions: Vec<Convention> = Vec::new();
    for node in fields.required("conventions")?.list()? {
        let place = node.place.clone();
        let mut convention = node.object(&CONVENTION)?;
        convention.fill("regime", Tree::Text("doorstep_7d".into()));
        convention.fill("delivery_days", Tree::Number(0));
        let convention: Convention = convention.dated(calendar)?;
        convention
            .vesting
            .check()
            .map_err(|error| ScenarioError::new(&within(&place, "vesting"), error))?;
        let earlier = conventions.last().map(|earlier| earlier.valid_from);
        refuse_earlier(&place, earlier, convention.valid_from)?;
        conventions.push(convention);
    }
    Ok(Cooperative {
        id: CooperativeId(fields.required("id")?.read()?),
        name: name(&mut fields)?,
        place: LocalText::default(),
        conventions,
    })
}

fn name(fields: &mut Object<'_>) -> Result<LocalText, ScenarioError> {
    let name: Option<String> = fields.optional("name").map(Node::read).transpose()?;
    Ok(name.map_or_else(LocalText::default, |name| LocalText::new(&name, &name)))
}

fn product(node: Node<'_>, catalogue: &Catalogue) -> Result<Product, ScenarioError> {
    let mut fields = node.object(&PRODUCT)?;
    let cooperative_place = fields.place_of("cooperative");
    let cooperative = CooperativeId(fields.required("cooperative")?.read()?);
    if catalogue.cooperative(cooperative).is_none() {
        return Err(ScenarioError::new(
            &cooperative_place,
            ScenarioFault::UnknownCooperative {
                number: cooperative,
            },
        ));
    }
    let retail = price(fields.required("price")?)?;
    let other = |node: Option<Node<'_>>| node.map_or(Ok(retail), price);
    let prices = ProductPrice {
        version: PRICES,
        retail,
        semi_wholesale: other(fields.optional("semi_wholesale"))?,
        wholesale: other(fields.optional("wholesale"))?,
    };
    let vat_place = fields.place_of("vat");
    let vat: u32 = fields.optional("vat").map_or(Ok(0), Node::read)?;
    if vat > limits::RATE_PPM {
        return Err(ScenarioError::new(
            &vat_place,
            ScenarioFault::RateAboveWhole,
        ));
    }
    Ok(Product {
        id: ProductId(fields.required("id")?.read()?),
        cooperative,
        category: CategoryId(fields.optional("category").map_or(Ok(0), Node::read)?),
        name: name(&mut fields)?,
        unit: LocalText::default(),
        picture: Default::default(),
        vat: vec![VatRate {
            valid_from: Timestamp(i64::MIN),
            rate: Ppm(vat),
        }],
        prices: vec![prices],
        on_sale: true,
    })
}

fn price(node: Node<'_>) -> Result<Centimes, ScenarioError> {
    let place = node.place.clone();
    let price: Centimes = node.read()?;
    if (1..=limits::UNIT_PRICE_CENTIMES).contains(&price.0) {
        Ok(price)
    } else {
        Err(ScenarioError::new(&place, ScenarioFault::PriceOutOfRange))
    }
}

fn agents(
    node: Node<'_>,
    calendar: &dyn Calendar,
) -> Result<BTreeMap<PersonId, Vec<Engagement>>, ScenarioError> {
    let mut agents: BTreeMap<PersonId, Vec<Engagement>> = BTreeMap::new();
    let mut named: Vec<(String, PersonId)> = Vec::new();
    for node in node.list()? {
        let place = node.place.clone();
        let mut fields = node.object(&AGENT)?;
        let id = PersonId(fields.required("id")?.read()?);
        name(&mut fields)?;
        refuse_twice(&place, agents.contains_key(&id))?;
        let mut engagements: Vec<Engagement> = Vec::new();
        for node in fields.required("engagements")?.list()? {
            let place = node.place.clone();
            let engagement: Engagement = node
                .object(&ENGAGEMENT)?
                .only_within("shares", &SHARE)?
                .dated(calendar)?;
            engagement
                .check(id)
                .map_err(|error| ScenarioError::new(&place, error))?;
            named.extend(engagement.others(id).map(|person| (place.clone(), person)));
            let earlier = engagements.last().map(|earlier| earlier.valid_from);
            refuse_earlier(&place, earlier, engagement.valid_from)?;
            engagements.push(engagement);
        }
        agents.insert(id, engagements);
    }
    match named
        .into_iter()
        .find(|(_, person)| !agents.contains_key(person))
    {
        Some((place, person)) => Err(ScenarioError::new(
            &place,
            ScenarioFault::UnknownAgent { number: person },
        )),
        None => Ok(agents),
    }
}

fn plan(
    node: Node<'_>,
    version: PlanVersion,
    catalogue: &Catalogue,
    agents: &BTreeSet<PersonId>,
    calendar: &dyn Calendar,
) -> Result<Plan, ScenarioError> {
    let mut fields = node.object(&PLAN)?;
    let place = fields.place.clone();
    let mut rules = Vec::new();
    for node in fields.required("rules")?.list()? {
        rules.push(rule(node)?);
    }
    let period = match fields.optional("period") {
        Some(node) => node
            .object(&PERIOD)?
            .only_within("tiers", &TIER)?
            .only_within("targets", &TARGET)?
            .read()?,
        None => Default::default(),
    };
    let plan = Plan {
        version,
        valid_from: fields.required("valid_from")?.moment(calendar)?,
        rules,
        period,
    };
    plan.check()
        .and_then(|()| plan.check_names(catalogue, agents))
        .map_err(|error| ScenarioError::new(&place_of_error(&place, &plan, &error), error))?;
    Ok(plan)
}

fn rule(node: Node<'_>) -> Result<Rule, ScenarioError> {
    let fields = node.object(&RULE)?.only_within("when", &WHEN)?;
    if let Some(when) = fields.look("when") {
        when.any_object()?.only_within("discount", &DISCOUNT)?;
    }
    if let Some(pays) = fields.look("pays") {
        let pays = pays.any_object()?;
        let known = PAYS.iter().find(|(by, _)| pays.peek("by") == Some(by));
        if let Some((_, known)) = known {
            pays.only(known)?;
        }
    }
    fields.read()
}

/// Where in a plan that is which is wrong with it.
fn place_of_error(place: &str, plan: &Plan, error: &PlanError) -> String {
    let index = error
        .rule()
        .and_then(|number| plan.rules.iter().rposition(|rule| rule.number == number));
    match (index, error) {
        (Some(index), _) => format!("{place}.rules[{index}]"),
        (None, PlanError::PeriodRules { .. }) => format!("{place}.period"),
        (None, _) => format!("{place}.rules"),
    }
}

fn tax(document: &mut Object<'_>, calendar: &dyn Calendar) -> Result<Vec<TaxTerms>, ScenarioError> {
    let mut all = vec![TaxTerms {
        valid_from: Timestamp(i64::MIN),
        ..TaxTerms::default()
    }];
    for node in document.list("tax")? {
        let place = node.place.clone();
        let terms: TaxTerms = node
            .object(&TAX)?
            .only_within("rates", &TAX_RATE)?
            .dated(calendar)?;
        terms
            .check()
            .map_err(|error| ScenarioError::new(&format!("{place}.rates"), error))?;
        let earlier = all.last().map(|earlier| earlier.valid_from);
        refuse_earlier(&place, earlier, terms.valid_from)?;
        all.push(terms);
    }
    Ok(all)
}
