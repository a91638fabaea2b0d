// The whole path through the product, as the people on it live it.
import { Agent, Cooperative, Manager } from "../harness/people.js";
import { openRoad } from "../harness/road.js";
import { expect, picture, test } from "../harness/test.js";

const DAY_MS = 86_400_000;

// Two cooperatives of the demo company and one product of each, with its name.
const argan = { login: "argan-mesti", product: "Huile d'argan culinaire de première presse" };
const olive = { login: "zitoun-zerhoune", product: "Huile d'olive vierge de Zerhoune" };

for (const database of ["sqlite", "postgres"]) {
  test(`an order taken offline earns a commission that everyone sees, on ${database}`, async ({
    server,
    phone,
  }) => {
    test.setTimeout(300_000);
    const office = await server({ database, demo: { orders: 60 }, options: ["--test-clock"] });
    const road = await openRoad(office.url);
    const agentPhone = await phone({ url: road.url });
    const agent = new Agent(agentPhone);
    await agent.signIn("agent-01");
    const before = await agent.earnings();
    const day = new Date().toISOString().slice(0, 10);
    const [{ value: number }] = (await agentPhone.context.cookies()).filter(({ name }) => name === "taswiq_person");
    const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
    await manager.signIn("manager-01");
    const officeBefore = await manager.commissionsOf(number, day);

    // Off goes the network; the browser is closed and opened again from nothing.
    await agentPhone.goOffline();
    await agentPhone.close();
    await agentPhone.open();
    await agentPhone.goOffline();
    await agent.open("/field/new");
    await expect(agent.page.getByText(/Hors ligne|Tout est envoyé/).first()).toBeVisible();
    await agent.writeDownCustomer({ firstName: "Khadija", place: "Lazaret" });
    await agent.choose(argan.product, 12);
    await agent.choose(olive.product, 2);
    const atTheDoor = await agent.commission();
    expect(atTheDoor).toBeGreaterThan(0);
    const order = await agent.sign();
    await picture(agent.page, "story/receipt");

    // The browser is killed; all is still there.
    await agentPhone.kill();
    await agentPhone.open();
    await agentPhone.goOffline();
    await agent.open(`/field/orders/${order.order}`);
    await expect(agent.page.getByText(order.code).first()).toBeVisible();
    expect((await agent.earnings()).estimate).toBe(before.estimate + atTheDoor);

    // On comes the network; the server's first answer to the order is lost on the way.
    road.loseTheAnswerTo("/api/v1/sync");
    await agentPhone.goOnline();
    await agent.sync();
    expect(road.lost).toBe(1);

    // Cooperative A confirms 10 of 12, B refuses and says why.
    const arganCoop = new Cooperative(await phone({ url: office.url }));
    await arganCoop.signIn(argan.login);
    await arganCoop.openOrder(order.code);
    await arganCoop.confirm(argan.product, 10);
    await arganCoop.sync();
    const oliveCoop = new Cooperative(await phone({ url: office.url }));
    await oliveCoop.signIn(olive.login);
    await oliveCoop.openOrder(order.code);
    await oliveCoop.refuse("Épuisé");
    await oliveCoop.sync();

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
    expect(explained.losses).toHaveLength(2);
    expect(explained.losses.reduce((sum, loss) => sum + loss, atTheDoor)).toBe(explained.pending);
    expect(pending.pending - before.pending).toBe(explained.pending);

    // Packed, handed over, delivered with the digits of the receipt after the seven days.
    await arganCoop.pack(order.code, "L-2026-11");
    await arganCoop.handOver(order.code);
    await arganCoop.sync();
    await agent.sync();
    await agent.deliver(order.order, order.digits);
    await agent.expectNoPaymentAsked(order.order);
    await agent.sync();
    await advance(office, 9 * DAY_MS);
    await agent.sync();
    await agent.collect(order.order);
    await agent.sync();

    const settled = await agent.earnings();
    expect(settled.earned - before.earned).toBe(pending.pending - before.pending);
    expect(settled.pending).toBe(before.pending);
    await picture(agent.page, "story/earned", { fullPage: true });

    // The manager's page says the same of this agent and this day.
    const officeAfter = await manager.commissionsOf(number, day);
    expect(officeAfter.earned - officeBefore.earned).toBe(settled.earned - before.earned);
    expect(officeAfter.pending).toBe(officeBefore.pending);
    await picture(manager.page, "story/office", { fullPage: true });
    expect(agentPhone.complaints).toEqual([]);

    // The order exists once, and its agent finds it once.
    await agent.open("/field/orders?show=all");
    await agent.page.getByPlaceholder(/Code/).fill(order.code);
    await expect(agent.page.locator(".list-row").filter({ hasText: order.code })).toHaveCount(1);
    await road.close();
  });
}

async function advance(office, ms) {
  const answer = await fetch(`${office.url}/test/clock`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: office.url },
    body: JSON.stringify({ advance_ms: ms }),
  });
  expect(answer.ok).toBe(true);
}
