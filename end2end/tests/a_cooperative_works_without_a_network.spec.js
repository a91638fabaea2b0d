// The cooperative's half of an order with its phone offline: what was done is done once.
import { Agent, Cooperative, Manager } from "../harness/people.js";
import { argan, olive } from "../harness/demo.js";
import { openRoad } from "../harness/road.js";
import { expect, picture, test } from "../harness/test.js";

test("a cooperative answers, packs and hands over offline, and it counts once", async ({ server, phone }) => {
  test.setTimeout(240_000);
  const office = await server({ demo: { orders: 60 } });
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  await agent.open("/field/new");
  await agent.writeDownCustomer({ firstName: "Itto", place: "Lazaret" });
  await agent.choose(argan.product, 12);
  await agent.choose(olive.product, 2);
  const order = await agent.sign();
  await agent.sync();

  // Both phones have the order; then there is no network any more.
  const road = await openRoad(office.url);
  const mesti = new Cooperative(await phone({ url: road.url }));
  await mesti.signIn(argan.login);
  const zerhoune = new Cooperative(await phone({ url: office.url }));
  await zerhoune.signIn(olive.login);
  for (const cooperative of [mesti, zerhoune]) {
    await cooperative.openOrder(order.code);
    // A browser takes half a minute to write down who signed in; closed properly it does so at once.
    await cooperative.phone.close();
    await cooperative.phone.open();
    await cooperative.phone.goOffline();
  }

  // Each step is on the phone when the screen says so, whatever happens to the browser after.
  const killedAndOpened = async () => {
    await mesti.phone.kill();
    await mesti.phone.open();
    await mesti.phone.goOffline();
  };
  await mesti.openOrder(order.code);
  await mesti.confirm(argan.product, 10);
  await killedAndOpened();
  await mesti.startPreparing(order.code);
  await mesti.pack(order.code, "L-7");
  await killedAndOpened();
  await mesti.handOver(order.code);
  await mesti.openOrder(order.code);
  await expect(mesti.page.getByText("Remise pour livraison").first()).toBeVisible();
  await expect(mesti.page.getByText("Lot L-7")).toBeVisible();
  await expect(mesti.page.getByText(/4 à envoyer/).first()).toBeVisible();
  await picture(mesti.page, "story/handed-over-offline", { fullPage: true });
  await zerhoune.openOrder(order.code);
  await zerhoune.refuse("Hors saison");

  // The office has heard of nothing yet. Then it hears it all, once, though its answer is lost.
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  const placed = await manager.historyOf(order.order);
  expect(placed).toHaveLength(1);
  road.loseTheAnswerTo("/api/v1/sync");
  await mesti.phone.goOnline();
  await mesti.sync();
  expect(road.lost).toBe(1);
  await zerhoune.phone.goOnline();
  await zerhoune.sync();
  expect((await manager.historyOf(order.order)).sort()).toEqual([
    ...placed,
    "Confirmée : 10 articles",
    "Préparation commencée",
    "Emballée : 10 articles",
    "Remise pour livraison",
    "Refusée : Hors saison",
  ].sort());

  // The agent's phone tells so.
  await agent.sync();
  await agent.open(`/field/orders/${order.order}`);
  await expect(agent.page.getByText("Remise pour livraison").first()).toBeVisible();
  await expect(agent.page.getByText(/Refusée.*Hors saison/).first()).toBeVisible();
  await expect(agent.page.getByRole("link", { name: "Livrer" }).first()).toBeVisible();
  for (const { phone: { complaints } } of [agent, mesti, zerhoune]) expect(complaints).toEqual([]);
  await road.close();
});
