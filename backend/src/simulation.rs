//! What past months would have paid by another plan, agent by agent.
//!
//! Every order to which something happened in the months is told again twice, as it was judged and
//! as the other plan judges it ([`taswiq_domain::simulation`]), and both are closed month by month.
//! "Before" therefore is no copy of the books but made anew, and [`Outcome::unlike`] counts the
//! statements that say something else: zero, or something is wrong.
//!
//! Orders are read some hundred at a time, each time on a reading connection taken for it alone, and
//! only sums by agent and month are kept: a million orders take as much memory as ten thousand and
//! hold up nobody who writes. Nothing is posted. What is written is how far it is, every few seconds by
//! the office's clock however slow the disk is ([`Heart`]), and what came out, so that any process can
//! show it. Whether somebody stopped it is asked before every batch, and before every agent at the end.

mod scenario;
pub mod sql;
#[cfg(test)]
mod tests;

use crate::Office;
use crate::catalogue::{PlanDraft, write_json};
use crate::db::Conn;
use crate::error::OfficeError;
use crate::people::local_text;
use crate::settlement;
use crate::work::Shared;
use crate::{engagements, orders};
use serde::{Deserialize, Serialize};
use sql::SimulationRow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use taswiq_domain::access::{Action, Actor};
use taswiq_domain::catalogue::Catalogue;
use taswiq_domain::commission::Plan;
use taswiq_domain::engagement::Engagement;
use taswiq_domain::ids::{PersonId, PlanVersion};
use taswiq_domain::ledger::{Moment, Purpose};
use taswiq_domain::limits;
use taswiq_domain::money::Centimes;
use taswiq_domain::order::event::RecordedEvent;
use taswiq_domain::period::Period;
use taswiq_domain::settlement::movement::Sums;
use taswiq_domain::settlement::{MonthRules, Movement, ReversalReason, SettledMonth, Statement};
use taswiq_domain::simulation::{Judge, Pay, Rules, SimulatedMonth, earned_by, pay_of};
use taswiq_domain::text::LocalText;
use taswiq_domain::time::Timestamp;
use tokio::task::JoinSet;
use uuid::Uuid;

/// Orders read at once.
const ORDERS_AT_ONCE: usize = 256;
/// How long one says nothing of itself: often enough for whoever watches it, and rarely enough for the
/// writer.
const BEAT_MS: i64 = 2_000;
/// One that was not heard of for so long has died with its process. Many times the above: between two
/// looks at the clock lies one batch or one agent, and those take long on a slow disk.
const SILENT_MS: i64 = 120_000;
/// How many are kept, and listed.
const KEPT: i64 = 20;
/// The version of a plan that was never published.
const UNPUBLISHED: PlanVersion = PlanVersion(0);

/// What past orders are judged by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// The plan each was really judged by: what comes out must be what was.
    InForce,
    /// A version that was published.
    Version(PlanVersion),
    /// A plan that was not.
    Draft(PlanDraft),
}

/// What is simulated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// By what.
    pub candidate: Candidate,
    /// The first month.
    pub first: Period,
    /// The last one, itself included.
    pub last: Period,
}

/// Why nothing is simulated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimulationRefusal {
    /// Only what is over can be told again.
    #[error("the month {period} is not over")]
    NotOver {
        /// Which month.
        period: Period,
    },
    /// The last month comes before the first, or too long after it.
    #[error("at most {months_max} months are simulated")]
    NotAPeriod {
        /// How many may be.
        months_max: i32,
    },
    /// One at a time.
    #[error("simulation {id} is under way")]
    UnderWay {
        /// Which.
        id: i64,
    },
}

/// Both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// By the plans that were in force.
    pub before: Pay,
    /// By the candidate.
    pub after: Pay,
}

/// What came out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// Orders that were told again.
    pub orders: u64,
    /// By agent, in the order of their ids; who earns nothing on either side is left out.
    pub agents: Vec<(PersonId, Compared)>,
    /// By month.
    pub months: Vec<(Period, Compared)>,
    /// How many statements of closed months were compared with "before".
    pub statements: u32,
    /// How many of them say something else.
    pub unlike: u32,
    /// How many of the months were not closed: "before" is what they come to as they stand.
    pub open_months: u32,
}

