// A commission as the people on it live it: a plan is published, goods are sold and some given back, the
// month is closed for good, a line disputed and answered, the transfer prepared by one, approved by
// another, asked of the bank, recorded. The agent follows every step on the phone, without a network
// between them.
import { readFile } from "node:fs/promises";
import { argan } from "../harness/demo.js";
import { Agent, Cooperative, Manager, centimes } from "../harness/people.js";
import { DAY_MS, expect, faults, picture, test } from "../harness/test.js";

const RIB = "011 519 0000012050005349 21";
const laptop = { width: 1280, height: 800 };
/** In centimes: what the new plan gives whoever sells for that much in a month. */
const BONUS = 2_500;

/** What a file that arrived begins with. */
const firstBytes = async (download) => (await readFile(await download.path())).subarray(0, 5).toString();

/**
 * What the agent's statement says of its payment, read with the network gone: on its page, and in the list.
 */
async function expectOnThePhone(agent, month, said) {
  await agent.sync();
  await agent.phone.goOffline();
  await agent.open("/field/earnings");
  const row = agent.page.locator(`a.list-row[href="/field/earnings/statements/${month}"]`);
  await expect(row).toContainText(said);
  await row.click();
  await expect(agent.page.getByText(said).first()).toBeVisible();
  await agent.phone.goOnline();
}

/** One figure of the office's page of a statement or a month. */
const tile = async (page, label) => centimes(await page.locator(".figure-tile").filter({ hasText: label }).locator(".amount").innerText());

