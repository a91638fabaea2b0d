// Two pages are open on one phone, as happens when a message's link opens another: both may save, one
// of them sends, and each order arrives once.
import { argan, olive } from "../harness/demo.js";
import { Agent, Manager } from "../harness/people.js";
import { expect, test } from "../harness/test.js";

test("fault 8: two pages save at the same moment offline, and each order is sent once, by one of them", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url });
  const first = new Agent(device);
  await first.signIn("agent-01");
  await first.sync();
  await device.goOffline();
  const second = new Agent(await device.secondPage());

  const written = [
    { agent: first, firstName: "Izza", product: argan.product },
    { agent: second, firstName: "Tuda", product: olive.product },
  ];
  const senders = new Set();
  // Both are opened before anything is written: a page opened later would go on with the basket of the first.
  for (const { agent } of written) await agent.open("/field/new/customer");
  for (const { agent, firstName, product } of written) {
    await agent.fillInCustomer({ firstName, place: "Lazaret" });
    await agent.choose(product, 2);
    await agent.follow("/field/new/review");
    await agent.writeOnPad();
    agent.page.on("request", (request) => {
      if (request.url().endsWith("/api/v1/sync")) senders.add(firstName);
    });
  }
  await Promise.all(written.map(({ agent }) => agent.saveButton.click()));
  for (const one of written) one.code = (await one.agent.receipt()).code;
  expect(written[0].code).not.toBe(written[1].code);

  await device.goOnline();
  for (const { agent } of written) await expect(agent.page.getByText(/Tout est envoyé/).first()).toBeVisible();
  expect([...senders]).toHaveLength(1);

  // Whoever asks on the page that does not send is heard by the one that does, long before it would by itself.
  const [sender, other] = senders.has("Izza") ? [first, second] : [second, first];
  await other.open("/field/sync");
  const asked = sender.page.waitForRequest(/\/api\/v1\/sync$/, { timeout: 15_000 });
  await other.page.getByRole("button", { name: "Envoyer maintenant" }).click();
  await asked;

  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  for (const { agent, firstName, code } of written) {
    expect(await manager.ordersFor(firstName)).toEqual([code]);
    await agent.expectOnce(code);
  }
  expect(device.complaints).toEqual([]);
});
