// Whoever takes a phone's disk out reads nobody's name or number there.
import fs from "node:fs/promises";
import path from "node:path";
import { argan } from "../harness/demo.js";
import { Agent } from "../harness/people.js";
import { expect, test } from "../harness/test.js";

/** Where a profile tells of these words, in any of the ways in which a browser writes texts. */
async function tellTales(profile, words) {
  const found = [];
  for (const entry of await fs.readdir(profile, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await fs.readFile(file);
    for (const word of words) {
      const spellings = [Buffer.from(word, "utf8"), Buffer.from(word, "utf16le"), Buffer.from(word, "latin1")];
      if (spellings.some((spelling) => bytes.includes(spelling))) {
        found.push(`${word} in ${path.relative(profile, file)}`);
      }
    }
  }
  return found;
}

test("fault 32: nothing of a customer stands on the disk of a phone, sent or not", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 60 } });
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  const { page } = agent;
  // One that the office has and tells the phone again, one that waits, one in a basket.
  const customers = [
    { firstName: "Zqxfatna", place: "Wvouzgane", number: "0698761234" },
    { firstName: "Zqxyamna", place: "Wvtaliouine", number: "0698765678" },
    { firstName: "Zqxhafida", place: "Wvimlil", number: "0698769012" },
  ];
  const order = async (customer) => {
    await agent.writeDownCustomer(customer);
    await agent.choose(argan.product, 2);
  };
  await order(customers[0]);
  await agent.sign();
  await agent.sync();
  await agent.phone.goOffline();
  await order(customers[1]);
  await agent.sign();
  await order(customers[2]);
  await agent.open("/field/orders?show=all");
  await expect(page.locator("a.list-row").filter({ hasText: "Zqxyamna" })).toHaveCount(1);
  // A word in plain, so that this look is known to see.
  await page.evaluate(() => new Promise((resolve, reject) => {
    const request = indexedDB.open("in-plain", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("words");
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const change = request.result.transaction("words", "readwrite");
      change.objectStore("words").put("Zqxinplain", "latin");
      change.objectStore("words").put("Zqxinplain ⵣ", "wide");
      change.oncomplete = () => { request.result.close(); resolve(); };
    };
  }));
  await agent.phone.close();

  const words = customers.flatMap(({ firstName, place, number }) => [firstName, place, number.slice(1)]);
  expect(await tellTales(agent.phone.profile, words)).toEqual([]);
  expect(await tellTales(agent.phone.profile, ["Zqxinplain"])).not.toEqual([]);

  // It all is there for its owner.
  await agent.phone.open();
  await agent.open("/field/orders?show=all");
  for (const { firstName } of customers.slice(0, 2)) {
    await expect(agent.page.locator("a.list-row").filter({ hasText: firstName })).toHaveCount(1);
  }
});
