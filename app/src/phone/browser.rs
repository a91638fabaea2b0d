//! The browser, as far as screens need it.

use crate::route::Route;
use js_sys::{Date, Function, Reflect};
use leptos::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;
use taswiq_domain::ids::CommandId;
use taswiq_domain::order::Place;
use taswiq_domain::reading::read;
use taswiq_domain::time::Timestamp;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{Element, HtmlElement, MouseEvent, PositionOptions, ScrollRestoration, Window};

/// A year: how long a language or theme is remembered.
const COOKIE_SECONDS: u32 = 31_536_000;
/// Positions are kept in ten-thousandths of a degree: about eleven metres.
const PLACE_PARTS_PER_DEGREE: f64 = 10_000.0;

/// What the build wrote into the shell.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Shell {
    /// The id of this build.
    pub build: String,
    /// Logical name → address.
    pub assets: BTreeMap<String, String>,
    /// Code → what is known of a language.
    pub languages: BTreeMap<String, ShellLanguage>,
}

/// See [`Shell::languages`].
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ShellLanguage {
    /// Where its sentences lie.
    pub locale: String,
}

/// Reads what the build wrote into the shell.
pub fn shell() -> Shell {
    document()
        .get_element_by_id("assets")
        .and_then(|element| element.text_content())
        .and_then(|json| read(&json).ok())
        .unwrap_or_default()
}

/// The phone's clock, right or wrong.
pub fn now() -> Timestamp {
    Timestamp(Date::now() as i64)
}

/// A fresh UUIDv7.
pub fn new_command_id() -> CommandId {
    CommandId(new_uuid())
}

/// A fresh UUIDv7.
pub fn new_uuid() -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(now().0.unsigned_abs(), &random::<10>()).into_uuid()
}

/// Random bytes of the browser's best source.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if let Ok(crypto) = window().crypto() {
        drop(crypto.get_random_values_with_u8_array(&mut bytes));
    }
    bytes
}

