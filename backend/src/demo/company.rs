//! The company before its first order: people, cooperatives, goods, prices, commission plans.

use super::days::Days;
use super::material::{Material, PlanRuleRow};
use super::random::{Random, Stream};
use super::{DemoError, Options};
use taswiq_domain::catalogue::{
    Catalogue, Category, Channel, Convention, Cooperative, Picture, PriceList, Product,
    ProductPrice, VatRate,
};
use taswiq_domain::commission::{CapPer, Conditions, Pays, Plan, Rule};
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::engagement::{Engagement, EngagementKind, Share};
use taswiq_domain::ids::{
    CategoryId, CooperativeId, DeviceId, PersonId, PlanVersion, PriceListVersion, ProductId,
};
use taswiq_domain::law::Regime;
use taswiq_domain::money::{Centimes, Ppm};
use taswiq_domain::order::{Vesting, VestingPart, VestsWhen};
use taswiq_domain::person::Role;
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::settlement::rules::{PeriodRules, Target, Tier};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};
use uuid::Uuid;

/// How long before the first order the programme was set up.
const SET_UP_DAYS: i32 = 60;
/// Cooperatives with a single sign-in for all three, run by one animatrice.
const RUN_BY_ANIMATRICE: [&str; 3] = ["tapis-marmoucha", "azaghar-skoura", "ghassoul-missour"];
/// Half of the commission when the goods are delivered, half when they are paid for.
fn half_on_delivery() -> Vesting {
    let half = |when| VestingPart {
        when,
        part: Ppm(500_000),
    };
    Vesting(vec![half(VestsWhen::Delivered), half(VestsWhen::Paid)])
}

/// Categories whose packed lines carry a lot.
const FOOD: [&str; 9] = [
    "oils",
    "honey",
    "amlou_sweets",
    "dates_fruits",
    "grains_couscous",
    "spices_saffron",
    "herbs_tea",
    "dairy",
    "preserves_olives",
];

/// Somebody with an account.
#[derive(Clone, Debug)]
pub struct DemoPerson {
    /// Who; counted from 1.
    pub id: PersonId,
    /// What they type to sign in.
    pub login: String,
    /// What they are.
    pub role: Role,
    /// Their name.
    pub name: LocalText,
    /// Their phone.
    pub phone: Option<PhoneNumber>,
    /// Agents: the terms on which they sell, oldest first.
    pub engagements: Vec<Engagement>,
    /// The language of their screens.
    pub language: &'static str,
    /// Whom they act for.
    pub cooperatives: Vec<CooperativeId>,
    /// The device they use; the office needs none.
    pub device: Option<DeviceId>,
    /// Agents: where goods are handed over for them.
    pub town: String,
}

/// A cooperative with what the catalogue does not carry.
#[derive(Clone, Debug)]
pub struct DemoCooperative {
    /// The cooperative, with its conventions.
    pub cooperative: Cooperative,
    /// Its region.
    pub region: LocalText,
    /// Its phone.
    pub phone: PhoneNumber,
    /// Whoever confirms and packs for it.
    pub member: PersonId,
}

/// A quarter or village where an agent knocks.
#[derive(Clone, Debug)]
pub struct DemoPlace {
    /// Its name and town.
    pub name: LocalText,
    /// North and east, in ten-thousandths of a degree.
    pub latitude_e4: i32,
    /// See `latitude_e4`.
    pub longitude_e4: i32,
}

/// The company.
#[derive(Debug)]
pub struct Company {
    /// When it was set up: people, cooperatives, first price list and plan.
    pub set_up_at: Timestamp,
    /// By id.
    pub people: Vec<DemoPerson>,
    /// By id.
    pub cooperatives: Vec<DemoCooperative>,
    /// What can be sold, with every price list and plan published by the end of the history.
    pub catalogue: Catalogue,
    /// Who published the price lists and plans.
    pub publisher: PersonId,
    /// The agents' ids.
    pub agents: Vec<PersonId>,
    pub(super) places: Vec<Vec<DemoPlace>>,
    pub(super) agent_regions: Vec<String>,
    pub(super) pack_sizes: Vec<u32>,
    pub(super) category_keys: Vec<String>,
    pub(super) carries_lot: Vec<bool>,
}

