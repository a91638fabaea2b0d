// The suite that every store of the device passes (`offline/src/store/conformance.rs`), run on the
// browser's own. It lies in a wasm of its own that no server ever serves.
import fs from "node:fs/promises";
import path from "node:path";
import { conformanceFolder } from "../harness/surroundings.js";
import { expect, test } from "../harness/test.js";

/** An address of this machine, so that the page is one that may store; nothing listens there. */
const HERE = "http://localhost:1/";
const PAGE = { contentType: "text/html", body: "<!doctype html><title>A store</title>" };
const types = { ".js": "text/javascript", ".wasm": "application/wasm" };

test("IndexedDB keeps every promise of a store", async ({ page }) => {
  await page.route(`${HERE}**`, async (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === "/") return route.fulfill(PAGE);
    const body = await fs.readFile(path.join(conformanceFolder, pathname));
    return route.fulfill({ contentType: types[path.extname(pathname)], body });
  });
  await page.goto(HERE);
  const outcome = await page.evaluate(async () => {
    const { default: start, runConformance } = await import("/taswiq.js");
    await start({ module_or_path: "/taswiq_bg.wasm" });
    return runConformance();
  });
  const promises = outcome.split("\n");
  expect(promises.filter((promise) => !promise.startsWith("kept: "))).toEqual([]);
  expect(promises).toHaveLength(10);
});