/// The value of a cookie that scripts may read.
pub fn cookie(name: &str) -> Option<String> {
    let document: web_sys::HtmlDocument = document().dyn_into().ok()?;
    let cookies = document.cookie().ok()?;
    cookies
        .split("; ")
        .filter_map(|pair| pair.split_once('='))
        .find(|(known, value)| *known == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// Remembers a choice where the shell and the server's pages find it; an empty value forgets it.
pub fn set_cookie(name: &str, value: &str) {
    let Ok(document) = document().dyn_into::<web_sys::HtmlDocument>() else {
        return;
    };
    let seconds = if value.is_empty() { 0 } else { COOKIE_SECONDS };
    drop(document.set_cookie(&format!(
        "{name}={value}; Path=/; Max-Age={seconds}; SameSite=Lax"
    )));
}

/// Sets the theme; empty follows the system.
pub fn set_theme(theme: &str) {
    set_cookie("theme", theme);
    if let Some(page) = document().document_element() {
        if theme.is_empty() {
            drop(page.remove_attribute("data-theme"));
        } else {
            drop(page.set_attribute("data-theme", theme));
        }
    }
}

/// Tells the page's language and direction.
pub fn set_language(code: &str, direction: &str) {
    if let Some(page) = document().document_element() {
        drop(page.set_attribute("lang", code));
        drop(page.set_attribute("dir", direction));
    }
}

/// Names the page.
pub fn set_title(title: &str) {
    document().set_title(title);
}

/// The address as the browser shows it, without the host.
pub fn address() -> String {
    let location = window().location();
    [
        location.pathname().unwrap_or_default(),
        location.search().unwrap_or_default(),
    ]
    .concat()
}

/// Leaves for a page of the server.
pub fn leave_for(address: &str) {
    drop(window().location().set_href(address));
}

/// Keeps `route` in step with the address: links within the phone's areas change it without loading a
/// page, and so do the browser's back and forward.
pub fn follow_links(route: RwSignal<Route>) {
    if let Ok(history) = window().history() {
        // The screen of a step back is made a moment after the browser would scroll it.
        drop(history.set_scroll_restoration(ScrollRestoration::Manual));
    }
    let clicks = window_event_listener(leptos::ev::click, move |event| {
        if let Some(next) = route_of_click(&event) {
            event.prevent_default();
            push(&next, route);
        }
    });
    let steps = window_event_listener(leptos::ev::popstate, move |event| {
        if let Some(next) = Route::parse(&address()) {
            route.set(next);
            settle(event.state().as_f64().unwrap_or(0.0));
        }
    });
    // They are to live as long as the page.
    std::mem::forget((clicks, steps));
}

fn route_of_click(event: &MouseEvent) -> Option<Route> {
    if event.default_prevented()
        || event.button() != 0
        || event.meta_key()
        || event.ctrl_key()
        || event.shift_key()
        || event.alt_key()
    {
        return None;
    }
    let link = event
        .target()?
        .dyn_into::<Element>()
        .ok()?
        .closest("a[href]")
        .ok()??;
    if link.has_attribute("target") || link.has_attribute("download") {
        return None;
    }
    // Only an address of this very site begins with one stroke.
    let href = link
        .get_attribute("href")
        .filter(|href| href.starts_with('/') && !href.starts_with("//"))?;
    Route::parse(&href)
}

/// Goes to another screen.
pub fn push(next: &Route, route: RwSignal<Route>) {
    move_to(next, route, true);
}

/// Goes to another screen that takes the place of this one.
pub fn replace(next: &Route, route: RwSignal<Route>) {
    move_to(next, route, false);
}

fn move_to(next: &Route, route: RwSignal<Route>, is_step: bool) {
    if let Ok(history) = window().history() {
        let address = next.to_string();
        if is_step {
            let scrolled = JsValue::from_f64(window().scroll_y().unwrap_or(0.0));
            drop(history.replace_state_with_url(&scrolled, "", None));
            drop(history.push_state_with_url(&JsValue::from_f64(0.0), "", Some(&address)));
        } else {
            drop(history.replace_state_with_url(&JsValue::from_f64(0.0), "", Some(&address)));
        }
    }
    route.set(next.clone());
    settle(0.0);
}

/// Once the new screen stands: scrolls to where it was left, and gives it the focus, so that those who
/// listen hear that they are elsewhere.
fn settle(scrolled: f64) {
    request_animation_frame(move || {
        if let Ok(Some(main)) = document().query_selector("main")
            && let Ok(main) = main.dyn_into::<HtmlElement>()
        {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            drop(main.focus_with_options(&options));
        }
        window().scroll_to_with_x_and_y(0.0, scrolled);
    });
}

/// Brings the element of that id into sight and gives it the focus.
pub fn focus(id: &str) {
    if let Some(element) = document()
        .get_element_by_id(id)
        .and_then(|element| element.dyn_into::<HtmlElement>().ok())
    {
        drop(element.focus());
        element.scroll_into_view();
    }
}

/// What the start script put on the window.
fn taswiq() -> JsValue {
    Reflect::get(&window(), &"taswiq".into()).unwrap_or(JsValue::UNDEFINED)
}

/// Whether another build waits to be taken.
pub fn is_update_ready() -> bool {
    Reflect::get(&taswiq(), &"updateReady".into()).is_ok_and(|ready| ready.is_truthy())
}

/// Loads the page again, with the build that waits if there is one.
pub fn reload() {
    if is_update_ready() {
        take_update();
    } else {
        drop(window().location().reload());
    }
}

/// Takes the build that waits: the page loads again.
pub fn take_update() {
    call(&taswiq(), "takeUpdate");
}

/// Whether the browser offers to install.
pub fn can_install() -> bool {
    Reflect::get(&taswiq(), &"install".into()).is_ok_and(|offer| offer.is_truthy())
}

/// Lets the browser ask whether to install.
pub fn install() {
    if let Ok(offer) = Reflect::get(&taswiq(), &"install".into()) {
        call(&offer, "prompt");
    }
}

/// The picture chosen in a field for files, as the text of a JPEG of `bytes_max` bytes at most.
pub async fn chosen_photo(input: &web_sys::HtmlInputElement, bytes_max: usize) -> Option<String> {
    let files = Reflect::get(input, &"files".into()).ok()?;
    let file = Reflect::get_u32(&files, 0)
        .ok()
        .filter(|file| file.is_truthy())?;
    let shrink: Function = Reflect::get(&taswiq(), &"shrink".into())
        .ok()?
        .dyn_into()
        .ok()?;
    let promise: js_sys::Promise = shrink
        .call2(
            &JsValue::UNDEFINED,
            &file,
            &JsValue::from_f64(bytes_max as f64),
        )
        .ok()?
        .dyn_into()
        .ok()?;
    wasm_bindgen_futures::JsFuture::from(promise)
        .await
        .ok()?
        .as_string()
}

fn call(object: &JsValue, name: &str) {
    if let Ok(function) = Reflect::get(object, &name.into())
        && let Ok(function) = function.dyn_into::<Function>()
    {
        drop(function.call0(object));
    }
}

/// Whether the browser shares texts with other apps.
pub fn can_share() -> bool {
    Reflect::has(&window().navigator(), &"share".into()).unwrap_or(false)
}

/// Opens the phone's own sharing.
pub fn share(title: &str, text: &str) {
    let data = web_sys::ShareData::new();
    data.set_title(title);
    data.set_text(text);
    drop(window().navigator().share_with_data(&data));
}

/// A file of text to give away.
pub struct TextFile {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub text: String,
}

impl TextFile {
    fn file(&self) -> Option<web_sys::File> {
        let parts = js_sys::Array::of1(&self.text.as_str().into());
        let options = web_sys::FilePropertyBag::new();
        options.set_type("text/plain");
        web_sys::File::new_with_str_sequence_and_options(&parts, &self.name, &options).ok()
    }
}

/// Whether the browser shares files of text with other apps.
pub fn can_share_files() -> bool {
    let navigator = window().navigator();
    let trial = TextFile {
        name: "taswiq.txt".to_owned(),
        text: "-".to_owned(),
    };
    Reflect::has(&navigator, &"canShare".into()).unwrap_or(false)
        && navigator.can_share_with_data(&shared("", &[trial]))
}

/// Opens the phone's own sharing with these files. False when it did not open or broke off; whoever closes it again
/// wanted just that.
pub async fn share_files(title: &str, files: &[TextFile]) -> bool {
    let shared = window().navigator().share_with_data(&shared(title, files));
    match wasm_bindgen_futures::JsFuture::from(shared).await {
        Ok(_) => true,
        Err(error) => error
            .dyn_ref::<web_sys::DomException>()
            .is_some_and(|error| error.name() == "AbortError"),
    }
}

fn shared(title: &str, files: &[TextFile]) -> web_sys::ShareData {
    let data = web_sys::ShareData::new();
    data.set_title(title);
    let files: js_sys::Array = files.iter().filter_map(TextFile::file).collect();
    data.set_files(&files);
    data
}

/// Puts a file among the phone's downloads.
pub fn save_file(file: &TextFile) {
    let Some(address) = file
        .file()
        .and_then(|file| web_sys::Url::create_object_url_with_blob(&file).ok())
    else {
        return;
    };
    if let Ok(link) = document().create_element("a")
        && let Ok(link) = link.dyn_into::<HtmlElement>()
    {
        drop(link.set_attribute("href", &address));
        drop(link.set_attribute("download", &file.name));
        link.click();
    }
    // The browser has begun to read it by then.
    set_timeout(
        move || drop(web_sys::Url::revoke_object_url(&address)),
        std::time::Duration::from_secs(60),
    );
}

/// Scheme, host and port of this server.
pub fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// Whether the person asked for less motion.
pub fn wants_less_motion() -> bool {
    window()
        .match_media("(prefers-reduced-motion: reduce)")
        .ok()
        .flatten()
        .is_some_and(|query| query.matches())
}

/// Opens the phone's own printing.
pub fn print() {
    drop(window().print());
}

/// Percent-encodes a text for an address.
pub fn percent_encoded(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// Where the phone is, once, if the person allows it. `found` is told either way.
pub fn locate(found: impl Fn(Option<Place>) + Clone + 'static) {
    let Ok(geolocation) = window().navigator().geolocation() else {
        return found(None);
    };
    let lost = found.clone();
    let on_found = Closure::once_into_js(move |position: web_sys::Position| {
        let coordinates = position.coords();
        let part = |degrees: f64| (degrees * PLACE_PARTS_PER_DEGREE).round() as i32;
        found(Some(Place {
            latitude_e4: part(coordinates.latitude()),
            longitude_e4: part(coordinates.longitude()),
        }));
    });
    let on_lost = Closure::once_into_js(move |_: JsValue| lost(None));
    let options = PositionOptions::new();
    options.set_timeout(15_000);
    options.set_maximum_age(60_000);
    drop(
        geolocation.get_current_position_with_error_callback_and_options(
            on_found.unchecked_ref(),
            Some(on_lost.unchecked_ref()),
            &options,
        ),
    );
}

/// Loads a text of this site.
pub async fn load(address: &str) -> Option<String> {
    let response = wasm_bindgen_futures::JsFuture::from(window().fetch_with_str(address))
        .await
        .ok()?;
    let response: web_sys::Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    wasm_bindgen_futures::JsFuture::from(response.text().ok()?)
        .await
        .ok()?
        .as_string()
}

/// Calls `listener` whenever the window hears of `name`.
pub fn on_window(name: &str, listener: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(listener);
    drop(window().add_event_listener_with_callback(name, listener.as_ref().unchecked_ref()));
    // It is to live as long as the page.
    listener.forget();
}

/// Tells whoever listens on the window.
pub fn tell(name: &str) {
    if let Ok(event) = web_sys::Event::new(name) {
        drop(window().dispatch_event(&event));
    }
}

/// Begins again from an empty page, so that nothing stays to be seen.
pub fn begin_again() {
    if let Some(body) = document().body() {
        body.set_text_content(None);
    }
    drop(window().location().reload());
}

/// Calls `listener` whenever the page comes to the front or goes out of sight.
pub fn on_visible(listener: impl Fn(bool) + 'static) {
    let listener = Closure::<dyn Fn()>::new(move || {
        let state = Reflect::get(&document(), &"visibilityState".into()).unwrap_or_default();
        listener(state.as_string().as_deref() != Some("hidden"));
    });
    drop(
        document().add_event_listener_with_callback(
            "visibilitychange",
            listener.as_ref().unchecked_ref(),
        ),
    );
    // It is to live as long as the page.
    listener.forget();
}

/// The clock of the phone and that of the page, in milliseconds: the one can be set, the other may sleep.
pub fn clocks() -> (f64, f64) {
    let page = Reflect::get(&window(), &"performance".into()).unwrap_or_default();
    let ticks = Reflect::get(&page, &"now".into())
        .and_then(|now| now.dyn_into::<Function>())
        .and_then(|now| now.call0(&page))
        .ok()
        .and_then(|ticks| ticks.as_f64())
        .unwrap_or_default();
    (Date::now(), ticks)
}

fn window() -> Window {
    leptos::prelude::window()
}

/// Ends the session on the server, if it can be reached: without a network it simply lapses.
pub async fn sign_out() {
    let options = web_sys::RequestInit::new();
    options.set_method("POST");
    let asked = window().fetch_with_str_and_init("/sign-out", &options);
    drop(wasm_bindgen_futures::JsFuture::from(asked).await);
}
