//! Who buys what, where and when: chance only. What it costs and earns is the rules' business.

use super::clientele::{Clientele, DemoCustomer};
use super::company::{Company, in_months};
use super::days::{Days, Hours};
use super::random::{Random, RunningWeights, Stream};
use super::{HISTORY_DAYS, Options};
use taswiq_domain::catalogue::PriceTier;
use taswiq_domain::customer::CustomerKind;
use taswiq_domain::ids::CooperativeId;
use taswiq_domain::order::basket::{Basket, BasketLine, Promise};
use taswiq_domain::refusal::Refusal;
use taswiq_domain::time::{Calendar, CivilDate, Timestamp};

/// Doors of Monday to Sunday: Tuesday and Saturday are souk days, Friday stops for prayer.
const OF_WEEKDAYS: [u64; 7] = [95, 110, 95, 100, 62, 128, 72];
/// Doors of January to December: few in the heat and in Ramadan, many when oil and dates are new.
const OF_MONTHS: [u64; 12] = [95, 82, 78, 96, 104, 100, 90, 76, 98, 112, 122, 116];
/// What a category sells in its season, per cent of the rest of the year: category, first month,
/// last month, per cent.
const SEASONS: [(&str, u32, u32, u64); 6] = [
    ("oils", 11, 1, 150),
    ("dates_fruits", 9, 12, 170),
    ("honey", 10, 2, 130),
    ("dairy", 3, 6, 130),
    ("rugs_textiles", 10, 1, 140),
    ("preserves_olives", 10, 12, 125),
];
const SEASON_PERCENT_MAX: u64 = 170;

/// How many orders stay fresh at the end whatever their number: two for each cooperative.
pub(super) const FRESH_MAX: u32 = 48;

/// A door that opens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knock {
    /// When the customer signs.
    pub at: Timestamp,
    /// Index of the agent.
    pub agent: usize,
    /// For the last orders: the cooperative that must have something to confirm.
    pub fresh_for: Option<CooperativeId>,
}

/// The demand of the demo company.
#[derive(Debug)]
pub(super) struct Market {
    /// Orders of each day of the history.
    orders_of_days: Vec<u32>,
    agents: RunningWeights,
    /// By agent.
    cooperatives: Vec<RunningWeights>,
    /// By cooperative: indices of its products, and their weights.
    products: Vec<(Vec<usize>, RunningWeights)>,
}

impl Market {
    pub fn new(options: &Options, company: &Company, days: &Days) -> Self {
        let mut random = Random::new(options.seed, Stream::Company, 1);
        let last_day = options.last_day(days);
        let weights: Vec<u64> = (0..HISTORY_DAYS)
            .map(|day| {
                let date = options.first_day().plus_days(day);
                let (_, month, _) = date.year_month_day();
                // The company grows by half in the six months.
                let growth = 800 + 400 * day as u64 / HISTORY_DAYS as u64;
                let whole =
                    OF_WEEKDAYS[date.weekday() as usize] * OF_MONTHS[month as usize - 1] * growth;
                match date.cmp(&last_day) {
                    std::cmp::Ordering::Less => whole,
                    std::cmp::Ordering::Equal => {
                        let (opens, closes) = door_hours(options, days, date);
                        whole * (closes - opens) as u64
                            / (Hours::DOOR.closes - Hours::DOOR.opens) as u64
                    }
                    std::cmp::Ordering::Greater => 0,
                }
            })
            .collect();
        let fresh = options.fresh_orders();
        let mut orders_of_days = shared_out(options.orders - fresh, &weights);
        orders_of_days
            [(last_day.days_since_epoch() - options.first_day().days_since_epoch()) as usize] +=
            fresh;
        let agents = company
            .agents
            .iter()
            .map(|_| random.between(60, 150) as u64)
            .collect();
        let popularity: Vec<u64> = company
            .cooperatives
            .iter()
            .map(|_| random.between(50, 160) as u64)
            .collect();
        let cooperatives = company
            .agent_regions
            .iter()
            .map(|region| {
                company
                    .cooperatives
                    .iter()
                    .zip(&popularity)
                    .map(|(joined, popularity)| {
                        // What is made nearby is known and sells best.
                        popularity
                            * if joined.region.get("fr") == region {
                                4
                            } else {
                                1
                            }
                    })
                    .collect()
            })
            .collect();
        let products = company
            .cooperatives
            .iter()
            .map(|joined| {
                let indices: Vec<usize> = (0..company.catalogue.products.len())
                    .filter(|&index| {
                        company.catalogue.products[index].cooperative == joined.cooperative.id
                    })
                    .collect();
                let weights = indices
                    .iter()
                    .map(|&index| {
                        let retail = company.catalogue.products[index]
                            .prices
                            .first()
                            .map_or(10_000, |price| price.retail.0 as u64);
                        // Twice the price sells less than half as often.
                        random.between(50, 200) as u64 * 100_000 / (retail + 3_000)
                    })
                    .collect();
                (indices, weights)
            })
            .collect();
        Self {
            orders_of_days,
            agents,
            cooperatives,
            products,
        }
    }

