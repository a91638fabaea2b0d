// A phone whose battery falls out while an order is being saved: the order is whole or not there at all,
// and whatever the screen called saved is there.
import { createHash, randomInt } from "node:crypto";
import { setTimeout as passing } from "node:timers/promises";
import { argan, olive } from "../harness/demo.js";
import { Agent, Manager, centimes } from "../harness/people.js";
import { isLong } from "../harness/surroundings.js";
import { expect, test } from "../harness/test.js";

const KILLS = isLong ? 200 : 10;
const MINUTE_MS = 60_000;

// Hundreds of browsers: nobody would look at a recording of each.
test.use({ trace: "off", screenshot: "off" });

test(`fault 1: ${KILLS} kills around the moment of saving leave every order whole or absent`, async ({ server, phone }) => {
  test.setTimeout(isLong ? 60 * MINUTE_MS : 6 * MINUTE_MS);
  const seed = process.env.TASWIQ_TEST_SEED ?? `${randomInt(2 ** 32)}`;
  const chance = (round) => createHash("sha256").update(`${seed} ${round}`).digest().readUInt32BE() / 2 ** 32;

  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url });
  const agent = new Agent(device);
  await agent.signIn("agent-01");
  await agent.sync();
  // Nothing leaves the phone from now on: what is not in its own memory is lost.
  await office.stop();

  // How long a save takes here and now. From there the kills feel their way to the commit: later after
  // one that came before it, sooner after one that came too late.
  await agent.open("/field/new");
  await fillBasket(agent, "Porte 0.");
  await agent.writeOnPad();
  const tapped = performance.now();
  const codes = [];
  let reachMs = 0;
  await tellReceipts(device, (code) => {
    reachMs ||= performance.now() - tapped;
    codes[0] = code;
  });
  await agent.saveButton.dispatchEvent("click");
  await expect.poll(() => codes.length).toBe(1);
  // A browser takes half a minute to write down who signed in; closed properly it does so at once.
  await device.close();
  await device.open();
  await agent.open("/field/new");

  const kills = { before: 0, after: 0, told: 0 };
  let name = null;
  for (let round = 1; round <= KILLS || kills.before * kills.after === 0; round += 1) {
    const where = `seed ${seed}, kill ${round}`;
    if (name === null) {
      name = `Porte ${round}.`;
      await fillBasket(agent, name);
    }
    await agent.writeOnPad();
    const total = await signedTotal(agent.page);
    const told = new Set();
    await tellReceipts(device, (code) => told.add(code));
    const strike = await device.aim();
    const tap = agent.saveButton.dispatchEvent("click").catch(() => {});
    await passing(2 * chance(round) * reachMs);
    await strike();
    await tap;

    await device.open();
    await agent.open("/field/orders?show=all");
    await expect(agent.page.locator("a.list-row").first(), where).toBeVisible();
    const row = agent.page.locator("a.list-row").filter({ hasText: name });
    const isThere = (await row.count()) > 0;
    if (told.size > 0) expect(isThere, `${where}: what was called saved is there`).toBe(true);
    if (isThere) {
      await expect(row, where).toHaveCount(1);
      await row.click();
      const code = (await agent.page.locator("h1 .code").innerText()).trim();
      if (told.size > 0) expect([...told], where).toEqual([code]);
      await expect(agent.page.locator(".basket-part"), where).toHaveCount(2);
      expect(centimes(await agent.page.locator(".amount-display").innerText()), where).toBe(total);
      codes.push(code);
      await agent.follow("/field/orders");
    }
    // A customer and an order wait for each order that is there, and the basket is there for one that is
    // not: nothing was done by halves.
    await agent.follow("/field/new");
    await expect(agent.page.getByText(new RegExp(`\\b${2 * codes.length} à envoyer`)).first(), where).toBeVisible();
    const basket = agent.page.getByText("Un panier vous attend");
    await expect(basket, where).toHaveCount(isThere ? 0 : 1);
    if (isThere) {
      name = null;
    } else {
      await agent.follow("/field/new/products");
      await agent.follow("/field/new/review");
      expect(await signedTotal(agent.page), where).toBe(total);
    }
    kills.before += isThere ? 0 : 1;
    kills.after += isThere ? 1 : 0;
    kills.told += told.size;
    reachMs *= isThere ? 0.85 : 1.15;
  }
  console.log(
    `fault 1: seed ${seed}: ${kills.before} kills before the commit, ${kills.after} after it, ` +
      `${kills.told} of these after the screen had said so`,
  );

  // Then it is all sent, and the office has each of them, once.
  await office.start();
  await agent.sync();
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  expect((await manager.exportedOrders("Porte")).sort()).toEqual(codes.sort());
});

/** Puts an order for somebody new together, up to the signature, from the screen of customers. */
async function fillBasket(agent, firstName) {
  await agent.follow("/field/new/customer");
  await agent.fillInCustomer({ firstName, place: "Lazaret" });
  await agent.choose(argan.product, 2);
  await agent.choose(olive.product, 1);
  await agent.follow("/field/new/review");
  await expect(agent.page.locator(".basket-part")).toHaveCount(2);
}

/** What the customer signs for, in centimes. */
async function signedTotal(page) {
  return centimes(await page.locator(".sums .total .amount").innerText());
}

/** Tells the code of each receipt that the open page shows from now on. */
async function tellReceipts({ page }, tell) {
  await page.exposeFunction("receiptIsShown", tell);
  await page.evaluate(() => {
    const look = () => {
      const code = document.querySelector(".receipt-code strong")?.textContent;
      if (code) globalThis.receiptIsShown(code.trim());
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
  });
}
