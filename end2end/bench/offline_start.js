// P12: the phone has been used before; there is no network and the server has ended. 10,000 products
// and 200 orders that nobody has sent yet lie on it. How long until a list can be used?
//
// Timed are the list of orders, where a tap opens the first order, and the list of products, where a tap
// shows another category. The floor is a page of forty rows that a worker has kept, started likewise.
// At the end the server comes back and must take in each of the 200 orders.
import { randomBytes, randomUUID } from "node:crypto";
import { Agent, demoPassword } from "../harness/people.js";
import { newPhone } from "../harness/phone.js";
import { openStore } from "../harness/sealed.js";
import { startServer } from "../harness/server.js";
import { bareAnswer, bareTarget, serveBarePage } from "./bare_page.js";
import { ROUNDS, figure, print } from "./figures.js";
import { timedVisit } from "./lowly_phone.js";

const PRODUCTS = 10_000;
const ORDERS = 200;
const SENDING_TIMEOUT_MS = 60_000;
/** Of one file that the office takes in. */
const ROWS_MAX = 5_000;
/** Products of the demo company. */
const DEMO_PRODUCTS = 332;
const DAY_MS = 86_400_000;
/** New prices hold from a day to come, each list after the one before. The phone is started after both. */
const FIRST_PRICES_DAYS = 2;
const STARTED_AFTER_DAYS = 5;

const listOfOrders = {
  address: "/field/orders",
  wanted: "li:nth-child(4) a.list-row",
  answer: ".app-bar-back",
  isSlowNetwork: false,
  async verify(page) {
    const waiting = await page.locator(".status-bar").innerText();
    if (!waiting.includes(`${ORDERS}`)) throw new Error(`the phone says "${waiting}"`);
  },
};

const listOfProducts = {
  address: "/field/new/products",
  wanted: ".category-strip button:nth-child(3)",
  answer: '.category-strip button:nth-child(3)[aria-pressed="true"]',
  isSlowNetwork: false,
  async verify(page) {
    await page.locator(".product-tile").nth(23).waitFor();
    await page.getByPlaceholder(/Chercher/).fill("miel de thym 9661");
    await page.locator(".product-tile").filter({ hasText: "Miel de thym 9661" }).waitFor();
  },
};

const bareList = {
  address: "/",
  wanted: bareTarget,
  answer: bareAnswer,
  isSlowNetwork: false,
  verify: (page) => page.locator(bareAnswer).fill("Khadija"),
};

const office = await startServer({ demo: { orders: 2_000 } });
const bare = await serveBarePage();
const phone = await newPhone({ url: office.url });
const barePhone = await newPhone({ url: bare.url });
try {
  await fillCatalogue();
  const agent = new Agent(phone);
  await agent.signIn("agent-01");
  await agent.open("/field/new");
  await agent.sync();
  await phone.goOffline();
  await takeOrders(agent);
  await agent.page.goto("about:blank");
  await phone.context.addInitScript((ms) => {
    const now = Date.now;
    Date.now = () => now() + ms;
  }, STARTED_AFTER_DAYS * DAY_MS);
  await barePhone.visit("/");
  await barePhone.ready();
  await office.stop();
  await bare.close();
  await barePhone.goOffline();

  const [orders, products, floor] = [[], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    orders.push(await timedVisit(phone, listOfOrders));
    products.push(await timedVisit(phone, listOfProducts));
    floor.push(await timedVisit(barePhone, bareList));
  }

  // Each of them is an order like any other: the office takes it in, none waits for a person.
  await office.start();
  await phone.goOnline();
  await agent.open("/field/sync");
  await agent.page.getByRole("button", { name: "Envoyer maintenant" }).click();
  await agent.page.getByText(/Tout est envoyé/).first().waitFor({ timeout: SENDING_TIMEOUT_MS });
  if (phone.complaints.length > 0) throw new Error(phone.complaints.join("\n"));
  const others = { "a bare kept page": floor };
  const of = { benchmark: "P12", unit: "ms" };
  print([
    figure({ ...of, name: "list of orders", key: "usable_ms", ours: orders, others }),
    figure({ ...of, name: "list of products", key: "usable_ms", ours: products, others }),
    figure({ ...of, name: "first paint", key: "first_paint_ms", ours: orders, others }),
  ]);
} finally {
  await phone.remove();
  await barePhone.remove();
  await office.remove();
}

