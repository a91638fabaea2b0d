// What a phone needs to install Taswiq, asked of Chromium itself; and when it is offered.
import { hire } from "../harness/accounts.js";
import { Agent, Cooperative } from "../harness/people.js";
import { expect, picture, test } from "../harness/test.js";

const areas = [
  { area: "/field", person: Agent, login: "agent-01" },
  { area: "/coop", person: Cooperative, login: "argan-mesti" },
];
/** A picture is downloaded by whoever thinks about installing. */
const SCREENSHOT_BYTES_MAX = 60_000;

/** The manifest as Chromium reads it, and what it has against it. */
async function manifestOf(page) {
  const browser = await page.context().newCDPSession(page);
  const { url, errors, data } = await browser.send("Page.getAppManifest");
  const { installabilityErrors } = await browser.send("Page.getInstallabilityErrors");
  await browser.detach();
  return { url, manifest: JSON.parse(data), faults: [...errors, ...installabilityErrors] };
}

/** Loads a picture as the browser would and says what it is. */
async function pictureAt(page, address) {
  return page.evaluate(async (address) => {
    const answer = await fetch(address);
    const blob = await answer.blob();
    const image = new Image();
    image.src = URL.createObjectURL(blob);
    await image.decode();
    return {
      status: answer.status,
      type: blob.type,
      bytes: blob.size,
      width: image.naturalWidth,
      height: image.naturalHeight,
    };
  }, address);
}

/** Waits until Chromium itself has offered to install. */
const browserOffers = (page) => page.waitForFunction(() => globalThis.taswiq.install);

const figures = (sizes) => sizes.split("x").map(Number);

for (const { area, person: Person, login } of areas) {
  for (const language of ["fr", "ar"]) {
    test(`the manifest of ${area} in ${language} promises nothing that is not there`, async ({ server, phone }) => {
      const office = await server({ demo: { orders: 60 } });
      const device = await phone({ url: office.url, language });
      const { page } = device;
      const person = new Person(device);
      await person.signIn(login);
      await person.open(area);
      const { url, manifest, faults } = await manifestOf(page);
      expect(faults).toEqual([]);
      expect(url).toMatch(new RegExp(`\\.${language}\\.webmanifest$`));
      // Installed icons point at these for ever.
      expect(manifest).toMatchObject({
        id: area,
        start_url: area,
        scope: "/",
        display: "standalone",
        lang: language,
        dir: language === "ar" ? "rtl" : "ltr",
        prefer_related_applications: false,
        launch_handler: { client_mode: ["navigate-existing", "auto"] },
      });
      for (const name of ["name", "short_name", "description", "theme_color", "background_color"]) {
        expect(manifest[name], name).toBeTruthy();
      }
      // Below an icon there is room for so many letters.
      expect([...manifest.short_name].length).toBeLessThanOrEqual(12);

      const icons = manifest.icons.map(({ purpose, sizes }) => `${purpose} ${sizes}`);
      for (const needed of ["any 192x192", "any 512x512", "maskable 512x512", "monochrome 512x512"]) {
        expect(icons, needed).toContain(needed);
      }
      for (const { src, sizes, type } of manifest.icons) {
        const icon = await pictureAt(page, src);
        expect(icon, src).toMatchObject({ status: 200, type });
        if (sizes !== "any") expect([icon.width, icon.height], src).toEqual(figures(sizes));
      }

      expect(manifest.screenshots.length).toBeGreaterThan(0);
      for (const { src, sizes, type, form_factor: form, label } of manifest.screenshots) {
        const shot = await pictureAt(page, src);
        const [width, height] = figures(sizes);
        expect(shot, src).toMatchObject({ status: 200, type, width, height });
        expect(shot.bytes, src).toBeLessThan(SCREENSHOT_BYTES_MAX);
        expect(form).toBe(width < height ? "narrow" : "wide");
        // Chromium shows no picture that is longer than this.
        expect(Math.max(width, height) / Math.min(width, height)).toBeLessThan(2.3);
        expect(label, src).toBeTruthy();
      }

      expect(manifest.shortcuts.length).toBeGreaterThan(1);
      for (const { name, url: address, icons: [icon] } of manifest.shortcuts) {
        expect(name, address).toBeTruthy();
        const drawn = await pictureAt(page, icon.src);
        expect([drawn.width, drawn.height], icon.src).toEqual(figures(icon.sizes));
        await person.open(address);
        expect(new URL(page.url()).pathname).toBe(address);
        await expect(page.locator("h1").first()).not.toBeEmpty();
      }
    });
  }
}

