//! The office's pages: managers and administrators. Each is a route of [`crate::routes`] like any
//! other: authorised there by its action, it asks `backend` and hands what it gets to a page of
//! `taswiq_app::office`.
//!
//! A form that posts is answered by another address when it was taken, and by itself with what is
//! wrong when it was not: nothing typed is ever lost.

mod cooperatives;
mod customers;
mod disputes;
mod entry;
mod figures;
mod imports;
mod orders;
mod parked;
mod people;
mod plan;
mod prices;
mod products;
mod scenario;
mod settlement;
mod simulations;

use std::sync::Arc;

use axum::extract::{Form, FromRequestParts, Query};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use taswiq_app::office::desk::Done;
use taswiq_app::office::sheet::Sheet;
use taswiq_app::office::{Desk, Problem, Typed, form};
use taswiq_backend::{Office, OfficeError};
use taswiq_domain::access::Action;

use crate::Server;
use crate::failure::Failure;
use crate::routes::{Route, Who};
use crate::session::Session;
use crate::visit::Visit;

/// Price lists and plans are forms with a field for every product or condition.
const LARGE_FORM_BYTES_MAX: usize = 1024 * 1024;
/// A file and what a form puts around it.
const FILE_FORM_BYTES_MAX: usize = taswiq_backend::import::FILE_BYTES_MAX + 16 * 1024;

