// A server with nothing on it is made sellable through its screens and files alone; its first order is
// then followed to the ledger, with figures that anybody can work out on paper.
import { Administrator, Agent, Cooperative, expectLinkSpent } from "../harness/people.js";
import { openRoad } from "../harness/road.js";
import { fromTheDoorToTheLedger } from "../harness/story.js";
import { DAY_MS, expect, picture, test } from "../harness/test.js";

const PASSWORD = "amlou-argan-7";
const argan = "Huile d'argan";
const olive = "Huile d'olive";
const people = [
  { role: "Agent", name: "Salma Idrissi", phone: "0612345601" },
  { role: "Coopérative", name: "Fatima Aït Baha", phone: "0612345602", cooperative: "Tighanimine" },
  { role: "Coopérative", name: "Zineb Alaoui", phone: "0612345603", cooperative: "Zitouna" },
];

const cooperatives = [
  "name_fr;name_ar;place_fr;phone;regime;delivery_days",
  "Zitouna;زيتونة;Moulay Driss;0535000001;own_production;2",
];
const badCooperatives = [...cooperatives, "Sans lieu;;;0535000002;own_production;2", "Azzaba;;Sefrou;12;barter;2"];
const products = [
  "cooperative;category;name_fr;unit_fr;vat;retail;semi_wholesale;wholesale",
  `Zitouna;Huiles;${olive};bidon 1 l;20;72,00;70,00;68,00`,
];
const badProducts = [...products, "Zitouna;Savons;Savon noir;pot;20;30,00;28,00;26,00", "Zitouna;Huiles;Smen;pot;20;trente;28,00;26,00"];

test("an empty server becomes a company whose first order is earned to the centime", async ({ server, phone }) => {
  test.setTimeout(300_000);
  const office = await server({ demo: false, options: ["--test-clock"] });
  const nadia = new Administrator(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));

  // Who reads the console takes the office, once.
  await nadia.takeOffice(office.setUpPath, { name: "Nadia", login: "nadia@taswiq.example", password: PASSWORD });
  await expectLinkSpent(nadia.page, new URL(office.setUpPath, office.url).href);
  expect(await nadia.stepsLeft()).toMatch(/^Encore \d étapes avant de vendre$/);

  // Two cooperatives with their regime: one by its form, one from a file. A file with faults names each
  // of them and leaves nothing behind.
  await nadia.addCooperative({ name: "Tighanimine", place: "Agadir", regime: /^Vente à la porte/, deliveryDays: 3 });
  expect(await nadia.checkFile("cooperatives", badCooperatives)).toEqual(["3 place_fr", "4 phone", "4 regime"]);
  await picture(nadia.page, "story/file-with-faults", { fullPage: true });
  expect(await nadia.namesOf("cooperatives")).toEqual(["Tighanimine"]);
  await nadia.importFile("cooperatives", cooperatives);
  expect(await nadia.namesOf("cooperatives")).toEqual(["Tighanimine", "Zitouna"]);

  // What they sell, what it costs, what it earns. The first prices hold at once; those that come with a
  // file later hold from a day to come.
  await nadia.addCategory("Huiles");
  await nadia.addProduct({ cooperative: "Tighanimine", category: "Huiles", name: argan, unit: "bouteille 25 cl", vat: "10" });
  await nadia.publishFirstPrices(argan, { retail: "110,00", semiWholesale: "105", wholesale: "99,90" });
  expect(await nadia.checkFile("products", badProducts)).toEqual(["3 category", "4 retail"]);
  expect(await nadia.namesOf("products")).toEqual([argan]);
  await nadia.importFile("products", products, { validFrom: await office.day(2) });
  await nadia.publishPlan([{ percent: "8" }, { percent: "12,5", cooperative: "Zitouna" }]);
  await office.advance(3 * DAY_MS);

  // An agent and somebody for each cooperative join on their own phones, by links that serve once.
  const road = await openRoad(office.url);
  const [salma, fatima, zineb] = [
    new Agent(await phone({ url: road.url })),
    new Cooperative(await phone({ url: office.url })),
    new Cooperative(await phone({ url: office.url })),
  ];
  for (const [index, newcomer] of [salma, fatima, zineb].entries()) {
    const link = await nadia.invite(people[index]);
    await newcomer.join(link, PASSWORD);
    await expectLinkSpent(nadia.page, new URL(link, office.url).href);
  }
  expect(await nadia.stepsLeft()).toBe("Tout est prêt pour vendre");
  await picture(nadia.page, "story/ready-to-sell", { fullPage: true });

  const { atTheDoor, earned } = await fromTheDoorToTheLedger({
    office, road, agent: salma, manager: nadia,
    argan: { product: argan, people: fatima },
    olive: { product: olive, people: zineb },
  });
  // 12 × 110,00 are 1 200,00 without 10 % of tax, of which 8 %; 2 × 72,00 are 120,00 without 20 %, of
  // which 12,5 %.
  expect(atTheDoor).toBe(96_00 + 15_00);
  // Ten of twelve, and nothing of the second.
  expect(earned).toBe(80_00);
  for (const { name, phone: number } of people) {
    for (const personal of [...name.split(" "), number.slice(1)]) expect(office.log).not.toContain(personal);
  }
  expect(office.log).not.toContain("nadia@");
  await road.close();
});
