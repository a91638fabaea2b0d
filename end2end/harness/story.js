// The whole path through the product, as the people on it live it: told of the demo company and of one
// that was made from an empty server.
import { DAY_MS } from "./server.js";
import { expect } from "@playwright/test";
import { argan, olive } from "./demo.js";
import { Agent, Cooperative, Manager } from "./people.js";
import { picture } from "./pictures.js";
import { openRoad } from "./road.js";

/** The customer at the door. Nothing of her may be found in a log. */
export const customer = { firstName: "Mahjouba", place: "Lazaret", number: "0661234567" };

/**
 * An order of 12 and 2 units over two cooperatives, taken offline, of which the second refuses its
 * part; ends when its commission is earned.
 *
 * @param {object} told
 * @param {import("./server.js").Server} told.office
 * @param {Awaited<ReturnType<import("./road.js").openRoad>>} told.road between the agent's phone and
 *   the office
 * @param {import("./people.js").Agent} told.agent
 * @param {import("./people.js").Manager} told.manager
 * @param {{ product: string, people: import("./people.js").Cooperative }} told.argan
 * @param {{ product: string, people: import("./people.js").Cooperative }} told.olive
 * @returns {Promise<{ atTheDoor: number, earned: number }>} commissions in centimes
 */
export async function fromTheDoorToTheLedger({ office, road, agent, manager, argan, olive }) {
  const before = await agent.earnings();
  const day = await office.day();
  const number = await agent.number();
  const officeBefore = await manager.commissionsOf(number, day);

  // Off goes the network; the browser is closed and opened again from nothing.
  await agent.phone.goOffline();
  await agent.phone.close();
  await agent.phone.open();
  await agent.phone.goOffline();
  await agent.open("/field/new");
  await expect(agent.page.getByText(/Hors ligne|Tout est envoyé/).first()).toBeVisible();
  await agent.writeDownCustomer(customer);
  await agent.choose(argan.product, 12);
  await agent.choose(olive.product, 2);
  const atTheDoor = await agent.commission();
  expect(atTheDoor).toBeGreaterThan(0);
  const order = await agent.sign();
  await picture(agent.page, "story/receipt");

  // The browser is killed; all is still there.
  await agent.phone.kill();
  await agent.phone.open();
  await agent.phone.goOffline();
  await agent.open(`/field/orders/${order.order}`);
  await expect(agent.page.getByText(order.code).first()).toBeVisible();
  expect((await agent.earnings()).estimate).toBe(before.estimate + atTheDoor);

  // On comes the network; the server's first answer to the order is lost on the way.
  road.loseTheAnswerTo("/api/v1/sync");
  await agent.phone.goOnline();
  await agent.sync();
  expect(road.lost).toBe(1);

  // Cooperative A confirms 10 of 12, B refuses and says why.
  await argan.people.sync();
  await argan.people.openOrder(order.code);
  await argan.people.confirm(argan.product, 10);
  await argan.people.sync();
  await olive.people.sync();
  await olive.people.openOrder(order.code);
  await olive.people.refuse("Épuisé");
  await olive.people.sync();

  // The agent's phone tells so after a sync.
  await agent.sync();
  await agent.open(`/field/orders/${order.order}`);
  await expect(agent.page.getByText("Confirmée en partie").first()).toBeVisible();
  await expect(agent.page.getByText(/Refusée/).first()).toBeVisible();
  await picture(agent.page, "story/answered", { fullPage: true });
  const pending = await agent.earnings();
  expect(pending.estimate).toBe(before.estimate);
  expect(pending.pending).toBeGreaterThan(before.pending);
  // The estimate at the door, less two named losses, is to the centime what the accounts say.
  const explained = await agent.commissionOf(order.order);
  expect(explained.atTheDoor).toBe(atTheDoor);
  expect(explained.reasons).toEqual(expect.arrayContaining([
    expect.stringMatching(/Confirmée en partie$/),
    expect.stringMatching(/Refusée : Épuisé$/),
  ]));
  expect(explained.losses).toHaveLength(2);
  expect(explained.losses.reduce((sum, loss) => sum + loss, atTheDoor)).toBe(explained.left);
  expect(pending.pending - before.pending).toBe(explained.left);

  // Packed, handed over, delivered with the digits of the receipt after the seven days.
  await argan.people.pack(order.code, "L-2026-11");
  await argan.people.handOver(order.code);
  await argan.people.sync();
  await agent.sync();
  await agent.deliver(order.order, order.digits);
  await agent.expectNoPaymentAsked(order.order);
  await agent.sync();
  await office.advance(9 * DAY_MS);
  await agent.sync();
  await agent.collect(order.order);
  await agent.sync();

  const settled = await agent.earnings();
  const earned = settled.earned - before.earned;
  expect(earned).toBe(pending.pending - before.pending);
  expect(settled.pending).toBe(before.pending);
  await picture(agent.page, "story/earned", { fullPage: true });
  // The reasons of the losses outlive the delivery.
  expect(await agent.commissionOf(order.order)).toEqual({ ...explained, left: earned });

  // The manager's page says the same of this agent and this day.
  const officeAfter = await manager.commissionsOf(number, day);
  expect(officeAfter.earned - officeBefore.earned).toBe(earned);
  expect(officeAfter.pending).toBe(officeBefore.pending);
  await picture(manager.page, "story/office", { fullPage: true });

  // The order exists once, and its agent finds it once.
  await agent.expectOnce(order.code);
  expect(await manager.ordersFor(order.code)).toEqual([order.code]);

  // Nobody was shown a broken page, and the office's log knows no customer.
  for (const { complaints } of [agent.phone, manager.laptop, argan.people.phone, olive.people.phone]) {
    expect(complaints).toEqual([]);
  }
  for (const personal of [customer.firstName, customer.place, customer.number.slice(1), order.code]) {
    expect(office.log).not.toContain(personal);
  }
  return { atTheDoor, earned };
}

/**
 * The same in a demo company of its own, with a road between the agent's phone and the office; the road is
 * for the caller to close.
 */
export async function liveInADemoCompany({ server, phone, database }) {
  const office = await server({ database, demo: { orders: 60 }, options: ["--test-clock"] });
  const road = await openRoad(office.url);
  const agent = new Agent(await phone({ url: road.url }));
  await agent.signIn("agent-01");
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  const supplier = async ({ login, product }) => {
    const people = new Cooperative(await phone({ url: office.url }));
    await people.signIn(login);
    return { product, people };
  };
  await fromTheDoorToTheLedger({
    office, road, agent, manager, argan: await supplier(argan), olive: await supplier(olive),
  });
  return { office, road, agent };
}