    /// The doors that open on the day of that number, in order of time. `first` is the number of
    /// the day's first order.
    pub fn knocks(&self, options: &Options, days: &Days, day: usize, first: u32) -> Vec<Knock> {
        let date = options.first_day().plus_days(day as i32);
        let mut random = Random::new(options.seed, Stream::Day, day as u64);
        let (opens, closes) = door_hours(options, days, date);
        let mut times: Vec<Timestamp> = (0..self.orders_of_days[day])
            .map(|_| {
                // The late morning and the hours after the afternoon prayer are busiest.
                let one = random.between(opens, closes - 1);
                let other = random.between(opens, closes - 1);
                let quiet = |minute: i64| (13 * 60..16 * 60).contains(&minute);
                let minute = if quiet(one) { other } else { one };
                days.at(date, minute).plus_ms(random.between(0, 59_999))
            })
            .collect();
        times.sort_unstable();
        let fresh_from = options.orders - options.fresh_orders();
        let is_last_day = date == options.last_day(days);
        // Orders of the last day by agents who are offline are still on their phones.
        let online = |agent: usize| {
            (agent..agent + self.cooperatives.len())
                .map(|candidate| candidate % self.cooperatives.len())
                .find(|candidate| options.offline_since(days, *candidate).is_none())
                .unwrap_or(agent)
        };
        times
            .into_iter()
            .zip(first..)
            .map(|(at, number)| match number.checked_sub(fresh_from) {
                Some(fresh) => Knock {
                    at,
                    agent: online(fresh as usize % self.cooperatives.len()),
                    fresh_for: Some(CooperativeId(
                        i64::from(fresh % self.products.len() as u32) + 1,
                    )),
                },
                None => Knock {
                    at,
                    agent: match random.index_in(&self.agents) {
                        agent if is_last_day => online(agent),
                        agent => agent,
                    },
                    fresh_for: None,
                },
            })
            .collect()
    }

    /// How many orders a day has.
    pub fn orders_of_day(&self, day: usize) -> u32 {
        self.orders_of_days[day]
    }

