// A phone that is lost: the office puts it out, and at its next contact it hands over what waits and keeps
// nothing of what it was told.
import { argan } from "../harness/demo.js";
import { Agent, Manager } from "../harness/people.js";
import { expect, picture, test } from "../harness/test.js";

/** How many records lie in each table of the phone's store. */
function stored(page) {
  return page.evaluate(async () => {
    const { name } = (await indexedDB.databases()).find(({ name }) => /-\d+$/.test(name));
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await done(indexedDB.open(name));
    const counts = {};
    for (const table of database.objectStoreNames) {
      counts[table] = await done(database.transaction(table).objectStore(table).count());
    }
    database.close();
    return counts;
  });
}

test("fault 22: a phone that the office put out hands over what waits and forgets the rest", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 60 } });
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  const { page } = agent;
  await agent.sync();
  const number = await agent.number();
  await agent.phone.goOffline();
  await agent.writeDownCustomer({ firstName: "Tlaytmas", place: "Lazaret" });
  await agent.choose(argan.product, 2);
  await agent.sign();
  const before = await stored(page);
  expect(before.customers).toBeGreaterThan(0);
  expect(before.orders).toBeGreaterThan(0);

  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  await manager.putOutPhonesOf(number);
  await agent.phone.goOnline();
  await page.evaluate(() => dispatchEvent(new Event("taswiq:sync")));

  await expect(page.getByText("Le bureau a retiré ce téléphone")).toBeVisible();
  await expect.poll(async () => (await stored(page)).outbox).toBe(0);
  const { documents, meta, keys, ...rest } = await stored(page);
  expect(Object.values(rest).every((count) => count === 0), JSON.stringify(rest)).toBe(true);
  expect({ meta, keys }).toEqual({ meta: 2, keys: 1 });
  // At most what has it asked for again, should it ever be let in.
  expect(documents).toBeLessThan(2);
  await picture(page, "faults/put-out");
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes("trace")))).toEqual([]);
  // What it handed over is in the office, for a person to look at.
  await manager.open("/office/parked");
  await expect(manager.page.getByText("Tlaytmas").first()).toBeVisible();
  // Nor does it know anything when it is opened again.
  await page.reload();
  await expect(page.getByText("Le bureau a retiré ce téléphone")).toBeVisible();
});
