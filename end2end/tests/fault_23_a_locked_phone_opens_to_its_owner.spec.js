// A phone with a PIN: it asks for it, makes guesses slow, lets nothing wait because of it, and loses nothing
// when it is forgotten.
import { argan } from "../harness/demo.js";
import { Agent, Manager, demoPassword, signIn } from "../harness/people.js";
import { startServer } from "../harness/server.js";
import { expect, faults, picture, test } from "../harness/test.js";

const PIN = "2580";

/** Types digits and says that these are all. */
async function type(page, digits) {
  await page.keyboard.type(digits);
  await page.keyboard.press("Enter");
}

/** Chooses the PIN in the settings, as a thumb does. */
async function choosePin(agent) {
  const { page } = agent;
  await agent.open("/field/settings");
  await page.getByRole("button", { name: "Choisir un code" }).click();
  const sheet = page.locator("dialog[open]");
  for (const title of ["Un nouveau code", "Le même, encore une fois"]) {
    await expect(sheet.getByRole("heading", { name: title })).toBeVisible();
    for (const digit of PIN) await sheet.getByRole("button", { name: digit, exact: true }).click();
    await sheet.getByRole("button", { name: "Continuer" }).click();
  }
  await expect(page.locator(".snackbar")).toContainText("Code enregistré");
  await expect(page.getByRole("button", { name: "Verrouiller" })).toBeVisible();
}

const lockScreen = (page) => page.locator("main.lock");

async function expectLocked(page) {
  await expect(lockScreen(page)).toBeVisible();
  await expect(page.locator(".tab-bar")).toHaveCount(0);
}

async function expectOpen(page) {
  await expect(page.locator(".tab-bar, .action-bar").first()).toBeVisible();
  await expect(lockScreen(page)).toHaveCount(0);
}