impl Outcome {
    /// All agents and months together.
    ///
    /// # Errors
    /// When a sum does not fit 64 bits.
    pub fn total(&self) -> Result<Compared, OfficeError> {
        let mut total = Compared::default();
        for (_, compared) in &self.agents {
            total.before = total.before.plus(&compared.before)?;
            total.after = total.after.plus(&compared.after)?;
        }
        Ok(total)
    }
}

/// How a simulation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It reads orders.
    Running,
    /// What came out is there.
    Done,
    /// Something went wrong; it is in the server's log.
    Failed,
    /// Somebody stopped it, or the server was stopped.
    Stopped,
}

/// A simulation in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// Its number.
    pub id: i64,
    /// The version that was simulated; nothing for a draft, 0 for those in force.
    pub version: Option<PlanVersion>,
    /// The first month.
    pub first: Period,
    /// The last one.
    pub last: Period,
    /// Who started it.
    pub started_by: LocalText,
    /// When.
    pub started_at: Timestamp,
    /// How it stands.
    pub state: State,
    /// Orders there are.
    pub orders_all: u64,
    /// Of them, those told again.
    pub orders_done: u64,
}

impl Office {
    /// Tells the orders of past months again and says what they would have paid. Posts nothing and
    /// writes nothing.
    ///
    /// # Errors
    /// A [`SimulationRefusal`], or what is wrong with the plan.
    pub async fn simulate(&self, actor: &Actor, asked: Asked) -> Result<Outcome, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        let mut run = self.begin(asked).await?;
        while run.step(self).await? {}
        // Nobody can stop it, for nobody knows of it.
        let outcome = run.end(self, &mut Heart::default()).await?;
        outcome.ok_or(OfficeError::NotFound)
    }

    /// Begins a simulation in the background and gives its number.
    ///
    /// # Errors
    /// A [`SimulationRefusal`], or what is wrong with the plan.
    pub async fn start_simulation(&self, actor: &Actor, asked: Asked) -> Result<i64, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        let run = self.begin(asked.clone()).await?;
        let new = (actor.person, asked);
        let id = self
            .write(new, |(by, asked), work| {
                Box::pin(async move {
                    let since = work.now.0 - SILENT_MS;
                    if let Some((id,)) = sql::running(&mut work.conn, since).await? {
                        return Err(SimulationRefusal::UnderWay { id }.into());
                    }
                    let id = sql::last_id(&mut work.conn).await? + 1;
                    let (plan, version) = match &asked.candidate {
                        Candidate::InForce => (String::new(), Some(UNPUBLISHED.0)),
                        Candidate::Version(version) => (String::new(), Some(version.0)),
                        Candidate::Draft(draft) => {
                            (write_json(&(&draft.rules, &draft.period))?, None)
                        }
                    };
                    let row = sql::NewRow {
                        id,
                        plan,
                        version,
                        first_period: i64::from(asked.first.months_since_1970()),
                        last_period: i64::from(asked.last.months_since_1970()),
                        started_by: by.0,
                        started_at: work.now.0,
                    };
                    sql::add(&mut work.conn, &row).await?;
                    sql::forget(&mut work.conn, id - KEPT).await?;
                    Ok(id)
                })
            })
            .await?;
        tokio::spawn(self.clone().run_simulation(id, run));
        Ok(id)
    }

    /// Stops one that runs. Nothing of it is kept but that it was.
    pub async fn stop_simulation(&self, actor: &Actor, id: i64) -> Result<(), OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        self.end_simulation(id, State::Stopped, None).await
    }

    /// The latest simulations, the last first.
    pub async fn simulations(&self, actor: &Actor) -> Result<Vec<Simulation>, OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        let mut conn = self.db.read().await?;
        let rows = sql::latest(&mut conn, KEPT).await?;
        rows.into_iter().map(|row| self.told(row)).collect()
    }

    /// A simulation, and what came out when it is done.
    pub async fn simulation(
        &self,
        actor: &Actor,
        id: i64,
    ) -> Result<(Simulation, Candidate, Option<Outcome>), OfficeError> {
        self.require(actor, Action::ManageCatalogue)?;
        let mut conn = self.db.read().await?;
        let row = sql::by_id(&mut conn, id)
            .await?
            .ok_or(OfficeError::NotFound)?;
        let (plan, outcome) = sql::outcome(&mut conn, id)
            .await?
            .ok_or(OfficeError::NotFound)?;
        let corrupt = || OfficeError::Corrupt {
            what: "a simulation",
        };
        let candidate = match row.version {
            Some(version) if version == UNPUBLISHED.0 => Candidate::InForce,
            Some(version) => Candidate::Version(PlanVersion(version)),
            None => {
                let (rules, period) = serde_json::from_str(&plan).map_err(|_| corrupt())?;
                Candidate::Draft(PlanDraft { rules, period })
            }
        };
        let outcome = outcome
            .map(|outcome| serde_json::from_str(&outcome).map_err(|_| corrupt()))
            .transpose()?;
        Ok((self.told(row)?, candidate, outcome))
    }

    fn told(&self, row: SimulationRow) -> Result<Simulation, OfficeError> {
        let is_silent = row.heard_at < self.now().0 - SILENT_MS;
        let state = match row.state.as_str() {
            "running" if is_silent => State::Stopped,
            "running" => State::Running,
            "done" => State::Done,
            "stopped" => State::Stopped,
            _ => State::Failed,
        };
        Ok(Simulation {
            id: row.id,
            version: row.version.map(PlanVersion),
            first: read_period(row.first_period)?,
            last: read_period(row.last_period)?,
            started_by: local_text(&row.name)?,
            started_at: Timestamp(row.started_at),
            state,
            orders_all: u64::try_from(row.orders_all).unwrap_or_default(),
            orders_done: u64::try_from(row.orders_done).unwrap_or_default(),
        })
    }

    async fn run_simulation(self, id: i64, run: Run) {
        let outcome = match self.run_to_the_end(id, run).await {
            Ok(Some(outcome)) => write_json(&outcome),
            // It was stopped.
            Ok(None) => return,
            Err(error) => Err(error),
        };
        let ended = match outcome {
            Ok(outcome) => self.end_simulation(id, State::Done, Some(outcome)).await,
            Err(error) => {
                tracing::error!(%error, simulation = id, "a simulation failed");
                self.end_simulation(id, State::Failed, None).await
            }
        };
        if let Err(error) = ended {
            tracing::error!(%error, simulation = id, "the end of a simulation was not written");
        }
    }

    async fn run_to_the_end(&self, id: i64, mut run: Run) -> Result<Option<Outcome>, OfficeError> {
        let mut heart = Heart {
            id: Some(id),
            heard_at: None,
        };
        let mut counting = JoinSet::new();
        counting.spawn(self.clone().count_orders(run.material.span()));
        while heart.beats(self, &run).await? {
            if let Some(Ok(counted)) = counting.try_join_next() {
                run.orders_all = counted?;
            }
            if !run.step(self).await? {
                drop(counting);
                return run.end(self, &mut heart).await;
            }
        }
        Ok(None)
    }

    /// How many orders there are to tell again. Of a large company that takes as long as telling a good many
    /// of them, so nobody waits for it.
    async fn count_orders(self, (before, since): (i64, i64)) -> Result<i64, OfficeError> {
        let mut conn = self.db.read().await?;
        Ok(sql::count_orders(&mut conn, before, since).await?)
    }

    async fn end_simulation(
        &self,
        id: i64,
        state: State,
        outcome: Option<String>,
    ) -> Result<(), OfficeError> {
        let name = match state {
            State::Running => "running",
            State::Done => "done",
            State::Failed => "failed",
            State::Stopped => "stopped",
        };
        self.write((id, name, outcome), |(id, name, outcome), work| {
            Box::pin(async move {
                let now = work.now.0;
                sql::end(&mut work.conn, *id, name, outcome.as_deref(), now).await?;
                Ok(())
            })
        })
        .await
    }

    /// Reads what every order needs, and refuses what cannot be simulated.
    async fn begin(&self, asked: Asked) -> Result<Run, OfficeError> {
        let months =
            i64::from(asked.last.months_since_1970()) - i64::from(asked.first.months_since_1970());
        let months_max = limits::SIMULATED_MONTHS;
        if !(0..i64::from(months_max)).contains(&months) {
            return Err(SimulationRefusal::NotAPeriod { months_max }.into());
        }
        let calendar = &self.shared.calendar;
        if asked.last.end(calendar) > self.now() {
            return Err(SimulationRefusal::NotOver { period: asked.last }.into());
        }
        let catalogue = self.catalogue().await?;
        let mut conn = self.db.read().await?;
        let mut all: BTreeMap<PersonId, Vec<Engagement>> = BTreeMap::new();
        for (person, engagement) in engagements::load_all(&mut conn).await? {
            all.entry(person).or_default().push(engagement);
        }
        let plan = match &asked.candidate {
            Candidate::InForce => None,
            Candidate::Version(version) => Some(
                catalogue
                    .plan(*version)
                    .cloned()
                    .ok_or(OfficeError::NotFound)?,
            ),
            Candidate::Draft(draft) => {
                let plan = draft.clone().at(UNPUBLISHED, Timestamp(0));
                plan.check()?;
                Some(plan)
            }
        };
        let mut closed = Vec::new();
        for (period, at) in sql::closed(&mut conn).await? {
            closed.push((read_period(period)?, Timestamp(at)));
        }
        let material = Material {
            catalogue,
            engagements: all,
            // Its month rules hold for every month, whatever version it is.
            plan: plan.map(|plan| Plan {
                version: UNPUBLISHED,
                ..plan
            }),
            closed,
            shared: Arc::clone(&self.shared),
            first: asked.first,
            last: asked.last,
        };
        Ok(Run {
            material: Arc::new(material),
            after: Uuid::nil(),
            sides: Sides::default(),
            orders_all: 0,
            orders_done: 0,
        })
    }
}

