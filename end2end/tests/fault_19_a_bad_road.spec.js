// Between a phone and its server stands whatever there is: networks that break off, pages of wireless networks,
// things in between that answer in the server's place. None of it is taken for an answer, nothing is handed to a
// person for it, and what was done at the doors arrives once.
import { argan, olive } from "../harness/demo.js";
import { Agent, Manager } from "../harness/people.js";
import { openRoad } from "../harness/road.js";
import { expect, test } from "../harness/test.js";
import { troubles } from "../harness/troubles.js";

const SYNC = "/api/v1/sync";

test("fault 19: no trouble on the road is taken for an answer, and each order arrives once", async ({ server, phone }) => {
  test.setTimeout(300_000);
  const office = await server({ demo: { orders: 60 } });
  const road = await openRoad(office.url);
  const agent = new Agent(await phone({ url: road.url }));
  const { page } = agent;
  await agent.signIn("agent-01");
  await agent.sync();
  road.meet(SYNC, troubles["nothing gets through"]);
  const codes = [];
  for (const [name, product] of [["Yamna", argan.product], ["Hafida", olive.product]]) {
    await agent.writeDownCustomer({ firstName: name, place: "Lazaret" });
    await agent.choose(product, 2);
    codes.push((await agent.sign()).code);
  }
  await agent.open("/field/sync");
  const ask = page.getByRole("button", { name: "Envoyer maintenant" });
  const waiting = page.locator(".count").filter({ hasText: /^4$/ });
  await expect(waiting).toBeVisible();
  await expect(ask).not.toHaveAttribute("aria-disabled");

  for (const [name, trouble] of Object.entries(troubles)) {
    await test.step(name, async () => {
      const met = road.meet(SYNC, trouble);
      await ask.click();
      await met;
      await expect(ask, name).not.toHaveAttribute("aria-disabled");
      // Nothing of it was believed: it waits, and the phone blames the road and neither person nor order.
      await expect(waiting, name).toBeVisible();
      await expect(page.locator("main [role=status]").getByText(/^(Hors ligne, )?4 à envoyer$/), name).toBeVisible();
      await expect(page.getByText("À corriger"), name).toHaveCount(0);
      await expect(page.getByText(/Tout est envoyé/), name).toHaveCount(0);
    });
  }

  road.clear();
  await ask.click();
  await expect(page.getByText(/Tout est envoyé/).first()).toBeVisible();
  for (const code of codes) await agent.expectOnce(code);
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  for (const code of codes) expect(await manager.ordersFor(code)).toEqual([code]);
  await manager.open("/office/parked");
  for (const code of codes) await expect(manager.page.getByText(code)).toHaveCount(0);
  expect(agent.phone.complaints).toEqual([]);
  await road.close();
});