impl Company {
    /// The company of that seed.
    pub(super) fn new(
        options: &Options,
        material: &Material,
        days: &Days,
    ) -> Result<Self, DemoError> {
        let mut random = Random::new(options.seed, Stream::Company, 0);
        let set_up_at = days.at(options.first_day().plus_days(-SET_UP_DAYS), 9 * 60);
        let mut company = Self {
            set_up_at,
            people: Vec::new(),
            cooperatives: Vec::new(),
            catalogue: Catalogue::default(),
            publisher: PersonId(1),
            agents: Vec::new(),
            places: Vec::new(),
            agent_regions: Vec::new(),
            pack_sizes: material.products.iter().map(|row| row.pack_size).collect(),
            category_keys: material
                .categories
                .iter()
                .map(|row| row.key.clone())
                .collect(),
            carries_lot: Vec::new(),
        };
        company.hire(material, &mut random)?;
        company.join_cooperatives(options, material, days, &mut random)?;
        company.offer_goods(material)?;
        company.publish_prices(options, days, &mut random);
        company.publish_plans(options, material, days)?;
        company.engage(material)?;
        // One revision for the set-up and one for each publication after it.
        company.catalogue.revision =
            (company.catalogue.price_lists.len() + company.catalogue.plans.len()) as i64 - 1;
        Ok(company)
    }

    /// The person of that id.
    pub fn person(&self, id: PersonId) -> Option<&DemoPerson> {
        self.people.get(usize::try_from(id.0 - 1).ok()?)
    }

    /// The category key of a product, as the raw material calls it.
    pub(super) fn category_key(&self, product: &Product) -> &str {
        &self.category_keys[(product.category.0 - 1) as usize]
    }

    fn hire(&mut self, material: &Material, random: &mut Random) -> Result<(), DemoError> {
        // The administrator first, then managers, then agents: ids count up in that order.
        for role in [Role::Administrator, Role::Manager, Role::Agent] {
            for row in material
                .people
                .iter()
                .filter(|row| row.role == role.as_str())
            {
                let id = self.next_person();
                let is_agent = role == Role::Agent;
                if is_agent {
                    self.agents.push(id);
                    self.knock_around(&row.key, material)?;
                }
                self.people.push(DemoPerson {
                    id,
                    login: match role {
                        Role::Administrator => "admin".to_owned(),
                        _ => row.key.clone(),
                    },
                    role,
                    name: LocalText::new(
                        &format!("{} {}", row.first_name_fr, row.family_name_fr),
                        &format!("{} {}", row.first_name_ar, row.family_name_ar),
                    ),
                    phone: Some(phone(&row.phone)?),
                    engagements: Vec::new(),
                    language: if is_agent && self.agents.len().is_multiple_of(3) {
                        "ar"
                    } else {
                        "fr"
                    },
                    cooperatives: Vec::new(),
                    device: is_agent.then(|| DeviceId(uuid_at(self.set_up_at, random))),
                    town: row.town_fr.clone(),
                });
            }
        }
        Ok(())
    }

