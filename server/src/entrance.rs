//! The doors: signing in and out, joining by a link, a new password, the first administrator.

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use taswiq_app::public::entrance::{
    self as pages, FirstAccount, NewPassword, News, SignIn, Trouble,
};
use taswiq_backend::error::OfficeError;
use taswiq_backend::people::password::{PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN};
use taswiq_backend::people::{LinkPurpose, LinkView, Opened, PersonDetails, Token};
use taswiq_domain::person::Role;
use taswiq_domain::phone::PhoneNumber;
use taswiq_domain::text::LocalText;

use crate::failure::Failure;
use crate::frame::{self, Peer};
use crate::routes::{Route, Who};
use crate::visit::{Visit, own_address};
use crate::{Server, session};

pub fn routes() -> Vec<Route> {
    vec![
        Route::get("/", Who::Anyone, home),
        Route::get("/sign-in", Who::Anyone, show_sign_in),
        Route::post("/sign-in", Who::Anyone, sign_in),
        Route::post("/sign-out", Who::Anyone, sign_out),
        Route::get("/join/{token}", Who::Anyone, show_link),
        Route::post("/join/{token}", Who::Anyone, use_link),
        Route::get("/reset/{token}", Who::Anyone, show_link),
        Route::post("/reset/{token}", Who::Anyone, use_link),
        Route::get("/setup", Who::Anyone, show_setup),
        Route::post("/setup", Who::Anyone, setup),
    ]
}

/// The address of a link, as people get it.
pub fn link_path(purpose: LinkPurpose, token: &Token) -> String {
    let token = token.as_str();
    match purpose {
        LinkPurpose::Invitation => format!("/join/{token}"),
        LinkPurpose::NewPassword => format!("/reset/{token}"),
        LinkPurpose::SetUp => format!("/setup?token={token}"),
    }
}

