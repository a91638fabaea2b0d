//! What agents dispute: the queue with its clock, and one dispute with all it takes to answer it.

use leptos::prelude::*;
use taswiq_backend::disputes::{AnsweredPage, DisputeCursor, DisputeFile, DisputeSummary};
use taswiq_backend::orders::OrderHistory;
use taswiq_domain::dispute::{Dispute, DisputeEvent, DisputeState, Disputed, LineGrants, Verdict};
use taswiq_domain::ids::PersonId;
use taswiq_domain::money::Centimes;
use taswiq_domain::person::Role;

use super::desk::{Desk, Room};
use super::form::{self, Form, Line, Problem, Reader, Script, Typed};
use super::history::{self, Known};
use super::widgets::{self, Row, facts, figures, said, with_small, words};
use crate::ui;
use crate::words::{Words, dispute_look, short_device};

/// Where the page of what was answered begins; nothing for the first.
pub fn asked(typed: &Typed) -> Option<DisputeCursor> {
    let (since, id) = typed.place("after")?;
    Some(DisputeCursor { since, id })
}

/// The queue, the most urgent first, with the first page of what was answered; a later page of that, which
/// begins after `after`, stands alone.
pub fn list(
    desk: &Desk,
    waiting: &[DisputeSummary],
    answered: &AnsweredPage,
    after: Option<DisputeCursor>,
) -> String {
    let sentences = desk.words();
    let title = sentences.office_nav_disputes();
    let done = (!answered.disputes.is_empty()).then(|| done(desk, answered, after));
    let body = view! {
        {after.is_none().then(|| queue(desk, waiting))}
        {done}
    };
    desk.page(
        Room::Disputes,
        title,
        desk.title(title, said(sentences.office_disputes_about())),
        body.into_any(),
    )
}

fn queue(desk: &Desk, waiting: &[DisputeSummary]) -> AnyView {
    let sentences = desk.words();
    let overdue = waiting
        .iter()
        .filter(|one| one.dispute.is_overdue(desk.now))
        .count();
    let late = if overdue > 0 {
        ui::chip(
            "trouble",
            "clock",
            sentences.office_disputes_overdue(overdue),
        )
    } else {
        ().into_any()
    };
    if waiting.is_empty() {
        let none = ui::empty_state(
            "check",
            sentences.office_disputes_none(),
            sentences.office_disputes_none_text(),
            ().into_any(),
        );
        return widgets::part(sentences.office_disputes_waiting(), late, none);
    }
    // More wait than one page shows.
    let first = (desk.disputes > waiting.len()).then(|| {
        view! { <p class="small muted">{sentences.office_disputes_most_urgent(waiting.len())}</p> }
    });
    let inside = view! {
        {first}
        {table(desk, sentences.office_disputes_waiting(), waiting, true)}
    };
    widgets::part(sentences.office_disputes_waiting(), late, inside.into_any())
}

fn done(desk: &Desk, answered: &AnsweredPage, after: Option<DisputeCursor>) -> AnyView {
    let sentences = desk.words();
    let first = after.map(|_| {
        let word = sentences.office_page_first();
        widgets::go("/office/disputes", "back", word, "button")
    });
    let next = answered.next.map(|next| {
        let place = form::place(next.since, next.id);
        let address = format!("/office/disputes?after={place}");
        view! { <a class="button" href=address rel="next">{sentences.office_disputes_older()}{ui::icon("arrow")}</a> }
    });
    let pages = (first.is_some() || next.is_some()).then(|| view! { <nav class="pages" aria-label=sentences.office_page_label()>{first}<span></span>{next}</nav> });
    let inside = view! {
        {table(desk, sentences.office_disputes_answered(), &answered.disputes, false)}
        {pages}
    };
    widgets::part(
        sentences.office_disputes_answered(),
        ().into_any(),
        inside.into_any(),
    )
}

