// Whoever forgets their password gets a link from the office; what their phone holds goes out after.
import { argan } from "../harness/demo.js";
import { Agent, Manager, expectLinkSpent } from "../harness/people.js";
import { expect, picture, test } from "../harness/test.js";

test("an order waits on the phone while its agent forgets the password, and is sent after", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url });
  const agent = new Agent(device);
  await agent.signIn("agent-01");
  await agent.sync();
  const number = await agent.number();
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");

  // Nothing leaves the phone all day. In the evening its agent signs out, and is told what waits.
  await device.context.route("**/api/v1/sync", (route) => route.abort());
  await agent.writeDownCustomer({ firstName: "Yamna", place: "Lazaret" });
  await agent.choose(argan.product, 3);
  const order = await agent.sign();
  await agent.open("/field/settings");
  await expect(agent.page.getByText("2 actions ne sont pas encore parties")).toBeVisible();
  await agent.signOut();
  await device.context.unroute("**/api/v1/sync");

  // The next morning the password does not come to mind.
  await agent.page.getByLabel("Téléphone ou e-mail").fill("agent-01");
  await agent.page.getByLabel("Mot de passe").fill("taswiq-oubli");
  await agent.page.getByRole("button", { name: "Entrer" }).click();
  await expect(agent.page.getByText("Ce nom et ce mot de passe ne vont pas ensemble")).toBeVisible();
  expect(await manager.ordersFor(order.code)).toEqual([]);

  // The manager's link, on the same phone: another password, and the order is on its way.
  const link = await manager.resetLinkFor(number);
  await agent.join(link, "saffran-bleu-9");
  await agent.open(`/field/orders/${order.order}`);
  await expect(agent.page.getByText("Attend la réponse").first()).toBeVisible();
  await picture(agent.page, "story/sent-after-a-new-password");
  expect(await manager.ordersFor(order.code)).toEqual([order.code]);
  await expectLinkSpent(manager.page, new URL(link, office.url).href);

  // The new password opens another phone too; the old one opens none.
  const other = new Agent(await phone({ url: office.url }));
  await other.signIn("agent-01", "saffran-bleu-9");
  await other.expectOnce(order.code);
  await other.signOut();
  await other.page.getByLabel("Téléphone ou e-mail").fill("agent-01");
  await other.page.getByLabel("Mot de passe").fill("taswiq-demo");
  await other.page.getByRole("button", { name: "Entrer" }).click();
  await expect(other.page.getByText("Ce nom et ce mot de passe ne vont pas ensemble")).toBeVisible();
  expect(device.complaints).toEqual([]);
});
