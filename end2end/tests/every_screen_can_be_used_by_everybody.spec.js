// Every screen in both languages: axe finds nothing, nothing scrolls sideways, no words run the wrong way,
// and a picture is taken for people to look at.
import { argan } from "../harness/demo.js";
import { Agent, Cooperative, signIn } from "../harness/people.js";
import { expect, faults, picture, test } from "../harness/test.js";

const looks = [
  { language: "fr", theme: "light" },
  { language: "ar", theme: "dark" },
];

/** Looks at one screen, with what is folded unfolded; says what is wrong with it. */
async function look(page, address, name) {
  await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
  const found = await faults(page);
  const { across, width } = await page.evaluate(() => ({
    across: document.documentElement.scrollWidth,
    width: document.documentElement.clientWidth,
  }));
  if (across > width) found.push(`scrolls sideways: ${across} px on ${width}`);
  // Figures run from left to right in every language; a sentence among them would be read backwards.
  const turned = await page.evaluate(() =>
    [...document.querySelectorAll(".number, .amount, .code")].map((figure) => figure.textContent).filter((text) => /\p{Script=Arabic}/u.test(text)),
  );
  found.push(...turned.map((text) => `words that run from left to right: ${text}`));
  await picture(page, `screens/${name}`, { fullPage: true });
  return found.map((fault) => `${address}: ${fault}`);
}

/** A button by its icon, which is the same in every language. */
const button = (icon, kind = "") => `main button.button${kind}:has(use[href$="#i-${icon}"])`;

/** The sheets that an agent opens from an order. */
const sheetsOfAnOrder = {
  cancel: button("close", ".button-danger"),
  collect: button("cash"),
  declare: "main .banner .button-quiet:not(:has(svg))",
  failed: button("absent"),
  returned: button("undo"),
  withdrawn: button("shield"),
};

/** Who signs: a household. */
const household = "Tafsut";

/**
 * Two orders on their way to their customers: a household's, who may still withdraw, and a shop's, which
 * pays at once. Between them they offer every sheet; what the demo company's history happens to hold
 * depends on the day.
 */
async function ordersToDeliver(office, phone) {
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  const orders = [];
  for (const [firstName, kind] of [[household, "Particulier"], ["Tazart", "Professionnel"]]) {
    await agent.writeDownCustomer({ firstName, place: "Lazaret", kind });
    await agent.choose(argan.product, 2);
    orders.push(await agent.sign());
  }
  await agent.sync();
  await agent.phone.close();
  const mesti = new Cooperative(await phone({ url: office.url }));
  await mesti.signIn(argan.login);
  for (const { code } of orders) {
    await mesti.openOrder(code);
    await mesti.confirm(argan.product, 2);
    await mesti.pack(code, "L-7");
    await mesti.handOver(code);
  }
  await mesti.sync();
  await mesti.phone.close();
  return orders.map(({ order }) => `/field/orders/${order}`);
}

/** A month that is over is closed: every agent has a statement. */
async function closeOldestMonth(office, phone) {
  const laptop = await phone({ url: office.url, screen: { width: 1280, height: 800 } });
  await signIn(laptop.page, office.url, "manager-01");
  await laptop.visit("/office/settlement");
  await laptop.visit((await links(laptop.page, 'main a[href^="/office/settlement/2"]')).at(-1));
  await laptop.page.getByRole("button", { name: /^Clôturer/ }).click();
  await expect(laptop.page.getByRole("status").getByText("Le mois est clos.")).toBeVisible();
  await laptop.close();
}

/** Disputes the first line of the first order that has one, in whatever language; ends on its page. */
async function dispute(agent, see = async () => {}) {
  await agent.open("/field/orders?show=delivered");
  const [order] = await links(agent.page);
  await agent.open(order);
  const form = (await links(agent.page, 'a[href*="/disputes/new"]'))[0];
  await agent.open(form);
  await agent.page.locator("input[name=reason]").first().check();
  await agent.page.locator("#amount").fill("0");
  await agent.page.locator(".action-bar .button-primary").click();
  await see("/field/disputes/new", "dispute-form");
  await agent.page.locator("#amount").fill("0,20");
  await agent.page.locator(".action-bar .button-primary").click();
  await agent.page.waitForURL(/\/disputes\/[0-9a-f]/);
  await see("/field/disputes/one", "dispute");
}

