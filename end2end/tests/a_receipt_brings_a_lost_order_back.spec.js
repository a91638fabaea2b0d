// A phone that is lost before it ever had a network, and the receipt that its customer holds: the order is entered
// again from it, and when the lost phone speaks after all there is one order for everybody.
import { argan } from "../harness/demo.js";
import { Agent, Cooperative, Manager } from "../harness/people.js";
import { expect, faults, picture, test } from "../harness/test.js";

/** Signs in, hears everything, and has no network from then on. */
async function agentWithoutANetwork(office, phone, wish = {}) {
  const agent = new Agent(await phone({ url: office.url, ...wish }));
  await agent.signIn("agent-01");
  await agent.sync();
  await agent.phone.goOffline();
  return agent;
}

/**
 * The day on a receipt that was just signed, as a date field holds it: by the offset that Morocco has kept since
 * September 2026, of which this machine's time zones may not have heard.
 */
const today = () => new Date().toISOString().slice(0, 10);

async function takeOrder(agent, { firstName, product, units }) {
  await agent.writeDownCustomer({ firstName, place: "Lazaret" });
  await agent.choose(product, units);
  return agent.sign();
}

/** Types what stands on the receipt; the screen where a customer is chosen stands then. */
async function readReceipt(agent, { code, digits }) {
  await agent.open("/field/new");
  await agent.page.getByRole("link", { name: "Reprendre un reçu" }).click();
  await agent.page.getByLabel("Code du reçu").fill(code.toLowerCase());
  await agent.page.getByLabel("Chiffres du reçu").fill(digits);
  await agent.page.getByLabel("Date du reçu").fill(today());
  await agent.page.getByRole("button", { name: "Choisir le client" }).click();
  await expect(agent.page.getByText(`Reçu ${code}`)).toBeVisible();
}

test("an order whose phone was lost comes back from the receipt, and once", async ({ server, phone }) => {
  test.setTimeout(300_000);
  const office = await server({ demo: { orders: 60 } });
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  const lost = await agentWithoutANetwork(office, phone);
  const order = { firstName: "Yamna", product: argan.product, units: 3 };
  const receipt = await takeOrder(lost, order);
  await lost.phone.close();

  const agent = await agentWithoutANetwork(office, phone);
  const before = await agent.earnings();
  await readReceipt(agent, receipt);
  await picture(agent.page, "receipt/customers-fr");
  await agent.follow("/field/new/customer");
  await agent.fillInCustomer({ firstName: order.firstName, place: "Lazaret" });
  await agent.choose(order.product, order.units);
  await agent.page.getByRole("link", { name: /Panier/ }).click();
  await expect(agent.page.getByText(`Reçu ${receipt.code}`)).toBeVisible();
  await picture(agent.page, "receipt/review-fr");
  expect(await faults(agent.page)).toEqual([]);
  await agent.writeOnPad();
  await agent.saveButton.click();
  const entered = await agent.receipt();
  expect(entered.code).toBe(receipt.code);
  expect(entered.digits).toBe(receipt.digits);
  expect(entered.order).not.toBe(receipt.order);
  await expect(agent.page.getByText("Reprise du reçu")).toBeVisible();
  await picture(agent.page, "receipt/receipt-fr");
  // Whoever reads the same receipt once more is led to the order.
  await agent.open("/field/new/receipt");
  await agent.page.getByLabel("Code du reçu").fill(receipt.code);
  await expect(agent.page.getByText("Cette commande est déjà ici")).toBeVisible();
  await picture(agent.page, "receipt/here-fr");
  expect(await faults(agent.page)).toEqual([]);
  await agent.phone.goOnline();
  await agent.sync();
  const after = await agent.earnings();
  expect(after.estimate).toBeGreaterThan(before.estimate);
  await agent.open(`/field/orders/${entered.order}`);
  await expect(agent.page.getByText("Reprise du reçu")).toBeVisible();
  await picture(agent.page, "receipt/order-fr");

  // The lost phone is found, and speaks.
  await lost.phone.open();
  await lost.sync();
  await expect.poll(() => manager.ordersFor(receipt.code)).toEqual([receipt.code]);
  await lost.expectOnce(receipt.code);
  expect(await lost.earnings()).toEqual(after);
  // Its own address of the order leads to the one that is there, and nothing is said to be lost.
  await lost.open(`/field/orders/${receipt.order}`);
  await expect(lost.page.getByText("Reprise du reçu")).toBeVisible();
  await lost.open("/field");
  await expect(lost.page.getByText(/Perdues/)).toHaveCount(0);
  await manager.open(`/office/orders/${receipt.order}`);
  expect(new URL(manager.page.url()).pathname).toBe(`/office/orders/${entered.order}`);
  expect((await manager.historyOf(entered.order)).join("\n")).toContain("elle compte une fois");
  await picture(manager.page, "receipt/history-fr", { fullPage: true });

  const cooperative = new Cooperative(await phone({ url: office.url }));
  await cooperative.signIn(argan.login);
  await cooperative.sync();
  await cooperative.open("/coop/orders");
  await cooperative.page.getByPlaceholder(/Code/).fill(receipt.code);
  await expect(cooperative.page.locator("a.list-row").filter({ hasText: receipt.code })).toHaveCount(1);
  await cooperative.openOrder(receipt.code);
  await cooperative.confirm(order.product, order.units);
  await cooperative.sync();
  for (const one of [agent, lost]) {
    await one.sync();
    await one.expectOnce(receipt.code);
    const earned = await one.earnings();
    expect(earned.pending - before.pending).toBe(after.estimate - before.estimate);
    expect(earned.estimate).toBe(before.estimate);
  }
  for (const one of [agent.phone, lost.phone, cooperative.phone]) expect(one.complaints).toEqual([]);
});

