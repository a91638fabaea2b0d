//! A whole server without a network: a small site, an SQLite file of its own, one person of each role.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::Value;
use taswiq_backend::catalogue::CooperativeDetails;
use taswiq_backend::clock::{Clock, SettableClock, SystemClock};
use taswiq_backend::people::{LinkPurpose, PersonDetails};
use taswiq_backend::{Office, Options};
use taswiq_domain::access::Actor;
use taswiq_domain::ids::{CooperativeId, PersonId};
use taswiq_domain::person::Role;
use taswiq_domain::text::LocalText;
use taswiq_server::entrance::{details, link_path};
use taswiq_server::settings::Settings;
use taswiq_server::site::Site;
use taswiq_server::{Server, routes};
use tokio::sync::watch;
use tower::ServiceExt;

pub use crate::site::write_site;

/// Everybody's.
pub const PASSWORD: &str = "argan-amlou-7";

static WORLDS: AtomicU32 = AtomicU32::new(0);

pub struct World {
    pub server: Arc<Server>,
    router: Router,
    folder: PathBuf,
    people: HashMap<Role, PersonId>,
    _stop: watch::Sender<bool>,
}

impl World {
    /// A server with one person of each role.
    pub async fn new() -> Self {
        Self::with(None, false, true).await
    }

    /// Reached by another address than it listens on.
    pub async fn at(public_origin: Option<&str>) -> Self {
        Self::with(public_origin, false, true).await
    }

    /// Served as a demo company would be.
    pub async fn demo() -> Self {
        Self::with(None, true, true).await
    }

    /// A fresh server: nobody has an account.
    pub async fn empty() -> Self {
        Self::with(None, false, false).await
    }

    /// Served as a demo company would be, before it is filled.
    pub async fn empty_demo() -> Self {
        Self::with(None, true, false).await
    }

    /// A server whose time passes when its clock is put forward.
    pub async fn with_clock(clock: Arc<SettableClock>) -> Self {
        Self::by(clock, None, (None, false), true).await
    }

    /// The same before anybody has an account, on a database elsewhere where one is named.
    pub async fn empty_with_clock(clock: Arc<SettableClock>, database: Option<&str>) -> Self {
        Self::by(clock, database, (None, false), false).await
    }

    async fn with(public_origin: Option<&str>, is_demo: bool, is_peopled: bool) -> Self {
        let clock = Arc::new(SystemClock);
        Self::by(clock, None, (public_origin, is_demo), is_peopled).await
    }

    async fn by(
        clock: Arc<dyn Clock>,
        database: Option<&str>,
        (public_origin, is_demo): (Option<&str>, bool),
        is_peopled: bool,
    ) -> Self {
        let folder = folder();
        write_site(&folder);
        let file = folder.join("office.sqlite");
        let office = Office::open(
            database.unwrap_or(&file.to_string_lossy()),
            clock.clone(),
            Options::default(),
        )
        .await
        .expect("a database");
        let settings = Settings {
            listen: "127.0.0.1:3000".parse().expect("an address"),
            public_origin: public_origin.map(str::to_owned),
            is_behind_proxy: false,
            is_demo,
            test_clock: false,
        };
        settings.check().expect("settings that may be served");
        let site = Site::open(&folder.join("site")).expect("a site");
        let (stop_sender, stop) = watch::channel(false);
        let server = Arc::new(Server::new(office, site, settings, clock, None, stop));
        let mut world = Self {
            router: routes::router(server.clone()),
            server,
            folder,
            people: HashMap::new(),
            _stop: stop_sender,
        };
        if is_peopled {
            world.people().await;
        }
        world
    }

    async fn people(&mut self) {
        for role in [
            Role::Administrator,
            Role::Manager,
            Role::Agent,
            Role::Cooperative,
        ] {
            let mut person = self.details(role, role.as_str());
            if role == Role::Cooperative {
                person.cooperatives = vec![self.cooperative().await];
            }
            let id = self
                .server
                .office
                .add_person_with_password(person, PASSWORD)
                .await
                .expect("a person");
            self.people.insert(role, id);
        }
    }

    async fn cooperative(&self) -> CooperativeId {
        let details = CooperativeDetails {
            name: LocalText::new("Tiwizi", "تيويزي"),
            place: LocalText::new("Mesti", "مستي"),
            region: LocalText::default(),
            phone: None,
        };
        let administrator = self.actor(Role::Administrator);
        self.server
            .office
            .add_cooperative(&administrator, details)
            .await
            .expect("a cooperative")
    }

    fn details(&self, role: Role, name: &str) -> PersonDetails {
        details(role, "fr", name, &self.login_of(role))
    }

    /// What the person of this role signs in with.
    pub fn login_of(&self, role: Role) -> String {
        format!("{}@taswiq.example", role.as_str())
    }

    pub fn actor(&self, role: Role) -> Actor {
        Actor {
            person: self.people[&role],
            role,
            cooperatives: Vec::new(),
        }
    }

    /// The person of this role.
    pub fn person_of(&self, role: Role) -> PersonId {
        self.people[&role]
    }

