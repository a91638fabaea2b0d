// A phone whose battery was empty wakes in 1970, and hears the hour from the network a little later.
import { argan } from "../harness/demo.js";
import { Agent } from "../harness/people.js";
import { DAY_MS, expect, picture, test } from "../harness/test.js";

test("fault 5: an order in the making waits while the clock is wrong, says why, and goes on by itself when it is right", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url });
  const agent = new Agent(device);
  const { page } = agent;
  await agent.signIn("agent-01");
  await agent.sync();
  await device.goOffline();

  const now = Date.now();
  await page.clock.install({ time: now });
  await agent.writeDownCustomer({ firstName: "Itto", place: "Lazaret" });
  await agent.choose(argan.product, 2);
  await agent.follow("/field/new/review");
  await agent.writeOnPad();
  const total = await page.locator(".sums .total .amount").innerText();

  await page.clock.setSystemTime(0);
  await page.clock.fastForward("01:00");
  await expect(page.getByText("L’heure de ce téléphone n’est pas juste")).toBeVisible();
  await picture(page, "clock/wrong");
  await expect(agent.saveButton).toHaveAttribute("aria-disabled", "true");

  await page.clock.setSystemTime(now);
  await page.clock.fastForward("01:00");
  await expect(page.locator(".sums .total .amount")).toHaveText(total);

  // Another day: the goods come later than what was read and signed, and the page has not noticed yet.
  await page.clock.setSystemTime(now + DAY_MS);
  await agent.saveButton.click();
  await expect(page.getByText("Les prix ou les dates viennent de changer")).toBeVisible();
  await agent.saveButton.click();
  await expect(page.getByText("Il manque la signature du client")).toBeVisible();
  await picture(page, "clock/changed");
  await agent.writeOnPad();
  await agent.saveButton.click();
  const { code } = await agent.receipt();
  await page.clock.setSystemTime(now);
  await device.goOnline();
  await agent.sync();
  await agent.expectOnce(code);
});

test("fault 5: what was signed yesterday, before the page was closed, is signed again where the day changes what was read", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url });
  const agent = new Agent(device);
  await agent.signIn("agent-01");
  await agent.sync();
  await device.goOffline();
  const now = Date.now();
  const { page } = agent;
  await page.clock.install({ time: now });
  await agent.writeDownCustomer({ firstName: "Itto", place: "Lazaret" });
  await agent.choose(argan.product, 2);
  await agent.follow("/field/new/review");
  const changed = page.getByText("Les prix ou les dates viennent de changer");
  const ink = () =>
    page.locator(".signature-pad canvas").evaluate((pad) => {
      const { data } = pad.getContext("2d").getImageData(0, 0, pad.width, pad.height);
      return data.some((value) => value > 0);
    });
  expect(await ink()).toBe(false);
  await agent.writeOnPad();

  // On the same day nothing has changed, and what was written is still there.
  await agent.open("/field/new/review");
  await expect.poll(ink).toBe(true);
  await expect(changed).toHaveCount(0);

  await page.goto("about:blank");
  await page.clock.setSystemTime(now + DAY_MS);
  await agent.open("/field/new/review");
  await expect(changed).toBeVisible();
  expect(await ink()).toBe(false);
  await picture(page, "clock/signed-yesterday");
  await agent.saveButton.click();
  await expect(page.getByText("Il manque la signature du client")).toBeVisible();
  await agent.writeOnPad();
  await agent.saveButton.click();
  const { code } = await agent.receipt();
  await page.clock.setSystemTime(now);
  await device.goOnline();
  await agent.sync();
  await agent.expectOnce(code);
});
