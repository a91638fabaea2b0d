// A cheap phone on a weak network, and what is timed on it.
//
// The network is Lighthouse's mobile profile ("slow 4G": 150 ms round trip, 1.6 Mb/s down, 750 kb/s up)
// with the factors by which Lighthouse and DevTools slow requests: a browser that delays requests, not
// packets, has to make up for the round trips of a connection. The processor is four times slower.
import { demoPassword } from "../harness/people.js";

const NETWORK = { latency_ms: 150 * 3.75, down_kbps: 1638.4 * 0.9, up_kbps: 750 * 0.9 };
const CPU_SLOWDOWN = 4;
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * Signs in without a browser and gives the phone the cookies, so that its first visit is its first.
 *
 * @param {import("../harness/phone.js").Phone} phone
 */
export async function handOverSession(phone, login, password = demoPassword) {
  const answer = await fetch(`${phone.url}/api/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: phone.url },
    body: JSON.stringify({ name: login, password }),
  });
  if (!answer.ok) throw new Error(`${login} cannot sign in: ${answer.status}`);
  const cookies = answer.headers.getSetCookie().map((cookie) => {
    const [name, value] = cookie.split(";")[0].split("=");
    return { name, value, url: phone.url };
  });
  await phone.context.addCookies(cookies);
}

/**
 * Visits an address on a new page of the phone and times what a person waits for, in milliseconds since
 * the visit began: the first paint, the moment `wanted` stands there, and the moment at which a tap on
 * it, given at once, has been answered by `answer` on the screen.
 *
 * @param {import("../harness/phone.js").Phone} phone
 * @param {object} visit
 * @param {string} visit.address
 * @param {string} visit.wanted what a person waits for, and taps
 * @param {string} visit.answer what the tap brings
 * @param {boolean} visit.isSlowNetwork
 * @param {(page: import("@playwright/test").Page) => Promise<void>} visit.verify asks of the page whether
 *   it is what it should be
 */
export async function timedVisit(phone, { address, wanted, answer, isSlowNetwork, verify }) {
  const page = await phone.context.newPage();
  const browser = await phone.context.newCDPSession(page);
  await browser.send("Network.enable");
  if (isSlowNetwork) {
    await browser.send("Network.emulateNetworkConditions", {
      offline: false,
      latency: NETWORK.latency_ms,
      downloadThroughput: (NETWORK.down_kbps * 1024) / 8,
      uploadThroughput: (NETWORK.up_kbps * 1024) / 8,
    });
  }
  await browser.send("Emulation.setCPUThrottlingRate", { rate: CPU_SLOWDOWN });
  let bytes = 0;
  browser.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  let tap;
  const tapped = new Promise((resolve) => (tap = resolve));
  await page.exposeBinding("tapNow", (_, place) => tap(place));
  await page.addInitScript(watch, { wanted, answer });
  await page.goto(new URL(address, phone.url).href, { waitUntil: "commit" });
  const { x, y } = await within(tapped, `${wanted} never came at ${address}`);
  const usableBytes = bytes;
  await page.touchscreen.tap(x, y);
  const times = await page.waitForFunction(() => globalThis.timed.answered && globalThis.timed, null, {
    timeout: ANSWER_TIMEOUT_MS,
  });
  const { shown, answered } = await times.jsonValue();
  await browser.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  const firstPaint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  await verify(page);
  await page.close();
  return { first_paint_ms: firstPaint, shown_ms: shown, usable_ms: answered, usable_kb: usableBytes / 1000 };
}

/** Runs in the page, before anything of it: notes when the screen has shown what is waited for. */
function watch({ wanted, answer }) {
  const timed = (globalThis.timed = {});
  const painted = (then) => requestAnimationFrame(() => setTimeout(then));
  const observer = new MutationObserver(() => {
    const target = !timed.isSeen && document.querySelector(wanted);
    if (target) {
      timed.isSeen = true;
      painted(() => {
        timed.shown = performance.now();
        const { x, y, width, height } = document.querySelector(wanted).getBoundingClientRect();
        globalThis.tapNow({ x: x + width / 2, y: y + height / 2 });
      });
    }
    if (timed.shown && document.querySelector(answer)) {
      observer.disconnect();
      painted(() => (timed.answered = performance.now()));
    }
  });
  observer.observe(document, { subtree: true, childList: true, attributes: true });
}

async function within(promise, complaint) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint)), ANSWER_TIMEOUT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