/// What every order is told again with.
struct Material {
    catalogue: Arc<Catalogue>,
    engagements: BTreeMap<PersonId, Vec<Engagement>>,
    /// The candidate; nothing for the plans in force.
    plan: Option<Plan>,
    /// Closed months and when they were.
    closed: Vec<(Period, Timestamp)>,
    shared: Arc<Shared>,
    first: Period,
    last: Period,
}

/// The sums of both sides.
#[derive(Default)]
struct Sides {
    before: BTreeMap<(PersonId, Period), Sums>,
    after: BTreeMap<(PersonId, Period), Sums>,
}

/// Some orders: their events, and in which month each moment was posted that was.
type Batch = (
    BTreeMap<Uuid, Vec<RecordedEvent>>,
    HashMap<(Uuid, Moment), Period>,
);

/// A simulation under way.
struct Run {
    material: Arc<Material>,
    /// The last order that was told again.
    after: Uuid,
    sides: Sides,
    /// 0 until they are counted.
    orders_all: i64,
    orders_done: i64,
}

impl Run {
    /// Tells the next orders again; says whether there were any.
    async fn step(&mut self, office: &Office) -> Result<bool, OfficeError> {
        let mut conn = office.db.read().await?;
        let (before, since) = self.material.span();
        let limit = ORDERS_AT_ONCE as i64;
        let ids: Vec<Uuid> = sql::orders(&mut conn, self.after, before, since, limit)
            .await?
            .into_iter()
            .map(|(id,)| id)
            .collect();
        let Some(&last) = ids.last() else {
            return Ok(false);
        };
        let batch = read_batch(&mut conn, &ids).await?;
        drop(conn);
        let material = Arc::clone(&self.material);
        let told = tokio::task::spawn_blocking(move || material.tell(&batch));
        let sides = told.await.map_err(|_| OfficeError::Corrupt {
            what: "an order told again",
        })??;
        self.sides.add_all(&sides)?;
        self.after = last;
        self.orders_done += i64::try_from(ids.len()).unwrap_or_default();
        Ok(true)
    }

