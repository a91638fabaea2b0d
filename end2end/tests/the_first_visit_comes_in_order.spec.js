import { expect, test } from "../harness/test.js";
import { handOverSession } from "../bench/lowly_phone.js";

// What comes first on a slow phone and a weak network is a matter of order, and the order is the same on
// a fast one: here it is read from the browser's own notes of when things began and ended.
const asking = () =>
  new Promise((resolve) => {
    new PerformanceObserver((seen, observer) => {
      const found = seen.getEntries().find(({ name }) => name.endsWith(".wasm"));
      if (!found) return;
      observer.disconnect();
      resolve({
        asked: found.startTime,
        painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
        parsed: performance.getEntriesByType("navigation")[0].domInteractive,
      });
    }).observe({ type: "resource", buffered: true });
  });

test("the skeleton is on the screen before the program is asked for, and a later start asks at once", async ({
  server,
  phone,
}) => {
  const office = await server({ demo: false });
  const agent = await phone({ url: office.url });

  await agent.visit("/field");
  await expect(agent.page.locator("#skeleton")).toHaveCount(0);
  const first = await agent.page.evaluate(asking);
  expect(first.asked).toBeGreaterThanOrEqual(first.painted);

  await agent.ready();
  await agent.page.reload();
  await expect(agent.page.locator("#skeleton")).toHaveCount(0);
  const later = await agent.page.evaluate(asking);
  expect(later.asked).toBeLessThan(later.parsed);
});

test("what offline use needs is fetched when the server has said its first word", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 20 } });
  const agent = await phone({ url: office.url });
  await handOverSession(agent, "agent-01");
  await agent.page.addInitScript(() => {
    const workers = ServiceWorkerContainer.prototype;
    const register = workers.register;
    workers.register = function (...asked) {
      globalThis.registeredAt = performance.now();
      return register.apply(this, asked);
    };
  });

  await agent.visit("/field");
  await agent.page.waitForFunction(() => globalThis.registeredAt);
  const { registered, answered } = await agent.page.evaluate(() => ({
    registered: globalThis.registeredAt,
    answered: performance.getEntriesByType("resource").find(({ name }) => name.endsWith("/api/v1/sync"))?.responseEnd,
  }));
  expect(registered).toBeGreaterThan(answered);
});