/** The office takes in as many products as are missing, from files as a spreadsheet writes them. */
async function fillCatalogue() {
  const answer = await fetch(`${office.url}/api/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: office.url },
    body: JSON.stringify({ name: "admin", password: demoPassword }),
  });
  const cookie = answer.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");
  const kinds = [
    ["Miel de thym", "عسل الزعتر"],
    ["Huile d'olive vierge", "زيت الزيتون البكر"],
    ["Couscous d'orge", "كسكس الشعير"],
    ["Tapis noué à la main", "زربية معقودة باليد"],
    ["Confiture de figues", "مربى التين"],
    ["Savon à l'argan", "صابون أركان"],
  ];
  const missing = Array.from({ length: PRODUCTS - DEMO_PRODUCTS }, (_, index) => {
    const [french, arabic] = kinds[index % kinds.length];
    const number = index + 1;
    const retail = 20 + (number % 400);
    const [cooperative, category] = [1 + (index % 24), 1 + (index % 6)];
    const names = [`${french} ${number}`, `${arabic} ${number}`, "pot 500 g", "برطمان 500 غ"];
    return [cooperative, category, ...names, 20, retail, retail - 1, retail - 2].join(";");
  });
  const columns = "cooperative;category;name_fr;name_ar;unit_fr;unit_ar;vat;retail;semi_wholesale;wholesale";
  for (let from = 0; from < missing.length; from += ROWS_MAX) {
    const form = new FormData();
    form.append("text", [columns, ...missing.slice(from, from + ROWS_MAX)].join("\n"));
    const day = Date.now() + (FIRST_PRICES_DAYS + from / ROWS_MAX) * DAY_MS;
    form.append("valid_from", new Date(day).toISOString().slice(0, 10));
    const taken = await fetch(`${office.url}/office/import/products`, {
      method: "POST",
      headers: { cookie, origin: office.url },
      body: form,
      redirect: "manual",
    });
    if (taken.status !== 303) throw new Error(`the office takes no products: ${taken.status} ${await taken.text()}`);
  }
}

/**
 * One order is taken on the screens; the others are copies of it, written as the phone itself writes
 * them: the command under its number, and the head that counts.
 */
async function takeOrders(agent) {
  await agent.open("/field/new");
  await agent.page.locator("button.list-row").first().click();
  await agent.page.locator(".product-tile button.product-act").first().click();
  await agent.sign();
  const store = await openStore(agent.page);
  const head = JSON.parse(new Map(await store.read("meta")).get("head"));
  const queued = (await store.read("outbox")).map(([, text]) => JSON.parse(text));
  const model = queued.find(({ command }) => command.kind === "place_order");
  const letters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
  const changes = [];
  for (let count = queued.length; count < ORDERS; count += 1) {
    const copy = structuredClone(model);
    const time = (copy.command.made_at + count).toString(16).padStart(12, "0");
    copy.command.id = `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
    copy.command.seq = head.next_seq;
    copy.command.made_at += count;
    copy.corrected_at += count;
    copy.command.body.code = [...randomBytes(6)].map((byte) => letters[byte % letters.length]).join("");
    changes.push(["outbox", `${copy.command.seq}`.padStart(20, "0"), JSON.stringify(copy)]);
    head.next_seq += 1;
  }
  head.version += 1;
  await store.write([...changes, ["meta", "head", JSON.stringify(head)]]);
}