    /// Closes the months of every agent on both sides; nothing when it was stopped meanwhile.
    async fn end(
        mut self,
        office: &Office,
        heart: &mut Heart,
    ) -> Result<Option<Outcome>, OfficeError> {
        // These were all of them, however many were counted, and that is said before months are closed.
        self.orders_all = self.orders_done;
        heart.heard_at = None;
        if !heart.beats(office, &self).await? {
            return Ok(None);
        }
        let material = &*self.material;
        let mut conn = office.db.read().await?;
        let decided = material.decided(&mut conn).await?;
        let nothing = Sums::default();
        let mut outcome = Outcome {
            orders: u64::try_from(self.orders_done).unwrap_or_default(),
            months: material
                .months()
                .map(|period| (period, Compared::default()))
                .collect(),
            open_months: material.open_months(),
            ..Outcome::default()
        };
        let agents = settlement::sql::agents(&mut conn).await?;
        drop(conn);
        for row in agents {
            if !heart.beats(office, &self).await? {
                return Ok(None);
            }
            let mut conn = office.db.read().await?;
            let agent = PersonId(row.id);
            let statements = material.statements(&mut conn, agent).await?;
            let close = |sums: &BTreeMap<(PersonId, Period), Sums>, by: Option<&Plan>| {
                let months: Vec<SimulatedMonth<'_>> = material
                    .months()
                    .map(|period| SimulatedMonth {
                        period,
                        is_guaranteed: material.was_engaged_throughout(&row, period),
                        by_orders: sums.get(&(agent, period)).unwrap_or(&nothing),
                        by_people: decided.get(&(agent, period)).map_or(&[][..], Vec::as_slice),
                    })
                    .collect();
                material.pay(agent, &months, &statements, by)
            };
            let before = close(&self.sides.before, None)?;
            let after = close(&self.sides.after, material.plan.as_ref())?;
            let mut own = Compared::default();
            for (month, (before, after)) in outcome.months.iter_mut().zip(before.iter().zip(&after))
            {
                let (period, sum) = month;
                sum.before = sum.before.plus(before)?;
                sum.after = sum.after.plus(after)?;
                own.before = own.before.plus(before)?;
                own.after = own.after.plus(after)?;
                if let Some(statement) = statements.get(period) {
                    outcome.statements += 1;
                    let is_like =
                        (before.earned()?, before.draw) == (statement.total, statement.draw);
                    outcome.unlike += u32::from(!is_like);
                }
            }
            if own != Compared::default() {
                outcome.agents.push((agent, own));
            }
        }
        Ok(Some(outcome))
    }
}

