// Names are what people say they are, markup included. A company in which every word that a person can
// type is hostile is taken from its set-up to a delivery: nothing of it runs, on a phone or in the office,
// and all of it is shown.
import { Administrator, Agent, Cooperative } from "../harness/people.js";
import { DAY_MS, expect, picture, test } from "../harness/test.js";

const PASSWORD = "amlou-argan-7";
/** Leaves whatever it stands in, then tries three ways. */
const MARKUP = `"'></title></textarea><script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>`;
/** The same where forty letters are all there are. */
const SHORT = `"'><img src=x onerror=alert(4)>`;
const hostile = (name) => `${name} ${MARKUP}`;

/** What of the markup became part of the page, on any of its screens. */
async function whatRan(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('script, img[src="x"], svg[onload], [onerror]')]
      .map((element) => element.outerHTML)
      .filter((html) => /alert\(/.test(html)),
  );
}

test("fault 29: markup in every field is text on every screen of phones and office, and in files", async ({ server, phone }) => {
  test.setTimeout(300_000);
  const office = await server({ demo: false, options: ["--test-clock"] });
  const nadia = new Administrator(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await nadia.takeOffice(office.setUpPath, { name: hostile("Nadia"), login: "nadia@taswiq.example", password: PASSWORD });
  await nadia.addCooperative({ name: hostile("Tiwizi"), place: hostile("Mesti"), regime: /^Vente à la porte/, deliveryDays: 3 });
  await nadia.addCategory(hostile("Miels"));
  await nadia.addProduct({ cooperative: hostile("Tiwizi"), category: hostile("Miels"), name: hostile("Thym"), unit: hostile("pot"), vat: "20" });
  await nadia.publishFirstPrices(hostile("Thym"), { retail: "120,00", semiWholesale: "110,00", wholesale: "100,00" });
  await nadia.publishPlan([
    { percent: "8" },
    { nothingBecause: hostile("Stage"), grade: hostile("Débutant") },
  ]);
  const agent = new Agent(await phone({ url: office.url }));
  await agent.join(await nadia.invite({ role: "Agent", name: hostile("Salma"), phone: "0612345601" }), PASSWORD);
  const cooperative = new Cooperative(await phone({ url: office.url }));
  const member = { role: "Coopérative", name: hostile("Fatima"), phone: "0612345602", cooperative: hostile("Tiwizi") };
  await cooperative.join(await nadia.invite(member), PASSWORD);

  // At the door, every field of the customer.
  await agent.open("/field/new/customer");
  await agent.page.getByLabel("Nom de famille").fill(hostile("Amrani"));
  await agent.page.getByLabel("Comment trouver la porte").fill(hostile("Porte"));
  await agent.fillInCustomer({ firstName: hostile("Itto"), place: hostile("Lazaret"), number: "0661234567" });
  await agent.choose("Thym", 4);
  const basket = await whatRan(agent.page);
  const order = await agent.sign();
  await agent.sync();

  // At the cooperative: the lot, and to whom it was given.
  await cooperative.sync();
  await cooperative.openOrder(order.code);
  await cooperative.confirm("Thym", 3);
  await cooperative.pack(order.code, SHORT);
  await cooperative.handOver(order.code, hostile("Station"));
  await cooperative.sync();
  await agent.sync();
  await agent.deliver(order.order, order.digits);
  await agent.sync();
  await office.advance(9 * DAY_MS);
  await agent.sync();
  await agent.collect(order.order);
  await agent.sync();

  // Every screen that shows any of it.
  const ran = [...basket];
  const sight = [
    [agent, ["/field", "/field/new", "/field/new/products", "/field/orders?show=all", `/field/orders/${order.order}`,
      `/field/orders/${order.order}/receipt`, "/field/earnings", "/field/earnings/earned", "/field/sync", "/field/settings"]],
    [cooperative, ["/coop", "/coop?by=order", "/coop/prepare", "/coop/prepare/list", "/coop/hand-over", "/coop/orders",
      `/coop/orders/${order.order}/1`, "/coop/sync", "/coop/settings"]],
    [nadia, ["/office", "/office/figures", "/office/orders", `/office/orders/${order.order}`, "/office/orders?q=Itto",
      `/office/orders?${new URLSearchParams({ q: MARKUP })}`, "/office/orders/unpaid", "/office/parked", "/office/agents", "/office/team",
      "/office/people/1", "/office/people/2", "/office/people/3", "/office/people/2/change", "/office/invite",
      "/office/cooperatives", "/office/cooperatives/1", "/office/cooperatives/1/change", "/office/cooperatives/1/convention",
      "/office/categories", "/office/categories/1", "/office/products", "/office/products/1", "/office/prices",
      "/office/prices/new?cooperative=1", "/office/plan", "/office/plan/new", "/office/plan/simulations", "/office/plan/scenario?from=ours", "/office/start", "/office/audit",
      "/office/import/products"]],
  ];
  for (const [person, paths] of sight) {
    for (const path of paths) {
      await person.open(path);
      ran.push(...(await whatRan(person.page)).map((html) => `${path}: ${html}`));
    }
  }
  expect(ran).toEqual([]);
  for (const person of [agent, cooperative, nadia]) {
    expect((person.phone ?? person.laptop).complaints).toEqual([]);
  }

  // It is all there, letter by letter.
  const shows = async (person, path, texts) => {
    await person.open(path);
    for (const text of texts) await expect(person.page.getByText(text).first(), `${path}: ${text}`).toBeAttached();
  };
  await shows(agent, `/field/orders/${order.order}`, [hostile("Itto"), hostile("Tiwizi"), hostile("Thym"), hostile("pot"), SHORT]);
  await picture(agent.page, "story/hostile-names", { fullPage: true });
  await shows(cooperative, `/coop/orders/${order.order}/1`, [hostile("Thym"), hostile("Lazaret"), SHORT]);
  await shows(nadia, `/office/orders/${order.order}`, [hostile("Itto"), hostile("Lazaret"), hostile("Salma"), hostile("Station"), SHORT]);
  await shows(nadia, "/office/plan", [hostile("Stage"), hostile("Débutant")]);

  // And a file is a file, whatever a browser would like to make of it.
  for (const path of ["/office/orders.csv", "/office/products.csv", "/office/figures.csv"]) {
    const answer = await nadia.page.request.get(`${office.url}${path}`);
    expect(answer.headers(), path).toMatchObject({
      "content-type": "text/csv; charset=utf-8",
      "x-content-type-options": "nosniff",
      "content-disposition": expect.stringContaining("attachment"),
    });
  }
});