    /// Who opens the door: one of those registered by then, the earliest more often.
    pub fn customer<'a>(
        &self,
        clientele: &'a Clientele,
        knock: &Knock,
        random: &mut Random,
    ) -> Option<&'a DemoCustomer> {
        let customers = &clientele[knock.agent];
        let known = customers.partition_point(|customer| customer.created_at < knock.at) as u64;
        let index = random.below(known).min(random.below(known));
        customers.get(index as usize)
    }

    /// What the customer asks for.
    pub fn basket(
        &self,
        company: &Company,
        days: &Days,
        knock: &Knock,
        kind: CustomerKind,
        random: &mut Random,
    ) -> Result<Basket, Refusal> {
        let date = days.date_at(knock.at);
        let tier = match kind {
            CustomerKind::Professional if random.chance(220) => PriceTier::Wholesale,
            kind => PriceTier::usual_for(kind),
        };
        let mut cooperatives: Vec<usize> = Vec::with_capacity(4);
        if let Some(cooperative) = knock.fresh_for {
            cooperatives.push((cooperative.0 - 1) as usize);
        }
        let wanted = random.by_weight([(560, 1), (300, 2), (110, 3), (30, 4)]);
        for _ in 0..2 * wanted {
            let drawn = random.index_in(&self.cooperatives[knock.agent]);
            if cooperatives.len() < wanted && !cooperatives.contains(&drawn) {
                cooperatives.push(drawn);
            }
        }
        let mut lines: Vec<BasketLine> = Vec::with_capacity(6);
        for &cooperative in &cooperatives {
            let (indices, weights) = &self.products[cooperative];
            let wanted = random.by_weight([(520, 1), (310, 2), (120, 3), (50, 4)]);
            let mut taken = 0;
            for attempt in 0..4 * wanted {
                let product = &company.catalogue.products[indices[random.index_in(weights)]];
                let season = season_percent(company.category_key(product), date);
                let in_season = random.below(SEASON_PERCENT_MAX) < season;
                if taken == wanted || (!in_season && (attempt > 0 || taken > 0)) {
                    continue;
                }
                if lines.iter().all(|line| line.product != product.id) {
                    let retail = product.prices.first().map_or(0, |price| price.retail.0);
                    let pack_size = company.pack_sizes[(product.id.0 - 1) as usize];
                    lines.push(BasketLine {
                        product: product.id,
                        units: units(kind, tier, retail, pack_size, random),
                    });
                    taken += 1;
                }
            }
        }
        let promises = cooperatives
            .iter()
            .map(|&index| {
                let cooperative = CooperativeId(index as i64 + 1);
                let usual = company
                    .catalogue
                    .usual_promise(cooperative, kind, knock.at, date)
                    .ok_or(Refusal::NoConvention { cooperative })?;
                // Some cannot wait for the end of the withdrawal period.
                let on = if random.chance(110) {
                    date.plus_days(2 + random.below(4) as i32).min(usual)
                } else {
                    usual.plus_days(random.by_weight([(600, 0), (250, 1), (150, 3)]))
                };
                Ok(Promise { cooperative, on })
            })
            .collect::<Result<_, Refusal>>()?;
        Ok(Basket {
            tier,
            price_list: company
                .catalogue
                .price_list_at(knock.at)
                .ok_or(Refusal::CatalogueTooOld)?,
            plan: company
                .catalogue
                .plan_at(knock.at)
                .ok_or(Refusal::CatalogueTooOld)?
                .version,
            terms_from: None,
            lines,
            promises,
            signature: String::new(),
            substitution_agreed: random.chance(400),
        })
    }
}

/// From when to when agents knock on a day, in minutes; on the last day only until the history
/// ends.
fn door_hours(options: &Options, days: &Days, date: CivilDate) -> (i64, i64) {
    if date == days.date_at(options.ends_at) {
        // The day has hardly begun: those who rise early.
        let end = days.minute_of(options.ends_at) - 2;
        (end.min(7 * 60), end.max(end.min(7 * 60) + 1))
    } else {
        (Hours::DOOR.opens, Hours::DOOR.closes)
    }
}

fn season_percent(category: &str, date: CivilDate) -> u64 {
    SEASONS
        .iter()
        .find(|(key, first, last, _)| *key == category && in_months(date, *first, *last))
        .map_or(100, |(_, _, _, percent)| *percent)
}

fn units(
    kind: CustomerKind,
    tier: PriceTier,
    retail_centimes: i64,
    pack_size: u32,
    random: &mut Random,
) -> u32 {
    let small = |random: &mut Random, most: i64| random.between(1, most) as u32;
    match (kind, retail_centimes) {
        (CustomerKind::Household, ..6_000) => small(random, 4),
        (CustomerKind::Household, 6_000..20_000) => small(random, 2),
        (CustomerKind::Household, _) => 1,
        // Shops buy by the carton.
        (CustomerKind::Professional, ..20_000) => {
            let cartons = small(random, if tier == PriceTier::Wholesale { 6 } else { 2 });
            pack_size.max(1) * cartons
        }
        (CustomerKind::Professional, _) => small(random, 4),
    }
}

/// Shares out a number by weights, by largest remainder; equal remainders go to the earlier day.
fn shared_out(whole: u32, weights: &[u64]) -> Vec<u32> {
    let total: u64 = weights.iter().sum::<u64>().max(1);
    let mut parts: Vec<u32> = weights
        .iter()
        .map(|weight| (u64::from(whole) * weight / total) as u32)
        .collect();
    let left_over = whole - parts.iter().sum::<u32>();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by_key(|&day| {
        (
            std::cmp::Reverse(u64::from(whole) * weights[day] % total),
            day,
        )
    });
    for &day in by_remainder.iter().take(left_over as usize) {
        parts[day] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_sum_to_the_whole() {
        for whole in [0, 1, 7, 1_000_003] {
            let parts = shared_out(whole, &[3, 0, 5, 5, 1]);
            assert_eq!(parts.iter().sum::<u32>(), whole);
            assert_eq!(parts[1], 0);
        }
    }
}