    fn knock_around(&mut self, agent_key: &str, material: &Material) -> Result<(), DemoError> {
        let mut places = Vec::new();
        let mut region = String::new();
        for row in material
            .places
            .iter()
            .filter(|row| row.agent_key == agent_key)
        {
            let unreadable = || DemoError::Material {
                file: "places.csv",
                detail: format!("position of {}", row.name_fr),
            };
            let full_name = |name: &str, town: &str, comma: &str| match row.kind.as_str() {
                "quarter" => format!("{name}{comma}{town}"),
                _ => name.to_owned(),
            };
            places.push(DemoPlace {
                name: LocalText::new(
                    &full_name(&row.name_fr, &row.town_fr, ", "),
                    &full_name(&row.name_ar, &row.town_ar, "، "),
                ),
                latitude_e4: super::material::degrees_e4(&row.latitude).ok_or_else(unreadable)?,
                longitude_e4: super::material::degrees_e4(&row.longitude).ok_or_else(unreadable)?,
            });
            region.clone_from(&row.region_fr);
        }
        if places.is_empty() {
            return Err(DemoError::Material {
                file: "places.csv",
                detail: format!("no place for {agent_key}"),
            });
        }
        self.places.push(places);
        self.agent_regions.push(region);
        Ok(())
    }

    fn join_cooperatives(
        &mut self,
        options: &Options,
        material: &Material,
        days: &Days,
        random: &mut Random,
    ) -> Result<(), DemoError> {
        let women: Vec<_> = material
            .first_names
            .iter()
            .filter(|name| name.gender == "f")
            .collect();
        let mut member = |company: &mut Self, login: &str, number: Option<PhoneNumber>| {
            let id = company.next_person();
            let name = match (random.pick(&women), random.pick(&material.family_names)) {
                (Some(first), Some(family)) => LocalText::new(
                    &format!("{} {}", first.name_fr, family.name_fr),
                    &format!("{} {}", first.name_ar, family.name_ar),
                ),
                _ => LocalText::new(login, login),
            };
            company.people.push(DemoPerson {
                id,
                login: login.to_owned(),
                role: Role::Cooperative,
                name,
                phone: number,
                engagements: Vec::new(),
                language: if id.0 % 3 == 0 { "ar" } else { "fr" },
                cooperatives: Vec::new(),
                device: Some(DeviceId(uuid_at(company.set_up_at, random))),
                town: String::new(),
            });
            id
        };
        let own_members: Vec<PersonId> = material
            .cooperatives
            .iter()
            .map(|row| Ok(member(self, &row.key, Some(phone(&row.phone)?))))
            .collect::<Result<_, DemoError>>()?;
        let animatrice = member(self, "animatrice", None);
        for (index, row) in material.cooperatives.iter().enumerate() {
            let id = CooperativeId(index as i64 + 1);
            let regime = Regime::from_name(&row.regime).ok_or_else(|| DemoError::Material {
                file: "cooperatives.csv",
                detail: format!("regime of {}", row.key),
            })?;
            // Weavers and embroiderers make what is ordered; food is there.
            let delivery_days = 2
                + random.below(3) as u16
                + if row.key.contains("tapis") || row.key.contains("terz") {
                    3
                } else {
                    0
                };
            let mut conventions = vec![Convention {
                valid_from: self.set_up_at,
                regime,
                delivery_days,
                vesting: Default::default(),
            }];
            if index % 8 == 5 {
                // Some learned to deliver a day sooner, and trust their agents more.
                conventions.push(Convention {
                    valid_from: days.at(options.first_day().plus_days(70), 0),
                    regime,
                    delivery_days: delivery_days - 1,
                    vesting: half_on_delivery(),
                });
            }
            let animated = RUN_BY_ANIMATRICE.contains(&row.key.as_str());
            self.people[(own_members[index].0 - 1) as usize]
                .cooperatives
                .push(id);
            if animated {
                self.people[(animatrice.0 - 1) as usize]
                    .cooperatives
                    .push(id);
            }
            self.cooperatives.push(DemoCooperative {
                cooperative: Cooperative {
                    id,
                    name: LocalText::new(&row.name_fr, &row.name_ar),
                    place: LocalText::new(&row.place_fr, &row.place_ar),
                    conventions,
                },
                region: LocalText::new(&row.region_fr, &row.region_ar),
                phone: phone(&row.phone)?,
                member: if animated {
                    animatrice
                } else {
                    own_members[index]
                },
            });
        }
        self.catalogue.cooperatives = self
            .cooperatives
            .iter()
            .map(|joined| joined.cooperative.clone())
            .collect();
        Ok(())
    }