/// What tells that a simulation in the background is alive, and whether it shall go on.
#[derive(Debug, Default)]
struct Heart {
    /// Which; nothing for one that somebody waits for.
    id: Option<i64>,
    /// When it was last written how far it is.
    heard_at: Option<Timestamp>,
}

impl Heart {
    /// Writes how far it is if that was not written for a while, and says whether it shall go on. Asked
    /// before each piece of work.
    async fn beats(&mut self, office: &Office, run: &Run) -> Result<bool, OfficeError> {
        let Some(id) = self.id else {
            return Ok(true);
        };
        let now = office.now();
        let is_due = self
            .heard_at
            .is_none_or(|heard_at| !(0..BEAT_MS).contains(&(now.0 - heard_at.0)));
        if !is_due {
            let mut conn = office.db.read().await?;
            return Ok(sql::is_running(&mut conn, id).await?.is_some());
        }
        let far = (id, run.orders_all, run.orders_done);
        let goes_on = office
            .write(far, |&(id, all, done), work| {
                Box::pin(async move {
                    let now = work.now.0;
                    Ok(sql::put_progress(&mut work.conn, id, all, done, now).await? > 0)
                })
            })
            .await?;
        self.heard_at = Some(now);
        Ok(goes_on)
    }
}

async fn read_batch(conn: &mut Conn, ids: &[Uuid]) -> Result<Batch, OfficeError> {
    let mut rows: BTreeMap<Uuid, Vec<orders::sql::EventRow>> = BTreeMap::new();
    for row in orders::sql::events_of(conn, ids).await? {
        rows.entry(row.order_id).or_default().push(row);
    }
    let mut events = BTreeMap::new();
    for (id, rows) in rows {
        events.insert(id, orders::read_events(rows)?);
    }
    let mut posted_in = HashMap::new();
    for row in sql::posted_in(conn, ids).await? {
        let number = |number: i64| {
            u32::try_from(number).map_err(|_| OfficeError::Corrupt { what: "an event" })
        };
        let moment = Moment {
            event_number: number(row.event_number)?,
            told_by: Some(number(row.told_by)?).filter(|number| *number > 0),
            at: Timestamp(row.at),
        };
        posted_in.insert((row.order_id, moment), read_period(row.period)?);
    }
    Ok((events, posted_in))
}