/** Opens the sheet behind a button, looks at it, and closes it again as somebody with a keyboard does. */
async function lookAtSheet(page, opener, address, name) {
  await opener.click();
  const sheet = page.locator("dialog[open]");
  await expect(sheet).toBeVisible();
  const found = await look(page, `${address}: ${name}`, name);
  await page.keyboard.press("Escape");
  await expect(sheet).toHaveCount(0);
  return found;
}

/** Sends a form as it stands, past what the browser itself would ask for, and looks at what is wrong with it. */
async function lookAtProblems(page, name) {
  const address = new URL(page.url()).pathname;
  const submit = page.locator(".form-foot button[type=submit], .doorway-inside button[type=submit]").first();
  await submit.evaluate((element) => (element.form.noValidate = true));
  await submit.click();
  await expect(page.locator(".error-summary")).toBeVisible();
  return look(page, `${address} with problems`, name);
}

/** The addresses that the rows of a list lead to. */
const links = (page, selector = "a.list-row") =>
  page.locator(selector).evaluateAll((found) => found.map((link) => link.getAttribute("href")));

const slug = (address) => address.replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "") || "root";

for (const { language, theme } of looks) {
  test(`the agent's screens, ${language}, ${theme}`, async ({ server, phone }) => {
    test.setTimeout(240_000);
    const office = await server({ demo: { orders: 400 } });
    const toDeliver = await ordersToDeliver(office, phone);
    await closeOldestMonth(office, phone);
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
      "/field/earnings/payable",
      "/field/earnings/paid",
      "/field/earnings/held",
      "/field/earnings/carried",
      "/field/earnings/withheld",
      "/field/disputes",
      "/field/sync",
      "/field/settings",
    ]) {
      await agent.open(address);
      const name = address === order ? "order" : address === `${order}/receipt` ? "receipt" : slug(address);
      wrong.push(...(await look(agent.page, address, `agent-${language}-${theme}-${name}`)));
    }
    const name = (what) => `agent-${language}-${theme}-${what}`;

    // A statement, and the entries behind each kind of figure on it.
    await agent.open("/field/earnings");
    const [statement] = await links(agent.page, 'a[href^="/field/earnings/statements/"]');
    await agent.open(statement);
    wrong.push(...(await look(agent.page, statement, name("statement"))));
    const figures = await links(agent.page, 'main a[href*="/entries?"]');
    expect(figures).toContain(`${statement}/entries?of=all`);
    for (const address of new Set(figures)) {
      await agent.open(address);
      await expect(agent.page.locator(".amount-hero")).toBeVisible();
      const what = slug(new URL(address, office.url).searchParams.get("of"));
      wrong.push(...(await look(agent.page, address, name(`statement-${what}`))));
    }

    // A basket with its explanation, and the pad.
    await agent.open("/field/new");
    await agent.page.locator("input[type=search]").fill(household);
    await agent.page.locator("button.list-row").filter({ hasText: household }).first().click();
    await agent.page.locator(".product-act").first().click();
    wrong.push(...(await lookAtSheet(agent.page, agent.page.locator(".action-bar-figure"), "/field/new/products", name("explanation"))));
    await agent.follow("/field/new/review");
    await expect(agent.page.locator(".signature-pad canvas")).toBeVisible();
    wrong.push(...(await look(agent.page, "/field/new/review", name("review"))));

    // Each sheet of an order, and the delivery. Something delivered is in every history.
    const unseen = new Map(Object.entries(sheetsOfAnOrder));
    await agent.open("/field/orders?show=delivered");
    const delivered = (await links(agent.page)).slice(0, 6);
    let delivery = null;
    for (const path of [...toDeliver, ...delivered]) {
      await agent.open(path);
      delivery ??= (await links(agent.page, 'a[href*="/deliver/"]'))[0];
      for (const [sheet, opener] of unseen) {
        if ((await agent.page.locator(opener).count()) === 0) continue;
        wrong.push(...(await lookAtSheet(agent.page, agent.page.locator(opener).first(), path, name(sheet))));
        unseen.delete(sheet);
      }
    }
    expect([...unseen.keys()]).toEqual([]);
    await agent.open(delivery);
    wrong.push(...(await look(agent.page, delivery, name("deliver"))));

    await device.goOffline();
    await agent.open("/field");
    wrong.push(...(await look(agent.page, "/field offline", name("offline"))));
    await dispute(agent, async (address, what) => wrong.push(...(await look(agent.page, address, name(what)))));
    await agent.open("/field/disputes");
    wrong.push(...(await look(agent.page, "/field/disputes", name("disputes"))));
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
    const { page } = cooperative;
    const name = (what) => `cooperative-${language}-${theme}-${what}`;
    const see = async (address, what) => {
      await cooperative.open(address);
      wrong.push(...(await look(page, address, name(what))));
    };
    const done = async (opener) => {
      await page.locator(opener).first().click();
      await expect(page.locator(".snackbar")).toBeVisible();
    };

    // One order goes the whole way, and is looked at wherever it stands.
    await cooperative.open("/coop?by=order");
    wrong.push(...(await lookAtSheet(page, page.locator("main .button-danger").first(), "/coop?by=order", name("refuse"))));
    await done("main .confirm-list .button-primary");
    await see("/coop/prepare", "one-to-prepare");
    const [pack] = await links(page);
    await see("/coop/prepare/list", "one-to-pick");
    await see(pack, "pack");
    await done(".action-bar .button-primary");
    await see("/coop/hand-over", "one-to-hand-over");
    const [deliver] = await links(page, 'a[href$="/deliver"]');
    wrong.push(...(await lookAtSheet(page, page.locator(button("truck")).first(), "/coop/hand-over", name("hand-over-to"))));
    await see(deliver, "deliver");
    wrong.push(...(await lookAtSheet(page, page.locator(".action-bar .button-danger"), deliver, name("not-delivered"))));
    for (const shown of ["waiting", "under-way", "delivered", "ended"]) {
      await cooperative.open(`/coop/orders?show=${shown}`);
      const [path] = await links(page);
      await see(path, `order-${shown}`);
    }
    expect(wrong).toEqual([]);
    expect(device.complaints).toEqual([]);
  });

  test(`the office's pages, ${language}, ${theme}`, async ({ server, phone }) => {
    test.setTimeout(420_000);
    const office = await server({ demo: { orders: 400 } });
    const wrong = [];
    const device = await phone({ url: office.url });
    const seller = new Agent(device);
    await seller.signIn("agent-01");
    await dispute(seller);
    await seller.sync();
    const sellerNumber = await seller.number();
    await device.close();
    const laptop = await phone({ url: office.url, language, theme, screen: { width: 1280, height: 800 } });
    await signIn(laptop.page, office.url, "admin");
    for (const address of [
      "/office",
      "/office?period=month",
      "/office/orders",
      "/office/orders/unpaid",
      "/office/parked",
      "/office/disputes",
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
      "/office/plan/simulations",
      "/office/plan/scenario",
      "/office/settlement",
      "/office/tax",
      "/office/start",
      "/office/audit",
    ]) {
      const answer = await laptop.visit(address);
      expect(answer.status(), address).toBe(200);
      wrong.push(...(await look(laptop.page, address, `office-${language}-${theme}-${slug(address)}`)));
    }
    const { page } = laptop;
    const name = (what) => `office-${language}-${theme}-${what}`;

    // What the lists lead to.
    const first = async (list, link) => {
      await laptop.visit(list);
      return (await links(page, `main ${link}`))[0];
    };
    const agent = await first("/office/agents", 'a[href^="/office/people/"]');
    const latestMonth = await first("/office/settlement", 'a[href^="/office/settlement/2"]');
    const oldestMonth = (await links(page, 'main a[href^="/office/settlement/2"]')).at(-1);
    const statement = await first(oldestMonth, 'a[href*="/agents/"]');
    const disputed = await first("/office/disputes", 'a[href^="/office/disputes/"]');
    const books = `/office/people/${sellerNumber}/ledger`;
    const entry = await first(books, 'a[href^="/office/entries/"]');
    const member = await first("/office/team", 'a[href^="/office/people/"]');
    for (const address of [
      await first("/office/orders?progress=settled", 'a[href^="/office/orders/0"]'),
      await first("/office/orders?progress=awaiting", 'a[href^="/office/orders/0"]'),
      "/office/orders?q=nobody-has-this-name&progress=dead",
      "/office/figures?by=agent",
      latestMonth, oldestMonth, statement,
      disputed, books, entry,
      agent, `${agent}/change`, `${agent}/terms`, `${agent}/money`, member, `${member}/change`,
      "/office/cooperatives/1", "/office/cooperatives/1/change", "/office/cooperatives/1/convention",
      "/office/categories/1", "/office/products/1", "/office/products?q=nothing-like-this",
      "/office/prices/new?cooperative=1", "/office/invite?role=cooperative",
      "/office/import/products", "/office/import/cooperatives",
    ]) {
      const answer = await laptop.visit(address);
      expect(answer.status(), address).toBe(200);
      wrong.push(...(await look(page, address, name(slug(address.replace(/[0-9a-f]{8}-[0-9a-f-]+/, "one"))))));
    }

    // A closed month, a statement of it, and the entries behind a figure.
    await laptop.visit(oldestMonth);
    await page.locator(`form[action="${oldestMonth}/close"] button`).click();
    await expect(page.locator("#agents")).toBeVisible();
    wrong.push(...(await look(page, oldestMonth, name("month-closed"))));
    for (const [screen, width] of [["", 1280], ["-narrow", 360]]) {
      await page.setViewportSize({ width, height: 800 });
      for (const [address, what] of [[statement, "statement-closed"], [`${statement}?of=all#entries`, "statement-behind"]]) {
        await laptop.visit(address);
        wrong.push(...(await look(page, address, name(what + screen))));
      }
    }
    await page.setViewportSize({ width: 1280, height: 800 });

    // A dispute under review, and an answer without a reason.
    await laptop.visit(disputed);
    await page.locator(`form[action="${disputed}"] button`).click();
    await expect(page.locator("#note")).toBeVisible();
    wrong.push(...(await look(page, disputed, name("dispute-under-review"))));
    await page.setViewportSize({ width: 360, height: 800 });
    wrong.push(...(await lookAtProblems(page, name("dispute-problems"))));
    await page.setViewportSize({ width: 1280, height: 800 });

    // A draft with faults, then without; what it would have paid.
    const keep = async (rate) => {
      await laptop.visit("/office/plan/new");
      await page.locator("#r0_value").fill(rate);
      await page.locator("button[name=keep]").click();
    };
    await keep("beaucoup");
    wrong.push(...(await look(page, "/office/plan/new", name("office-plan-draft-problems"))));
    await laptop.visit("/office/plan");
    wrong.push(...(await look(page, "/office/plan", name("office-plan-draft-faults"))));
    await keep("9");
    await laptop.visit("/office/plan");
    wrong.push(...(await look(page, "/office/plan", name("office-plan-draft"))));
    await laptop.visit("/office/plan/simulations?plan=draft");
    await page.locator("#period").selectOption("quarter");
    await page.locator("form[action='/office/plan/simulations'] button").click();
    // The page looks again by itself until it is over.
    await expect(page.locator("main table").first()).toBeVisible();
    wrong.push(...(await look(page, "/office/plan/simulations/1", name("office-plan-simulation"))));
    await page.setViewportSize({ width: 360, height: 800 });
    wrong.push(...(await look(page, "/office/plan/simulations/1", name("office-plan-simulation-narrow"))));
    await page.setViewportSize({ width: 1280, height: 800 });
    await laptop.visit("/office/plan/simulations");
    wrong.push(...(await look(page, "/office/plan/simulations", name("office-plan-simulations"))));

    // A scenario that is played, and one with a fault.
    const play = () => page.locator(".form-foot .button-primary").click();
    await laptop.visit("/office/plan/scenario?from=ours");
    await play();
    await expect(page.locator("main table").first()).toBeVisible();
    wrong.push(...(await look(page, "/office/plan/scenario", name("office-plan-scenario-played"))));
    await page.setViewportSize({ width: 360, height: 800 });
    wrong.push(...(await look(page, "/office/plan/scenario", name("office-plan-scenario-narrow"))));
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.locator("#text").fill("{}");
    await play();
    await expect(page.locator("#text-error")).toBeVisible();
    wrong.push(...(await look(page, "/office/plan/scenario", name("office-plan-scenario-problems"))));

    // Forms that were not taken.
    for (const address of ["/office/invite", "/office/cooperatives/new", "/office/cooperatives/1/convention",
      "/office/products/new", "/office/prices/new?cooperative=1", "/office/plan/new", "/office/import/products"]) {
      await laptop.visit(address);
      wrong.push(...(await lookAtProblems(page, name(`${slug(address)}-problems`))));
    }

    // A file with faults and one without; a link for somebody new and one for somebody who forgot.
    for (const [row, what] of [["Azzaba;;12;barter", "faults"], ["Azzaba;Sefrou;0535000001;own_production", "clean"]]) {
      await laptop.visit("/office/import/cooperatives");
      await page.locator("#text").fill(`name_fr;place_fr;phone;regime;delivery_days\n${row};2`);
      await page.locator(".form-foot button[type=submit]").click();
      await page.waitForURL("**/check");
      wrong.push(...(await look(page, `a file: ${what}`, name(`file-${what}`))));
    }
    await laptop.visit("/office/invite");
    await page.locator("#name_fr").fill("Salma Idrissi");
    await page.locator("#phone").fill("0612345601");
    await page.locator(".form-foot button[type=submit]").click();
    await expect(page.locator("#link")).toBeVisible();
    wrong.push(...(await look(page, "a link made", name("link-made"))));
    await laptop.visit(agent);
    await page.locator('form[action$="/link"] button').click();
    await expect(page.locator("#link")).toBeVisible();
    wrong.push(...(await look(page, "a link for a new password", name("link-for-a-new-password"))));
    expect(wrong).toEqual([]);
    expect(laptop.complaints).toEqual([]);
  });

  test(`the public pages, ${language}, ${theme}`, async ({ server, phone }) => {
    test.setTimeout(240_000);
    const office = await server({ demo: false });
    const device = await phone({ url: office.url, language, theme });
    const { page } = device;
    const name = (what) => `public-${language}-${theme}-${what}`;
    const wrong = [];
    const see = async (address, what) => {
      await device.visit(address);
      wrong.push(...(await look(page, address, name(what))));
    };
    const choosePassword = async (again = "amlou-argan-7") => {
      await page.locator("#password").fill("amlou-argan-7");
      await page.locator("#again").fill(again);
    };
    const enter = () => page.locator(".doorway-inside button[type=submit]").click();
    const forgetWhoIAm = () => device.context.clearCookies({ name: "taswiq" });

    await see("/sign-in", "sign-in");
    await page.locator("#name").fill("nobody");
    await page.locator("#password").fill("nothing-at-all");
    wrong.push(...(await lookAtProblems(page, name("sign-in-problems"))));
    await see("/join/not-a-token", "link-spent");
    await see("/no-such-page", "no-such-page");

    // The first account, and the office as it looks on a phone while it is empty.
    await see(office.setUpPath, "set-up");
    await page.locator("#person").fill("Nadia");
    await page.locator("#login").fill("nadia@taswiq.example");
    await choosePassword("another-one-7");
    wrong.push(...(await lookAtProblems(page, name("set-up-problems"))));
    await choosePassword();
    await enter();
    await page.waitForURL("**/office");
    for (const address of ["/office", "/office/start", "/office/orders", "/office/agents", "/office/cooperatives", "/office/products", "/office/plan"]) {
      await see(address, `empty-${slug(address)}`);
    }

    // Somebody invited, who forgets the password later.
    await device.visit("/office/invite");
    await page.locator("#name_fr").fill("Salma Idrissi");
    await page.locator("#phone").fill("0612345601");
    await page.locator(".form-foot button[type=submit]").click();
    const invitation = new URL(await page.locator("#link").inputValue()).pathname;
    wrong.push(...(await look(page, "a link made, on a phone", name("link-made"))));
    const administrator = await device.context.cookies();
    await forgetWhoIAm();
    await see(invitation, "join");
    await choosePassword("another-one-7");
    wrong.push(...(await lookAtProblems(page, name("join-problems"))));
    await choosePassword();
    await enter();
    await page.waitForURL("**/field");
    await device.ready();
    await see("/office", "not-for-you");
    await device.context.addCookies(administrator);
    await device.visit("/office/people/2");
    await page.locator('form[action$="/link"] button').click();
    const reset = new URL(await page.locator("#link").inputValue()).pathname;
    await forgetWhoIAm();
    await see(reset, "reset");

    await device.goOffline();
    await see("/sign-in", "no-network");
    expect(wrong).toEqual([]);
    expect(device.complaints).toEqual([]);
  });
}
