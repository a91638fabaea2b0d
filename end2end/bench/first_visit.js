// P11: a new agent opens the order form for the first time, on a cheap phone and a weak network.
//
// Nothing is on the phone but the session. The form is usable when the tap on "new customer", given as
// soon as it is there, has been answered; the catalogue of the demo company (332 products) has come by
// then. The bare page is visited in turn, in a browser as new. Prints one JSON document.
import { hire } from "../harness/accounts.js";
import { newPhone } from "../harness/phone.js";
import { startServer } from "../harness/server.js";
import { bareAnswer, bareTarget, serveBarePage } from "./bare_page.js";
import { openCountedRoad } from "./counted_road.js";
import { ROUNDS, figure, print } from "./figures.js";
import { handOverSession, timedVisit } from "./lowly_phone.js";

const agent = { role: "agent", name: "Salma", login: "salma@taswiq.example", password: "pas-encore-une" };

const office = await startServer({ demo: { orders: 400 } });
const bare = await serveBarePage();
try {
  await hire(office, agent);
  const [taswiq, floor] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    taswiq.push(await firstVisit());
    floor.push(await bareVisit());
  }
  const of = { benchmark: "P11", ours: taswiq, others: { "a bare page": floor } };
  print([
    figure({ ...of, name: "first paint", unit: "ms", key: "first_paint_ms" }),
    figure({ ...of, name: "usable", unit: "ms", key: "usable_ms" }),
    figure({ ...of, name: "until usable", unit: "kB", key: "usable_kb" }),
    figure({ ...of, name: "all for offline", unit: "kB", key: "all_kb", others: {} }),
  ]);
} finally {
  await bare.close();
  await office.remove();
}

async function firstVisit() {
  const road = await openCountedRoad(office.url);
  const phone = await newPhone({ url: road.url });
  try {
    await handOverSession(phone, agent.login, agent.password);
    road.bytes = 0;
    const times = await timedVisit(phone, {
      address: "/field/new",
      wanted: 'a[href="/field/new/customer"]',
      answer: "#first-name",
      isSlowNetwork: true,
      async verify(page) {
        await page.locator("#first-name").fill("Khadija");
        await page.locator("#place").fill("Lazaret");
        await page.locator("button[type=submit]").click();
        await page.locator(".product-tile").nth(23).waitFor();
        // All that a phone needs offline has come when the worker is in charge.
        phone.page = page;
        await phone.ready();
        if (phone.complaints.length > 0) throw new Error(phone.complaints.join("\n"));
      },
    });
    return { ...times, all_kb: road.bytes / 1000 };
  } finally {
    await phone.remove();
    await road.close();
  }
}

async function bareVisit() {
  const phone = await newPhone({ url: bare.url });
  try {
    return await timedVisit(phone, {
      address: "/",
      wanted: bareTarget,
      answer: bareAnswer,
      isSlowNetwork: true,
      verify: (page) => page.locator(bareAnswer).fill("Khadija"),
    });
  } finally {
    await phone.remove();
  }
}