fn table(desk: &Desk, label: &str, disputes: &[DisputeSummary], waits: bool) -> AnyView {
    let sentences = desk.words();
    let when = if waits {
        sentences.office_disputes_column_due()
    } else {
        sentences.office_disputes_column_since()
    };
    let columns = [
        words(sentences.role_agent()),
        words(sentences.office_dispute_reason()),
        words(sentences.office_column_state()),
        words(when),
        figures(sentences.dispute_claimed()),
    ];
    let rows = disputes
        .iter()
        .map(|one| {
            let dispute = &one.dispute;
            let late = dispute.is_overdue(desk.now);
            let clock = if !waits {
                said(desk.moment(dispute.since))
            } else if late {
                with_small(
                    said(desk.moment(dispute.due_at)),
                    sentences.office_disputes_late(),
                )
            } else {
                said(desk.moment(dispute.due_at))
            };
            Row {
                tone: if late { "trouble" } else { "" },
                cells: vec![
                    widgets::link(
                        format!("/office/disputes/{}", dispute.id),
                        desk.text(&one.agent_name),
                    ),
                    said(sentences.dispute_reason(dispute.claim.reason)),
                    state(desk, dispute.state),
                    clock,
                    ui::amount(dispute.claim.amount, ""),
                ],
            }
        })
        .collect();
    widgets::table(label, "", &columns, rows, None)
}

fn state(desk: &Desk, state: DisputeState) -> AnyView {
    let (tone, icon) = dispute_look(state);
    ui::chip(tone, icon, desk.words().dispute_state(state))
}

/// The box that says that somebody knows. It stands in the form once it is needed.
const KNOWS: &str = "knows";

/// More would be granted than the line can bring.
pub fn beyond(words: Words, grants: &LineGrants) -> Problem {
    let brought = grants.brought_max.to_string();
    Problem::at(
        KNOWS.to_owned(),
        if grants.by_others == Centimes::ZERO {
            words.office_dispute_beyond(&brought)
        } else {
            words.office_dispute_beyond_others(&brought, &grants.by_others.to_string())
        },
    )
}

/// What a form asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Somebody looks at it.
    Take,
    /// It is decided.
    Decide {
        /// How.
        verdict: Verdict,
        /// Why.
        note: String,
        /// Whether whoever decides says to know that it may be more than the line can bring.
        knows: bool,
    },
}

/// Reads the form of the page.
///
/// # Errors
/// What is wrong with it.
pub fn read(desk: &Desk, typed: &Typed) -> Result<Answer, Vec<Problem>> {
    if typed.get("act") == "take" {
        return Ok(Answer::Take);
    }
    let words = desk.words();
    let mut reader = Reader::new(desk, typed);
    let verdict = match typed.get("verdict") {
        "accepted" => Verdict::Accepted,
        "denied" => Verdict::Denied,
        "partly" => Verdict::Partly {
            amount: reader.amount("amount", words.field_amount()),
        },
        _ => {
            reader.wrong(
                "verdict",
                words.refusal_field_missing(words.office_dispute_verdict()),
            );
            Verdict::Denied
        }
    };
    let note = typed.get("note").to_owned();
    if note.is_empty() {
        reader.wrong(
            "note",
            words.refusal_field_missing(words.office_dispute_note()),
        );
    }
    let knows = !typed.get(KNOWS).is_empty();
    reader.done(Answer::Decide {
        verdict,
        note,
        knows,
    })
}

/// The page of one dispute. `viewer` is who looks at it; `history` is the order it is about, if it is
/// about one.
pub fn page(
    desk: &Desk,
    file: &DisputeFile,
    history: Option<&OrderHistory>,
    known: &Known<'_>,
    viewer: PersonId,
    typed: &Typed,
    problems: &[Problem],
) -> String {
    let sentences = desk.words();
    let dispute = &file.dispute;
    let title = sentences.office_dispute_title(&known.person(desk, dispute.agent));
    let about = view! { {state(desk, dispute.state)} };
    let body = view! {
        {claim(desk, dispute, file.grants, known)}
        {others(desk, &file.others)}
        {explained(desk, file, history, known)}
        {widgets::part(sentences.office_dispute_history(), ().into_any(), timeline(desk, file, known))}
        {answer(desk, dispute, viewer, known, typed, problems)}
    };
    desk.page(
        Room::Disputes,
        &title,
        desk.title(&title, about.into_any()),
        body.into_any(),
    )
}

