//! The terms on which an agent sells: what was published, in sentences, and a form for the next.

use leptos::prelude::*;
use taswiq_backend::people::Person;
use taswiq_domain::engagement::{Engagement, EngagementError, EngagementKind, Share, in_force};
use taswiq_domain::ids::PersonId;
use taswiq_domain::limits;

use super::cooperatives::in_force as state_of;
use super::dashboard::agents;
use super::desk::{Desk, Room};
use super::form::{Form, Line, Problem, Reader, Script, Typed};
use super::plan::percent_of;
use super::widgets::{self, Row, said, with_small, words};
use crate::words::Words;

/// People a form has room for beside the agent; a form that shows more is longer than its use.
const ROOM: usize = 3;

/// Why terms are refused, in words.
pub fn trouble(words: Words, error: &EngagementError) -> String {
    match error {
        EngagementError::SharesNotWhole { sum } => words.office_terms_not_whole(&sum.to_string()),
        EngagementError::ShareOfNothing { .. } => words.office_terms_of_nothing().to_owned(),
        EngagementError::ShareTwice { .. } => words.office_terms_twice().to_owned(),
        EngagementError::AgentWithoutShare => words.office_terms_without_agent().to_owned(),
        EngagementError::TooManyShares { people_max } => {
            words.office_terms_too_many(&people_max.to_string())
        }
        EngagementError::LeadOfOneself => words.office_terms_own_lead().to_owned(),
        EngagementError::LeadAmongShares => words.office_terms_lead_shares().to_owned(),
        EngagementError::NotAnAgent { .. } => words.office_terms_not_an_agent().to_owned(),
        EngagementError::NotInTheFuture => words.office_problem_past().to_owned(),
    }
}

/// The terms of an agent on the agent's page, the last published first.
pub fn list(
    desk: &Desk,
    agent: PersonId,
    engagements: &[Engagement],
    people: &[Person],
    may_change: bool,
) -> AnyView {
    let sentences = desk.words();
    let change = may_change.then(|| {
        widgets::go(
            format!("/office/people/{agent}/terms"),
            "plus",
            sentences.office_terms_new(),
            "button",
        )
    });
    if engagements.is_empty() {
        let none = view! { <p class="muted">{sentences.office_terms_none()}</p> };
        return widgets::part(
            sentences.office_terms_title(),
            change.into_any(),
            none.into_any(),
        );
    }
    let columns = [
        words(sentences.office_form_valid_from()),
        words(sentences.office_terms_title()),
        words(sentences.office_column_state()),
    ];
    let current = in_force(engagements, desk.now).map(|engagement| engagement.valid_from);
    let rows = engagements
        .iter()
        .rev()
        .map(|engagement| {
            Row::plain(vec![
                said(desk.moment(engagement.valid_from)),
                with_small(
                    said(sentences.engagement_kind(engagement.kind)),
                    told(desk, engagement, people).join(" · "),
                ),
                state_of(
                    desk,
                    current == Some(engagement.valid_from),
                    engagement.valid_from > desk.now,
                ),
            ])
        })
        .collect();
    let table = widgets::table(sentences.office_terms_title(), "", &columns, rows, None);
    widgets::part(sentences.office_terms_title(), change.into_any(), table)
}

/// What terms say, one sentence for each thing that is given.
fn told(desk: &Desk, engagement: &Engagement, people: &[Person]) -> Vec<String> {
    let words = desk.words();
    let name = |id: PersonId| {
        people
            .iter()
            .find(|person| person.id == id)
            .map_or_else(|| id.to_string(), |person| desk.text(&person.name))
    };
    let mut told = Vec::new();
    if !engagement.contract.is_empty() {
        told.push(words.office_terms_contract_said(&engagement.contract));
    }
    if !engagement.territory.is_empty() {
        told.push(engagement.territory.clone());
    }
    if !engagement.grade.is_empty() {
        told.push(words.office_plan_grade(&engagement.grade));
    }
    if !engagement.team.is_empty() {
        told.push(words.office_plan_team(&engagement.team));
    }
    if let Some(lead) = engagement.lead {
        told.push(words.office_terms_lead_said(&name(lead)));
    }
    told.extend(
        engagement.shares.iter().map(|share| {
            words.office_terms_share_said(&name(share.person), &share.part.to_string())
        }),
    );
    told
}

/// What the form holds at first: the latest terms, for what changes is seldom all of it.
pub fn typed_of(engagements: &[Engagement]) -> Typed {
    let Some(latest) = engagements.last() else {
        return Typed::default().with("kind", EngagementKind::default().as_str());
    };
    let mut typed = Typed::default()
        .with("kind", latest.kind.as_str())
        .with("contract", latest.contract.clone())
        .with("territory", latest.territory.clone())
        .with("grade", latest.grade.clone())
        .with("team", latest.team.clone())
        .with(
            "lead",
            latest.lead.map(|lead| lead.to_string()).unwrap_or_default(),
        );
    for (index, share) in latest.shares.iter().enumerate() {
        typed = typed
            .with(&format!("share{index}_person"), share.person.to_string())
            .with(&format!("share{index}_part"), percent_of(share.part));
    }
    typed
}

