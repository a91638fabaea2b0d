// P14: from the tap on "save" until the order is durable: until the browser says that the strict transaction
// with it is on the disk. The screen says "saved" after that; when it does is told beside it.
//
// The orders leave for the office meanwhile, as they do. At the end the office must have every one.
import { Agent } from "../harness/people.js";
import { newPhone } from "../harness/phone.js";
import { startServer } from "../harness/server.js";
import { ROUNDS, print } from "./figures.js";

/** So many that the second longest of all rounds is the 99th of a hundred. */
const ORDERS_A_ROUND = 15;
const SAVING_TIMEOUT_MS = 10_000;

const office = await startServer({ demo: { orders: 2_000 } });
const phone = await newPhone({ url: office.url });
try {
  const agent = new Agent(phone);
  await agent.signIn("agent-01");
  await agent.page.addInitScript(watch);
  const [durable, shown, codes] = [[], [], []];
  for (let order = 0; order < ROUNDS * ORDERS_A_ROUND; order += 1) {
    await agent.open("/field/new");
    await agent.page.locator("button.list-row").first().click();
    await agent.page.locator(".product-tile button.product-act").first().click();
    const { code } = await agent.sign();
    const told = await agent.page.waitForFunction(() => globalThis.saving.shown_ms && globalThis.saving, null, {
      timeout: SAVING_TIMEOUT_MS,
    });
    const saving = await told.jsonValue();
    durable.push(saving.durable_ms);
    shown.push(saving.shown_ms);
    codes.push(code);
  }
  await agent.sync();
  for (const code of codes) await agent.expectOnce(code);
  if (new Set(codes).size !== codes.length) throw new Error("two orders with one code");
  if (phone.complaints.length > 0) throw new Error(phone.complaints.join("\n"));
  const figure = (name, rounds, others = {}) => ({ benchmark: "P14", name, unit: "ms", rounds, others, note: "" });
  print([
    figure("durable: p99", [percentile(durable, 0.99)]),
    figure("durable: p50", [percentile(durable, 0.5)]),
    figure("the receipt on the screen: p99", [percentile(shown, 0.99)]),
    figure("the receipt on the screen: p50", [percentile(shown, 0.5)]),
  ]);
} finally {
  await phone.remove();
  await office.remove();
}

/** The value that this share of the values does not exceed. */
function percentile(values, share) {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil(share * sorted.length) - 1];
}

/** Runs in the page, before anything of it: notes when the button was tapped and what followed. */
function watch() {
  const saving = (globalThis.saving = {});
  let tappedAt;
  addEventListener(
    "pointerup",
    (event) => {
      const button = event.target.closest("button");
      if (button?.textContent.includes("Enregistrer")) tappedAt = event.timeStamp;
    },
    true,
  );
  const begin = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    const transaction = begin.call(this, names, mode, options);
    const isOrder = tappedAt && mode === "readwrite" && [names].flat().includes("outbox");
    if (isOrder && !saving.began) {
      saving.began = true;
      if (transaction.durability !== "strict") throw new Error(`durability is ${transaction.durability}`);
      transaction.addEventListener("complete", () => (saving.durable_ms = performance.now() - tappedAt));
    }
    return transaction;
  };
  new MutationObserver(() => {
    if (saving.durable_ms && !saving.isSeen && document.querySelector(".receipt")) {
      saving.isSeen = true;
      requestAnimationFrame(() => setTimeout(() => (saving.shown_ms = performance.now() - tappedAt)));
    }
  }).observe(document, { subtree: true, childList: true });
}