fn claim(desk: &Desk, dispute: &Dispute, grants: Option<LineGrants>, known: &Known<'_>) -> AnyView {
    let sentences = desk.words();
    let claim = &dispute.claim;
    let mut about = vec![
        (
            sentences.role_agent(),
            widgets::link(
                format!("/office/people/{}", dispute.agent),
                known.person(desk, dispute.agent),
            ),
        ),
        (sentences.dispute_claimed(), ui::amount(claim.amount, "")),
        (
            sentences.office_dispute_reason(),
            said(sentences.dispute_reason(claim.reason)),
        ),
        (
            sentences.dispute_step_opened(),
            said(desk.moment(dispute.opened_at)),
        ),
    ];
    if dispute.state.awaits_answer() {
        let due = desk.moment(dispute.due_at);
        let due = if dispute.is_overdue(desk.now) {
            with_small(said(due), sentences.office_disputes_late())
        } else {
            said(due)
        };
        about.push((sentences.office_disputes_column_due(), due));
    }
    let held = dispute.held().unwrap_or_default();
    for (word, amount) in [
        (sentences.dispute_held(), held),
        (sentences.dispute_granted(), dispute.granted),
    ] {
        if amount > Centimes::ZERO {
            about.push((word, ui::amount(amount, "")));
        }
    }
    if let Some(grants) = grants {
        about.push((
            sentences.office_dispute_brought(),
            ui::amount(grants.brought_max, ""),
        ));
        if grants.by_others > Centimes::ZERO {
            about.push((
                sentences.office_dispute_granted_others(),
                ui::amount(grants.by_others, ""),
            ));
        }
    }
    let note = (!claim.note.is_empty())
        .then(|| view! { <p class="toned"><bdi>{claim.note.clone()}</bdi></p> });
    let photo = claim.photo.map(|_| {
        let address = format!("/office/disputes/{}/photo", dispute.id);
        let whole = address.clone();
        view! { <a href=whole><img class="photo" alt=sentences.office_dispute_photo() src=address /></a> }
    });
    let inside = view! { {facts(about)}{note}{photo} };
    widgets::part(
        sentences.office_dispute_claim(),
        ().into_any(),
        inside.into_any(),
    )
}

/// What else was disputed about the same, so that nothing is granted twice.
fn others(desk: &Desk, others: &[DisputeSummary]) -> AnyView {
    let sentences = desk.words();
    if others.is_empty() {
        return ().into_any();
    }
    let columns = [
        words(sentences.role_agent()),
        words(sentences.office_dispute_reason()),
        words(sentences.office_column_state()),
        words(sentences.office_disputes_column_since()),
        figures(sentences.dispute_claimed()),
        figures(sentences.dispute_granted()),
    ];
    let rows = others
        .iter()
        .map(
            |DisputeSummary {
                 dispute,
                 agent_name,
             }| (dispute, agent_name),
        )
        .map(|(other, agent)| {
            Row::plain(vec![
                widgets::link(format!("/office/disputes/{}", other.id), desk.text(agent)),
                said(sentences.dispute_reason(other.claim.reason)),
                state(desk, other.state),
                said(desk.moment(other.since)),
                ui::amount(other.claim.amount, ""),
                ui::amount(other.granted, ""),
            ])
        })
        .collect();
    let title = sentences.office_dispute_others();
    widgets::part(
        title,
        ().into_any(),
        widgets::table(title, "", &columns, rows, None),
    )
}

/// What is disputed, computed again: the entry, the line and its rule.
fn explained(
    desk: &Desk,
    file: &DisputeFile,
    history: Option<&OrderHistory>,
    known: &Known<'_>,
) -> AnyView {
    let sentences = desk.words();
    let entry = file.entry.as_ref().map(|entry| {
        let transfer = &entry.transfer;
        let inside = facts(vec![
            (sentences.entry_number(), said(entry.number.to_string())),
            (
                sentences.office_ledger_what(),
                said(history::purpose(sentences, transfer.purpose)),
            ),
            (
                sentences.office_ledger_from(),
                said(history::account(desk, transfer.debit, known)),
            ),
            (
                sentences.office_ledger_to(),
                said(history::account(desk, transfer.credit, known)),
            ),
            (sentences.entry_at_door(), said(desk.moment(transfer.at))),
            (
                sentences.office_ledger_amount(),
                ui::amount(transfer.amount, ""),
            ),
        ]);
        widgets::part(sentences.office_dispute_entry(), ().into_any(), inside)
    });
    let order = history.map(|history| {
        let Disputed { line, .. } = file.dispute.claim.about;
        let explained = line.and_then(|named| {
            let sub_order = history.order.sub_order(named.cooperative)?;
            let line = sub_order.line(named.line)?;
            Some(history::explain(
                desk,
                history.order.plan,
                sub_order,
                line,
                known,
            ))
        });
        let go = widgets::go(
            format!("/office/orders/{}", history.order.id),
            "orders",
            sentences.office_parked_open_order(),
            "button button-quiet",
        );
        let inside = view! { {explained}{history::ledger(desk, history, known)} };
        widgets::part(sentences.office_dispute_order(), go, inside.into_any())
    });
    view! { {entry}{order} }.into_any()
}