fn rows(typed: &Typed) -> usize {
    (0..limits::SHARES)
        .rev()
        .find(|index| !typed.get(&format!("share{index}_person")).is_empty())
        .map_or(ROOM, |last| (last + 2).clamp(ROOM, limits::SHARES))
}

/// What was typed.
///
/// # Errors
/// What is wrong with it.
pub fn read(
    desk: &Desk,
    typed: &Typed,
    agent: PersonId,
    is_first: bool,
) -> Result<Engagement, Vec<Problem>> {
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let valid_from = reader.valid_from(desk, is_first);
    let mut shares = Vec::new();
    for index in 0..limits::SHARES {
        let Some(person) = typed.number(&format!("share{index}_person")) else {
            continue;
        };
        let part = reader.percent(&format!("share{index}_part"), words.office_terms_part());
        shares.push(Share { person, part });
    }
    let engagement = Engagement {
        valid_from,
        kind: EngagementKind::from_name(typed.get("kind")).unwrap_or_default(),
        contract: typed.get("contract").to_owned(),
        territory: typed.get("territory").to_owned(),
        grade: typed.get("grade").to_owned(),
        team: typed.get("team").to_owned(),
        lead: typed.number("lead"),
        shares,
    };
    if reader.problems.is_empty()
        && let Err(error) = engagement.check(agent)
    {
        let field = match error {
            EngagementError::LeadOfOneself | EngagementError::LeadAmongShares => "lead",
            _ => "share0_person",
        };
        reader.wrong(field, trouble(words, &error));
    }
    reader.done(engagement)
}

/// The form for an agent's next terms.
pub fn form(
    desk: &Desk,
    typed: &Typed,
    problems: &[Problem],
    agent: &Person,
    people: &[Person],
    is_first: bool,
) -> String {
    let words = desk.words();
    let form = Form {
        desk,
        typed,
        problems,
    };
    let title = words.office_terms_new();
    let name = desk.text(&agent.name);
    let kinds: Vec<(String, String)> = EngagementKind::ALL
        .into_iter()
        .map(|kind| {
            (
                kind.as_str().to_owned(),
                words.engagement_kind(kind).to_owned(),
            )
        })
        .collect();
    let nobody = |others: Vec<(String, String)>| {
        std::iter::once((String::new(), words.office_terms_nobody().to_owned()))
            .chain(others)
            .collect::<Vec<_>>()
    };
    let everybody = agents(desk, people).split_off(1);
    let own = agent.id.to_string();
    let leads = nobody(
        everybody
            .iter()
            .filter(|(id, _)| *id != own)
            .cloned()
            .collect(),
    );
    let sellers = nobody(everybody);
    let shares: Vec<AnyView> = (0..rows(typed))
        .map(|index| {
            let number = (index + 1).to_string();
            view! {
                <div class="field-pair">
                    {form.select(&format!("share{index}_person"), &words.office_terms_seller(&number), &sellers)}
                    {form.line(&format!("share{index}_part"), &words.office_terms_part_of(&number), Line { inputmode: Some("decimal"), script: Script::Figures, unit: "%", optional: true, ..Line::default() })}
                </div>
            }
            .into_any()
        })
        .collect();
    let optional = || Line {
        optional: true,
        ..Line::default()
    };
    let address = format!("/office/people/{}/terms", agent.id);
    let inside = view! {
        <form class="form-page" method="post" action=address>
            {form.summary()}
            <fieldset class="form-part"><legend>{words.office_terms_bond()}</legend>
                {form.select("kind", words.office_terms_kind(), &kinds)}
                <div class="field-pair">
                    {form.line("contract", words.office_terms_contract(), optional())}
                    {form.line("territory", words.office_terms_territory(), optional())}
                </div>
                <div class="field-pair">
                    {form.line("grade", words.office_field_grade(), optional())}
                    {form.line("team", words.office_terms_team(), optional())}
                </div>
            </fieldset>
            <fieldset class="form-part"><legend>{words.office_terms_lead()}</legend>
                <p class="field-hint">{words.office_terms_lead_hint()}</p>
                {form.select("lead", words.office_terms_lead_who(), &leads)}
            </fieldset>
            <fieldset class="form-part"><legend>{words.office_terms_shares()}</legend>
                <p class="field-hint">{words.office_terms_shares_hint()}</p>
                {shares}
            </fieldset>
            {form.valid_from(is_first)}
            {form.foot(words.office_publish(), &format!("/office/people/{}", agent.id))}
        </form>
    };
    desk.page(
        Room::Agents,
        title,
        desk.title(title, said(name)),
        inside.into_any(),
    )
}
