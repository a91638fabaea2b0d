// The suite that every store of the device passes (`offline/src/store/conformance.rs`), run on the
// browser's own, and the rules as a browser computes them held against the server's program. Both lie in a
// wasm of their own that no server ever serves.
import fs from "node:fs/promises";
import { execFile } from "node:child_process";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { conformanceFolder, serverProgram } from "../harness/surroundings.js";
import { expect, test } from "../harness/test.js";

/** An address of this machine, so that the page is one that may store; nothing listens there. */
const HERE = "http://localhost:1/";
const PAGE = { contentType: "text/html", body: "<!doctype html><title>A store</title>" };
/** So many plans are played: the season's own, and others. */
const PLANS = 25;

const execute = promisify(execFile);

/** The season under figures that leave something to round everywhere. */
function withAnotherPlan(season, number) {
  const changed = structuredClone(season);
  const [plan] = changed.plans;
  plan.rules[0].pays.rate = 31_337 * number + 7;
  plan.rules[1].pays.amount = 1_999 + 13 * number;
  plan.rules[1].cap = 3_001 + 101 * number;
  plan.rules[1].cap_per = ["line", "order", "period"][number % 3];
  plan.period.tiers[1].rate = 11_113 + 997 * number;
  plan.period.targets[0].bonus = 333 * number;
  plan.period.lead_rate = 3_001 + 17 * number;
  return changed;
}

const types = { ".js": "text/javascript", ".wasm": "application/wasm" };

/** A page on which the suite's wasm is started as `window.taswiq`. */
async function started(page) {
  await page.route(`${HERE}**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/") return route.fulfill(PAGE);
    const body = await fs.readFile(path.join(conformanceFolder, pathname));
    return route.fulfill({ contentType: types[path.extname(pathname)], body });
  });
  await page.goto(HERE);
  await page.evaluate(async () => {
    window.taswiq = await import("/taswiq.js");
    await window.taswiq.default({ module_or_path: "/taswiq_bg.wasm" });
  });
}

test("IndexedDB keeps every promise of a store, as it is and sealed", async ({ page }) => {
  await started(page);
  const outcome = await page.evaluate(() => window.taswiq.runConformance());
  const promises = outcome.split("\n");
  expect(promises.filter((promise) => !promise.startsWith("kept: "))).toEqual([]);
  expect(promises).toHaveLength(20);
});

test("a phone and the server make the same entries, balances and statements of the same events", async ({ page }) => {
  await started(page);
  const season = JSON.parse(await fs.readFile(new URL("../../domain/tests/scenarios/a_season.json", import.meta.url), "utf8"));
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "taswiq-rules-"));
  const outcomes = new Set();
  for (let number = 0; number < PLANS; number += 1) {
    const text = JSON.stringify(number === 0 ? season : withAnotherPlan(season, number));
    const file = path.join(folder, "scenario.json");
    await fs.writeFile(file, text);
    const { stdout } = await execute(serverProgram, ["simulate", file]);
    const onThePhone = await page.evaluate((scenario) => window.taswiq.playScenario(scenario), text);
    expect(onThePhone, text).toBe(stdout.trimEnd());
    outcomes.add(onThePhone);
  }
  await fs.rm(folder, { recursive: true });
  // Each of the plans paid something else.
  expect(outcomes.size).toBe(PLANS);
});