test("a commission is published, earned, settled, disputed, approved, exported, paid, and followed on the phone", async ({ server, phone }) => {
  test.setTimeout(300_000);
  const office = await server({ options: ["--test-clock"] });
  const hind = new Manager(await phone({ url: office.url, screen: laptop }));
  const second = new Manager(await phone({ url: office.url, screen: laptop }));
  await hind.signIn("manager-01");
  await second.signIn("admin");
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  const mesti = new Cooperative(await phone({ url: office.url }));
  await mesti.signIn(argan.login);

  // A plan that breaks a rule is refused with the rule's name; mended, it is published for the next month,
  // whose tiers and targets are those of the plan in force when it begins.
  const now = new Date(await office.advance(0));
  const first = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1);
  await hind.open("/office/plan/new");
  const publish = () => hind.page.getByRole("button", { name: "Publier", exact: true }).click();
  await hind.page.getByLabel("Valable à partir du").fill(new Date(first).toISOString().slice(0, 10));
  await hind.page.getByLabel("Palier 1, à partir de").fill("0");
  await hind.page.getByLabel("Palier 1, en plus").fill("101");
  await publish();
  await expect(hind.page.locator(".error-summary").getByText(/^Palier 1, en plus : écrivez un pourcentage/)).toBeVisible();
  await hind.page.getByLabel("Palier 1, en plus").fill("1");
  await hind.page.getByLabel("Objectif 1, ventes de").fill("100");
  await hind.page.getByLabel("Objectif 1, prime").fill("25");
  await picture(hind.page, "commission/plan", { fullPage: true });
  await publish();
  await expect(hind.page.getByRole("status").getByText("Publié.")).toBeVisible();

  // The phone hears of it today and sells by it from the first day on, with no network. A shop pays at once.
  await agent.sync();
  await office.advance(first + DAY_MS / 2 - now.getTime());
  await agent.sync();
  const before = await agent.earnings();
  await agent.phone.goOffline();
  await agent.writeDownCustomer({ firstName: "Tazart", place: "Lazaret", kind: "Professionnel" });
  await agent.choose(argan.product, 12);
  const atTheDoor = await agent.commission();
  expect(atTheDoor).toBeGreaterThan(0);
  const sold = await agent.sign();
  expect((await agent.earnings()).estimate).toBe(before.estimate + atTheDoor);
  await agent.phone.goOnline();
  await agent.sync();
  await mesti.sync();
  await mesti.openOrder(sold.code);
  await mesti.confirm(argan.product, 12);
  await mesti.pack(sold.code, "L-9");
  await mesti.handOver(sold.code);
  await mesti.sync();
  await agent.sync();
  await agent.deliver(sold.order, sold.digits);
  await agent.collect(sold.order);
  await agent.sync();
  expect((await agent.earnings()).earned).toBe(before.earned + atTheDoor);

  // Three of the twelve come back: a quarter of the commission goes, to the centime.
  await agent.phone.goOffline();
  await agent.giveBack(sold.order, 3);
  await agent.phone.goOnline();
  await agent.sync();
  const left = atTheDoor - Math.round(atTheDoor / 4);
  expect((await agent.earnings()).earned).toBe(before.earned + left);
  await agent.open("/field/earnings");
  await picture(agent.page, "commission/earned", { fullPage: true });

  // The months are closed one after the other, the oldest first; what a month shows is what it makes.
  const soldIn = (await office.day()).slice(0, 7);
  await office.advance(31 * DAY_MS);
  const due = hind.page.locator("tr[data-tone=waiting] th a");
  let month = null;
  while (!month?.endsWith(soldIn)) {
    await hind.open("/office/settlement");
    month = await due.last().getAttribute("href");
    await hind.open(month);
    const expected = await tile(hind.page, "Net à virer");
    if (month.endsWith(soldIn)) await picture(hind.page, "commission/month-before", { fullPage: true });
    await hind.page.getByRole("button", { name: /^Clôturer/ }).click();
    await expect(hind.page.getByRole("status").getByText("Le mois est clos.")).toBeVisible();
    expect(await tile(hind.page, "Net à virer")).toBe(expected);
    await expect(hind.page.getByRole("button", { name: /^Clôturer/ })).toHaveCount(0);
  }
  expect(await tile(hind.page, "Net à virer")).toBeGreaterThan(0);
  await picture(hind.page, "commission/month-closed", { fullPage: true });
  expect(await faults(hind.page)).toEqual([]);
  const number = await agent.number();
  await hind.open(`${month}/agents/${number}`);
  await expect(hind.page.getByText("Prime d’objectif").first()).toBeVisible();
  await picture(hind.page, "commission/statement", { fullPage: true });
  for (const language of ["Français", "العربية"]) {
    const arriving = hind.page.waitForEvent("download");
    await hind.page.getByRole("link", { name: `PDF ${language}` }).click();
    expect(await firstBytes(await arriving)).toBe("%PDF-");
  }
  expect(await faults(hind.page)).toEqual([]);

  // The statement is on the phone. A line of it is disputed with the network gone, and answered.
  await agent.sync();
  await agent.phone.goOffline();
  await agent.open(`/field/earnings/statements/${soldIn}`);
  await expect(agent.page.getByText("À virer").first()).toBeVisible();
  // Every figure of it opens to its entries, and an entry to what it rests on.
  await agent.page.getByRole("link", { name: "Prime d’objectif" }).click();
  await expect(agent.page.getByRole("heading", { name: "Prime d’objectif" })).toBeVisible();
  expect(centimes(await agent.page.locator(".amount-hero").innerText())).toBe(BONUS);
  await expect(agent.page.locator(".ledger-entry")).toHaveCount(1);
  await agent.page.locator(".app-bar-back").click();
  await agent.page.getByRole("link", { name: "Gagné", exact: true }).click();
  const entries = agent.page.locator(".ledger-entry");
  const listed = (await entries.locator("summary .amount").allInnerTexts()).map(centimes);
  expect(listed.reduce((sum, amount) => sum + amount, 0)).toBe(centimes(await agent.page.locator(".amount-hero").innerText()));
  await entries.filter({ hasText: sold.code }).first().locator("summary").click();
  await expect(entries.getByText(/^Règle \d+, plan \d+/).first()).toBeVisible();
  await picture(agent.page, "commission/behind-a-row", { fullPage: true });
  expect(await faults(agent.page)).toEqual([]);
  await agent.open(`/field/orders/${sold.order}`);
  await agent.page.getByText("Comment elle se calcule").click();
  await expect(agent.page.getByText(/^Recalculé devant vous/).first()).toBeVisible();
  await agent.page.getByRole("link", { name: "Contester ce montant" }).first().click();
  await agent.page.getByRole("radio", { name: "Ce n’est pas ma faute" }).check();
  await agent.page.getByLabel("Combien devriez-vous recevoir en plus ?").fill("4,20");
  await agent.page.getByRole("button", { name: "Envoyer la contestation" }).click();
  await expect(agent.page.getByText("Ouverte").first()).toBeVisible();
  const dispute = new URL(agent.page.url()).pathname;
  await agent.phone.goOnline();
  await agent.sync();
  const disputed = await agent.earnings();
  await hind.open("/office/disputes");
  await hind.page.locator("tbody th a").first().click();
  await hind.page.getByRole("button", { name: "Prendre à l’étude" }).click();
  await hind.page.getByRole("radio", { name: /^Accorder 4,20/ }).check();
  await hind.page.getByLabel(/Raison, pour l’agent/).fill("Les pots étaient fêlés au départ");
  await hind.page.getByRole("button", { name: "Répondre" }).click();
  await expect(hind.page.getByRole("status").getByText("Réponse envoyée")).toBeVisible();
  await agent.sync();
  await agent.phone.goOffline();
  await agent.open(dispute);
  await expect(agent.page.getByText("Les pots étaient fêlés au départ")).toBeVisible();
  expect((await agent.earnings()).earned).toBe(disputed.earned + 420);
  await agent.phone.goOnline();

  // Nobody has an account yet: an agent gets one, and a wrong one is named at its field.
  await hind.open(`/office/people/${number}/money`);
  await hind.page.getByLabel("RIB").fill(RIB.replace("21", "22"));
  await hind.page.getByRole("button", { name: "Enregistrer le compte" }).click();
  await expect(hind.page.getByText(/La clé du RIB ne va pas/)).toBeVisible();
  await picture(hind.page, "commission/wrong-account", { fullPage: true });
  await hind.page.getByLabel("RIB").fill(RIB);
  await hind.page.getByRole("button", { name: "Enregistrer le compte" }).click();
  await expect(hind.page.getByRole("status").getByText("C’est enregistré.")).toBeVisible();

  // One prepares; the same person may not approve; another does.
  await hind.open(month);
  await hind.page.getByRole("button", { name: "Préparer le virement" }).click();
  await expect(hind.page.getByText("Une autre personne doit l’approuver")).toBeVisible();
  await expect(hind.page.getByRole("button", { name: "Approuver" })).toHaveCount(0);
  const payout = new URL(hind.page.url()).pathname;
  await expectOnThePhone(agent, soldIn, "Virement préparé");
  await second.open(payout);
  await picture(second.page, "commission/payout-to-approve", { fullPage: true });
  await second.page.getByRole("button", { name: "Approuver" }).click();
  await expect(second.page.getByRole("status")).toBeVisible();
  await expectOnThePhone(agent, soldIn, "Virement approuvé");

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
  await picture(hind.page, "commission/payout-paid", { fullPage: true });
  expect(await faults(hind.page)).toEqual([]);

  // The agent gets it on paper while there is a network.
  await agent.sync();
  await agent.open(`/field/earnings/statements/${soldIn}`);
  const arriving = agent.page.waitForEvent("download");
  await agent.page.getByRole("link", { name: "Recevoir en PDF" }).click();
  expect(await firstBytes(await arriving)).toBe("%PDF-");

  // The agent reads it on the phone, with the network gone: the supplement and the bonus are in it, and
  // what was paid is what the statement says.
  await agent.phone.goOffline();
  await agent.open("/field/earnings");
  const row = agent.page.locator(`a.list-row[href="/field/earnings/statements/${soldIn}"]`);
  await expect(row).toContainText("Viré le");
  // What a closed month took on to its statement is not taken from what this month earns.
  expect(centimes(await agent.page.locator(".purse .amount").first().innerText())).toBe(420);
  await picture(agent.page, "commission/earnings-with-statements", { fullPage: true });
  await row.click();
  await expect(agent.page.getByText("Référence VIR 4711")).toBeVisible();
  await expect(agent.page.getByText("Le PDF demande le réseau")).toBeVisible();
  await expect(agent.page.getByRole("link", { name: "Recevoir en PDF" })).toHaveCount(0);
  const sum = async (label) => centimes(await agent.page.locator("dl.explain > div").filter({ hasText: label }).first().locator(".amount").innerText());
  expect(await sum("Prime d’objectif")).toBe(BONUS);
  expect(await sum("Supplément du mois")).toBeGreaterThan(0);
  await expect(agent.page.getByText("Le PDF demande le réseau")).toBeVisible();
  await expect(agent.page.getByRole("link", { name: "Recevoir en PDF" })).toHaveCount(0);
  await picture(agent.page, "commission/statement-on-the-phone", { fullPage: true });
  expect(await faults(agent.page)).toEqual([]);
  for (const { complaints } of [agent.phone, hind.laptop, second.laptop, mesti.phone]) {
    expect(complaints).toEqual([]);
  }
});
