//! The browser's own things, reached by name.
//!
//! Web Locks, strict durability and streams are not in the stable part of `web-sys`, and a binding
//! for each of the few calls made here would weigh more than these helpers.

use js_sys::{Array, Function, Promise, Reflect};
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// A property; undefined when there is none.
pub fn get(target: &JsValue, name: &str) -> JsValue {
    Reflect::get(target, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A property of the page's global object; undefined when there is none.
pub fn global(name: &str) -> JsValue {
    get(&js_sys::global(), name)
}

/// Sets a property.
pub fn set(target: &JsValue, name: &str, value: &JsValue) {
    // A browser's own objects take their handlers; a plain object takes anything.
    let _ = Reflect::set(target, &name.into(), value);
}

/// A plain object.
pub fn object(properties: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new().into();
    for (name, value) in properties {
        set(&object, name, value);
    }
    object
}

/// Whether there is such a thing.
pub fn exists(value: &JsValue) -> bool {
    !value.is_undefined() && !value.is_null()
}

/// Calls a method.
///
/// # Errors
/// What it threw, or that there is no such method.
pub fn call(target: &JsValue, method: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = get(target, method)
        .dyn_into()
        .map_err(|_| JsValue::from_str(method))?;
    Reflect::apply(&function, target, &arguments.iter().collect::<Array>())
}

/// Makes a new object of a global class.
///
/// # Errors
/// What the constructor threw, or that there is no such class.
pub fn construct(class: &str, arguments: &[JsValue]) -> Result<JsValue, JsValue> {
    let function: Function = global(class)
        .dyn_into()
        .map_err(|_| JsValue::from_str(class))?;
    Reflect::construct(&function, &arguments.iter().collect::<Array>())
}

/// Waits for a promise (or takes a value that is none).
///
/// # Errors
/// What it was rejected with.
pub async fn wait(promise: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&promise)).await
}

/// Calls a method that returns a promise and waits for it.
///
/// # Errors
/// What it threw or was rejected with.
pub async fn call_and_wait(
    target: &JsValue,
    method: &str,
    arguments: &[JsValue],
) -> Result<JsValue, JsValue> {
    wait(call(target, method, arguments)?).await
}

/// Waits for the first of some events, given by the names of their handlers (`onsuccess`): fulfilled
/// with the event for those in `good`, rejected with it for those in `bad`.
pub fn event(target: &JsValue, good: &[&str], bad: &[&str]) -> Promise {
    Promise::new(&mut |resolve, reject| {
        good.iter()
            .for_each(|handler| set(target, handler, &resolve));
        bad.iter().for_each(|handler| set(target, handler, &reject));
    })
}

/// Listens for as long as the page lives.
pub fn listen(target: &JsValue, event: &str, listener: impl FnMut(JsValue) + 'static) {
    let listener = Closure::<dyn FnMut(JsValue)>::new(listener).into_js_value();
    // A page without the target (an old browser) simply never hears of it.
    let _ = call(target, "addEventListener", &[event.into(), listener]);
}

/// Tells whoever listens on the window.
pub fn tell(name: &str) {
    let window: JsValue = js_sys::global().into();
    if let Ok(event) = construct("Event", &[name.into()]) {
        let _ = call(&window, "dispatchEvent", &[event]);
    }
}

/// The name of an exception: `QuotaExceededError`.
pub fn name_of(error: &JsValue) -> String {
    get(error, "name").as_string().unwrap_or_default()
}

/// What `work` gives, or nothing when it takes longer than so many milliseconds.
pub async fn within<T>(ms: u32, work: impl Future<Output = T>) -> Option<T> {
    let window: JsValue = js_sys::global().into();
    let waiting: Rc<RefCell<(bool, Option<Waker>)>> = Rc::default();
    let over = Rc::clone(&waiting);
    let end = Closure::<dyn FnMut()>::new(move || {
        let mut over = over.borrow_mut();
        over.0 = true;
        if let Some(waker) = over.1.take() {
            waker.wake();
        }
    });
    let timer = call(&window, "setTimeout", &[end.as_ref().clone(), ms.into()])
        .unwrap_or(JsValue::UNDEFINED);
    let mut work = pin!(work);
    let outcome = std::future::poll_fn(|context| {
        if let Poll::Ready(value) = work.as_mut().poll(context) {
            return Poll::Ready(Some(value));
        }
        let mut waiting = waiting.borrow_mut();
        if waiting.0 {
            return Poll::Ready(None);
        }
        waiting.1 = Some(context.waker().clone());
        Poll::Pending
    })
    .await;
    let _ = call(&window, "clearTimeout", &[timer]);
    outcome
}