pub fn routes() -> Vec<Route> {
    let figures = Who::May(Action::ReadFigures);
    let orders = Who::May(Action::ReadOrder);
    let people = Who::May(Action::ManagePeople);
    let catalogue = Who::May(Action::ManageCatalogue);
    let parked = Who::May(Action::SettleParked);
    let pay = Who::May(Action::PayAgents);
    let disputes = Who::May(Action::AnswerDisputes);
    vec![
        Route::get("/office", figures, figures::today),
        Route::get("/office/figures", figures, figures::table),
        Route::get("/office/figures.csv", figures, figures::export),
        Route::get("/office/orders", orders, orders::list),
        Route::get("/office/orders.csv", orders, orders::export),
        Route::get("/office/orders/unpaid", figures, orders::unpaid),
        Route::get("/office/orders/{id}", orders, orders::one),
        Route::post(
            "/office/orders/{id}/deposit",
            Who::May(Action::RecordDeposits),
            orders::deposit,
        ),
        Route::get("/office/parked", parked, parked::list),
        Route::post("/office/parked/{id}", parked, parked::settle),
        Route::post("/office/lost/close", parked, parked::close_lost),
        Route::get("/office/disputes", disputes, disputes::list),
        Route::get("/office/disputes/{id}", disputes, disputes::one),
        Route::post("/office/disputes/{id}", disputes, disputes::answer),
        Route::get("/office/disputes/{id}/photo", disputes, disputes::photo),
        Route::get("/office/agents", people, people::agents),
        Route::get("/office/team", people, people::team),
        Route::get("/office/invite", people, people::show_invite),
        Route::post("/office/invite", people, people::invite),
        Route::get("/office/people/{id}", people, people::one),
        Route::get("/office/people/{id}/ledger", figures, people::ledger),
        Route::get("/office/people/{id}/change", people, people::show_change),
        Route::post("/office/people/{id}/change", people, people::change),
        Route::get("/office/people/{id}/terms", people, people::show_terms),
        Route::post("/office/people/{id}/terms", people, people::publish_terms),
        Route::post("/office/people/{id}/link", people, people::link),
        Route::post("/office/people/{id}/active", people, people::set_active),
        Route::post("/office/sessions/revoke", people, people::revoke_session),
        Route::post("/office/devices/revoke", people, people::revoke_device),
        Route::post("/office/devices/name", people, people::name_device),
        Route::get("/office/customers", people, customers::list),
        Route::post("/office/customers/move", people, customers::give),
        Route::get("/office/cooperatives", people, cooperatives::list),
        Route::get(
            "/office/cooperatives/new",
            catalogue,
            cooperatives::show_new,
        ),
        Route::post("/office/cooperatives/new", catalogue, cooperatives::add),
        Route::get("/office/cooperatives/{id}", people, cooperatives::one),
        Route::get(
            "/office/cooperatives/{id}/change",
            catalogue,
            cooperatives::show_change,
        ),
        Route::post(
            "/office/cooperatives/{id}/change",
            catalogue,
            cooperatives::change,
        ),
        Route::get(
            "/office/cooperatives/{id}/convention",
            catalogue,
            cooperatives::show_convention,
        ),
        Route::post(
            "/office/cooperatives/{id}/convention",
            catalogue,
            cooperatives::publish,
        ),
        Route::get("/office/categories", catalogue, products::categories),
        Route::get(
            "/office/categories/new",
            catalogue,
            products::show_new_category,
        ),
        Route::post("/office/categories/new", catalogue, products::add_category),
        Route::get(
            "/office/categories/{id}",
            catalogue,
            products::show_category,
        ),
        Route::post(
            "/office/categories/{id}",
            catalogue,
            products::change_category,
        ),
        Route::get("/office/products", catalogue, products::list),
        Route::get("/office/products.csv", catalogue, products::export),
        Route::get("/office/products/new", catalogue, products::show_new),
        Route::post("/office/products/new", catalogue, products::add),
        Route::get("/office/products/{id}", catalogue, products::show),
        Route::post("/office/products/{id}", catalogue, products::change),
        Route::post(
            "/office/products/{id}/vat",
            catalogue,
            products::publish_vat,
        ),
        Route::get("/office/prices", catalogue, prices::list),
        Route::get("/office/prices/new", catalogue, prices::show_new),
        Route::post("/office/prices/new", catalogue, prices::publish).taking(LARGE_FORM_BYTES_MAX),
        Route::get("/office/plan", catalogue, plan::page),
        Route::get("/office/plan/new", catalogue, plan::show_new),
        Route::post("/office/plan/new", catalogue, plan::publish).taking(LARGE_FORM_BYTES_MAX),
        Route::post("/office/plan/draft/discard", catalogue, plan::discard),
        Route::get("/office/plan/scenario", catalogue, scenario::show),
        Route::post("/office/plan/scenario", catalogue, scenario::play).taking(FILE_FORM_BYTES_MAX),
        Route::get("/office/plan/scenario/schema", catalogue, scenario::schema),
        Route::get("/office/plan/simulations", catalogue, simulations::list),
        Route::post("/office/plan/simulations", catalogue, simulations::start),
        Route::get("/office/plan/simulations/{id}", catalogue, simulations::one),
        Route::post(
            "/office/plan/simulations/{id}/stop",
            catalogue,
            simulations::stop,
        ),
        Route::get("/office/import/{contents}", catalogue, imports::show),
        Route::get(
            "/office/import/{contents}/template",
            catalogue,
            imports::template,
        ),
        Route::post("/office/import/{contents}/check", catalogue, imports::check)
            .taking(FILE_FORM_BYTES_MAX),
        Route::post("/office/import/{contents}", catalogue, imports::take_in)
            .taking(FILE_FORM_BYTES_MAX),
        Route::get("/office/settlement", pay, settlement::months),
        Route::get("/office/settlement/{period}", pay, settlement::one),
        Route::post(
            "/office/settlement/{period}/close",
            Who::May(Action::KeepLedger),
            settlement::close,
        ),
        Route::post(
            "/office/settlement/{period}/prepare",
            pay,
            settlement::prepare,
        ),
        Route::get(
            "/office/settlement/{period}/agents/{id}",
            pay,
            settlement::one_statement,
        ),
        Route::get(
            "/office/settlement/{period}/agents/{id}/statement.pdf",
            pay,
            settlement::pdf,
        ),
        Route::get("/office/payouts/{id}", pay, settlement::show_payout),
        Route::post(
            "/office/payouts/{id}/approve",
            Who::May(Action::ApprovePayout),
            settlement::approve,
        ),
        Route::post("/office/payouts/{id}/cancel", pay, settlement::cancel),
        Route::post("/office/payouts/{id}/paid", pay, settlement::paid),
        Route::post("/office/payouts/{id}/returned", pay, settlement::returned),
        Route::get("/office/payouts/{id}/list.csv", pay, settlement::csv),
        Route::get("/office/payouts/{id}/list.xlsx", pay, settlement::xlsx),
        Route::get("/office/entries/{number}", pay, entry::one),
        Route::post(
            "/office/entries/{number}/correct",
            Who::May(Action::KeepLedger),
            entry::correct,
        ),
        Route::get("/office/people/{id}/money", pay, settlement::money),
        Route::post(
            "/office/people/{id}/account",
            pay,
            settlement::enter_account,
        ),
        Route::post("/office/people/{id}/advance", pay, settlement::give_advance),
        Route::get("/office/tax", pay, settlement::show_tax),
        Route::post(
            "/office/tax",
            Who::May(Action::ManageOffice),
            settlement::publish_tax,
        ),
        Route::get("/office/start", catalogue, plan::start),
        Route::get("/office/audit", Who::May(Action::ReadAudit), figures::audit),
    ]
}

