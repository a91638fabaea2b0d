// The phone keeps its agent's entries and the chain that holds them together: it has what the server has,
// it takes nothing that somebody touched on it, and finds what was touched in the office.
import { expect } from "@playwright/test";
import { Agent } from "../harness/people.js";
import { liveInADemoCompany } from "../harness/story.js";
import { test } from "../harness/test.js";

/** Changes one letter of each entry in the phone's own store, as it lies there; says how many there are. */
function touchAll(page) {
  return page.evaluate(async () => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const { name } = (await indexedDB.databases()).find(({ name }) => /-\d+$/.test(name));
    const database = await done(indexedDB.open(name));
    const store = database.transaction("entries", "readwrite").objectStore("entries");
    const keys = await done(store.getAllKeys());
    for (const key of keys) {
      const sealed = await done(store.get(key));
      const at = Math.floor(sealed.length / 2);
      const letter = sealed[at] === "A" ? "B" : "A";
      await done(store.put(sealed.slice(0, at) + letter + sealed.slice(at + 1), key));
    }
    database.close();
    return keys.length;
  });
}

const ofAgent = (number) => `
  SELECT number, debit_account, debit_owner, credit_account, credit_owner, amount_centimes, purpose, order_id,
         cooperative_id, line, event_number, at, base_centimes, period, encode(substr(chain_hash, 1, 8), 'hex') AS link
  FROM ledger_transfer WHERE chain_agent = ${number} ORDER BY number`;

async function check(agent) {
  await agent.open("/field/earnings");
  await agent.page.getByRole("button", { name: "Vérifier maintenant" }).click();
}

const expectTouchedFrom = (agent, number) => expect(agent.page.getByText(`Les écritures ont été touchées, à partir du n° ${number}`)).toBeVisible();

test("the phone has the server's entries, field by field, and none that was touched there", async ({ server, phone }) => {
  test.setTimeout(300_000);
  // Confirmed in part, refused in part, delivered, paid; entries of the demo beside them.
  const { office, road, agent } = await liveInADemoCompany({ server, phone, database: "postgres" });
  const number = await agent.number();
  const rows = await office.rows(ofAgent(number));
  // What else there is depends on the day on which the demo company is looked at.
  expect(rows.map(({ purpose }) => purpose)).toEqual(expect.arrayContaining(["commission_pending", "commission_vested"]));
  // What holds the entries on the phone together covers every field of each: it ends where the server's does.
  await check(agent);
  await expect(agent.page.getByText(`écritures vérifiées : ${rows.length}`)).toBeVisible();
  await expect(agent.page.getByText(`Empreinte de la dernière : ${rows.at(-1).link}`)).toBeVisible();

  // Somebody touches the entries in the phone's own store. None of them is read: they come again.
  expect(await touchAll(agent.page)).toBe(rows.length);
  await agent.phone.goOffline();
  await agent.open("/field/earnings");
  await expect(agent.page.getByText(`écritures vérifiées : ${rows.length}`)).toHaveCount(0);
  await agent.phone.goOnline();
  await agent.sync();
  await check(agent);
  await expect(agent.page.getByText(`écritures vérifiées : ${rows.length}`)).toBeVisible();
  await expect(agent.page.getByText(`Empreinte de la dernière : ${rows.at(-1).link}`)).toBeVisible();
  await road.close();
});

test("a phone names the first entry that was touched in the office's database", async ({ server, phone }) => {
  const office = await server({ database: "postgres", demo: { orders: 60 } });
  const [{ id }] = await office.rows("SELECT id FROM person WHERE login = 'agent-08'");
  const rows = await office.rows(ofAgent(id));
  const touched = rows[Math.floor(rows.length / 2)].number;
  await office.tamper(`UPDATE ledger_transfer SET amount_centimes = amount_centimes + 1 WHERE number = ${touched}`);
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-08");
  await agent.sync();
  await agent.open("/field/earnings");
  await expectTouchedFrom(agent, touched);
});
