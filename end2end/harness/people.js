// What people do with their phones, in their own words. A test reads as their day.
import { expect } from "@playwright/test";

/** The password of every account of the demo company. */
export const demoPassword = "taswiq-demo";

/** Signs in on the page that everybody signs in on. */
export async function signIn(page, url, name, password = demoPassword) {
  await page.goto(`${url}/sign-in`);
  await page.locator("#name").fill(name);
  await page.locator("#password").fill(password);
  await page.locator("form button[type=submit]").last().click();
  await page.waitForURL((address) => !address.pathname.startsWith("/sign-in"));
}

/** An amount in centimes from how it is shown, in whatever language: `1 234,50 DH`. */
export function centimes(shown) {
  const figures = shown.replace(/[^\d,−-]/g, "").replace("−", "-");
  const [dirhams, cents = "00"] = figures.split(",");
  return Number.parseInt(dirhams + cents, 10);
}

/** An agent with a phone. Speaks French. */
export class Agent {
  constructor(phone) {
    this.phone = phone;
  }

  get page() {
    return this.phone.page;
  }

  async signIn(name, password) {
    await signIn(this.page, this.phone.url, name, password);
    await this.open();
    await this.phone.ready();
  }

  /** Opens the area and waits for its figures. */
  async open(path = "/field") {
    await this.phone.visit(path);
    await expect(this.page.locator("#skeleton")).toHaveCount(0);
    await expect(this.page.locator(".tab-bar, .action-bar").first()).toBeVisible();
  }

  /** Begins an order for somebody new and stops where products are chosen. */
  async writeDownCustomer({ firstName, place, number = "" }) {
    await this.open("/field/new/customer");
    await this.page.getByLabel("Prénom").fill(firstName);
    await this.page.getByLabel("Quartier ou village").fill(place);
    if (number) await this.page.getByLabel("Téléphone").fill(number);
    await this.page.getByRole("button", { name: "Choisir les produits" }).click();
    await expect(this.page.getByPlaceholder(/Chercher/)).toBeVisible();
  }

  /** Puts so many units of the product of that name into the basket. */
  async choose(name, units) {
    await this.page.getByPlaceholder(/Chercher/).fill(name);
    const tile = this.page.locator(".product-tile").filter({ hasText: name }).first();
    await tile.getByRole("button", { name: /Ajouter/ }).click();
    await tile.locator("input").fill(`${units}`);
    await tile.locator("input").blur();
    await this.page.getByPlaceholder(/Chercher/).fill("");
  }

  /** The commission under the thumb, in centimes. */
  async commission() {
    return centimes(await this.page.locator(".action-bar-figure .amount").innerText());
  }

  /** The customer reads and signs; the receipt stands on the screen. */
  async sign() {
    await this.page.getByRole("link", { name: /Panier/ }).click();
    await this.writeOnPad();
    await this.page.getByRole("button", { name: "Enregistrer" }).click();
    await expect(this.page.locator(".receipt")).toBeVisible();
    const code = (await this.page.locator(".receipt-code strong").first().innerText()).trim();
    const order = new URL(this.page.url()).pathname.split("/")[3];
    const digits = (await this.page.locator(".receipt-code strong").nth(1).innerText()).trim();
    return { code, order, digits };
  }

  async writeOnPad() {
    const pad = this.page.locator(".signature-pad canvas");
    if ((await pad.count()) === 0) return;
    await pad.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await pad.boundingBox();
    await this.page.mouse.move(x + width * 0.2, y + height * 0.6);
    await this.page.mouse.down();
    for (const [across, down] of [[0.3, 0.3], [0.4, 0.7], [0.55, 0.35], [0.7, 0.6]]) {
      await this.page.mouse.move(x + width * across, y + height * down, { steps: 4 });
    }
    await this.page.mouse.up();
  }

  /** The ladder of the earnings page, in centimes. */
  async earnings() {
    await this.open("/field/earnings");
    const rungs = await this.page.locator(".money-ladder a .amount").allInnerTexts();
    const [estimate, pending, earned, payable, paid] = rungs.map(centimes);
    return { estimate, pending, earned, payable, paid };
  }

  /** What the order's page says of its commission: at the door, each named loss, and what is left. */
  async commissionOf(order) {
    await this.open(`/field/orders/${order}`);
    const rows = this.page.locator("dl.explain > div");
    const amountOf = async (text) => centimes(await rows.filter({ hasText: text }).first().locator(".amount").innerText());
    const losses = await rows.filter({ hasText: "−" }).locator(".amount").allInnerTexts();
    return {
      atTheDoor: await amountOf("Estimée à la porte"),
      losses: losses.map(centimes),
      pending: await amountOf("En attente"),
    };
  }