    /// A new session of the person of this role, as a cookie.
    pub async fn cookie_of(&self, role: Role) -> String {
        self.cookie_at(&self.login_of(role)).await
    }

    async fn cookie_at(&self, login: &str) -> String {
        let signed_in = self.server.office.sign_in(login, PASSWORD, "test").await;
        format!("taswiq={}", signed_in.expect("signed in").token.as_str())
    }

    /// A second agent, with a session.
    pub async fn colleague(&self) -> (PersonId, String) {
        let login = "colleague@taswiq.example";
        let person = details(Role::Agent, "fr", "colleague", login);
        let office = &self.server.office;
        let id = office.add_person_with_password(person, PASSWORD).await;
        (id.expect("a person"), self.cookie_at(login).await)
    }

    /// Signs in through the door; gives the cookie.
    pub async fn sign_in(&self, role: Role, cookie: Option<&str>) -> String {
        let login = self.login_of(role);
        let mut ask = self
            .ask("POST", "/sign-in")
            .form(&[("name", &login), ("password", PASSWORD)]);
        if let Some(cookie) = cookie {
            ask = ask.header("cookie", cookie);
        }
        let answer = ask.send().await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let cookie = answer.headers()["set-cookie"].to_str().expect("text");
        cookie.split(';').next().expect("a pair").to_owned()
    }

    /// The answer to a sign-in at another host.
    pub async fn sign_in_answer(&self, host: &str, origin: &str) -> Answer {
        let login = self.login_of(Role::Agent);
        self.ask("POST", "/sign-in")
            .header("host", host)
            .header("origin", origin)
            .form(&[("name", &login), ("password", PASSWORD)])
            .send()
            .await
    }

    /// The path of an invitation for somebody of this name.
    pub async fn invite(&self, role: Role, name: &str) -> String {
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let person = details(role, "fr", name, &format!("invited{number}@taswiq.example"));
        let link = self
            .server
            .office
            .invite(&self.actor(Role::Administrator), person)
            .await;
        link_path(LinkPurpose::Invitation, &link.expect("a link").token)
    }

    pub async fn setup_token(&self) -> String {
        let token = self.server.office.set_up_token().await.expect("asked");
        token.expect("nobody has an account").as_str().to_owned()
    }

    /// A request like a browser's, from our own page.
    pub fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        Ask {
            router: &self.router,
            method: method.to_owned(),
            path: path.to_owned(),
            headers: HeaderMap::new(),
            body: Vec::new(),
        }
        .header("host", "127.0.0.1:3000")
        .header("sec-fetch-site", "same-origin")
        .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
    }

    /// An address that a route of this path answers.
    pub fn example(path: &str) -> String {
        path.replace("{*page}", "orders")
            .replace("{*file}", "main.ab.css")
            .replace("{file}", "sw.js")
            .replace("{token}", "0123456789abcdef")
            .split('/')
            .map(|part| if part.starts_with('{') { "1" } else { part })
            .collect::<Vec<_>>()
            .join("/")
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // What is left is in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub struct Ask<'a> {
    router: &'a Router,
    method: String,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Ask<'_> {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        self.headers
            .insert(name, HeaderValue::from_str(value).expect("a value"));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    pub fn body(mut self, body: Vec<u8>) -> Self {
        self.body = body;
        self
    }

    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string().into_bytes())
    }

    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        let pairs: Vec<(String, String)> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.pairs(&pairs)
    }

    pub fn pairs(self, pairs: &[(String, String)]) -> Self {
        let encoded = |text: &str| {
            text.bytes()
                .map(|byte| format!("%{byte:02X}"))
                .collect::<String>()
        };
        let body: Vec<String> = pairs
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
            .collect();
        self.header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&").into_bytes())
    }

    pub async fn send(mut self) -> Answer {
        if !self.body.is_empty() {
            let length = self.body.len().to_string();
            self = self.header("content-length", &length);
        }
        let body = Body::from(std::mem::take(&mut self.body));
        self.stream(body).await
    }

    pub async fn stream(self, body: Body) -> Answer {
        let mut request = Request::builder()
            .method(self.method.as_str())
            .uri(self.path)
            .body(body)
            .expect("a request");
        *request.headers_mut() = self.headers;
        let answer = match self.router.clone().oneshot(request).await {
            Ok(answer) => answer,
            Err(never) => match never {},
        };
        Answer(answer)
    }
}

pub struct Answer(axum::http::Response<Body>);

impl Answer {
    pub fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    pub async fn bytes(self) -> Vec<u8> {
        let body = self.0.into_body().collect().await.expect("a body");
        body.to_bytes().to_vec()
    }

    pub async fn text(self) -> String {
        let bytes = self
            .0
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes();
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    pub async fn json(self) -> Value {
        let text = self.text().await;
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// A folder of one's own, not made yet.
pub fn folder() -> PathBuf {
    let number = WORLDS.fetch_add(1, Ordering::Relaxed);
    let name = format!("taswiq-server-test-{}-{number}", std::process::id());
    std::env::temp_dir().join(name)
}