fn timeline(desk: &Desk, file: &DisputeFile, known: &Known<'_>) -> AnyView {
    let sentences = desk.words();
    let items: Vec<AnyView> = file
        .steps
        .iter()
        .rev()
        .map(|step| {
            let (tone, what) = step.event.as_ref().map_or_else(
                || ("news", sentences.dispute_step_opened().to_owned()),
                |event| sentences.dispute_step(event),
            );
            let note = match &step.event {
                Some(DisputeEvent::Decided { note, .. } | DisputeEvent::Escalated { note }) => {
                    Some(view! { <span><bdi>{note.clone()}</bdi></span> })
                }
                _ => None,
            };
            let device = step.device.map(|device| {
                view! { <span class="small muted">{sentences.office_history_device()} " " <bdi class="number">{short_device(device)}</bdi></span> }
            });
            view! {
                <li data-tone=tone>
                    <strong>{what}</strong>
                    {note}
                    <span><bdi>{known.person(desk, step.actor)}</bdi></span>
                    <span class="small">{sentences.office_history_times(&desk.moment(step.at), &desk.moment(step.received_at))}</span>
                    {device}
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ol class="timeline">{items}</ol> }.into_any()
}

/// What may be done about it now, by whoever looks at it.
fn answer(
    desk: &Desk,
    dispute: &Dispute,
    viewer: PersonId,
    known: &Known<'_>,
    typed: &Typed,
    problems: &[Problem],
) -> AnyView {
    let sentences = desk.words();
    let by_administrator = known
        .people
        .iter()
        .any(|person| dispute.decided_by == Some(person.id) && person.role == Role::Administrator);
    if !dispute.state.awaits_answer() {
        return ().into_any();
    }
    let not_for_viewer = if dispute.agent == viewer {
        Some(sentences.office_dispute_own())
    } else if dispute.decided_by == Some(viewer) {
        Some(sentences.office_dispute_same())
    } else if dispute.state == DisputeState::Escalated
        && desk.role != Role::Administrator
        && !by_administrator
    {
        Some(sentences.office_dispute_for_administrator())
    } else {
        None
    };
    if let Some(why) = not_for_viewer {
        return ui::banner("waiting", "lock", why, "");
    }
    let address = format!("/office/disputes/{}", dispute.id);
    if dispute.state == DisputeState::Open {
        let take = widgets::act(
            address,
            &[("act", "take")],
            "eye",
            sentences.office_dispute_take(),
            "button button-primary",
        );
        let inside =
            view! { <p class="small muted">{sentences.office_dispute_take_first()}</p>{take} };
        return widgets::part(
            sentences.office_dispute_answer(),
            ().into_any(),
            inside.into_any(),
        );
    }
    let form = Form {
        desk,
        typed,
        problems,
    };
    let claimed = dispute.held().unwrap_or_default();
    let verdicts = [
        (
            "accepted",
            sentences.office_dispute_accept(&claimed.to_string()),
        ),
        ("partly", sentences.office_dispute_partly().to_owned()),
        ("denied", sentences.office_dispute_deny().to_owned()),
    ]
    .map(|(value, said)| (value.to_owned(), said));
    let is_asked = problems.iter().any(|problem| problem.field == KNOWS);
    let knows = (is_asked || !typed.get(KNOWS).is_empty()).then(|| {
        let check = form.check(KNOWS, "yes", sentences.office_dispute_knows());
        view! { <div class="field" id=KNOWS>{check}</div> }
    });
    // What is wrong with it stands above it, far down the page.
    let action = format!("{address}#form");
    let inside = view! {
        <form method="post" action=action class="form stack">
            {form.summary()}
            <input type="hidden" name="act" value="decide" />
            {form.radios("verdict", sentences.office_dispute_verdict(), &verdicts)}
            {form.line("amount", sentences.office_dispute_part(), Line { optional: true, inputmode: Some("decimal"), script: Script::Figures, unit: "DH", ..Line::default() })}
            {form.line("note", sentences.office_dispute_note(), Line { required: true, maxlength: taswiq_domain::limits::NOTE_CHARACTERS, ..Line::default() })}
            {knows}
            {form.foot(sentences.office_dispute_answer(), "/office/disputes")}
        </form>
    };
    widgets::part(
        sentences.office_dispute_answer(),
        ().into_any(),
        inside.into_any(),
    )
}
