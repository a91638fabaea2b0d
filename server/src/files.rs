//! The build's files, and the shell that the phone's areas start from.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::Response;

use crate::Server;
use crate::failure::Failure;
use crate::routes::{Route, Who};

pub fn routes() -> Vec<Route> {
    // The addresses of the two areas are permanent: installed icons point at them for ever.
    let shells = [
        "/field",
        "/field/",
        "/field/{*page}",
        "/coop",
        "/coop/",
        "/coop/{*page}",
    ];
    let mut routes: Vec<Route> = shells
        .into_iter()
        .map(|path| Route::get(path, Who::Anyone, shell))
        .collect();
    routes.push(Route::get("/pkg/{*file}", Who::Anyone, hashed));
    // The worker, the manifests, the offline page: addresses fixed for ever.
    routes.push(Route::get("/{file}", Who::Anyone, fixed));
    routes
}

/// One page for everybody: it holds nothing of anybody.
async fn shell(State(server): State<Arc<Server>>, headers: HeaderMap) -> Result<Response, Failure> {
    page(&server, "/shell.html", &headers).await
}

async fn hashed(
    State(server): State<Arc<Server>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    server.site.answer(&format!("/pkg/{file}"), &headers).await
}

async fn fixed(
    State(server): State<Arc<Server>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    page(&server, &format!("/{file}"), &headers).await
}

/// A page the build made, under the policy that names what stands inline in it. The service worker
/// too: it lives under the policy it was delivered with, and fetches from us.
async fn page(server: &Server, address: &str, headers: &HeaderMap) -> Result<Response, Failure> {
    let mut response = server.site.answer(address, headers).await?;
    let policy = server.site.shell_policy();
    response
        .headers_mut()
        .insert(CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}
