// The end of a month as the people on it live it: closed for good, prepared by one, approved by another,
// asked of the bank, recorded; the agent reads each step on the phone, without a network too.
import { readFile } from "node:fs/promises";
import { Agent, Manager, centimes } from "../harness/people.js";
import { DAY_MS, expect, faults, picture, test } from "../harness/test.js";

/** What a file that arrived begins with. */
const firstBytes = async (download) => (await readFile(await download.path())).subarray(0, 5).toString();

const RIB = "011 519 0000012050005349 21";
const laptop = { width: 1280, height: 800 };

test("a month is closed, approved by a second person, exported, paid, and read on the phone", async ({ server, phone }) => {
  test.setTimeout(300_000);
  const office = await server({ demo: { orders: 400 }, options: ["--test-clock"] });
  const hind = new Manager(await phone({ url: office.url, screen: laptop }));
  const second = new Manager(await phone({ url: office.url, screen: laptop }));
  await hind.signIn("manager-01");
  await second.signIn("admin");
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");

  // The oldest month can be looked at before it is closed; what it shows is what it makes.
  await hind.open("/office/settlement");
  await picture(hind.page, "office/settlement-months", { fullPage: true });
  const due = hind.page.locator("tr[data-tone=waiting] th a");
  if ((await due.count()) === 0) await office.advance(31 * DAY_MS);
  await hind.open("/office/settlement");
  const month = await due.first().getAttribute("href");
  await hind.open(month);
  await picture(hind.page, "office/settlement-before", { fullPage: true });
  const net = async () => centimes(await hind.page.locator(".figure-tile").filter({ hasText: "Net à virer" }).locator(".amount").innerText());
  const expected = await net();
  await hind.page.getByRole("button", { name: /^Clôturer/ }).click();
  await expect(hind.page.getByRole("status").getByText("Le mois est clos.")).toBeVisible();
  expect(await net()).toBe(expected);
  expect(expected).toBeGreaterThan(0);
  await expect(hind.page.getByRole("button", { name: /^Clôturer/ })).toHaveCount(0);
  await picture(hind.page, "office/settlement-closed", { fullPage: true });
  expect(await faults(hind.page)).toEqual([]);

  // Nobody has an account yet: an agent gets one, and a wrong one is named at its field.
  const number = await agent.number();
  await hind.open(`/office/people/${number}/money`);
  await hind.page.getByLabel("RIB").fill(RIB.replace("21", "22"));
  await hind.page.getByRole("button", { name: "Enregistrer le compte" }).click();
  await expect(hind.page.getByText(/La clé du RIB ne va pas/)).toBeVisible();
  await picture(hind.page, "office/settlement-wrong-account", { fullPage: true });
  await hind.page.getByLabel("RIB").fill(RIB);
  await hind.page.getByRole("button", { name: "Enregistrer le compte" }).click();
  await expect(hind.page.getByRole("status").getByText("C’est enregistré.")).toBeVisible();

  // One prepares; the same person may not approve; another does.
  await hind.open(month);
  await hind.page.getByRole("button", { name: "Préparer le virement" }).click();
  await expect(hind.page.getByText("Une autre personne doit l’approuver")).toBeVisible();
  await expect(hind.page.getByRole("button", { name: "Approuver" })).toHaveCount(0);
  const payout = new URL(hind.page.url()).pathname;
  await second.open(payout);
  await picture(second.page, "office/payout-to-approve", { fullPage: true });
  await second.page.getByRole("button", { name: "Approuver" }).click();

  // The bank gets a list, and the payment is recorded with its date and reference.
  await hind.open(payout);
  const list = await hind.page.request.get(`${office.url}${payout}/list.csv`);
  expect(await list.text()).toContain("011-519-0000012050005349-21");
  const workbook = await hind.page.request.get(`${office.url}${payout}/list.xlsx`);
  expect((await workbook.body()).subarray(0, 2).toString()).toBe("PK");
  await hind.page.getByLabel("Payé le").fill(await office.day());
  await hind.page.getByLabel("Référence").fill("VIR 4711");
  await hind.page.getByRole("button", { name: "Saisir le paiement" }).click();
  await expect(hind.page.getByText("VIR 4711")).toBeVisible();
  await picture(hind.page, "office/payout-paid", { fullPage: true });
  expect(await faults(hind.page)).toEqual([]);
  await hind.open(`${month}/agents/${number}`);
  await picture(hind.page, "office/statement", { fullPage: true });
  for (const language of ["français", "العربية"]) {
    const arriving = hind.page.waitForEvent("download");
    await hind.page.getByRole("link", { name: `PDF ${language}` }).click();
    expect(await firstBytes(await arriving)).toBe("%PDF-");
  }
  expect(await faults(hind.page)).toEqual([]);

  // The agent too gets it on paper while there is a network.
  await agent.sync();
  await agent.open("/field/earnings");
  await agent.page.locator('a[href^="/field/earnings/statements/"]').first().click();
  const arriving = agent.page.waitForEvent("download");
  await agent.page.getByRole("link", { name: "Recevoir en PDF" }).click();
  expect(await firstBytes(await arriving)).toBe("%PDF-");
  await expect(agent.page.getByText("Référence VIR 4711")).toBeVisible();

  // The agent reads it on the phone, with the network gone.
  await agent.phone.goOffline();
  await agent.open("/field/earnings");
  const row = agent.page.locator('a[href^="/field/earnings/statements/"]').first();
  await expect(row).toContainText("Viré le");
  await picture(agent.page, "field/earnings-with-statements", { fullPage: true });
  await row.click();
  await expect(agent.page.getByText("Référence VIR 4711")).toBeVisible();
  await expect(agent.page.getByText("Le PDF demande le réseau")).toBeVisible();
  await expect(agent.page.getByRole("link", { name: "Recevoir en PDF" })).toHaveCount(0);
  await picture(agent.page, "field/statement", { fullPage: true });
  expect(await faults(agent.page)).toEqual([]);
});
