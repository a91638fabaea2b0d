// The phone keeps its agent's entries and the chain that holds them together: it has what the server has,
// and it finds what somebody touched, on the phone or in the office.
import { expect } from "@playwright/test";
import { Agent } from "../harness/people.js";
import { liveInADemoCompany } from "../harness/story.js";
import { picture } from "../harness/pictures.js";
import { test } from "../harness/test.js";

/** The entries as the phone keeps them, by their numbers; that of number `touched` made larger by a centime. */
async function kept(page, touched = 0) {
  const all = await page.evaluate(async (touched) => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const entries = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await done(indexedDB.open(name));
      if (!database.objectStoreNames.contains("entries")) {
        database.close();
        continue;
      }
      const store = database.transaction("entries", "readwrite").objectStore("entries");
      for (const key of await done(store.getAllKeys())) {
        const stored = JSON.parse(await done(store.get(key)));
        if (stored.d.number !== touched) continue;
        stored.d.amount += 1;
        await done(store.put(JSON.stringify(stored), key));
      }
      entries.push(...(await done(store.getAll())).map((text) => JSON.parse(text).d));
      database.close();
    }
    return entries;
  }, touched);
  return all.sort((one, next) => one.number - next.number);
}

/** An entry of the database in the words of the wire. */
function asTold(row) {
  const account = (kind, owner) => (owner === 0 ? { account: kind } : { account: kind, owner });
  const month = `${1970 + Math.floor(row.period / 12)}-${String((row.period % 12) + 1).padStart(2, "0")}`;
  return {
    number: row.number,
    debit: account(row.debit_account, row.debit_owner),
    credit: account(row.credit_account, row.credit_owner),
    amount: row.amount_centimes,
    purpose: row.purpose,
    order: row.order_id,
    cooperative: row.cooperative_id,
    line: row.line,
    event_number: row.event_number,
    at: row.at,
    base: row.base_centimes,
    period: month,
    link: row.link,
  };
}

/** The same of what the phone keeps: what is left out on the wire has its default. */
function asKept({ number, debit, credit, amount, purpose, order, cooperative, line, event_number, at, base = 0, period, link }) {
  return { number, debit, credit, amount, purpose, order, cooperative, line, event_number, at, base, period, link };
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

test("the phone has the server's entries field by field, and finds the one that is touched", async ({ server, phone }) => {
  test.setTimeout(300_000);
  // Confirmed in part, refused in part, delivered, paid; entries of the demo beside them.
  const { office, road, agent } = await liveInADemoCompany({ server, phone, database: "postgres" });
  const number = await agent.number();
  const rows = await office.rows(ofAgent(number));
  // What else there is depends on the day on which the demo company is looked at.
  expect(rows.map(({ purpose }) => purpose)).toEqual(expect.arrayContaining(["commission_pending", "commission_vested"]));
  const entries = await kept(agent.page);
  expect(entries.map(asKept)).toEqual(rows.map(asTold));
  // What the phone computes of them is what the server computed.
  await check(agent);
  await expect(agent.page.getByText(`écritures vérifiées : ${rows.length}`)).toBeVisible();
  await expect(agent.page.getByText(`Empreinte de la dernière : ${rows.at(-1).link}`)).toBeVisible();

  // Somebody makes an entry of the phone's own store larger by a centime.
  const touched = entries[2].number;
  await kept(agent.page, touched);
  await check(agent);
  await expectTouchedFrom(agent, touched);
  await picture(agent.page, "ledger/touched", { fullPage: true });
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