    fn offer_goods(&mut self, material: &Material) -> Result<(), DemoError> {
        let picture = |shape: &str, tint: &str, motif: &str| Picture {
            shape: shape.to_owned(),
            tint: tint.to_owned(),
            motif: motif.to_owned(),
        };
        self.catalogue.categories = material
            .categories
            .iter()
            .zip(1..)
            .map(|(row, id)| Category {
                id: CategoryId(id),
                name: LocalText::new(&row.name_fr, &row.name_ar),
                picture: picture(&row.shape, &row.tint, &row.motif),
            })
            .collect();
        for (row, id) in material.products.iter().zip(1..) {
            let cooperative = found(
                material.cooperatives.iter().map(|one| &one.key),
                &row.cooperative_key,
                "products.csv",
            )?;
            let category = found(
                material.categories.iter().map(|one| &one.key),
                &row.category,
                "products.csv",
            )?;
            self.catalogue.products.push(Product {
                id: ProductId(id),
                cooperative: CooperativeId(cooperative),
                category: CategoryId(category),
                name: LocalText::new(&row.name_fr, &row.name_ar),
                unit: LocalText::new(&row.unit_fr, &row.unit_ar),
                picture: picture(&row.shape, &row.tint, &row.motif),
                vat: vec![VatRate {
                    valid_from: self.set_up_at,
                    rate: Ppm(row.vat_ppm),
                }],
                prices: vec![ProductPrice {
                    version: PriceListVersion(1),
                    retail: Centimes(row.retail_centimes),
                    semi_wholesale: Centimes(row.semi_wholesale_centimes),
                    wholesale: Centimes(row.wholesale_centimes),
                }],
                on_sale: true,
            });
            self.carries_lot.push(FOOD.contains(&row.category.as_str()));
        }
        Ok(())
    }

    /// The first list holds from the set-up; then a few seasonal prices, a general rise of oils and
    /// honeys in the middle, and some prices that come down towards the end.
    fn publish_prices(&mut self, options: &Options, days: &Days, random: &mut Random) {
        self.catalogue.price_lists.push(PriceList {
            version: PriceListVersion(1),
            valid_from: self.set_up_at,
        });
        let changes: [(i32, &[&str], u64, i64, i64); 3] = [
            (38, &["dates_fruits", "dairy"], 14, -8, 12),
            (
                96,
                &["oils", "honey", "amlou_sweets", "cosmetics"],
                50,
                3,
                9,
            ),
            (
                151,
                &["spices_saffron", "pottery", "preserves_olives"],
                10,
                -10,
                -3,
            ),
        ];
        for (after_days, categories, products_max, percent_min, percent_max) in changes {
            let version = PriceListVersion(self.catalogue.price_lists.len() as i64 + 1);
            self.catalogue.price_lists.push(PriceList {
                version,
                valid_from: days.at(options.first_day().plus_days(after_days), 0),
            });
            let candidates: Vec<usize> = (0..self.catalogue.products.len())
                .filter(|&index| {
                    let key = self.category_key(&self.catalogue.products[index]);
                    categories.contains(&key)
                })
                .collect();
            // Every k-th candidate, so that the change spreads over cooperatives.
            let changed = candidates.len().min(products_max as usize);
            for nth in 0..changed {
                let index = candidates[nth * candidates.len() / changed];
                let percent = random.between(percent_min, percent_max);
                let product = &mut self.catalogue.products[index];
                if let Some(last) = product.prices.last().copied() {
                    let changed_by = |price: Centimes| {
                        // Prices are round to half a dirham and never fall to nothing.
                        Centimes(((price.0 * (100 + percent) / 100 + 25) / 50 * 50).max(50))
                    };
                    let wholesale = changed_by(last.wholesale);
                    let semi_wholesale =
                        changed_by(last.semi_wholesale).max(Centimes(wholesale.0 + 50));
                    let retail = changed_by(last.retail).max(Centimes(semi_wholesale.0 + 50));
                    product.prices.push(ProductPrice {
                        version,
                        retail,
                        semi_wholesale,
                        wholesale,
                    });
                }
            }
        }
    }

