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

/** Chooses a password behind a single-use link, and is let in. */
async function choosePassword(page, address, password) {
  await page.goto(address);
  await page.getByLabel("Nouveau mot de passe").fill(password);
  await page.getByLabel("Le même, encore une fois").fill(password);
  await page.locator(".doorway-inside button[type=submit]").click();
  await page.waitForURL(({ pathname }) => !/^\/(join|reset|setup)/.test(pathname));
}

/** A single-use link serves once; whoever opens it later reads what to do. */
export async function expectLinkSpent(page, address) {
  const answer = await page.goto(address);
  expect(answer.status()).toBe(410);
  await expect(page.getByRole("heading", { name: "Ce lien ne sert plus" })).toBeVisible();
}

/** An amount in centimes from how it is shown, in whatever language: `1 234,50 DH`. */
export function centimes(shown) {
  const figures = shown.replace(/[^\d,−-]/g, "").replace("−", "-");
  const [dirhams, cents = "00"] = figures.split(",");
  return Number.parseInt(dirhams + cents, 10);
}

/** An amount in centimes as somebody types it. */
export function figures(amount) {
  return (amount / 100).toFixed(2).replace(".", ",");
}

/**
 * Asks the office now, on the page of what is on this phone, and waits until it has answered and the answer
 * is stored. Only the page that talks to the office can: of several, the one that was opened first.
 */