/// Somebody in the office, with everything a page needs to know of the request.
pub struct Visitor {
    server: Arc<Server>,
    session: Session,
    visit: Visit,
    /// For whom the page is laid out.
    pub desk: Desk,
    /// The query of the address.
    pub asked: Typed,
}

/// What a form holds.
pub type Posted = Form<Vec<(String, String)>>;

impl FromRequestParts<Arc<Server>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, server: &Arc<Server>) -> Result<Self, Failure> {
        let session = parts
            .extensions
            .get::<Session>()
            .cloned()
            .ok_or(Failure::NotSignedIn)?;
        let Ok(visit) = Visit::from_request_parts(parts, server).await;
        let asked = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_or_else(|_| Vec::new(), |query| query.0);
        let asked = Typed(asked);
        let now = server.now();
        let parked = server.office.count_parked(&session.actor).await?;
        let lost = server.office.count_lost_stores(&session.actor).await?;
        let disputes = server.office.count_disputes(&session.actor).await?;
        let desk = Desk {
            setting: visit.setting.clone(),
            name: session.office.person.name.clone(),
            role: session.actor.role,
            now,
            calendar: server.office.calendar().clone(),
            parked: usize::try_from(parked + lost).unwrap_or_default(),
            disputes: usize::try_from(disputes.waiting).unwrap_or_default(),
            done: Done::from_name(asked.get("done")),
        };
        Ok(Self {
            server: Arc::clone(server),
            session,
            visit,
            desk,
            asked,
        })
    }
}

impl Visitor {
    /// The use-cases.
    fn office(&self) -> &Office {
        &self.server.office
    }

    /// Who asks.
    fn actor(&self) -> &taswiq_domain::access::Actor {
        &self.session.actor
    }

    /// How people reach this server.
    fn origin(&self) -> String {
        self.server.settings.origin()
    }

    /// Answers with a page.
    fn page(&self, html: String) -> Response {
        self.visit.page(StatusCode::OK, html)
    }

    /// Answers a form that was taken.
    fn done(&self, done: Done, address: &str) -> Response {
        self.visit.see_other(&done.at(address))
    }

    /// Answers a form: with `address` when it was taken, with itself when something typed is wrong.
    fn answer(
        &self,
        taken: Result<(), Untaken>,
        done: Done,
        address: &str,
        again: impl FnOnce(&[Problem]) -> String,
    ) -> Result<Response, Failure> {
        match taken {
            Ok(()) => Ok(self.done(done, address)),
            Err(untaken) => self.again(untaken, again),
        }
    }

    /// What is wrong with what was typed; what is no matter of that is a failure.
    fn problems(&self, untaken: Untaken) -> Result<Vec<Problem>, Failure> {
        match untaken {
            Untaken::Typed(problems) => Ok(problems),
            Untaken::Office(error) => {
                form::problems(&self.desk, &error).ok_or_else(|| Failure::from(error))
            }
        }
    }

    /// Shows a form again with what is wrong; what is no matter of what was typed is a failure.
    fn again(
        &self,
        untaken: Untaken,
        again: impl FnOnce(&[Problem]) -> String,
    ) -> Result<Response, Failure> {
        let problems = self.problems(untaken)?;
        Ok(self.page_to_correct(again(&problems)))
    }

    /// Answers with a page whose form is to be corrected.
    fn page_to_correct(&self, html: String) -> Response {
        self.visit.page(StatusCode::UNPROCESSABLE_ENTITY, html)
    }
}

/// Why a form was not taken.
enum Untaken {
    /// Seen when it was read.
    Typed(Vec<Problem>),
    /// Said by the office.
    Office(OfficeError),
}

impl From<Vec<Problem>> for Untaken {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Typed(problems)
    }
}

impl From<OfficeError> for Untaken {
    fn from(error: OfficeError) -> Self {
        Self::Office(error)
    }
}

/// A page shown while what was typed is looked at, which changes nothing.
fn preview(visitor: &Visitor, html: String) -> Response {
    let mut response = visitor.page(html);
    response
        .headers_mut()
        .insert("cache-control", HeaderValue::from_static("no-store"));
    response
}

/// A table to take away.
fn file(name: &str, sheet: Sheet) -> Response {
    let mut response = Html(sheet.into_text()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/csv; charset=utf-8"),
    );
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, disposition);
    }
    response
}