impl Sides {
    fn add_all(&mut self, other: &Self) -> Result<(), OfficeError> {
        for (all, some) in [
            (&mut self.before, &other.before),
            (&mut self.after, &other.after),
        ] {
            for (key, sums) in some {
                all.entry(*key).or_default().add_all(sums)?;
            }
        }
        Ok(())
    }
}

impl Material {
    fn months(&self) -> impl Iterator<Item = Period> + use<> {
        let (first, last) = (self.first, self.last);
        std::iter::successors(Some(first), |month| Some(month.next()))
            .take_while(move |month| *month <= last)
    }

    fn open_months(&self) -> u32 {
        let is_closed = |month: &Period| self.closed.iter().any(|(closed, _)| closed == month);
        let open = self.months().filter(|month| !is_closed(month)).count();
        u32::try_from(open).unwrap_or(u32::MAX)
    }

    /// Which orders may have moved something in the months: those taken before their end to which
    /// something happened since their beginning, less a day for clocks that are ahead.
    fn span(&self) -> (i64, i64) {
        let calendar = &self.shared.calendar;
        let since = self.first.start(calendar).plus_days(-1);
        (self.last.end(calendar).0, since.0)
    }

    /// Tells orders again, as they were and by the candidate.
    fn tell(&self, (orders, posted_in): &Batch) -> Result<Sides, OfficeError> {
        let judge = Judge {
            plan: self.plan.as_ref(),
            catalogue: &self.catalogue,
            engagements: &self.engagements,
        };
        let calendar = &self.shared.calendar;
        let mut sides = Sides::default();
        for (id, events) in orders {
            let counts_in = |recorded: &RecordedEvent, moment: Moment| {
                posted_in
                    .get(&(*id, moment))
                    .copied()
                    .unwrap_or_else(|| self.counts_in(recorded, moment.at))
            };
            let judged = judge.judge(events)?;
            for (side, events) in [
                (&mut sides.before, events.as_slice()),
                (&mut sides.after, &judged),
            ] {
                for earned in earned_by(events, calendar, &counts_in)? {
                    if (self.first..=self.last).contains(&earned.counts_in) {
                        let key = (earned.agent, earned.counts_in);
                        side.entry(key).or_default().add(&earned.movement)?;
                    }
                }
            }
        }
        Ok(sides)
    }

    /// In which month an event that posted nothing would have counted: its own, or the first that was
    /// open when it came.
    fn counts_in(&self, recorded: &RecordedEvent, at: Timestamp) -> Period {
        let own = Period::at(at, &self.shared.calendar);
        let closed = self
            .closed
            .iter()
            .rev()
            .find(|(_, at)| *at <= recorded.received_at);
        closed.map_or(own, |(period, _)| own.max(period.next()))
    }