test("one that does not agree waits until the office says whether it is the same", async ({ server, phone }) => {
  test.setTimeout(300_000);
  const office = await server({ demo: { orders: 60 } });
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  const lost = await agentWithoutANetwork(office, phone);
  const receipt = await takeOrder(lost, { firstName: "Yamna", product: argan.product, units: 3 });
  const agent = await agentWithoutANetwork(office, phone);
  await readReceipt(agent, receipt);
  await agent.follow("/field/new/customer");
  await agent.fillInCustomer({ firstName: "Yamna", place: "Lazaret" });
  await agent.choose(argan.product, 2);
  await agent.sign();
  await agent.phone.goOnline();
  await agent.sync();
  await lost.phone.goOnline();
  await lost.open("/field/sync");
  await expect(lost.page.getByText(/a déjà ce code/).first()).toBeVisible();
  await expect(lost.page.getByRole("link", { name: "Voir l’autre commande" })).toBeVisible();
  await picture(lost.page, "receipt/to-correct-fr", { fullPage: true });
  expect(await faults(lost.page)).toEqual([]);
  await manager.open("/office/parked");
  await expect(manager.page.getByText("Commande déjà là")).toBeVisible();
  await picture(manager.page, "receipt/parked-fr", { fullPage: true });
  expect(await faults(manager.page)).toEqual([]);
  await manager.page.getByRole("button", { name: "C’est la même" }).click();
  expect(await manager.ordersFor(receipt.code)).toEqual([receipt.code]);
  await lost.sync();
  await lost.expectOnce(receipt.code);
  await lost.open("/field/sync");
  await expect(lost.page.getByText(/a déjà ce code/)).toHaveCount(0);
});

