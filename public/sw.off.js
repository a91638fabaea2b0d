// The service worker that takes the service worker back. Served under the name `sw.js` it makes every
// phone forget the cached pages and ask the network again. The orders in IndexedDB are not touched.

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith("taswiq-")).map((name) => caches.delete(name)));
  await self.registration.unregister();
  const pages = await self.clients.matchAll({ type: "window" });
  for (const client of pages) client.navigate(client.url);
}