    fn publish_plans(
        &mut self,
        options: &Options,
        material: &Material,
        days: &Days,
    ) -> Result<(), DemoError> {
        let mid_history = options.first_day().plus_days(super::HISTORY_DAYS / 2);
        let starts = [self.set_up_at, days.start_of(mid_history.first_of_month())];
        for (version, valid_from) in (1..).zip(starts) {
            let rules = material
                .plan_rules
                .iter()
                .filter(|row| row.plan == version)
                .map(|row| self.rule(row, material))
                .collect::<Result<Vec<_>, _>>()?;
            let plan = Plan {
                version: PlanVersion(version),
                valid_from,
                rules,
                period: months_of(version, material)?,
            };
            plan.check().map_err(|source| DemoError::Material {
                file: "plan_rules.csv",
                detail: source.to_string(),
            })?;
            self.catalogue.plans.push(plan);
        }
        Ok(())
    }

    /// Gives agents their terms, each from the date of a plan on.
    fn engage(&mut self, material: &Material) -> Result<(), DemoError> {
        let file = "engagements.csv";
        for row in &material.engagements {
            let valid_from = self
                .catalogue
                .plan(PlanVersion(row.plan))
                .ok_or_else(|| unknown(file, &row.plan.to_string()))?
                .valid_from;
            let lead = match row.lead.as_str() {
                "" => None,
                key => Some(self.agent(key, file)?),
            };
            let shares = row
                .shares
                .split_whitespace()
                .map(|share| {
                    let (key, part) = share.split_once(':').ok_or_else(|| unknown(file, share))?;
                    Ok(Share {
                        person: self.agent(key, file)?,
                        part: Ppm(part.parse().map_err(|_| unknown(file, share))?),
                    })
                })
                .collect::<Result<_, DemoError>>()?;
            let engagement = Engagement {
                valid_from,
                kind: EngagementKind::from_name(&row.kind)
                    .ok_or_else(|| unknown(file, &row.kind))?,
                contract: row.contract.clone(),
                territory: row.territory.clone(),
                grade: row.grade.clone(),
                team: row.team.clone(),
                lead,
                shares,
            };
            let agent = self.agent(&row.agent, file)?;
            if let Some(person) = self.people.iter_mut().find(|person| person.id == agent) {
                person.engagements.push(engagement);
            }
        }
        Ok(())
    }

    fn agent(&self, key: &str, file: &'static str) -> Result<PersonId, DemoError> {
        self.people
            .iter()
            .find(|person| person.role == Role::Agent && person.login == key)
            .map(|person| person.id)
            .ok_or_else(|| unknown(file, key))
    }