async function exchange(page) {
  const action = page.getByRole("button", { name: "Envoyer maintenant" });
  const answered = page.waitForResponse(
    (response) => response.url().endsWith("/api/v1/sync") && response.request().method() === "POST" && response.ok(),
  );
  // That all is sent may stand there from before: what is asked now is over when something came after the tap
  // and the page is at rest again. An answer that is lost is asked for again by itself, and one that was on
  // its way already is followed by another before the page rests.
  await Promise.all([answered, action.click()]);
  await expect(action).not.toHaveAttribute("aria-disabled");
  await expect(page.getByText(/Tout est envoyé/).first()).toBeVisible();
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

  /** Joins by the link that the office gave, or comes back by the one for a forgotten password. */
  async join(path, password) {
    await choosePassword(this.page, new URL(path, this.phone.url).href, password);
    await this.open();
    await this.phone.ready();
  }

  /** Leaves the phone, whatever still waits on it. */
  async signOut() {
    await this.open("/field/settings");
    await this.page.getByRole("button", { name: "Sortir" }).click();
    await this.page.waitForURL(({ pathname }) => pathname === "/sign-in");
  }

  /** By which number the office knows them. */
  async number() {
    const cookies = await this.phone.context.cookies();
    return cookies.find(({ name }) => name === "taswiq_person").value;
  }

  /** Opens the area and waits for its figures. */
  async open(path = "/field") {
    await this.phone.visit(path);
    await expect(this.page.locator("#skeleton")).toHaveCount(0);
    await expect(this.page.locator(".tab-bar, .action-bar").first()).toBeVisible();
  }

  /** Follows the link to a screen, which loads nothing anew. */
  async follow(path) {
    await this.page.locator(`a[href="${path}"]`).first().click();
  }

  /** Begins an order for somebody new and stops where products are chosen. */
  async writeDownCustomer(details) {
    await this.open("/field/new/customer");
    await this.fillInCustomer(details);
  }

  /** The same, where the form is open already. */
  async fillInCustomer({ firstName, place, number = "", kind = "" }) {
    if (kind) await this.page.getByRole("radio", { name: kind }).check();
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
    await this.saveButton.click();
    return this.receipt();
  }

  /** What makes the order count. */
  get saveButton() {
    return this.page.getByRole("button", { name: "Enregistrer" });
  }

  /** What the receipt on the screen says. */
  async receipt() {
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

  /** Finds the order of that code in the list of all, exactly once, and opens it. */
  async expectOnce(code) {
    await this.open("/field/orders?show=all");
    await this.page.getByPlaceholder(/Code/).fill(code);
    await expect(this.page.locator("a.list-row").filter({ hasText: code })).toHaveCount(1);
  }

  /** The ladder of the earnings page, in centimes. */
  async earnings() {
    await this.open("/field/earnings");
    const rungs = await this.page.locator(".money-ladder a .amount").allInnerTexts();
    const [estimate, pending, earned, payable, paid] = rungs.map(centimes);
    return { estimate, pending, earned, payable, paid };
  }

  /** What the order's page says of its commission: at the door, each loss with its reason, and what is left. */
  async commissionOf(order) {
    await this.open(`/field/orders/${order}`);
    const rows = this.page.locator("dl.explain > div");
    const amountOf = async (text) => centimes(await rows.filter({ hasText: text }).first().locator(".amount").innerText());
    const lost = rows.filter({ hasText: "−" });
    return {
      atTheDoor: await amountOf("Estimée à la porte"),
      losses: (await lost.locator(".amount").allInnerTexts()).map(centimes),
      reasons: await lost.locator("dt").allInnerTexts(),
      left: await amountOf(/En attente|Gagné/),
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

  /** Cancels the order, as one that was entered by mistake. */
  async cancel(order) {
    await this.open(`/field/orders/${order}`);
    await this.page.getByRole("button", { name: "Annuler la commande" }).click();
    const sheet = this.page.locator("dialog[open]");
    await sheet.getByLabel("Une erreur de ma part").check();
    await sheet.getByRole("button", { name: "Annuler la commande" }).click();
    await expect(this.page.locator(".snackbar").getByText("Commande annulée")).toBeVisible();
  }

  /** Takes so many units of the order's first line back. */
  async giveBack(order, units) {
    await this.open(`/field/orders/${order}`);
    await this.page.getByRole("button", { name: "Retour" }).click();
    const sheet = this.page.locator("dialog[open]");
    await sheet.locator("li input").first().fill(`${units}`);
    await sheet.locator("li input").first().blur();
    await sheet.getByRole("button", { name: "Enregistrer" }).click();
    await expect(this.page.locator(".snackbar").getByText("Retour enregistré")).toBeVisible();
  }

  /** Hands over what waits and hears what is new. */
  async sync() {
    await this.open("/field/sync");
    await exchange(this.page);
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

  /** Joins by the link that the office gave. */
  async join(path, password) {
    await choosePassword(this.page, new URL(path, this.phone.url).href, password);
    await this.open();
    await this.phone.ready();
  }

  /** The screen says so, hence it is saved. */
  async #told(words) {
    await expect(this.page.locator(".snackbar").getByText(words)).toBeVisible();
  }

  async open(path = "/coop") {
    await this.phone.visit(path);
    await expect(this.page.locator("#skeleton")).toHaveCount(0);
    await expect(this.page.locator(".tab-bar, .action-bar, main").first()).toBeVisible();
  }

  async sync() {
    await this.open("/coop/sync");
    await exchange(this.page);
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
    await this.#told("1 commande confirmée");
  }

  /** Refuses the order that is open. */
  async refuse(reason) {
    await this.page.getByRole("button", { name: "Refuser" }).first().click();
    const sheet = this.page.locator("dialog[open]");
    await sheet.getByLabel(reason).check();
    await sheet.getByRole("button", { name: "Refuser" }).click();
    await expect(sheet).toHaveCount(0);
    await this.#told("1 commande refusée");
  }

  /** Begins to prepare the order of that code. */
  async startPreparing(code) {
    await this.openOrder(code);
    await this.page.getByRole("link", { name: "Emballer" }).click();
    await this.page.getByRole("button", { name: "Commencer" }).click();
    await this.#told("1 commande en préparation");
  }

  async pack(code, lot) {
    await this.openOrder(code);
    await this.page.getByRole("link", { name: "Emballer" }).click();
    await this.page.getByLabel(/numéro du lot/).fill(lot);
    await this.page.getByRole("button", { name: "La commande est prête" }).click();
    await this.#told("Commande prête");
  }

  async handOver(code, to = "") {
    await this.open("/coop/hand-over");
    const row = this.page.locator("li").filter({ hasText: code }).first();
    await row.getByRole("button", { name: "Remettre" }).click();
    await this.page.getByLabel("À qui ?").fill(to);
    await this.page.locator("dialog[open]").getByRole("button", { name: /Remettre/ }).click();
    await expect(this.page.locator("dialog[open]")).toHaveCount(0);
    await this.#told("1 commande remise");
  }

  /** Brings the goods to the customer itself, who says the four digits of the receipt. */
  async deliver(code, digits) {
    await this.open("/coop/hand-over");
    const row = this.page.locator("li").filter({ hasText: code }).first();
    await row.locator('a[href$="/deliver"]').click();
    await this.page.getByLabel(/4 chiffres/).fill(digits);
    await this.page.getByRole("button", { name: "Livrée", exact: true }).click();
    await this.#told("Livraison enregistrée");
  }

  /** Takes so many centimes for the order of that code, in cash. */
  async collect(code, amount) {
    await this.openOrder(code);
    await this.page.getByRole("button", { name: "Encaisser" }).click();
    const sheet = this.page.locator("dialog[open]");
    await sheet.getByLabel("Montant reçu").fill(figures(amount));
    await sheet.getByRole("button", { name: "Enregistrer" }).click();
    await this.#told("Paiement enregistré");
  }

  /** What is due for the order of that code, in centimes. */
  async due(code) {
    await this.openOrder(code);
    return centimes(await this.page.locator("dl.sums .total .amount").innerText());
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

  /** Opens a page of the office. */
  async open(path) {
    const answer = await this.laptop.visit(path);
    expect(answer.status(), path).toBe(200);
  }

  /** What the first page says of one agent's orders of one day, in centimes. */
  async commissionsOf(agent, day) {
    await this.open(`/office?${new URLSearchParams({ period: "custom", from: day, to: day, agent })}`);
    const tile = async (label) => centimes(await this.page.locator(".figure-tile").filter({ hasText: label }).locator(".amount").first().innerText());
    return {
      estimate: await tile("Commissions estimées"),
      pending: await tile("Commissions en attente"),
      earned: await tile("Commissions gagnées"),
    };
  }

  /** Everything that happened to an order, the latest first, in the office's words. */
  async historyOf(order) {
    await this.open(`/office/orders/${order}`);
    return this.page.locator("ol.timeline strong").allInnerTexts();
  }

  /** The orders that the office finds for these words, by their codes. */
  async ordersFor(words) {
    await this.open(`/office/orders?${new URLSearchParams({ q: words })}`);
    return this.page.locator("table .code").allInnerTexts();
  }

  /** A link by which the person of that number, who forgot their password, chooses another. */
  async resetLinkFor(number) {
    await this.open(`/office/people/${number}`);
    await this.page.getByRole("button", { name: "Lien pour un nouveau mot de passe" }).click();
    return this.linkShown();
  }

  /** Puts out every phone of the person of that number. */
  async putOutPhonesOf(number) {
    await this.open(`/office/people/${number}`);
    const button = this.page.locator('form[action="/office/devices/revoke"] button');
    for (let left = await button.count(); left > 0; left -= 1) {
      await button.first().click();
      await expect(button).toHaveCount(left - 1);
    }
  }

  /** The codes in the file of all the orders that the office finds for these words. */
  async exportedOrders(words) {
    const answer = await this.page.request.get(`${this.laptop.url}/office/orders.csv?${new URLSearchParams({ q: words })}`);
    const [, ...rows] = (await answer.text()).trim().split("\r\n");
    return rows.map((row) => row.split(";")[0]);
  }

  /** The path of the single-use link on the page: whoever gets it opens it at their own address. */
  async linkShown() {
    const address = await this.page.getByLabel("Adresse du lien").inputValue();
    return new URL(address).pathname;
  }
}

/** The first person of an empty server, who makes a company of it. Reads French. */
export class Administrator extends Manager {
  /** Opens the address on the console. */
  async takeOffice(path, { name, login, password }) {
    await this.open(path);
    await this.page.getByLabel("Votre nom").fill(name);
    await this.page.getByLabel("Téléphone ou e-mail").fill(login);
    await this.page.getByLabel("Nouveau mot de passe").fill(password);
    await this.page.getByLabel("Le même, encore une fois").fill(password);
    await this.page.getByRole("button", { name: "Ouvrir le compte" }).click();
    await this.page.waitForURL(({ pathname }) => pathname === "/office");
  }

  /** What the page of steps says of how far the company is from selling. */
  async stepsLeft() {
    await this.open("/office/start");
    return this.page.locator("main .banner strong").first().innerText();
  }

  /** Presses the one button of the form, and reads that it was taken. */
  async #done(button, said) {
    await this.page.getByRole("button", { name: button }).click();
    await expect(this.page.getByRole("status").getByText(said)).toBeVisible();
  }

  async addCooperative({ name, place, regime, deliveryDays }) {
    await this.open("/office/cooperatives/new");
    await this.page.getByLabel("Nom en français").fill(name);
    await this.page.getByLabel("Ville ou village en français").fill(place);
    await this.page.getByLabel(regime).check();
    await this.page.getByLabel("Jours avant la livraison").fill(`${deliveryDays}`);
    await this.#done("Enregistrer", "C’est enregistré.");
  }

  async addCategory(name) {
    await this.open("/office/categories/new");
    await this.page.getByLabel("Nom en français").fill(name);
    await this.#done("Enregistrer", "C’est enregistré.");
  }

  async addProduct({ cooperative, category, name, unit, vat }) {
    await this.open("/office/products/new");
    await this.page.getByLabel("Coopérative").selectOption(cooperative);
    await this.page.getByLabel("Catégorie").selectOption(category);
    await this.page.getByLabel("Nom en français").fill(name);
    await this.page.getByLabel("Unité en français").fill(unit);
    await this.page.getByLabel("TVA").fill(vat);
    await this.#done("Enregistrer", "C’est enregistré.");
  }

  /** The very first prices hold at once. */
  async publishFirstPrices(product, { retail, semiWholesale, wholesale }) {
    await this.open("/office/prices/new");
    await this.page.getByLabel(`${product}, Détail`).fill(retail);
    await this.page.getByLabel(`${product}, Demi-gros`).fill(semiWholesale);
    await this.page.getByLabel(`${product}, Gros`).fill(wholesale);
    await this.#done("Publier", "Publié.");
  }

  /**
   * Publishes the first plan: rules that give a percentage, or nothing for a reason; some for the goods
   * of one cooperative or for agents of one grade only.
   */
  async publishPlan(rules) {
    await this.open("/office/plan/new");
    for (const [index, { percent, nothingBecause, cooperative, grade }] of rules.entries()) {
      const rule = this.page.getByRole("group", { name: `Règle ${index + 1}` });
      await rule.getByLabel("Donne").selectOption(percent ? "Un pourcentage" : "Rien, avec une raison");
      await rule.getByLabel("Combien, ou la raison").fill(percent ?? nothingBecause);
      if (!cooperative && !grade) continue;
      await rule.locator("summary").click();
      if (cooperative) await rule.getByLabel("Coopérative").selectOption(cooperative);
      if (grade) await rule.getByLabel("Grade").fill(grade);
    }
    await this.#done("Publier", "Publié.");
  }

  /** Has a file looked at. What is wrong with it, as `line column`; nothing is taken in by that. */
  async checkFile(contents, rows) {
    await this.open(`/office/import/${contents}`);
    const file = { name: `${contents}.csv`, mimeType: "text/csv", buffer: Buffer.from(rows.join("\r\n")) };
    await this.page.getByLabel("Le fichier", { exact: true }).setInputFiles(file);
    await this.page.getByRole("button", { name: "Vérifier le fichier" }).click();
    await this.page.waitForURL("**/check");
    const wrong = await this.page.getByRole("region", { name: "À corriger dans le fichier" }).getByRole("row").all();
    const places = await Promise.all(wrong.slice(1).map(async (row) => {
      const line = await row.locator("th .number").innerText();
      return `${line} ${await row.locator("code").innerText()}`;
    }));
    return places.sort();
  }

  /** Takes in a file that has nothing wrong, from a day on where it changes prices. */
  async importFile(contents, rows, { validFrom } = {}) {
    expect(await this.checkFile(contents, rows)).toEqual([]);
    if (validFrom) await this.page.getByLabel("Valable à partir du").fill(validFrom);
    await this.#done(/^Enregistrer/, "Le fichier est enregistré.");
  }

  /** Names in one of the office's lists. */
  async namesOf(list) {
    await this.open(`/office/${list}`);
    return this.page.locator("tbody th a").allInnerTexts();
  }

  /** Invites somebody; the path of the link they get. */
  async invite({ role, name, phone, cooperative }) {
    await this.open("/office/invite");
    await this.page.getByLabel("Rôle").selectOption(role);
    await this.page.getByLabel("Nom en français").fill(name);
    await this.page.getByLabel("Téléphone").fill(phone);
    if (cooperative) await this.page.getByLabel(cooperative).check();
    await this.page.getByRole("button", { name: "Inviter" }).click();
    return this.linkShown();
  }
}
