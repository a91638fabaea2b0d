// The cooperative is paid for what the customer keeps while its phone has no network, the rest comes back
// afterwards, and the agent tells of that first. When the payment is heard of at last, the return is counted
// again as what it was, what made the commission the agent's, and whoever reads the entry is told so.
import { argan } from "../harness/demo.js";
import { Agent, Cooperative, Manager } from "../harness/people.js";
import { DAY_MS, expect, faults, picture, test } from "../harness/test.js";

test("an entry that is counted again says which event it is of and which one was told late, on the phone and in the office", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ options: ["--test-clock"] });
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  await agent.writeDownCustomer({ firstName: "Tazart", place: "Lazaret", kind: "Professionnel" });
  await agent.choose(argan.product, 12);
  const atTheDoor = await agent.commission();
  const sold = await agent.sign();
  await agent.sync();
  const mesti = new Cooperative(await phone({ url: office.url }));
  await mesti.signIn(argan.login);
  await mesti.openOrder(sold.code);
  await mesti.confirm(argan.product, 12);
  await mesti.pack(sold.code, "L-9");
  await mesti.sync();
  await office.advance(DAY_MS);
  await mesti.sync();
  await mesti.deliver(sold.code, sold.digits);
  await mesti.sync();
  await agent.sync();
  const before = await agent.earnings();

  // The money for nine of the twelve, told by nobody yet; then three come back.
  await mesti.phone.goOffline();
  await mesti.collect(sold.code, (await mesti.due(sold.code)) * 9 / 12);
  await agent.giveBack(sold.order, 3);
  await agent.sync();
  const left = atTheDoor - Math.round(atTheDoor / 4);
  expect((await agent.earnings()).earned).toBe(before.earned);
  await mesti.phone.goOnline();
  await mesti.sync();
  await agent.sync();
  expect((await agent.earnings()).earned).toBe(before.earned + left);

  // On the phone, without a network: the return is what vested it, and what had happened before was told by
  // the cooperative.
  await agent.phone.goOffline();
  await agent.open("/field/earnings/earned");
  const entry = agent.page.locator("details.ledger-entry").filter({ hasText: sold.code, has: agent.page.getByText(/^Recompté/) });
  await expect(entry).toHaveCount(1);
  await entry.locator("summary").click();
  await expect(entry.getByText(/^Recompté\s: on a su le .*\s: Paiement, Zohra Kettani, appareil \w+ \(évènement 6\)\.$/)).toBeVisible();
  await expect(entry.locator("dl.explain").last()).toContainText("évènement 5 de la commande");
  await expect(entry.locator("dl.explain > div").filter({ hasText: "Ce qui s’est passé" })).toContainText("Retour");
  await expect(entry.getByText(/^Le grand livre dit la même chose/)).toBeVisible();
  const number = (await entry.locator("dl.explain > div").filter({ hasText: "Écriture au grand livre" }).locator(".number").innerText()).trim();
  await picture(agent.page, "late/phone", { fullPage: true });
  expect(await faults(agent.page)).toEqual([]);

  // In the office, on the page of the order and on that of the entry.
  const laptop = await phone({ url: office.url, screen: { width: 1280, height: 800 } });
  const manager = new Manager(laptop);
  await manager.signIn("manager-01");
  await manager.open(`/office/orders/${sold.order}`);
  const recounted = laptop.page.getByRole("row").filter({ hasText: "Recompté" });
  await expect(recounted).toHaveCount(1);
  await expect(recounted).toContainText("Retour de 3 articles");
  await expect(recounted).toContainText(/Recompté, su plus tard : Encaissé .*Espèces/);
  await expect(recounted).toContainText("identique");
  await picture(laptop.page, "late/office-order", { fullPage: true });
  await manager.open(`/office/entries/${number}`);
  await expect(laptop.page.locator("main")).toContainText("Retour de 3 articles");
  await expect(laptop.page.getByText(/^Recompté\s: on a su le .*\s: Encaissé .*, Espèces, Zohra Kettani \(évènement 6\)\.$/)).toBeVisible();
  await picture(laptop.page, "late/office-entry", { fullPage: true });
  expect(await faults(laptop.page)).toEqual([]);
  for (const { complaints } of [agent.phone, mesti.phone, laptop]) expect(complaints).toEqual([]);
});
