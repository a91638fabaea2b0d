// A phone without a network, and a stranger with one: what was done at the doors arrives all the same, as a file
// or as codes read from the screen, and once.
import fs from "node:fs/promises";
import path from "node:path";
import { argan, olive } from "../harness/demo.js";
import { Agent, Manager } from "../harness/people.js";
import { scan } from "../harness/scanner.js";
import { expect, faults, picture, test } from "../harness/test.js";

/** An agent who was in contact once, and then nowhere: all that would leave breaks off. */
async function agentWithoutANetwork(office, phone, wish = {}) {
  const agent = new Agent(await phone({ url: office.url, ...wish }));
  await agent.signIn("agent-01");
  await agent.sync();
  await agent.phone.context.route("**/api/v1/sync", (route) => route.abort());
  return agent;
}

async function takeOrder(agent, firstName, product, units) {
  await agent.writeDownCustomer({ firstName, place: "Lazaret" });
  await agent.choose(product, units);
  return (await agent.sign()).code;
}

/** Opens what the page of this phone offers to give away. */
async function offer(agent) {
  await agent.open("/field/sync");
  await agent.page.getByText("Confiez-le à quelqu’un").click();
}

async function save(agent) {
  await offer(agent);
  const [download] = await Promise.all([
    agent.page.waitForEvent("download"),
    agent.page.getByRole("button", { name: "Enregistrer le fichier" }).click(),
  ]);
  const file = path.join(agent.phone.profile, download.suggestedFilename());
  await download.saveAs(file);
  return file;
}

test("a file brings three orders to the office, and the phone's own sync brings nothing twice", async ({ server, phone }) => {
  test.setTimeout(240_000);
  const office = await server({ demo: { orders: 60 } });
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  const agent = await agentWithoutANetwork(office, phone);
  const codes = [];
  for (const [name, product, units] of [["Yamna", argan.product, 3], ["Hafida", olive.product, 2], ["Zahra", argan.product, 1]]) {
    codes.push(await takeOrder(agent, name, product, units));
  }
  const file = await save(agent);
  expect(path.basename(file)).toMatch(/^taswiq-\d{4}-\d\d-\d\d-\d{4}\.txt$/);
  const text = await fs.readFile(file, "utf8");
  expect(text.split("\n")[0]).toBe(`${office.url}/hand-over`);
  for (const secret of ["Yamna", "Lazaret", ...codes]) expect(text).not.toContain(secret);
  await picture(agent.page, "hand-over/offer-fr");

  // Somebody who has no account.
  const stranger = await phone({ url: office.url });
  await stranger.visit("/hand-over");
  await stranger.page.getByLabel("Le fichier").setInputFiles({ name: "photo.txt", mimeType: "text/plain", buffer: Buffer.from("Bonjour") });
  await stranger.page.getByRole("button", { name: "Remettre au bureau" }).click();
  await expect(stranger.page.getByRole("alert")).toContainText("Ce n’est pas un fichier de Taswiq");
  await stranger.page.getByLabel("Le fichier").setInputFiles(file);
  await stranger.page.getByRole("button", { name: "Remettre au bureau" }).click();
  await expect(stranger.page.getByRole("status").filter({ hasText: "C’est arrivé au bureau" })).toContainText("6 saisies reçues");
  await picture(stranger.page, "hand-over/taken-fr", { fullPage: true });
  for (const code of codes) await expect.poll(() => manager.ordersFor(code)).toEqual([code]);

  // The phone believes nobody but the office itself.
  await agent.open("/field/sync");
  await expect(agent.page.getByText("Confiez-le à quelqu’un")).toBeVisible();
  await agent.phone.context.unroute("**/api/v1/sync");
  await agent.sync();
  await expect(agent.page.getByText("Confiez-le à quelqu’un")).toHaveCount(0);
  for (const code of codes) {
    await agent.expectOnce(code);
    expect(await manager.ordersFor(code)).toEqual([code]);
  }
  // Once more, from the message of somebody else.
  await stranger.visit("/hand-over");
  await stranger.page.getByLabel("Ou le texte du message reçu").fill(`Salam, peux-tu remettre ça ?\n${text}`);
  await stranger.page.getByRole("button", { name: "Remettre au bureau" }).click();
  await expect(stranger.page.getByText("6 saisies étaient déjà là")).toBeVisible();
  for (const code of codes) expect(await manager.ordersFor(code)).toEqual([code]);
  expect(stranger.complaints).toEqual([]);
  expect(agent.phone.complaints.filter((complaint) => !/ERR_FAILED/.test(complaint))).toEqual([]);
});

