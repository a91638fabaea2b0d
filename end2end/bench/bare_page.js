// What a page costs that does next to nothing: the floor beside which ours is measured. It shows a list
// of forty rows, a link that opens a form, and can be kept for offline by a worker of nine lines.
import { once } from "node:events";
import http from "node:http";

/** A tap on this is answered by the first name's field. */
export const bareTarget = "#new";
export const bareAnswer = "#first-name";

const PAGE = `<!doctype html>
<html lang="fr">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Page</title>
<style>body{font-family:sans-serif;margin:0}li,button{display:block;min-height:48px;padding:8px}</style>
<body>
<script>
const list = document.createElement("ul");
for (let row = 1; row <= 40; row += 1) {
  const item = document.createElement("li");
  item.textContent = "Commande " + row;
  list.append(item);
}
const button = document.createElement("button");
button.id = "new";
button.textContent = "Nouveau client";
button.onclick = () => {
  const field = document.createElement("input");
  field.id = "first-name";
  list.replaceWith(field);
};
document.body.append(button, list);
navigator.serviceWorker.register("/sw.js");
</script>
`;

const WORKER = `
self.addEventListener("install", (event) =>
  event.waitUntil(caches.open("bare").then((cache) => cache.add("/"))));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  event.respondWith(caches.match(event.request).then((kept) => kept ?? fetch(event.request)));
});
`;

/** Serves it on a free port. */
export async function serveBarePage() {
  const server = http.createServer((request, response) => {
    const isWorker = request.url === "/sw.js";
    response.writeHead(200, { "content-type": isWorker ? "text/javascript" : "text/html" });
    response.end(isWorker ? WORKER : PAGE);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