test("the shell says what a phone that reads no manifest has to know", async ({ server, phone }) => {
  const office = await server({ demo: false });
  const device = await phone({ url: office.url });
  for (const address of ["/field", "/coop", "/sign-in"]) {
    await device.visit(address);
    const touchIcon = await device.page.locator("link[rel=apple-touch-icon]").getAttribute("href");
    const icon = await device.page.locator("link[rel=icon]").getAttribute("href");
    expect(await pictureAt(device.page, touchIcon), address).toMatchObject({ status: 200, width: 180, height: 180 });
    expect(await pictureAt(device.page, icon), address).toMatchObject({ status: 200, type: "image/svg+xml" });
    for (const scheme of ["light", "dark"]) {
      const colour = device.page.locator(`meta[name=theme-color][media*=${scheme}]`);
      await expect(colour, address).toHaveAttribute("content", /^#[0-9a-f]{6}$/);
    }
    const viewport = device.page.locator("meta[name=viewport]");
    await expect(viewport, address).toHaveAttribute("content", /width=device-width.*viewport-fit=cover/);
    // Who needs larger letters may have them.
    expect(await viewport.getAttribute("content")).not.toMatch(/user-scalable|maximum-scale/);
  }
});

test("installed, its icon opens with the server gone, and a shortcut goes on in the same window", async ({
  server,
  phone,
}) => {
  const office = await server({ demo: { orders: 60 } });
  // Installing writes to the menu of whoever is at this computer: here, of nobody.
  const home = process.env.HOME;
  process.env.HOME = office.folder;
  const device = await phone({ url: office.url });
  process.env.HOME = home;
  const agent = new Agent(device);
  await agent.signIn("agent-01");
  await agent.sync();
  const chromium = await device.context.newCDPSession(agent.page);
  const app = { manifestId: `${office.url}/field` };
  await chromium.send("PWA.install", app);
  await agent.page.goto("about:blank");
  await office.stop();

  const windows = async () => {
    const { targetInfos } = await chromium.send("Target.getTargets");
    const pages = targetInfos.filter(({ type, url }) => type === "page" && url.startsWith(office.url));
    return pages.map(({ url, title }) => [new URL(url).pathname, title]);
  };
  await chromium.send("PWA.launch", app);
  await expect.poll(windows).toEqual([["/field", "Aujourd’hui"]]);
  await chromium.send("PWA.launch", { ...app, url: `${office.url}/field/new` });
  await expect.poll(windows).toEqual([["/field/new", "Nouvelle commande"]]);
  await chromium.send("PWA.uninstall", app);
  expect(device.complaints).toEqual([]);
});

test("installing is offered after the first order and not before, and later means later", async ({
  server,
  phone,
}) => {
  const office = await server({ demo: { orders: 60 } });
  // Somebody who has never taken an order.
  const newcomer = { role: "agent", name: "Salma", login: "salma@taswiq.example", password: "pas-encore-une" };
  await hire(office, newcomer);
  const device = await phone({ url: office.url });
  const agent = new Agent(device);
  await agent.signIn(newcomer.login, newcomer.password);
  const offer = agent.page.getByText("Garder Taswiq sur l’écran d’accueil ?");

  await agent.open("/field");
  await browserOffers(agent.page);
  await expect(agent.page.locator(".purse")).toBeVisible();
  await expect(offer).toHaveCount(0);

  await agent.writeDownCustomer({ firstName: "Rachida", place: "Lazaret" });
  await agent.choose("Huile d'argan culinaire de première presse", 1);
  await agent.sign();
  await agent.open("/field");
  await browserOffers(agent.page);
  await expect(offer).toBeVisible();
  await picture(agent.page, "story/install-offered");

  // Taken, it is the browser that asks; put off, nobody asks again.
  await agent.page.evaluate(() => {
    globalThis.asked = 0;
    globalThis.taswiq.install.prompt = () => (globalThis.asked += 1);
  });
  await agent.page.getByRole("button", { name: "Ajouter", exact: true }).click();
  expect(await agent.page.evaluate(() => globalThis.asked)).toBe(1);
  await agent.page.getByRole("button", { name: "Plus tard" }).click();
  await expect(offer).toHaveCount(0);
  await agent.open("/field");
  await browserOffers(agent.page);
  await expect(agent.page.locator(".purse")).toBeVisible();
  await expect(offer).toHaveCount(0);
});