/// Everybody to where they work.
async fn home(
    State(server): State<Arc<Server>>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let session = session::of(&server, &headers).await?;
    let home = session.map_or("/sign-in", |session| session::home(session.actor.role));
    Ok(visit.see_other(home))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SignInQuery {
    next: String,
    news: String,
}

async fn show_sign_in(visit: Visit, Query(query): Query<SignInQuery>) -> Response {
    let form = SignIn {
        next: own_address(&query.next).unwrap_or_default().to_owned(),
        news: (query.news == "out").then_some(News::SignedOut),
        ..SignIn::default()
    };
    visit.page(StatusCode::OK, pages::sign_in(&visit.setting, &form))
}

#[derive(Deserialize)]
struct SignInForm {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

async fn sign_in(
    State(server): State<Arc<Server>>,
    visit: Visit,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    form: Result<Form<SignInForm>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(form) = form.map_err(unreadable_form)?;
    let address = frame::guessing_address(&server, &headers, peer.map(|peer| peer.0));
    let next = own_address(&form.next);
    match session::sign_in(&server, &headers, &form.name, &form.password, &address).await {
        Ok(opened) => Ok(let_in(&server, &visit, &opened, next)),
        Err(
            failure @ (Failure::WrongCredentials
            | Failure::TooManyTries { .. }
            | Failure::Busy { .. }),
        ) => {
            let trouble = match failure {
                Failure::TooManyTries { retry_after_s } => {
                    let minutes = retry_after_s.div_ceil(60).max(1) as usize;
                    Trouble::TooManyTries { minutes }
                }
                Failure::Busy { .. } => Trouble::Busy,
                _ => Trouble::WrongCredentials,
            };
            let form = SignIn {
                name: form.name,
                next: next.unwrap_or_default().to_owned(),
                trouble: Some(trouble),
                news: None,
            };
            Ok(failure.mark(visit.page(failure.status(), pages::sign_in(&visit.setting, &form))))
        }
        Err(failure) => Err(failure),
    }
}

async fn sign_out(
    State(server): State<Arc<Server>>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    session::close(&server, &headers).await?;
    let mut response = visit.see_other("/sign-in?news=out");
    session::drop_cookie(&server, response.headers_mut());
    Ok(response)
}

async fn show_link(
    State(server): State<Arc<Server>>,
    visit: Visit,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    let view = link(&server, &headers, peer, &Token::from_text(&token)).await?;
    let html = link_page(&visit, &view, None)?;
    Ok(visit.page(StatusCode::OK, html))
}

#[derive(Deserialize)]
struct NewPasswordForm {
    password: String,
    again: String,
}

async fn use_link(
    State(server): State<Arc<Server>>,
    visit: Visit,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Path(token): Path<String>,
    form: Result<Form<NewPasswordForm>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(form) = form.map_err(unreadable_form)?;
    let token = Token::from_text(&token);
    let view = link(&server, &headers, peer, &token).await?;
    if let Some(trouble) = trouble_with(&form.password, &form.again) {
        let html = link_page(&visit, &view, Some(trouble))?;
        return Ok(visit.page(StatusCode::UNPROCESSABLE_ENTITY, html));
    }
    session::close(&server, &headers).await?;
    let joined = server
        .office
        .join(&token, &form.password, session::label(&headers))
        .await;
    let opened = joined.map_err(spent)?;
    Ok(let_in(&server, &visit, &opened, None))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SetupQuery {
    token: String,
}

async fn show_setup(
    State(server): State<Arc<Server>>,
    visit: Visit,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    Query(query): Query<SetupQuery>,
) -> Result<Response, Failure> {
    setup_link(&server, &headers, peer, &query.token).await?;
    let form = FirstAccount {
        token: query.token,
        ..FirstAccount::default()
    };
    Ok(visit.page(StatusCode::OK, pages::setup(&visit.setting, &form)))
}

#[derive(Deserialize)]
struct SetupForm {
    token: String,
    person: String,
    login: String,
    password: String,
    again: String,
}

async fn setup(
    State(server): State<Arc<Server>>,
    visit: Visit,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    form: Result<Form<SetupForm>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(form) = form.map_err(unreadable_form)?;
    let token = setup_link(&server, &headers, peer, &form.token).await?;
    let language = visit.setting.words.code();
    let trouble = if form.person.trim().is_empty() {
        Some(Trouble::NameMissing)
    } else if form.login.trim().is_empty() {
        Some(Trouble::LoginInvalid)
    } else {
        trouble_with(&form.password, &form.again)
    };
    let trouble = match trouble {
        Some(trouble) => trouble,
        None => {
            let details = details(Role::Administrator, language, &form.person, &form.login);
            let label = session::label(&headers);
            match server
                .office
                .set_up(&token, details, &form.password, label)
                .await
            {
                Ok(opened) => return Ok(let_in(&server, &visit, &opened, None)),
                Err(OfficeError::Invalid(_)) => Trouble::LoginInvalid,
                Err(OfficeError::Conflict { .. }) => Trouble::LoginTaken,
                Err(error) => return Err(spent(error)),
            }
        }
    };
    let form = FirstAccount {
        token: form.token,
        name: form.person,
        login: form.login,
        trouble: Some(trouble),
    };
    Ok(visit.page(
        StatusCode::UNPROCESSABLE_ENTITY,
        pages::setup(&visit.setting, &form),
    ))
}

/// What the office writes down about somebody known by a name and a telephone number or login only.
pub fn details(role: Role, language: &str, name: &str, typed_login: &str) -> PersonDetails {
    let phone = typed_login.parse::<PhoneNumber>().ok();
    let login = phone.is_none().then(|| typed_login.trim().to_owned());
    PersonDetails {
        role,
        name: LocalText([(language.to_owned(), name.trim().to_owned())].into()),
        login,
        phone,
        language: language.to_owned(),
        cooperatives: Vec::new(),
    }
}

/// Gives the browser its session and leads the person on.
fn let_in(server: &Server, visit: &Visit, opened: &Opened, next: Option<&str>) -> Response {
    let mut response = visit.see_other(next.unwrap_or_else(|| session::home(opened.person.role)));
    session::set_cookie(server, response.headers_mut(), opened);
    response
}

/// What a link opens. Looking is a guess too: it is counted under the address.
async fn link(
    server: &Server,
    headers: &HeaderMap,
    peer: Option<Extension<Peer>>,
    token: &Token,
) -> Result<LinkView, Failure> {
    let address = frame::guessing_address(server, headers, peer.map(|peer| peer.0));
    let account = format!("link {address}");
    let counted = server.guesses.count(&account, &address, server.now());
    counted.map_err(|retry_after_s| Failure::TooManyTries { retry_after_s })?;
    let view = server.office.link(token).await.map_err(spent)?;
    server.guesses.was_right(&account, &address);
    Ok(view)
}

async fn setup_link(
    server: &Server,
    headers: &HeaderMap,
    peer: Option<Extension<Peer>>,
    token: &str,
) -> Result<Token, Failure> {
    let token = Token::from_text(token);
    let view = link(server, headers, peer, &token).await?;
    match view.purpose {
        LinkPurpose::SetUp => Ok(token),
        LinkPurpose::Invitation | LinkPurpose::NewPassword => Err(Failure::LinkSpent),
    }
}

/// The page of an invitation or of a new password, whichever address it was opened under.
fn link_page(visit: &Visit, view: &LinkView, trouble: Option<Trouble>) -> Result<String, Failure> {
    let Some(person) = &view.person else {
        return Err(Failure::LinkSpent);
    };
    let phone = person
        .phone
        .as_ref()
        .map(|phone| phone.as_e164().to_owned());
    let mut form = NewPassword {
        name: person.name.get(visit.setting.words.code()).to_owned(),
        login: phone.or_else(|| person.login.clone()).unwrap_or_default(),
        joins_as: None,
        trouble,
    };
    match view.purpose {
        LinkPurpose::Invitation => {
            form.joins_as = Some(person.role);
            Ok(pages::join(&visit.setting, &form))
        }
        LinkPurpose::NewPassword => Ok(pages::reset(&visit.setting, &form)),
        LinkPurpose::SetUp => Err(Failure::LinkSpent),
    }
}

fn trouble_with(password: &str, again: &str) -> Option<Trouble> {
    let characters = password.chars().count();
    if !(PASSWORD_CHARACTERS_MIN..=PASSWORD_CHARACTERS_MAX).contains(&characters) {
        Some(Trouble::PasswordTooShort)
    } else if password != again {
        Some(Trouble::PasswordsDiffer)
    } else {
        None
    }
}

/// A link that never was and one that was used are told in the same words.
fn spent(error: OfficeError) -> Failure {
    match error {
        OfficeError::NotFound => Failure::LinkSpent,
        error => error.into(),
    }
}

/// A form that is too large says so; any other that cannot be read was not filled in on our page.
fn unreadable_form(rejection: FormRejection) -> Failure {
    match Failure::of_status(rejection.status()) {
        Some(Failure::TooLarge) => Failure::TooLarge,
        Some(Failure::WrongType) => Failure::WrongType,
        _ => Failure::Unreadable,
    }
}
