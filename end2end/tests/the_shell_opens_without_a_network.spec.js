import { expect, test } from "../harness/test.js";

test("the shell opens, the worker takes control, and it opens again with the server gone", async ({
  server,
  phone,
}) => {
  const office = await server({ demo: false });
  const agent = await phone({ url: office.url });

  await agent.visit("/field");
  // The skeleton goes when the screens are there.
  await expect(agent.page.locator("#skeleton")).toHaveCount(0);
  await agent.ready();

  await office.stop();
  await agent.goOffline();
  await agent.page.reload();
  await expect(agent.page.locator("#skeleton")).toHaveCount(0);
  await expect(agent.page.locator("main").first()).toBeVisible();

  await agent.close();
  await agent.open();
  await agent.goOffline();
  await agent.visit("/field/orders");
  await expect(agent.page.locator("#skeleton")).toHaveCount(0);
  await expect(agent.page.locator("main").first()).toBeVisible();
  expect(agent.complaints).toEqual([]);
});

test("the cooperative's area opens from the same shell, in Arabic, from right to left", async ({
  server,
  phone,
}) => {
  const office = await server({ demo: false });
  const cooperative = await phone({ url: office.url, language: "ar" });

  await cooperative.visit("/coop");
  await expect(cooperative.page.locator("html")).toHaveAttribute("dir", "rtl");
  await expect(cooperative.page.locator("html")).toHaveAttribute("lang", "ar");
  await expect(cooperative.page.locator("#skeleton")).toHaveCount(0);
  expect(cooperative.complaints).toEqual([]);
});

test("a page that needs the network says so, in both languages, when there is none", async ({
  server,
  phone,
}) => {
  const office = await server({ demo: false });
  const agent = await phone({ url: office.url });
  await agent.visit("/field");
  await agent.ready();

  await office.stop();
  await agent.visit("/office");
  await expect(agent.page.locator("section[lang=fr]")).toBeVisible();
  await expect(agent.page.locator("section[lang=ar]")).toBeVisible();
  expect(agent.complaints).toEqual([]);
});
