// The phone keeps its agent's entries and the chain that holds them together: it has what the server has,
// and it finds what somebody touched, on the phone or in the office.
import { expect } from "@playwright/test";
import { Agent } from "../harness/people.js";
import { liveInADemoCompany } from "../harness/story.js";
import { picture } from "../harness/pictures.js";
import { openStore } from "../harness/sealed.js";
import { test } from "../harness/test.js";

/** The entries as the phone keeps them, by their numbers. */
async function kept(page) {
  const store = await openStore(page);
  const entries = (await store.read("entries")).map(([, text]) => JSON.parse(text).d);
  return entries.sort((one, next) => one.number - next.number);
}

/** Makes the entry of that number larger by a centime, as only whoever holds the phone's keys can. */
async function touch(page, number) {
  const store = await openStore(page);
  for (const [key, text] of await store.read("entries")) {
    const stored = JSON.parse(text);
    if (stored.d.number !== number) continue;
    stored.d.amount += 1;
    await store.write([["entries", key, JSON.stringify(stored)]]);
  }
}

/** Changes one letter of each entry, as it lies on the phone; says how many there are. */
function spoilAll(page) {
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

  // What is spoilt on the phone is not read: it comes again from the office.
  expect(await spoilAll(agent.page)).toBe(rows.length);
  await agent.open("/field");
  await agent.sync();
  await check(agent);
  await expect(agent.page.getByText(`écritures vérifiées : ${rows.length}`)).toBeVisible();
  await expect(agent.page.getByText(`Empreinte de la dernière : ${rows.at(-1).link}`)).toBeVisible();

  // Somebody who has the phone's keys makes an entry of its store larger by a centime.
  const touched = entries[2].number;
  await touch(agent.page, touched);
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
