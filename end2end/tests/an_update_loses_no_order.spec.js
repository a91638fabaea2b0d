// A new build comes while orders wait on the phone: it is offered, never forced, and loses none.
import fs from "node:fs/promises";
import path from "node:path";
import { Agent } from "../harness/people.js";
import { site } from "../harness/surroundings.js";
import { DAY_MS, expect, picture, test } from "../harness/test.js";

/** The same site under another build's name, as a deployment would bring it. */
async function anotherBuild(folder) {
  const other = path.join(folder, "site");
  await fs.cp(site, other, { recursive: true });
  for (const name of await fs.readdir(other)) {
    if (/^sw\.js\.(br|gz)$/.test(name)) await fs.rm(path.join(other, name));
  }
  const worker = await fs.readFile(path.join(other, "sw.js"), "utf8");
  const renamed = worker.replace(/const BUILD = "(\w+)"/, 'const BUILD = "another$1"');
  expect(renamed).not.toBe(worker);
  await fs.writeFile(path.join(other, "sw.js"), renamed);
  return other;
}

test("an order that waits on the phone survives the update that is offered", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url });
  const agent = new Agent(device);
  await agent.signIn("agent-01");
  await agent.sync();

  await device.goOffline();
  await agent.writeDownCustomer({ firstName: "Rachida", place: "Lazaret" });
  await agent.choose("Huile d'argan culinaire de première presse", 1);
  const order = await agent.sign();

  // The server comes back with the new build; the phone still has no way to send.
  office.site = await anotherBuild(office.folder);
  await office.stop();
  await office.start();
  await device.context.route("**/api/v1/sync", (route) => route.abort());
  await device.goOnline();
  await agent.open("/field");
  await agent.page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  const offer = agent.page.getByRole("button", { name: "Mettre à jour" });
  await expect(offer).toBeVisible();
  await picture(agent.page, "story/update-offered");

  // Nobody is forced: the screens go on working until it is taken.
  await agent.open(`/field/orders/${order.order}`);
  await expect(agent.page.getByText(order.code).first()).toBeVisible();
  await agent.open("/field");
  const reloaded = agent.page.waitForEvent("load");
  await offer.click();
  await reloaded;
  await expect(agent.page.locator("#skeleton")).toHaveCount(0);
  await expect(agent.page.getByRole("button", { name: "Mettre à jour" })).toHaveCount(0);

  // Still there, still to be sent; then it is sent, once.
  await agent.open(`/field/orders/${order.order}`);
  await expect(agent.page.getByText(order.code).first()).toBeVisible();
  await device.context.unroute("**/api/v1/sync");
  await agent.sync();
  await agent.open("/field/orders?show=all");
  await agent.page.getByPlaceholder(/Code/).fill(order.code);
  await expect(agent.page.locator("a.list-row").filter({ hasText: order.code })).toHaveCount(1);
  expect(device.complaints).toEqual([]);
});

test("an update that is taken while an order is on its way sends it once", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url });
  const agent = new Agent(device);
  const { page } = agent;
  await agent.signIn("agent-01");
  await agent.sync();
  office.site = await anotherBuild(office.folder);
  await office.stop();
  await office.start();
  await agent.open("/field");
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
  const offer = page.getByRole("button", { name: "Mettre à jour" });
  await expect(offer).toBeVisible();

  // The server has taken the order in; its answer hangs while the page that waits for it is replaced.
  let decided = 0;
  let answer;
  const hanging = new Promise((resolve) => (answer = resolve));
  await device.context.route("**/api/v1/sync", async (route) => {
    const response = await route.fetch();
    decided += 1;
    await hanging;
    await route.fulfill({ response }).catch(() => {});
  }, { times: 1 });
  await agent.writeDownCustomer({ firstName: "Rkia", place: "Lazaret" });
  await agent.choose("Huile d'argan culinaire de première presse", 1);
  const order = await agent.sign();
  await expect.poll(() => decided).toBe(1);
  await agent.follow("/field");
  const reloaded = page.waitForEvent("load");
  await offer.click();
  await reloaded;
  answer();

  await expect(page.getByText(/Tout est envoyé/).first()).toBeVisible();
  await agent.expectOnce(order.code);
  expect(await page.evaluate(async () => (await caches.keys()).filter((name) => name.includes("another")).length)).toBeGreaterThan(0);
  expect(device.complaints).toEqual([]);
});

test("a phone that slept for a year wakes, updates and delivers", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ demo: { orders: 60 }, options: ["--test-clock"] });
  const device = await phone({ url: office.url });
  const agent = new Agent(device);
  await agent.signIn("agent-01");
  await agent.sync();
  await device.goOffline();
  await agent.writeDownCustomer({ firstName: "Zineb", place: "Lazaret" });
  await agent.choose("Huile d'argan culinaire de première presse", 1);
  const order = await agent.sign();
  await device.close();

  office.site = await anotherBuild(office.folder);
  await office.stop();
  await office.start();
  await office.advance(365 * DAY_MS);
  await device.open();
  await device.context.clock.install({ time: Date.now() + 365 * DAY_MS });
  const { page } = agent;
  await agent.open("/field");

  // Its session is long over: what waits leaves by the device's own key.
  await expect(page.getByText("Tout ce que vous avez enregistré ici est parti")).toBeVisible();
  await picture(page, "story/asleep-for-a-year");
  const reloaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "Mettre à jour" }).click();
  await reloaded;
  await agent.signIn("agent-01");
  await agent.sync();
  await agent.expectOnce(order.code);
  // The prices of that day are still in force, so it counts as it was taken.
  await expect(page.locator("a.list-row").filter({ hasText: order.code })).toContainText("Attend la réponse");
  expect(device.complaints).toEqual([]);
});

test("an agent opens a deep address offline, in the language chosen at sign-in", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url, language: "ar" });
  const agent = new Agent(device);
  await agent.signIn("agent-01");
  await agent.open("/field/orders?show=all");
  const order = await agent.page.locator("a.list-row").first().getAttribute("href");
  await office.stop();
  await device.goOffline();
  await device.close();
  await device.open();
  await device.goOffline();
  await agent.open(order);
  await expect(agent.page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(agent.page.locator("h1").first()).toBeVisible();
  expect(device.complaints).toEqual([]);
});