test("the file goes to another app, and where that fails it is said", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 60 } });
  const agent = await agentWithoutANetwork(office, phone);
  // This browser shares nothing: what a phone's would be given is kept here.
  await agent.page.addInitScript(() => {
    globalThis.given = [];
    Navigator.prototype.canShare = ({ files }) => files.every((file) => file.type === "text/plain");
    Navigator.prototype.share = async ({ title, files }) => {
      if (globalThis.breaksOff) throw new DOMException("", globalThis.breaksOff);
      for (const file of files) globalThis.given.push({ title, name: file.name, text: await file.text() });
    };
  });
  await takeOrder(agent, "Yamna", argan.product, 3);
  await offer(agent);
  const share = agent.page.getByRole("button", { name: "Partager le fichier" });
  await share.click();
  await expect.poll(() => agent.page.evaluate(() => globalThis.given.length)).toBe(1);
  const [given] = await agent.page.evaluate(() => globalThis.given);
  expect(given.name).toMatch(/^taswiq-\d{4}-\d\d-\d\d-\d{4}\.txt$/);
  const saved = await fs.readFile(await save(agent), "utf8");
  expect(given.text.split("\n")[0]).toBe(saved.split("\n")[0]);

  const failed = agent.page.getByText("Le partage n’a pas marché");
  await agent.page.evaluate(() => (globalThis.breaksOff = "NotAllowedError"));
  await share.click();
  await expect(failed).toBeVisible();
  expect(agent.phone.complaints.filter((complaint) => !/ERR_FAILED/.test(complaint))).toEqual([]);
});

test("codes on a screen are gathered in any order by a phone whose camera opens them", async ({ server, phone }) => {
  test.setTimeout(240_000);
  const office = await server({ demo: { orders: 60 } });
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  const agent = await agentWithoutANetwork(office, phone);
  const code = await takeOrder(agent, "Yamna", argan.product, 3);
  await offer(agent);
  await agent.page.getByRole("button", { name: "Montrer des codes" }).click();
  const sheet = agent.page.locator("dialog[open]");
  await expect(sheet.locator("svg.qr")).toBeVisible();
  await picture(agent.page, "hand-over/codes-fr");
  expect(await faults(agent.page)).toEqual([]);
  const count = Number((await sheet.locator(".scanned-count").innerText()).split("/")[1]);
  expect(count).toBeGreaterThan(1);
  const said = [];
  for (let number = 0; number < count; number += 1) {
    said.push(await scan(sheet.locator("svg.qr")));
    await sheet.getByRole("button", { name: "Suivant" }).click();
  }
  expect(new Set(said).size).toBe(count);
  // Dots enough to be read from a cracked screen: no code has more than 77 a side, its quiet zone besides.
  expect(Number((await sheet.locator("svg.qr").getAttribute("viewBox")).split(" ")[2])).toBeLessThanOrEqual(85);

  const stranger = await phone({ url: office.url });
  for (const [index, address] of [said[count - 1], ...said].entries()) {
    expect(address).toBe(address.toUpperCase());
    await stranger.page.goto(address);
    // The last code came first, and once more at the end.
    await expect(stranger.page.getByText(`${Math.min(index + 1, count)} codes sur ${count}`)).toBeVisible();
  }
  await picture(stranger.page, "hand-over/gathered-fr", { fullPage: true });
  expect(await faults(stranger.page)).toEqual([]);
  await stranger.page.getByRole("button", { name: "Remettre au bureau" }).click();
  await expect(stranger.page.getByText("C’est arrivé au bureau")).toBeVisible();
  await expect.poll(() => manager.ordersFor(code)).toEqual([code]);
  // What was brought is not offered again.
  await stranger.visit("/hand-over");
  await expect(stranger.page.getByLabel("Ou le texte du message reçu")).toHaveValue("");
});

for (const { language, theme } of [{ language: "fr", theme: "dark" }, { language: "ar", theme: "light" }, { language: "ar", theme: "dark" }]) {
  test(`whoever brings a file is told what happened, ${language}, ${theme}`, async ({ server, phone }) => {
    const office = await server({ demo: { orders: 60 } });
    const stranger = await phone({ url: office.url, language, theme });
    await stranger.visit("/hand-over");
    const found = await faults(stranger.page);
    await picture(stranger.page, `hand-over/page-${language}-${theme}`, { fullPage: true });
    await stranger.page.locator("#text").fill("Bonjour");
    await stranger.page.locator(".doorway-inside button[type=submit]").click();
    await expect(stranger.page.getByRole("alert")).toBeVisible();
    found.push(...(await faults(stranger.page)));
    await picture(stranger.page, `hand-over/refused-${language}-${theme}`, { fullPage: true });
    await stranger.context.setOffline(true);
    await stranger.page.locator(".doorway-inside button[type=submit]").click();
    await expect(stranger.page.locator(".scanner [role=status]")).not.toBeEmpty();
    await stranger.context.setOffline(false);
    expect(found).toEqual([]);
  });
}
