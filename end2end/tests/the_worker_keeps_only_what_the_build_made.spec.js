import fs from "node:fs/promises";
import http from "node:http";
import path from "node:path";
import { expect, test } from "../harness/test.js";
import { site } from "../harness/surroundings.js";

// These tests are about `sw.js` alone, so a few lines of Node stand for the server: it can be made to
// answer what a real network answers on a bad day.
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

async function plainServer(answer = () => null) {
  const asked = [];
  const server = http.createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://x");
    asked.push(pathname);
    const special = await answer(pathname);
    if (special) {
      response.writeHead(special.status ?? 200, { "content-type": special.type ?? "text/html" });
      return response.end(special.body);
    }
    const file = /^\/(field|coop)(\/|$)/.test(pathname) ? "/shell.html" : pathname;
    try {
      const body = await fs.readFile(path.join(site, file));
      response.writeHead(200, {
        "content-type": TYPES[path.extname(file)] ?? "application/octet-stream",
        "cache-control": file.startsWith("/pkg/") ? "immutable, max-age=31536000" : "no-cache",
      });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

const cachedAddresses = () =>
  (async () => {
    const found = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) found.push(new URL(request.url).pathname);
    }
    return found.sort();
  })();

test("a Wi-Fi portal that answers everything with a page is not kept as one of our files", async ({
  phone,
}) => {
  let isPortal = true;
  const network = await plainServer((address) =>
    isPortal && address.endsWith(".svg") ? { body: "<h1>Wi-Fi</h1>" } : null,
  );
  const agent = await phone({ url: network.url });
  await agent.visit("/offline.html");
  const installed = () =>
    agent.page.evaluate(async () => {
      const registration = await navigator.serviceWorker.register("/sw.js");
      const worker = registration.installing ?? registration.waiting ?? registration.active;
      if (worker.state !== "activated" && worker.state !== "redundant") {
        await new Promise((resolve) =>
          worker.addEventListener("statechange", () => {
            if (["activated", "redundant"].includes(worker.state)) resolve();
          }),
        );
      }
      return worker.state;
    });

  expect(await installed()).toBe("redundant");
  isPortal = false;
  const before = network.asked.length;
  expect(await installed()).toBe("activated");

  // What had arrived the first time is not downloaded again: the wasm came before the portal's lies.
  const list = await agent.page.evaluate(cachedAddresses);
  expect(list).toContain("/shell.html");
  expect(list.filter((address) => address.endsWith(".svg")).length).toBeGreaterThan(0);
  const again = network.asked.slice(before).filter((address) => address.startsWith("/pkg/"));
  const first = network.asked.slice(0, before).filter((address) => address.startsWith("/pkg/"));
  for (const address of again) {
    expect(address.endsWith(".svg") || !first.includes(address), address).toBe(true);
  }
  await network.close();
});

test("nothing of the API is ever in a cache, and only listed files are", async ({ phone }) => {
  const network = await plainServer((address) =>
    address.startsWith("/api/") ? { body: '{"secret":1}', type: "application/json" } : null,
  );
  const agent = await phone({ url: network.url });
  await agent.visit("/field");
  await agent.ready();
  await agent.page.evaluate(() => fetch("/api/v1/anything"));

  const list = await agent.page.evaluate(cachedAddresses);
  const worker = await fs.readFile(path.join(site, "sw.js"), "utf8");
  const files = JSON.parse(/new Map\((\[.*?\])\);/.exec(worker)[1]).map(([address]) => address);
  expect(list).toEqual(files.sort());
  await network.close();
});

test("a new build waits until it is taken, reuses what did not change, and then clears the old", async ({
  phone,
}) => {
  let next = null;
  const worker = await fs.readFile(path.join(site, "sw.js"), "utf8");
  const network = await plainServer((address) =>
    address === "/sw.js" && next ? { body: next, type: "text/javascript" } : null,
  );
  const agent = await phone({ url: network.url });
  await agent.visit("/field");
  await agent.ready();

  const [, build] = /const BUILD = "([0-9a-f]+)"/.exec(worker);
  next = worker.replace(`const BUILD = "${build}"`, 'const BUILD = "0123456789"');
  const before = network.asked.length;
  await agent.page.evaluate(async () => {
    const told = new Promise((resolve) =>
      window.addEventListener("taswiq:update", resolve, { once: true }),
    );
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    await told;
  });
  expect(await agent.page.evaluate(() => caches.keys())).toHaveLength(2);
  expect(network.asked.slice(before).filter((address) => address !== "/sw.js")).toEqual([]);

  await Promise.all([
    agent.page.waitForEvent("load"),
    agent.page.evaluate(() => window.taswiq.takeUpdate()),
  ]);
  await expect
    .poll(() => agent.page.evaluate(() => caches.keys()))
    .toEqual(["taswiq-0123456789"]);
  await network.close();
});

test("the worker can be taken back, and what the phone has saved stays", async ({ phone }) => {
  let isOff = false;
  const off = await fs.readFile(path.join(site, "sw.off.js"), "utf8");
  const network = await plainServer((address) =>
    address === "/sw.js" && isOff ? { body: off, type: "text/javascript" } : null,
  );
  const agent = await phone({ url: network.url });
  await agent.visit("/field");
  await agent.ready();
  await agent.page.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const open = indexedDB.open("saved-by-the-test", 1);
        open.onupgradeneeded = () => open.result.createObjectStore("orders");
        open.onsuccess = () => resolve();
        open.onerror = () => reject(open.error);
      }),
  );

  isOff = true;
  await Promise.all([
    agent.page.waitForEvent("load"),
    // Not awaited in the page, which the worker loads again as soon as it has left.
    agent.page.evaluate(() => {
      navigator.serviceWorker.getRegistration().then((registration) => registration.update());
    }),
  ]);
  await expect.poll(() => agent.page.evaluate(() => caches.keys())).toEqual([]);
  const kept = await agent.page.evaluate(async () =>
    (await indexedDB.databases()).map(({ name }) => name),
  );
  expect(kept).toContain("saved-by-the-test");
  await network.close();
});
