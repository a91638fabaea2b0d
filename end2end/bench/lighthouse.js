// Lighthouse, as it judges a phone: the first visit of a new agent, who has just signed in, and the page
// for signing in. What keeps a page from a full score is told on standard error.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";
import puppeteer from "puppeteer-core";
import { hire } from "../harness/accounts.js";
import { startServer } from "../harness/server.js";
import { chromium } from "../harness/surroundings.js";
import { ROUNDS, figure, print } from "./figures.js";

const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];

/** What Lighthouse says of such a recording, and how many are made at most. */
const CUT = /NO_NAVSTART|NO_TRACING_STARTED/;
const RECORDINGS = 4;

const agent = { role: "agent", name: "Salma", login: "salma@taswiq.example", password: "pas-encore-une" };

const office = await startServer({ demo: { orders: 400 } });
try {
  await hire(office, agent);
  const pages = [
    { name: "first visit", address: "/field", isSignedIn: true },
    { name: "sign-in", address: "/sign-in", isSignedIn: false },
  ];
  const figures = [];
  for (const { name, address, isSignedIn } of pages) {
    const ours = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      ours.push(await judgedWhole(address, isSignedIn, round === 0));
    }
    for (const key of CATEGORIES) {
      figures.push(figure({ benchmark: "lighthouse", name: `${name}, ${key}`, unit: "of 100", key, ours }));
    }
  }
  print(figures);
} finally {
  await office.remove();
}

/** The scores of a page. A recording that Chromium cut at its beginning says nothing of the page, and is made again. */
async function judgedWhole(address, isSignedIn, tells) {
  for (let left = RECORDINGS; ; left -= 1) {
    try {
      return await judged(address, isSignedIn, tells);
    } catch (error) {
      if (left === 1 || !CUT.test(error.message)) throw error;
    }
  }
}

/** The scores of a page in a browser that has never been there. */
async function judged(address, isSignedIn, tells) {
  const profile = await fs.mkdtemp(path.join(os.tmpdir(), "taswiq-lighthouse-"));
  const browser = await launch({
    chromePath: chromium.executablePath,
    chromeFlags: ["--headless", ...chromium.args],
    userDataDir: profile,
    logLevel: "error",
  });
  try {
    if (isSignedIn) await signIn(browser.port);
    const { lhr } = await lighthouse(`${office.url}${address}`, {
      port: browser.port,
      onlyCategories: CATEGORIES,
      locale: "en",
      logLevel: "error",
    });
    if (lhr.runtimeError) throw new Error(`${address}: ${lhr.runtimeError.message}`);
    const landed = new URL(lhr.finalDisplayedUrl).pathname;
    if (landed !== address) throw new Error(`asked for ${address}, judged ${landed}`);
    if (tells) tell(address, lhr);
    return Object.fromEntries(CATEGORIES.map((name) => [name, Math.round(lhr.categories[name].score * 100)]));
  } finally {
    await browser.kill();
    await fs.rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Gives the browser a session. Lighthouse clears what pages have stored, but no cookies. */
async function signIn(port) {
  const answer = await fetch(`${office.url}/api/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: office.url },
    body: JSON.stringify({ name: agent.login, password: agent.password }),
  });
  const browser = await puppeteer.connect({ browserURL: `http://127.0.0.1:${port}` });
  const { hostname } = new URL(office.url);
  for (const cookie of answer.headers.getSetCookie()) {
    const [name, value] = cookie.split(";")[0].split("=");
    await browser.setCookie({ name, value, domain: hostname, path: "/", httpOnly: /httponly/i.test(cookie) });
  }
  await browser.disconnect();
}

function tell(address, { categories, audits }) {
  const timings = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift", "speed-index", "interactive", "total-byte-weight"];
  console.error(`${address}: ${timings.map((id) => `${id} ${audits[id]?.displayValue ?? "?"}`).join(", ")}`);
  for (const name of CATEGORIES) {
    for (const { id, weight } of categories[name].auditRefs) {
      const { score, scoreDisplayMode, title, details } = audits[id];
      const isJudged = weight > 0 && score !== null && scoreDisplayMode !== "informative";
      if (isJudged && score < 1) {
        const items = (details?.items ?? []).slice(0, 4).map((item) => JSON.stringify(item).slice(0, 400));
        console.error(`  ${name}: ${id} ${score}: ${title}\n    ${items.join("\n    ")}`);
      }
    }
  }
}