test("a cancel by who took the order for a second one cancels nothing until the office says so", async ({ server, phone }) => {
  test.setTimeout(300_000);
  const office = await server({ demo: { orders: 60 } });
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  const lost = await agentWithoutANetwork(office, phone);
  const order = { firstName: "Yamna", product: argan.product, units: 3 };
  const receipt = await takeOrder(lost, order);
  const agent = await agentWithoutANetwork(office, phone);
  await readReceipt(agent, receipt);
  await agent.follow("/field/new/customer");
  await agent.fillInCustomer({ firstName: order.firstName, place: "Lazaret" });
  await agent.choose(order.product, order.units);
  const entered = await agent.sign();
  await agent.phone.goOnline();
  await agent.sync();

  // The lost phone is found. It knows of no other yet, and its order looks like one too many.
  await lost.cancel(receipt.order);
  await expect(lost.page.getByText("Annulée").first()).toBeVisible();
  await picture(lost.page, "receipt/cancelled-alone-fr");
  await lost.phone.goOnline();
  await lost.open(`/field/orders/${receipt.order}`);
  await expect(lost.page.getByText(/est arrivée deux fois/)).toBeVisible();
  await expect(lost.page.getByText("Reprise du reçu")).toBeVisible();
  await picture(lost.page, "receipt/told-twice-fr", { fullPage: true });
  expect(await faults(lost.page)).toEqual([]);

  await manager.open("/office/parked");
  await expect(manager.page.getByText("Commande déjà là")).toBeVisible();
  await expect(manager.page.getByRole("button", { name: "Annuler la commande" })).toBeVisible();
  await picture(manager.page, "receipt/parked-told-twice-fr", { fullPage: true });
  expect(await faults(manager.page)).toEqual([]);
  await manager.page.getByRole("button", { name: "Seul le double était visé" }).click();
  await manager.open("/office/parked");
  await expect(manager.page.getByText("Commande déjà là")).toHaveCount(0);
  await lost.sync();
  await lost.open("/field/sync");
  await expect(lost.page.getByText(/est arrivée deux fois/)).toHaveCount(0);
  for (const one of [agent, lost]) {
    await one.sync();
    await one.open(`/field/orders/${entered.order}`);
    await expect(one.page.getByText("Annulée")).toHaveCount(0);
    await one.expectOnce(receipt.code);
  }
});

for (const { language, theme } of [{ language: "fr", theme: "dark" }, { language: "ar", theme: "light" }, { language: "ar", theme: "dark" }]) {
  test(`a receipt is typed by everybody, ${language}, ${theme}`, async ({ server, phone }) => {
    const office = await server({ demo: { orders: 60 } });
    const agent = new Agent(await phone({ url: office.url, language, theme }));
    await agent.signIn("agent-01");
    await agent.open("/field/new/receipt");
    await picture(agent.page, `receipt/empty-${language}-${theme}`);
    // What no code has is said as it is typed, and what is missing when it is sent.
    await agent.page.locator("#code").fill("K0");
    await expect(agent.page.locator("#code-error")).not.toBeEmpty();
    await agent.page.locator("#code").fill("K7M-2QD");
    await expect(agent.page.locator("#code-error")).toBeEmpty();
    await agent.page.locator("#receipt-digits").fill("47");
    await agent.page.locator(".action-bar button[type=submit]").click();
    await expect(agent.page.locator("#receipt-digits-error")).not.toBeEmpty();
    await expect(agent.page.locator("#receipt-digits")).toBeFocused();
    await picture(agent.page, `receipt/wrong-${language}-${theme}`);
    expect(await faults(agent.page)).toEqual([]);
    await agent.page.locator("#receipt-digits").fill("4711");
    await agent.page.locator("#from-receipt-of").fill("2020-01-02");
    await agent.page.locator(".action-bar button[type=submit]").click();
    await expect(agent.page.locator(".banner").filter({ hasText: "K7M-2QD" })).toBeVisible();
    await picture(agent.page, `receipt/reading-${language}-${theme}`);
    expect(await faults(agent.page)).toEqual([]);
    expect(agent.phone.complaints).toEqual([]);
  });
}