test.describe("a phone with a PIN", () => {
  let office;

  // One company: each test has an agent of its own.
  test.describe.configure({ mode: "default" });
  test.beforeAll(async () => {
    office = await startServer({ demo: { orders: 60 } });
  });
  test.afterAll(() => office.remove());

  async function agentOn(phone, login, wish = {}) {
    const agent = new Agent(await phone({ url: office.url, ...wish }));
    await agent.signIn(login);
    await agent.open("/field");
    await expect(agent.page.getByText(/Tout est envoyé/).first()).toBeVisible();
    return agent;
  }

  async function saveOrder(agent, firstName) {
    await agent.writeDownCustomer({ firstName, place: "Lazaret" });
    await agent.choose(argan.product, 2);
    return agent.sign();
  }

  test("wrong PINs cost waits that neither loading again nor a clock set back gives back, and erase nothing", async ({ phone }) => {
    const agent = await agentOn(phone, "agent-01");
    const { page } = agent;
    await agent.phone.goOffline();
    const { code } = await saveOrder(agent, "Fadma");
    await choosePin(agent);
    await page.getByRole("button", { name: "Verrouiller" }).click();
    await expectLocked(page);
    await expect(page.getByText("2 actions attendent ici")).toBeVisible();
    await expect(page.getByText("Fadma")).toHaveCount(0);
    await expect(page.getByText(code)).toHaveCount(0);

    await page.clock.install({ time: new Date() });
    for (const left of ["4 essais", "3 essais", "2 essais", "1 essai"]) {
      await type(page, "1357");
      await expect(page.getByText(`Encore ${left} avant une attente`)).toBeVisible();
      await page.reload();
      await expectLocked(page);
    }
    await type(page, "1357");
    const wait = page.getByText(/Réessayez dans 0:\d\d/);
    await expect(wait).toBeVisible();
    await picture(page, "lock/wait");
    await page.reload();
    await expect(wait).toBeVisible();
    // Nothing is taken meanwhile, not even what is right.
    await type(page, PIN);
    await expectLocked(page);
    // Back a year: the wait begins again, and ends.
    const now = await page.evaluate(() => Date.now());
    await page.clock.setSystemTime(now - 365 * 86_400_000);
    await page.reload();
    await expect(wait).toBeVisible();
    await page.clock.fastForward(31_000);
    await expect(wait).toHaveCount(0);
    await type(page, PIN);
    await expectOpen(page);
    await agent.follow("/field/orders");
    await expect(page.locator("a.list-row").filter({ hasText: code })).toHaveCount(1);
    await expect(page.getByText(/\b2 à envoyer/).first()).toBeVisible();
  });

  test("what waits leaves a locked phone, whoever is signed in", async ({ phone }) => {
    const agent = await agentOn(phone, "agent-02");
    const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
    await manager.signIn("manager-01");
    await agent.phone.context.route("**/api/v1/sync", (route) => route.abort());
    const { code } = await saveOrder(agent, "Ghita");
    await choosePin(agent);
    // Before the browser closes: nothing holds a request up any more while it does.
    expect(await manager.ordersFor(code)).toEqual([]);
    await agent.phone.close();
    await agent.phone.open();
    await agent.phone.context.route("**/api/v1/sync", (route) => route.abort());
    await agent.phone.visit("/field");
    await expectLocked(agent.page);
    await expect(agent.page.getByText("2 actions attendent ici")).toBeVisible();
    await agent.phone.context.unroute("**/api/v1/sync");
    await agent.page.evaluate(() => dispatchEvent(new Event("online")));
    await expect(agent.page.getByText(/attendent ici/)).toHaveCount(0);
    await expectLocked(agent.page);
    expect(await manager.ordersFor(code)).toEqual([code]);
    await type(agent.page, PIN);
    await expectOpen(agent.page);
  });

  test("a forgotten PIN costs nothing but the way to the password", async ({ phone }) => {
    const agent = await agentOn(phone, "agent-03");
    const { page } = agent;
    await page.context().route("**/api/v1/sync", (route) => route.abort());
    const { code } = await saveOrder(agent, "Hniya");
    await choosePin(agent);
    await agent.phone.visit("/field");
    await expectLocked(page);
    const forget = async () => {
      await page.getByRole("button", { name: "Code oublié" }).click();
      await page.getByRole("button", { name: "Entrer avec le mot de passe" }).click();
    };
    // Without a network nothing happens.
    await forget();
    await expect(page.getByText("Pas de réseau")).toBeVisible();
    await picture(page, "lock/forgotten-offline");
    await page.reload();
    await expectLocked(page);
    await page.context().unroute("**/api/v1/sync");
    // Whoever does not know the password gets no further.
    await forget();
    await page.waitForURL(/\/sign-in/);
    await page.goto(`${office.url}/field`);
    await expectLocked(page);
    // Somebody else's password opens theirs, and not this.
    await signIn(page, office.url, "agent-04");
    await agent.open("/field/orders?show=all");
    await expect(page.getByText(code)).toHaveCount(0);
    await signIn(page, office.url, "agent-03", demoPassword);
    await agent.open("/field");
    await expectOpen(page);
    await agent.sync();
    await agent.expectOnce(code);
    await agent.open("/field/settings");
    await expect(page.getByRole("button", { name: "Choisir un code" })).toBeVisible();
  });

  test("locking one page locks all of them, and a phone that lay hidden locks itself", async ({ phone }) => {
    const agent = await agentOn(phone, "agent-05");
    const { page } = agent;
    await choosePin(agent);
    const { page: other, visit } = await agent.phone.secondPage();
    await visit("/field");
    await expectLocked(other);
    await type(other, PIN);
    await expectOpen(other);
    await page.bringToFront();
    await page.getByRole("button", { name: "Verrouiller" }).click();
    await expectLocked(page);
    await expectLocked(other);

    await type(page, PIN);
    await expectOpen(page);
    await page.clock.install({ time: new Date() });
    const look = (state) => page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, state);
    await look("hidden");
    await page.clock.fastForward(4 * 60_000);
    await look("visible");
    await expectOpen(page);
    await look("hidden");
    await page.clock.fastForward(5 * 60_000 + 1);
    await expectLocked(page);
  });

  test("the PIN is changed and taken away by who knows it, and bad ones are refused", async ({ phone }) => {
    const agent = await agentOn(phone, "agent-06");
    const { page } = agent;
    await agent.open("/field/settings");
    await page.getByRole("button", { name: "Choisir un code" }).click();
    const sheet = page.locator("dialog[open]");
    for (const [digits, why] of [["123", "De 4 à 8 chiffres"], ["1234", "se devine tout de suite"]]) {
      await type(page, digits);
      await expect(sheet.getByText(why)).toBeVisible();
    }
    await type(page, PIN);
    await expect(sheet.getByRole("heading", { name: "Le même" })).toBeVisible();
    await type(page, "2581");
    await expect(sheet.getByText("Ce n’était pas le même")).toBeVisible();
    await type(page, PIN);
    await expect(sheet.getByRole("heading", { name: "Le même" })).toBeVisible();
    await type(page, PIN);
    await expect(sheet).toHaveCount(0);
    await page.getByRole("button", { name: "Changer le code" }).click();
    await type(page, "1357");
    await expect(sheet.getByText("Encore 4 essais")).toBeVisible();
    await type(page, PIN);
    await expect(sheet.getByRole("heading", { name: "Un nouveau code" })).toBeVisible();
    await type(page, "90210");
    await expect(sheet.getByRole("heading", { name: "Le même" })).toBeVisible();
    await type(page, "90210");
    await expect(sheet).toHaveCount(0);
    await agent.phone.visit("/field/settings");
    await expectLocked(page);
    await type(page, "90210");
    await expectOpen(page);
    await page.getByRole("button", { name: "Retirer le code" }).click();
    await type(page, "90210");
    await expect(page.getByRole("button", { name: "Choisir un code" })).toBeVisible();
    await agent.open("/field/settings");
    expect(agent.phone.complaints).toEqual([]);
  });

  for (const language of ["fr", "ar"]) {
    for (const theme of ["light", "dark"]) {
      test(`the lock screen and the settings in ${language}, ${theme}, can be used by everybody`, async ({ phone }) => {
        const agent = new Agent(await phone({ url: office.url, language, theme }));
        await agent.signIn("agent-07");
        const { page } = agent;
        const found = [];
        const look = async (name) => {
          found.push(...(await faults(page)).map((fault) => `${name}: ${fault}`));
          const across = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          if (across > 0) found.push(`${name} scrolls sideways`);
          await picture(page, `lock/${name}-${language}-${theme}`);
        };
        await agent.open("/field");
        await look("offer");
        await agent.open("/field/settings");
        await page.locator('main button:has(use[href$="#i-lock"])').click();
        await expect(page.locator("dialog[open]")).toBeVisible();
        await page.keyboard.type("25");
        await look("choose");
        await type(page, "80");
        await expect(page.locator(".pin-dots i[data-filled]")).toHaveCount(0);
        await type(page, PIN);
        await expect(page.locator("dialog[open]")).toHaveCount(0);
        await page.locator("section.part:has(.icon) .button-group").first().scrollIntoViewIfNeeded();
        await look("settings");
        await agent.phone.goOffline();
        await page.reload();
        await expectLocked(page);
        await page.keyboard.type("258");
        await look("locked");
        await type(page, "1");
        await expect(page.locator(".lock-state[data-tone]")).toBeVisible();
        await look("wrong");
        await page.locator(".lock-help button").click();
        await expect(page.locator(".banner")).toBeVisible();
        await look("forgotten");
        expect(found).toEqual([]);
      });
    }
  }
});
