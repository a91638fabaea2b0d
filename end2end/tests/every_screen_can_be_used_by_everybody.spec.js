// Every screen in both languages: axe finds nothing, nothing scrolls sideways, and a picture is
// taken for people to look at.
import { Agent, Cooperative, signIn } from "../harness/people.js";
import { expect, faults, picture, test } from "../harness/test.js";

const looks = [
  { language: "fr", theme: "light" },
  { language: "ar", theme: "dark" },
];

/** Looks at one screen; says what is wrong with it. */
async function look(page, address, name) {
  const found = await faults(page);
  const { across, width } = await page.evaluate(() => ({
    across: document.documentElement.scrollWidth,
    width: document.documentElement.clientWidth,
  }));
  if (across > width) found.push(`scrolls sideways: ${across} px on ${width}`);
  await picture(page, `screens/${name}`, { fullPage: true });
  return found.map((fault) => `${address}: ${fault}`);
}

const slug = (address) => address.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "") || "root";

for (const { language, theme } of looks) {
  test(`the agent's screens, ${language}, ${theme}`, async ({ server, phone }) => {
    test.setTimeout(240_000);
    const office = await server({ demo: { orders: 400 } });
    const device = await phone({ url: office.url, language, theme });
    const agent = new Agent(device);
    await agent.signIn("agent-01");
    // The first sync has brought the catalogue and the orders.
    await agent.open("/field/orders?show=all");
    await expect(agent.page.locator("a.list-row").first()).toBeVisible();
    const order = await agent.page.locator("a.list-row").first().getAttribute("href");
    const wrong = [];
    for (const address of [
      "/field",
      "/field/new",
      "/field/new/customer",
      "/field/new/products",
      "/field/new/review",
      "/field/orders",
      "/field/orders?show=all",
      order,
      `${order}/receipt`,
      "/field/earnings",
      "/field/earnings/estimate",
      "/field/earnings/pending",
      "/field/earnings/earned",
      "/field/sync",
      "/field/settings",
    ]) {
      await agent.open(address);
      const name = address === order ? "order" : address === `${order}/receipt` ? "receipt" : slug(address);
      wrong.push(...(await look(agent.page, address, `agent-${language}-${theme}-${name}`)));
    }
    await device.goOffline();
    await agent.open("/field");
    wrong.push(...(await look(agent.page, "/field offline", `agent-${language}-${theme}-offline`)));
    expect(wrong).toEqual([]);
    expect(device.complaints).toEqual([]);
  });

  test(`the cooperative's screens, ${language}, ${theme}`, async ({ server, phone }) => {
    test.setTimeout(240_000);
    const office = await server({ demo: { orders: 400 } });
    const device = await phone({ url: office.url, language, theme });
    const cooperative = new Cooperative(device);
    await cooperative.signIn("argan-mesti");
    await cooperative.open("/coop/orders");
    await expect(cooperative.page.locator("a.list-row").first()).toBeVisible();
    const order = await cooperative.page.locator("a.list-row").first().getAttribute("href");
    await cooperative.open("/coop/orders?show=waiting");
    const waiting = await cooperative.page.locator("a.list-row").first().getAttribute("href");
    const wrong = [];
    for (const address of [
      "/coop",
      "/coop?by=order",
      "/coop/prepare",
      "/coop/prepare/list",
      "/coop/hand-over",
      "/coop/orders",
      order,
      `${waiting}/propose`,
      "/coop/sync",
      "/coop/settings",
    ]) {
      await cooperative.open(address);
      const name = address === order ? "order" : address.endsWith("/propose") ? "propose" : slug(address);
      wrong.push(...(await look(cooperative.page, address, `cooperative-${language}-${theme}-${name}`)));
    }
    expect(wrong).toEqual([]);
    expect(device.complaints).toEqual([]);
  });

  test(`the office's pages, ${language}, ${theme}`, async ({ server, phone }) => {
    test.setTimeout(240_000);
    const office = await server({ demo: { orders: 400 } });
    const wrong = [];
    const laptop = await phone({ url: office.url, language, theme, screen: { width: 1280, height: 800 } });
    await signIn(laptop.page, office.url, "admin");
    for (const address of [
      "/office",
      "/office?period=month",
      "/office/orders",
      "/office/parked",
      "/office/agents",
      "/office/customers",
      "/office/team",
      "/office/invite",
      "/office/cooperatives",
      "/office/cooperatives/new",
      "/office/categories",
      "/office/products",
      "/office/products/new",
      "/office/prices",
      "/office/plan",
      "/office/plan/new",
      "/office/start",
      "/office/audit",
    ]) {
      const answer = await laptop.visit(address);
      expect(answer.status(), address).toBe(200);
      wrong.push(...(await look(laptop.page, address, `office-${language}-${theme}-${slug(address)}`)));
    }
    expect(wrong).toEqual([]);
    expect(laptop.complaints).toEqual([]);
  });

  test(`the public pages, ${language}, ${theme}`, async ({ server, phone }) => {
    const office = await server({ demo: false });
    const device = await phone({ url: office.url, language, theme });
    const token = /setup\?token=[\w-]+/.exec(office.log)?.[0];
    expect(token).toBeTruthy();
    const wrong = [];
    for (const address of ["/sign-in", `/${token}`, "/join/not-a-token", "/no-such-page"]) {
      await device.visit(address);
      const name = address.includes("token=") ? "set-up" : slug(address);
      wrong.push(...(await look(device.page, address, `public-${language}-${theme}-${name}`)));
    }
    expect(wrong).toEqual([]);
    expect(device.complaints).toEqual([]);
  });
}
