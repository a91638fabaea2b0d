//! The doorway: signing in, joining by invitation, choosing a new password, and the very first account
//! of an empty server.

use leptos::prelude::*;

use super::document::{Setting, document};
use crate::ui::{icon, ornament};
use taswiq_domain::person::Role;

/// The form for signing in.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// What was typed before, when it did not fit.
    pub name: String,
    /// Where to go afterwards: an address of ours, or empty.
    pub next: String,
    /// Why it is shown again.
    pub trouble: Option<Trouble>,
    /// What just happened, said above the form.
    pub news: Option<News>,
}

/// Why a form is shown again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Name and password do not fit together; which of the two is nobody's business.
    WrongCredentials,
    /// Too many guesses.
    TooManyTries {
        /// Wait this long.
        minutes: usize,
    },
    /// The new password is too short.
    PasswordTooShort,
    /// The two passwords differ.
    PasswordsDiffer,
    /// A name is missing or too long.
    NameMissing,
    /// The phone number or e-mail address to sign in with cannot be one.
    LoginInvalid,
    /// Somebody signs in with it already.
    LoginTaken,
    /// The server is busy.
    Busy,
}

/// What just happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// Signed out.
    SignedOut,
    /// A new password was chosen.
    PasswordChosen,
}

/// A form with a new password: for somebody invited, or somebody who forgot theirs.
#[derive(Clone, Debug)]
pub struct NewPassword {
    /// Who, as the office wrote them.
    pub name: String,
    /// What they will sign in with.
    pub login: String,
    /// What they are: told to somebody who joins, not to somebody who comes back.
    pub joins_as: Option<Role>,
    /// Why it is shown again.
    pub trouble: Option<Trouble>,
}

/// The form for the first administrator.
#[derive(Clone, Debug, Default)]
pub struct FirstAccount {
    /// The one-time token from the console.
    pub token: String,
    /// What was typed before.
    pub name: String,
    /// What was typed before.
    pub login: String,
    /// Why it is shown again.
    pub trouble: Option<Trouble>,
}

/// The shortest password, in characters. Long enough against guessing at the rate the server allows,
/// short enough to be chosen on a phone.
pub const PASSWORD_CHARACTERS_MIN: usize = 8;

/// The page for signing in.
pub fn sign_in(setting: &Setting, form: &SignIn) -> String {
    let words = setting.words;
    let wrong = form.trouble == Some(Trouble::WrongCredentials);
    let next = (!form.next.is_empty())
        .then(|| view! { <input type="hidden" name="next" value=form.next.clone()/> });
    let news = form.news.map(|news| {
        let text = match news {
            News::SignedOut => words.public_sign_in_signed_out(),
            News::PasswordChosen => words.public_sign_in_password_chosen(),
        };
        view! {
            <div class="banner" data-tone="done" role="status">
                {icon("check")}
                <div><p>{text}</p></div>
            </div>
        }
    });
    let inside = view! {
        <h1>{words.public_sign_in_title()}</h1>
        {news}
        {trouble(setting, form.trouble)}
        <form class="stack" method="post" action="/sign-in">
            {next}
            {login_field(setting, "name", &form.name, wrong)}
            <div class="field">
                <label for="password">{words.public_password_label()}</label>
                <input class="input" id="password" name="password" type="password" autocomplete="current-password"
                    required=true maxlength="200" dir="ltr" aria-invalid=wrong.then_some("true")/>
            </div>
            <button class="button button-primary button-wide" type="submit">
                {icon("door")} {words.public_sign_in_submit()}
            </button>
        </form>
        <p class="muted small">{words.public_sign_in_forgotten()}</p>
    };
    doorway(setting, words.public_sign_in_title(), inside)
}

/// The page behind an invitation.
pub fn join(setting: &Setting, form: &NewPassword) -> String {
    let words = setting.words;
    let title = words.public_join_title(&form.name);
    let role = form.joins_as.map(|role| {
        let text = match role {
            Role::Agent => words.public_join_agent(),
            Role::Cooperative => words.public_join_cooperative(),
            Role::Manager => words.public_join_manager(),
            Role::Administrator => words.public_join_administrator(),
        };
        view! { <p>{text}</p> }
    });
    let inside = view! {
        <h1>{title.clone()}</h1>
        {role}
        {new_password(setting, form, words.public_join_submit())}
    };
    doorway(setting, &title, inside)
}

/// The page behind a link for a forgotten password.
pub fn reset(setting: &Setting, form: &NewPassword) -> String {
    let words = setting.words;
    let inside = view! {
        <h1>{words.public_reset_title()}</h1>
        <p>{words.public_reset_text()}</p>
        {new_password(setting, form, words.public_reset_submit())}
    };
    doorway(setting, words.public_reset_title(), inside)
}

