// Whatever the server says meanwhile: a figure, a word or a stroke that somebody has begun stays theirs.
import { expect } from "@playwright/test";
import { argan } from "../harness/demo.js";
import { Agent, Cooperative } from "../harness/people.js";
import { DAY_MS } from "../harness/server.js";
import { test } from "../harness/test.js";

/**
 * Types into a field and, before the thumb leaves it, lets the page hear from the server.
 *
 * @param {import("../harness/people.js").Agent | import("../harness/people.js").Cooperative} people
 * @param {import("@playwright/test").Locator} field
 * @param {string} text
 */
async function expectStays(people, field, text) {
  await field.fill(text);
  await field.focus();
  const element = await field.elementHandle();
  await people.phone.hear();
  expect(await element.evaluate((field) => field.isConnected), `the field of ${text} was made anew`).toBe(true);
  await expect(field).toHaveValue(text);
  await expect(field).toBeFocused();
}

test("what an agent and a cooperative type outlives what the server says meanwhile", async ({ server, phone }) => {
  test.setTimeout(300_000);
  const office = await server({ demo: { orders: 60 }, options: ["--test-clock"] });
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  await agent.sync();
  const people = new Cooperative(await phone({ url: office.url }));
  await people.signIn(argan.login);
  await people.sync();

  // At the door: who, how many, and the handwriting.
  await agent.open("/field/new/customer");
  await expectStays(agent, agent.page.getByLabel("Quartier ou village"), "Lazaret");
  const tile = agent.page.locator(".product-tile").filter({ hasText: argan.product }).first();
  await agent.open("/field/new");
  await agent.page.locator("main button.list-row").first().click();
  await agent.choose(argan.product, 12);
  await agent.page.getByPlaceholder(/Chercher/).fill(argan.product);
  await expectStays(agent, tile.locator("input"), "11");
  await agent.open("/field/new/customer");
  await agent.fillInCustomer({ firstName: "Mahjouba", place: "Lazaret" });
  await agent.page.getByPlaceholder(/Chercher/).fill(argan.product);
  await tile.locator("input").fill("12");
  await tile.locator("input").blur();
  await agent.page.getByRole("link", { name: /Panier/ }).click();
  await expect(agent.saveButton).toBeVisible();
  await expectStays(agent, agent.page.locator("main .stepper input").first(), "11");
  await agent.page.locator("main .stepper input").first().fill("12");
  await agent.page.locator("main .stepper input").first().blur();
  await agent.writeOnPad();
  const pad = await agent.page.locator(".signature-pad canvas").elementHandle();
  await agent.phone.hear();
  expect(await pad.evaluate((pad) => pad.isConnected)).toBe(true);
  await agent.saveButton.click();
  const order = await agent.receipt();
  await agent.sync();

  // The cooperative answers.
  await people.sync();
  await people.openOrder(order.code);
  const confirming = people.page.getByLabel(new RegExp(`^${argan.product}.*confirmer`));
  await expectStays(people, confirming, "10");
  await people.page.getByRole("link", { name: /autre prix/i }).click();
  await expectStays(people, people.page.locator("main input[inputmode=decimal]").first(), "77,00");
  await people.open("/coop?by=order");
  const row = people.page.locator("li").filter({ hasText: order.code });
  await expectStays(people, row.getByLabel(new RegExp(`^${argan.product}.*confirmer`)), "9");
  await people.openOrder(order.code);
  await people.confirm(argan.product, 10);
  await people.openOrder(order.code);
  await people.page.getByRole("link", { name: "Emballer" }).click();
  await expectStays(people, people.page.getByLabel(/numéro du lot/), "L-2026-11");
  await people.pack(order.code, "L-2026-11");
  await people.open("/coop/hand-over");
  await people.page.locator("li").filter({ hasText: order.code }).getByRole("button", { name: "Remettre" }).click();
  await expectStays(people, people.page.getByLabel("À qui ?"), "Transport Ifni");
  await people.handOver(order.code, "Transport Ifni");
  await people.sync();

  // The goods change hands.
  await agent.sync();
  await agent.open(`/field/orders/${order.order}`);
  await agent.page.getByRole("link", { name: "Livrer" }).first().click();
  await expectStays(agent, agent.page.getByLabel(/4 chiffres/), order.digits);
  await agent.deliver(order.order, order.digits);
  await agent.sync();
  await office.advance(9 * DAY_MS);
  await agent.open(`/field/orders/${order.order}`);
  await agent.page.getByRole("button", { name: "Encaisser" }).click();
  await expectStays(agent, agent.page.locator("dialog[open]").getByLabel(/Combien|Montant/), "100,00");
  await agent.open(`/field/orders/${order.order}`);
  await agent.page.getByRole("button", { name: "Retour" }).click();
  await expectStays(agent, agent.page.locator("dialog[open] li input").first(), "2");

  for (const { complaints } of [agent.phone, people.phone]) expect(complaints).toEqual([]);
});

test("a quantity that is half typed outlives the draft that is saved and the news that comes", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 60 } });
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  await agent.writeDownCustomer({ firstName: "Izza", place: "Lazaret" });
  const { page } = agent;
  await page.getByPlaceholder(/Chercher/).fill(argan.product);
  const tile = page.locator(".product-tile").filter({ hasText: argan.product }).first();
  await tile.getByRole("button", { name: /Ajouter/ }).click();
  const field = tile.locator("input");
  await field.focus();
  await field.pressSequentially("1");
  await agent.phone.hear();
  await expect(field).toBeFocused();
  await field.pressSequentially("2");
  await field.blur();
  await expect(field).toHaveValue("12");
  await agent.follow("/field/new/review");
  await expect(page.locator(".basket-line .times").first()).toHaveText(/12/);
  expect(agent.phone.complaints).toEqual([]);
});