  /** Gives the goods to the customer, who says the four digits of the receipt. */
  async deliver(order, digits) {
    await this.open(`/field/orders/${order}`);
    await this.page.getByRole("link", { name: "Livrer" }).first().click();
    await this.page.getByLabel(/4 chiffres/).fill(digits);
    await this.page.getByRole("button", { name: "C’est livré" }).click();
    await expect(this.page.getByText("Livrée").first()).toBeVisible();
  }

  /** While the customer may still withdraw, nothing asks for money (law 31-08, article 50). */
  async expectNoPaymentAsked(order) {
    await this.open(`/field/orders/${order}`);
    await expect(this.page.getByText(/Ne demandez aucun paiement/).first()).toBeVisible();
    await expect(this.page.getByRole("button", { name: "Encaisser" })).toHaveCount(0);
  }

  /** Takes all that is due, in cash. */
  async collect(order) {
    await this.open(`/field/orders/${order}`);
    await this.page.getByRole("button", { name: "Encaisser" }).click();
    await this.page.locator("dialog[open]").getByRole("button", { name: "Enregistrer" }).click();
    await expect(this.page.getByText(/^Payé/).first()).toBeVisible();
  }

  /** Hands over what waits and hears what is new. */
  async sync() {
    await this.open("/field/sync");
    await this.page.getByRole("button", { name: "Envoyer maintenant" }).click();
    await expect(this.page.getByText(/Tout est envoyé/).first()).toBeVisible();
  }
}

/** Somebody who acts for a cooperative, with a phone. Speaks French. */
export class Cooperative {
  constructor(phone) {
    this.phone = phone;
  }

  get page() {
    return this.phone.page;
  }

  async signIn(name, password) {
    await signIn(this.page, this.phone.url, name, password);
    await this.open();
    await this.phone.ready();
  }

  async open(path = "/coop") {
    await this.phone.visit(path);
    await expect(this.page.locator("#skeleton")).toHaveCount(0);
    await expect(this.page.locator(".tab-bar, .action-bar, main").first()).toBeVisible();
  }

  async sync() {
    await this.open("/coop/sync");
    await this.page.getByRole("button", { name: "Envoyer maintenant" }).click();
    await expect(this.page.getByText(/Tout est envoyé/).first()).toBeVisible();
  }

  /** Opens the order of that code from the list of all. */
  async openOrder(code) {
    await this.open("/coop/orders");
    await this.page.getByPlaceholder(/Code/).fill(code);
    await this.page.locator("a.list-row").filter({ hasText: code }).first().click();
    await expect(this.page.locator("h1").filter({ hasText: code })).toBeVisible();
  }

  /** Confirms so many units of a product of the order that is open. */
  async confirm(product, units) {
    const field = this.page.getByLabel(new RegExp(`^${product}.*confirmer`));
    await field.fill(`${units}`);
    await field.blur();
    await this.page.getByRole("button", { name: /^Confirmer/ }).last().click();
  }

  /** Refuses the order that is open. */
  async refuse(reason) {
    await this.page.getByRole("button", { name: "Refuser" }).first().click();
    const sheet = this.page.locator("dialog[open]");
    await sheet.getByLabel(reason).check();
    await sheet.getByRole("button", { name: "Refuser" }).click();
    await expect(sheet).toHaveCount(0);
  }

  async pack(code, lot) {
    await this.openOrder(code);
    await this.page.goto(`${this.page.url()}/pack`);
    await this.page.getByLabel(/numéro du lot/).fill(lot);
    await this.page.getByRole("button", { name: "La commande est prête" }).click();
  }

  async handOver(code) {
    await this.open("/coop/hand-over");
    const row = this.page.locator("li").filter({ hasText: code }).first();
    await row.getByRole("button", { name: "Remettre" }).click();
    await this.page.locator("dialog[open]").getByRole("button", { name: /Remettre/ }).click();
    await expect(this.page.locator("dialog[open]")).toHaveCount(0);
  }
}

/** Somebody in the office, at a laptop. Reads French. */
export class Manager {
  constructor(laptop) {
    this.laptop = laptop;
  }

  get page() {
    return this.laptop.page;
  }

  async signIn(name, password) {
    await signIn(this.page, this.laptop.url, name, password);
  }

  /** What the first page says of one agent's orders of one day, in centimes. */
  async commissionsOf(agent, day) {
    const filter = new URLSearchParams({ period: "custom", from: day, to: day, agent });
    await this.laptop.visit(`/office?${filter}`);
    const tile = async (label) => centimes(await this.page.locator(".figure-tile").filter({ hasText: label }).locator(".amount").first().innerText());
    return {
      estimate: await tile("Commissions estimées"),
      pending: await tile("Commissions en attente"),
      earned: await tile("Commissions gagnées"),
    };
  }
}