    /// What disputes and corrections moved: no plan's doing.
    async fn decided(
        &self,
        conn: &mut Conn,
    ) -> Result<BTreeMap<(PersonId, Period), Vec<Movement>>, OfficeError> {
        let month = |period: Period| i64::from(period.months_since_1970());
        let mut decided: BTreeMap<(PersonId, Period), Vec<Movement>> = BTreeMap::new();
        for row in sql::decided(conn, month(self.first), month(self.last)).await? {
            let sign = if row.is_taken { -1 } else { 1 };
            let period = read_period(row.period)?;
            // A correction concerns the month of what it corrects; a dispute the one it counts in.
            let concerns = if row.is_correction {
                let at = Timestamp(row.corrected_at.unwrap_or(row.at));
                Period::at(at, &self.shared.calendar).min(period)
            } else {
                period
            };
            let is_mended = row.is_correction && row.is_taken;
            decided
                .entry((PersonId(row.chain_agent), period))
                .or_default()
                .push(Movement {
                    purpose: Purpose::from_name(&row.purpose)
                        .ok_or(OfficeError::Corrupt { what: "a purpose" })?,
                    amount: Centimes(sign * row.amount_centimes),
                    base: Centimes(if row.is_correction {
                        sign * row.base_centimes
                    } else {
                        0
                    }),
                    concerns,
                    reason: is_mended.then_some(ReversalReason::Corrected),
                    capped: None,
                    count: 1,
                });
        }
        Ok(decided)
    }

    /// An agent's statements that may matter: those of the months, and the earlier ones.
    async fn statements(
        &self,
        conn: &mut Conn,
        agent: PersonId,
    ) -> Result<BTreeMap<Period, Statement>, OfficeError> {
        let mut statements = BTreeMap::new();
        for (body,) in settlement::sql::since(conn, agent.0, 0).await? {
            let statement = settlement::read_statement(&body)?;
            statements.insert(statement.period, statement);
        }
        Ok(statements)
    }

    /// Closes an agent's months by the rules of `plan`, or by those that were in force.
    fn pay(
        &self,
        agent: PersonId,
        months: &[SimulatedMonth<'_>],
        statements: &BTreeMap<Period, Statement>,
        plan: Option<&Plan>,
    ) -> Result<Vec<Pay>, OfficeError> {
        // The figures of earlier months as the last statement before the first month left them.
        let mut settled: BTreeMap<Period, SettledMonth> = BTreeMap::new();
        for statement in statements
            .range(..self.first)
            .map(|(_, statement)| statement)
        {
            for month in &statement.months {
                settled.insert(month.period, month.clone());
            }
        }
        let months_known: BTreeSet<Period> = self.months().collect();
        let of = |period: Period| match plan {
            Some(plan) if months_known.contains(&period) => MonthRules {
                plan: plan.version,
                rules: &plan.period,
            },
            _ => settlement::rules_of(&self.catalogue, &self.shared.calendar, period),
        };
        let by = |version: PlanVersion| match plan {
            Some(plan) if version == plan.version => MonthRules {
                plan: version,
                rules: &plan.period,
            },
            _ => settlement::rules_by(&self.catalogue, version),
        };
        let rules = Rules { of: &of, by: &by };
        pay_of(agent, months, settled, &rules).map_err(|error| {
            tracing::error!(%agent, %error, "the books of an agent contradict themselves");
            OfficeError::Corrupt {
                what: "the books of an agent",
            }
        })
    }

    fn was_engaged_throughout(&self, row: &settlement::sql::AgentRow, period: Period) -> bool {
        let terms = self.engagements.get(&PersonId(row.id));
        settlement::was_engaged_throughout(
            terms.map_or(&[], Vec::as_slice),
            Timestamp(row.created_at),
            row.deactivated_at.map(Timestamp),
            (
                period.start(&self.shared.calendar),
                period.end(&self.shared.calendar),
            ),
        )
    }
}

fn read_period(stored: i64) -> Result<Period, OfficeError> {
    i32::try_from(stored)
        .map(Period::from_months_since_1970)
        .map_err(|_| OfficeError::Corrupt { what: "a month" })
}
