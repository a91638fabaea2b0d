// What a browser does to what is stored in it, and what the person is told: one company for all of it.
import { argan } from "../harness/demo.js";
import { Agent, Manager, signIn } from "../harness/people.js";
import { startServer } from "../harness/server.js";
import { expect, faults, picture, test } from "../harness/test.js";

/** How many commands wait in an agent's store, as it lies there; nothing while there is no store. */
function waiting(page) {
  return page.evaluate(async () => {
    const names = (await indexedDB.databases()).map(({ name }) => name);
    const own = names.find((name) => /-\d+$/.test(name));
    if (!own) return 0;
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(own);
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const all = request.result.transaction("outbox").objectStore("outbox").count();
        all.onsuccess = () => {
          request.result.close();
          resolve(all.result);
        };
      };
    });
  });
}

test.describe("a browser's store", () => {
  let office;

  // One company: each test has an agent of its own.
  test.describe.configure({ mode: "default" });
  test.beforeAll(async () => {
    office = await startServer({ demo: { orders: 60 } });
  });
  test.afterAll(() => office.remove());

  /** An agent who has heard everything, on a phone of their own. */
  async function agentOn(phone, login) {
    const agent = new Agent(await phone({ url: office.url }));
    await agent.signIn(login);
    await agent.open("/field");
    await expect(agent.page.getByText(/Tout est envoyé/).first()).toBeVisible();
    return agent;
  }

  /** Puts an order together, up to the button that saves it. */
  async function fill(agent, firstName) {
    await agent.writeDownCustomer({ firstName, place: "Lazaret" });
    await agent.choose(argan.product, 2);
    await agent.follow("/field/new/review");
    await agent.writeOnPad();
  }

  test("fault 7: a full phone refuses to save, keeps the form, and saves the same order when there is room", async ({ phone }) => {
    const agent = await agentOn(phone, "agent-01");
    // A browser remembers for a while how much room a store has: it is begun afresh.
    await agent.phone.close();
    await agent.phone.open();
    const { page } = agent;
    const browser = await agent.phone.context.newCDPSession(page);
    const origin = new URL(office.url).origin;
    await browser.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1000 });
    await agent.phone.goOffline();
    await fill(agent, "Zahra");
    const total = await page.locator(".sums .total .amount").innerText();
    await agent.saveButton.click();
    await expect(page.locator(".snackbar")).toContainText("Le téléphone est plein");
    await expect(page.locator(".receipt")).toHaveCount(0);
    await expect(page.getByText(/\d à envoyer/)).toHaveCount(0);
    expect(await page.locator(".sums .total .amount").innerText()).toBe(total);
    await picture(page, "store/full");

    await browser.send("Storage.overrideQuotaForOrigin", { origin });
    await expect(agent.saveButton).not.toHaveAttribute("aria-disabled");
    await agent.saveButton.click();
    const { code } = await agent.receipt();
    await agent.phone.goOnline();
    await agent.sync();
    await agent.expectOnce(code);
  });

  test("fault 37: a connection that is closed, a transaction that is aborted or never ends, a page that was frozen: all heal unseen", async ({ phone }) => {
    const agent = await agentOn(phone, "agent-02");
    const { page } = agent;
    await agent.phone.goOffline();
    const codes = [];
    const save = async (firstName, breakIt) => {
      await fill(agent, firstName);
      await breakIt();
      await agent.saveButton.click();
      codes.push((await agent.receipt()).code);
    };
    // The next transaction that saves something to be sent, spoilt; a draft that is kept meanwhile is not.
    const spoil = (how) => page.evaluate((how) => {
      const begin = IDBDatabase.prototype.transaction;
      IDBDatabase.prototype.transaction = function (tables, mode, options) {
        if (mode !== "readwrite" || !tables.includes("outbox")) return begin.call(this, tables, mode, options);
        IDBDatabase.prototype.transaction = begin;
        if (how === "closed") this.close();
        if (how === "silent") {
          const silent = { get: () => ({}), put: () => ({}), delete: () => ({}) };
          return { objectStore: () => silent, commit() {}, abort() {} };
        }
        const transaction = begin.call(this, tables, mode, options);
        if (how === "aborted") transaction.commit = () => transaction.abort();
        return transaction;
      };
    }, how);
    await save("Aicha", () => spoil("closed"));
    await save("Bouchra", () => spoil("aborted"));
    await save("Chama", async () => {
      const internals = await agent.phone.context.newPage();
      await internals.goto("chrome://indexeddb-internals");
      for (const link of await internals.getByText("Force close").all()) await link.click();
      await internals.close();
    });
    await save("Dounia", async () => {
      const browser = await agent.phone.context.newCDPSession(page);
      await browser.send("Page.setWebLifecycleState", { state: "frozen" });
      await browser.send("Page.setWebLifecycleState", { state: "active" });
    });
    // From now on the clock is moved by hand; it begins as it is, or nothing would be on sale. For a moment
    // it is 1970: what is filled in before could be priced then.
    await page.clock.install({ time: new Date() });
    await fill(agent, "Elbatoul");
    await spoil("silent");
    await agent.saveButton.click();
    await page.clock.fastForward(31_000);
    codes.push((await agent.receipt()).code);

    await expect(page.locator(".snackbar")).toHaveCount(0);
    await agent.phone.goOnline();
    await agent.sync();
    for (const code of codes) await agent.expectOnce(code);
    expect(agent.phone.complaints).toEqual([]);
  });

  test("fault 6: a store that was thrown away is noticed, what is gone is named, and the rest comes back", async ({ phone }) => {
    const agent = await agentOn(phone, "agent-03");
    const { page } = agent;
    await fill(agent, "Fadma");
    await agent.saveButton.click();
    const safe = await agent.receipt();
    await agent.sync();
    await agent.phone.goOffline();
    await fill(agent, "Ghita");
    await agent.saveButton.click();
    const gone = await agent.receipt();

    // Under an open page: nothing is lost at all.
    const clear = async (page) => {
      const browser = await agent.phone.context.newCDPSession(page);
      const origin = new URL(office.url).origin;
      await browser.send("Storage.clearDataForOrigin", { origin, storageTypes: "indexeddb" });
    };
    await clear(page);
    // A customer and an order.
    await expect.poll(() => waiting(page)).toBe(2);
    await agent.open(`/field/orders/${gone.order}`);
    await expect(page.getByText(gone.code).first()).toBeVisible();
    await expect(page.getByText("Le navigateur a vidé la mémoire de ce téléphone")).toHaveCount(0);

    // Between two starts.
    await page.goto("about:blank");
    await clear(page);
    await agent.phone.visit("/field");
    const told = page.locator(".banner").filter({ hasText: "Le navigateur a vidé la mémoire de ce téléphone" });
    await expect(told).toContainText("2 actions attendaient encore ici");
    await expect(told).toContainText(gone.code);
    await picture(page, "store/emptied");
    await agent.phone.goOnline();
    await expect(told).toContainText(`Perdues, à reprendre avec le reçu du client : ${gone.code}. Tout le reste est revenu du bureau.`);
    await expect(told).toContainText("Vérifiez aussi les clients");
    await expect(told).not.toContainText(safe.code);
    await picture(page, "store/emptied-told");
    await agent.expectOnce(safe.code);

    // The office knows as well, until the matter is closed.
    const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
    await manager.signIn("manager-01");
    await expect(manager.page.getByRole("link", { name: "Téléphones effacés" })).toContainText("1");
    await manager.open("/office/parked");
    const lost = manager.page.locator("section.part").filter({ hasText: "Mémoire d’un téléphone effacée" });
    await expect(lost.locator("li")).toHaveText([new RegExp(`${gone.code}\\s+Manque`)]);
    await expect(lost).toContainText("1 autre saisie manque peut-être");
    expect(await faults(manager.page)).toEqual([]);
    await picture(manager.page, "store/emptied-office");
    await lost.getByRole("button", { name: "Classer" }).click();
    await expect(manager.page.locator("section.part")).toHaveCount(0);

    await agent.open("/field");
    await told.getByRole("button", { name: "J’ai compris" }).click();
    await expect(told).toHaveCount(0);

    // And the numbers of what is done from now on are new ones.
    await fill(agent, "Hniya");
    await agent.saveButton.click();
    const next = await agent.receipt();
    await agent.sync();
    await agent.expectOnce(next.code);
    await agent.open("/field");
    await expect(told).toHaveCount(0);
  });

  test("an update of the store: an old page lets go and says so, a new one waits for one that does not", async ({ phone }) => {
    const agent = await agentOn(phone, "agent-04");
    const { page } = agent;
    await agent.phone.goOffline();
    await fill(agent, "Iman");
    await agent.saveButton.click();
    await agent.receipt();
    // A build yet to come takes the store over, in another page.
    const { page: other } = await agent.phone.secondPage();
    await other.goto(`${office.url}/field/settings`);
    await expect(other.locator(".tab-bar")).toBeVisible();
    await other.goto(`${office.url}/offline.html`);
    const version = await other.evaluate(async () => {
      const names = (await indexedDB.databases()).map(({ name }) => name);
      return new Promise((resolve, reject) => {
        const request = indexedDB.open(names.find((name) => /-\d+$/.test(name)), 999);
        request.onsuccess = () => {
          resolve(request.result.version);
          request.result.close();
        };
        request.onblocked = () => reject(new Error("the old page does not let go"));
        request.onerror = () => reject(request.error);
      });
    });
    expect(version).toBe(999);
    await expect(page.getByText("Une nouvelle version de Taswiq est ouverte")).toBeVisible();
    await expect(page.getByText("tout ce qui est enregistré est gardé")).toBeVisible();
    await expect(page.getByRole("button", { name: "Recharger" })).toBeVisible();
    await picture(page, "store/taken-over");
    // What it had saved lies in the new store.
    expect(await waiting(other)).toBe(2);
  });

  test("an old page that does not let go is waited for, and said to be in the way", async ({ phone }) => {
    const device = await phone({ url: office.url });
    await signIn(device.page, office.url, "agent-05");
    const { value: person } = (await device.context.cookies()).find(({ name }) => name === "taswiq_person");
    await device.visit("/offline.html");
    await device.page.evaluate((name) => new Promise((resolve) => {
      const request = indexedDB.open(name, 1);
      request.onupgradeneeded = () => {
        for (const table of ["meta", "outbox", "acknowledged", "parked", "drafts", "documents", "customers", "orders", "entries"]) {
          request.result.createObjectStore(table);
        }
      };
      // It never hears that it should let go, as one that sleeps.
      request.onsuccess = () => { globalThis.held = request.result; resolve(); };
    }), `taswiq-${person}`);
    const { page: fresh } = await device.secondPage();
    await fresh.goto(`${office.url}/field`);
    await expect(fresh.getByText("Une ancienne page retient la mémoire")).toBeVisible();
    await expect(fresh.getByText("Fermez les autres pages de Taswiq : celle-ci s’ouvre alors toute seule. Rien n’est perdu.")).toBeVisible();
    await picture(fresh, "store/blocked");
    await device.page.close();
    await expect(fresh.getByText(/Tout est envoyé/).first()).toBeVisible();
  });

  test("a browser that stores nothing says so before an order is taken", async ({ phone }) => {
    const device = await phone({ url: office.url });
    await signIn(device.page, office.url, "agent-06");
    await device.context.addInitScript(() => {
      IDBFactory.prototype.open = () => { throw new DOMException("denied", "SecurityError"); };
    });
    await device.visit("/field/new");
    await expect(device.page.getByText("Ici, rien ne peut être gardé")).toBeVisible();
    await expect(device.page.getByText("Ne prenez pas de commande ici. Ouvrez Taswiq dans une fenêtre normale.")).toBeVisible();
    await expect(device.page.getByRole("button", { name: "Enregistrer" })).toHaveCount(0);
    await picture(device.page, "store/nowhere");

    const arabic = await phone({ url: office.url, language: "ar", theme: "dark" });
    await signIn(arabic.page, office.url, "agent-06");
    await arabic.context.addInitScript(() => {
      delete globalThis.indexedDB;
      Object.defineProperty(globalThis, "indexedDB", { value: undefined });
    });
    await arabic.visit("/field");
    await expect(arabic.page.getByText("لا يمكن حفظ أي شيء هنا")).toBeVisible();
    await picture(arabic.page, "store/nowhere-ar-dark");
  });

  test("the browser is asked to keep what is stored after the first save, and the phone's page tells of the room", async ({ phone }) => {
    const device = await phone({ url: office.url });
    await device.context.addInitScript(() => {
      globalThis.asked = 0;
      StorageManager.prototype.persist = async () => { globalThis.asked += 1; return false; };
      StorageManager.prototype.estimate = async () => ({ usage: 4_000_000, quota: 12_000_000 });
    });
    const agent = new Agent(device);
    await agent.signIn("agent-07");
    const { page } = agent;
    await agent.open("/field/sync");
    await expect(page.getByText("4 Mo, encore 8 Mo libres")).toBeVisible();
    await expect(page.getByText("Il reste peu de place")).toBeVisible();
    await expect(page.getByText("Le navigateur ne promet pas de la garder").first()).toBeVisible();
    await picture(page, "store/room", { fullPage: true });
    expect(await page.evaluate(() => globalThis.asked)).toBe(0);
    await fill(agent, "Jamila");
    await agent.saveButton.click();
    await agent.receipt();
    expect(await page.evaluate(() => globalThis.asked)).toBe(1);
    await agent.open("/field/sync");
    expect(await page.evaluate(() => globalThis.asked)).toBe(0);
    await page.getByRole("button", { name: "Demander de garder la mémoire" }).click();
    await expect.poll(() => page.evaluate(() => globalThis.asked)).toBe(1);
  });
});