    fn rule(&self, row: &PlanRuleRow, material: &Material) -> Result<Rule, DemoError> {
        let file = "plan_rules.csv";
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let agent = given(&row.agent)
            .map(|key| self.agent(&key, file))
            .transpose()?;
        let product = given(&row.product)
            .map(|key| found(material.products.iter().map(|one| &one.key), &key, file))
            .transpose()?;
        let cooperative = given(&row.cooperative)
            .map(|key| found(material.cooperatives.iter().map(|one| &one.key), &key, file))
            .transpose()?;
        let category = given(&row.category)
            .map(|key| found(material.categories.iter().map(|one| &one.key), &key, file))
            .transpose()?;
        let customer_kind = match row.customer_kind.as_str() {
            "" => None,
            "household" => Some(CustomerKind::Household),
            "professional" => Some(CustomerKind::Professional),
            other => return Err(unknown(file, other)),
        };
        let channel = match row.channel.as_str() {
            "" => None,
            "door" => Some(Channel::Door),
            other => return Err(unknown(file, other)),
        };
        let pays = match (row.rate_ppm, row.per_unit_centimes) {
            (Some(rate), None) => Pays::Rate { rate: Ppm(rate) },
            (None, Some(amount)) => Pays::PerUnit {
                amount: Centimes(amount),
            },
            _ => Pays::Nothing {
                reason: row.nothing_reason.clone(),
            },
        };
        Ok(Rule {
            number: row.number,
            when: Conditions {
                agent,
                product: product.map(ProductId),
                cooperative: cooperative.map(CooperativeId),
                category: category.map(CategoryId),
                grade: given(&row.grade),
                customer_kind,
                channel,
                ..Conditions::default()
            },
            pays,
            cap: row.cap_centimes.map(Centimes),
            cap_per: CapPer::Line,
        })
    }

    fn next_person(&self) -> PersonId {
        PersonId(self.people.len() as i64 + 1)
    }
}

/// A UUIDv7 of that moment.
pub(super) fn uuid_at(moment: Timestamp, random: &mut Random) -> Uuid {
    let (high, low) = (random.next(), random.next());
    let mut bytes = [0; 10];
    bytes[..8].copy_from_slice(&high.to_be_bytes());
    bytes[8..].copy_from_slice(&low.to_be_bytes()[..2]);
    uuid::Builder::from_unix_timestamp_millis(moment.0.max(0) as u64, &bytes).into_uuid()
}

pub(super) fn phone(text: &str) -> Result<PhoneNumber, DemoError> {
    text.parse().map_err(
        |source: taswiq_domain::phone::NotAPhoneNumber| DemoError::Material {
            file: "people.csv",
            detail: format!("{text}: {source}"),
        },
    )
}

/// The number of a key, counted from 1.
fn found<'a>(
    mut keys: impl Iterator<Item = &'a String>,
    key: &str,
    file: &'static str,
) -> Result<i64, DemoError> {
    keys.position(|known| known == key)
        .map(|index| index as i64 + 1)
        .ok_or_else(|| unknown(file, key))
}

fn unknown(file: &'static str, key: &str) -> DemoError {
    DemoError::Material {
        file,
        detail: format!("unknown key {key:?}"),
    }
}

/// Whether a date lies in the months from `first` to `last`, which may wrap around the year's end.
pub(super) fn in_months(date: CivilDate, first: u32, last: u32) -> bool {
    let (_, month, _) = date.year_month_day();
    if first <= last {
        (first..=last).contains(&month)
    } else {
        month >= first || month <= last
    }
}

/// What a version of the plan adds that looks at a month. A tier ends where the next one begins.
fn months_of(version: i64, material: &Material) -> Result<PeriodRules, DemoError> {
    let mut rules = PeriodRules::default();
    for row in material
        .plan_months
        .iter()
        .filter(|row| row.plan == version)
    {
        let from = Centimes(row.from_centimes.unwrap_or_default());
        let rate = Ppm(row.rate_ppm.unwrap_or_default());
        let sum = Centimes(row.sum_centimes.unwrap_or_default());
        match row.adds.as_str() {
            "tier" => {
                if let Some(lower) = rules.tiers.last_mut() {
                    lower.below = Some(from);
                }
                rules.tiers.push(Tier {
                    from,
                    below: None,
                    rate,
                });
            }
            "target" => rules.targets.push(Target {
                reach: from,
                bonus: sum,
            }),
            "guaranteed" => rules.guaranteed = sum,
            "lead" => rules.lead_rate = rate,
            other => return Err(unknown("plan_months.csv", other)),
        }
    }
    Ok(rules)
}
