// What somebody has done on a phone leaves it whoever is signed in there, by the device's own key; only its
// owner reads it.
import { argan, olive } from "../harness/demo.js";
import { Agent, Manager } from "../harness/people.js";
import { expect, picture, test } from "../harness/test.js";

test("fault 21: what waits leaves when nobody, or somebody else, is signed in", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url });
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  const first = new Agent(device);
  await first.signIn("agent-01");
  await first.sync();

  // Without a network all day, and then the phone is given to a colleague.
  await device.context.route("**/api/v1/sync", (route) => route.abort());
  await first.writeDownCustomer({ firstName: "Yamna", place: "Lazaret" });
  await first.choose(argan.product, 3);
  const left = await first.sign();
  await first.signOut();
  await device.context.unroute("**/api/v1/sync");

  // The way is bad for whatever shows a key: the colleague sees that something waits, and not what.
  const byKey = (route) => (route.request().headers().authorization ? route.abort() : route.continue());
  await device.context.route("**/api/v1/sync", byKey);
  const second = new Agent(device);
  await second.signIn("agent-02");
  await second.open("/field/sync");
  const waits = second.page.getByText(/d’autres personnes attendent sur ce téléphone/);
  await expect(waits).toBeVisible();
  await expect(second.page.getByText("Yamna")).toHaveCount(0);
  await picture(second.page, "faults/left-by-another");
  expect(await manager.ordersFor(left.code)).toEqual([]);
  await device.context.unroute("**/api/v1/sync", byKey);
  await second.sync();
  await expect(waits).toHaveCount(0);
  expect(await manager.ordersFor(left.code)).toEqual([left.code]);
  await second.open("/field/orders?show=all");
  await second.page.getByPlaceholder(/Code/).fill(left.code);
  await expect(second.page.locator("a.list-row")).toHaveCount(0);

  // The colleague's session ends while the phone is in a pocket: what is saved goes out all the same.
  await device.context.clearCookies({ name: "taswiq" });
  await second.writeDownCustomer({ firstName: "Hafida", place: "Lazaret" });
  await second.choose(olive.product, 2);
  const own = await second.sign();
  await second.open("/field/sync");
  await expect(second.page.getByRole("link", { name: /connecter|Entrer/i }).first()).toBeVisible();
  await expect.poll(() => manager.ordersFor(own.code)).toEqual([own.code]);
  // It is on the phone as before, though nobody may be told more of it.
  await second.expectOnce(own.code);
  await picture(second.page, "faults/signed-out-and-sent");

  // Each finds their own, once.
  await second.signIn("agent-02");
  await second.expectOnce(own.code);
  await second.signOut();
  await first.signIn("agent-01");
  await first.expectOnce(left.code);
  expect(device.complaints.filter((complaint) => !/401/.test(complaint))).toEqual([]);
});
