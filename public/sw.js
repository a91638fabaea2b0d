// The service worker: Taswiq opens without a network, and an update waits until a person takes it.
//
// - `FILES` is the exact list this build needs, made by the build, each with the first digits of the
//   SHA-256 of its content. Nothing else is ever put in the cache; no answer of `/api` can be.
// - A file is kept only when its content is what the list says: a Wi-Fi portal's page with status 200,
//   half a file, or a server in the middle of a deployment make the installation fail, and the browser
//   tries again later. What had arrived is not downloaded twice.
// - `/field` and `/coop` are answered from the cache, online too. Every other page asks the network and
//   gets the offline page only when there is none.
// - Nothing here touches IndexedDB, where the orders are.
//
// To take the worker back from every phone, serve `sw.off.js` under the name `sw.js`: phones take it at
// their next visit, at the latest after 24 hours.

const BUILD = {{build}};
const FILES = new Map({{files}});
const PREFIX = "taswiq-";
const CACHE = PREFIX + BUILD;
const SHELL = "/shell.html";
const OFFLINE = "/offline.html";
const TIMEOUT_MS = 60_000;
// A slow line is not made faster by more files at once.
const AT_ONCE = 3;

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));

self.addEventListener("message", (event) => {
  if (event.data?.type === "take-update") self.skipWaiting();
  if (event.data?.type === "build") event.source?.postMessage({ type: "build", build: BUILD });
});

self.addEventListener("sync", (event) => event.waitUntil(tellPages({ type: "sync" })));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || url.pathname.startsWith("/api/")) return;
  if (request.mode === "navigate") {
    event.respondWith(isShellAddress(url.pathname) ? shell(request) : page(request));
  } else if (FILES.has(url.pathname) || url.pathname.startsWith("/pkg/")) {
    event.respondWith(file(request, url.pathname));
  }
});

function isShellAddress(path) {
  return /^\/(field|coop)(\/|$)/.test(path);
}

async function install() {
  const cache = await caches.open(CACHE);
  const older = await olderCaches();
  const waiting = [...FILES];
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await keep(cache, older, ...next);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

// Puts one file in the cache: it may be there from an installation that was cut, lie in the cache of
// the build before, or have to be downloaded.
async function keep(cache, older, path, hash) {
  if (await cache.match(path)) return;
  for (const source of older) {
    const kept = await source.match(path);
    if (kept && (await hashOf(kept)) === hash) return cache.put(path, kept);
  }
  const response = await fetch(path, {
    // A hashed name may come from the browser's own cache, a fixed one must be asked for again.
    cache: path.startsWith("/pkg/") ? "default" : "no-cache",
    credentials: "same-origin",
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  if ((await hashOf(response)) !== hash) throw new Error(`${path}: not the file of build ${BUILD}`);
  await cache.put(path, response);
}

async function hashOf(response) {
  const digest = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  const bytes = [...new Uint8Array(digest).slice(0, 5)];
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function olderCaches() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  return Promise.all(older.map((name) => caches.open(name)));
}

// Only now, with this build in charge, do the caches of earlier builds go.
async function activate() {
  const names = await caches.keys();
  const older = names.filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(older.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function shell(request) {
  const kept = await match(SHELL);
  return kept ?? page(request);
}

async function page(request) {
  try {
    return await fetch(request);
  } catch (unreachable) {
    const kept = await match(OFFLINE);
    if (kept) return kept;
    throw unreachable;
  }
}

async function file(request, path) {
  const kept = await match(path);
  return kept ?? fetch(request);
}

// This build's cache first; an older one while a page of an older build is still open.
async function match(path) {
  const ours = await (await caches.open(CACHE)).match(path);
  return ours ?? caches.match(path);
}

async function tellPages(message) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  for (const client of pages) client.postMessage(message);
}