/// The page that makes the first administrator of an empty server.
pub fn setup(setting: &Setting, form: &FirstAccount) -> String {
    let words = setting.words;
    let name_missing = form.trouble == Some(Trouble::NameMissing);
    let login_wrong = matches!(
        form.trouble,
        Some(Trouble::LoginInvalid | Trouble::LoginTaken)
    );
    let inside = view! {
        <h1>{words.public_setup_title()}</h1>
        <p>{words.public_setup_text()}</p>
        {trouble(setting, form.trouble)}
        <form class="stack" method="post" action="/setup">
            <input type="hidden" name="token" value=form.token.clone()/>
            <div class="field">
                <label for="person">{words.public_setup_name()}</label>
                <input class="input" id="person" name="person" autocomplete="name" required=true
                    maxlength=taswiq_domain::limits::NAME_CHARACTERS.to_string()
                    value=form.name.clone() aria-invalid=name_missing.then_some("true")/>
            </div>
            {login_field(setting, "login", &form.login, login_wrong)}
            {password_fields(setting, form.trouble)}
            <button class="button button-primary button-wide" type="submit">
                {icon("check")} {words.public_setup_submit()}
            </button>
        </form>
    };
    doorway(setting, words.public_setup_title(), inside)
}

/// The arch that these pages stand under.
pub(super) fn doorway(setting: &Setting, title: &str, inside: impl IntoView) -> String {
    let name = setting.words.public_name();
    // The same word in the other script, as on the mark.
    let other = if setting.words.direction() == "rtl" {
        "fr"
    } else {
        "ar"
    };
    let other = crate::words::Words::of(other);
    let body = view! {
        <main class="doorway">
            {ornament("doorway-arch", "0 0 320 201", "o-arch")}
            <p class="doorway-name">
                {name} " " <span lang=other.code() dir=other.direction()>{other.public_name()}</span>
            </p>
            <div class="doorway-inside">{inside.into_any()}</div>
            {setting.language_choice()}
        </main>
    };
    document(setting, title, body)
}

fn login_field(
    setting: &Setting,
    name: &'static str,
    value: &str,
    wrong: bool,
) -> impl IntoView + use<> {
    view! {
        <div class="field">
            <label for=name>{setting.words.public_login_label()}</label>
            <input class="input" id=name name=name autocomplete="username" autocapitalize="none" spellcheck="false"
                required=true maxlength="120" dir="ltr" value=value.to_owned()
                aria-invalid=wrong.then_some("true")/>
        </div>
    }
}

fn new_password(
    setting: &Setting,
    form: &NewPassword,
    submit: &'static str,
) -> impl IntoView + use<> {
    let words = setting.words;
    view! {
        {trouble(setting, form.trouble)}
        // Posts to the address it came from, which holds the link's secret.
        <form class="stack" method="post">
            <div class="field">
                <label for="login">{words.public_login_label()}</label>
                <input class="input" id="login" autocomplete="username" readonly=true dir="ltr" value=form.login.clone()/>
            </div>
            {password_fields(setting, form.trouble)}
            <button class="button button-primary button-wide" type="submit">
                {icon("check")} {submit}
            </button>
        </form>
    }
}

fn password_fields(setting: &Setting, trouble: Option<Trouble>) -> impl IntoView + use<> {
    let words = setting.words;
    let short = (trouble == Some(Trouble::PasswordTooShort)).then_some("true");
    let differ = (trouble == Some(Trouble::PasswordsDiffer)).then_some("true");
    let least = PASSWORD_CHARACTERS_MIN.to_string();
    view! {
        <div class="field">
            <label for="password">{words.public_password_new()}</label>
            <span class="field-hint" id="password-hint">{words.public_password_hint(&least)}</span>
            <input class="input" id="password" name="password" type="password" autocomplete="new-password" required=true
                minlength=least maxlength="200" dir="ltr" aria-describedby="password-hint" aria-invalid=short/>
        </div>
        <div class="field">
            <label for="again">{words.public_password_again()}</label>
            <input class="input" id="again" name="again" type="password" autocomplete="new-password" required=true
                maxlength="200" dir="ltr" aria-invalid=differ/>
        </div>
    }
}

/// Says what is wrong above the form, so that it is read first, also aloud.
fn trouble(setting: &Setting, trouble: Option<Trouble>) -> impl IntoView + use<> {
    let words = setting.words;
    let (text, field) = match trouble? {
        Trouble::WrongCredentials => (words.public_trouble_credentials().to_owned(), "name"),
        Trouble::TooManyTries { minutes } => (words.public_trouble_tries(minutes), "name"),
        Trouble::PasswordTooShort => {
            let least = PASSWORD_CHARACTERS_MIN.to_string();
            (words.public_password_hint(&least), "password")
        }
        Trouble::PasswordsDiffer => (words.public_trouble_differ().to_owned(), "again"),
        Trouble::NameMissing => (words.public_trouble_name().to_owned(), "person"),
        Trouble::LoginInvalid => (words.public_trouble_login().to_owned(), "login"),
        Trouble::LoginTaken => (words.public_trouble_taken().to_owned(), "login"),
        Trouble::Busy => (words.public_trouble_busy().to_owned(), "password"),
    };
    Some(view! {
        <div class="error-summary" role="alert" tabindex="-1">
            <ul><li><a href=format!("#{field}")>{text}</a></li></ul>
        </div>
    })
}
