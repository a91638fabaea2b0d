// What axe finds on a screen.
import fs from "node:fs/promises";
import { createRequire } from "node:module";

const source = fs.readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * The faults that axe finds on this page, one line each: rule, place, reason. WCAG 2.2 A and AA and
 * axe's own good practices.
 */
export async function faults(page) {
  // Through the debugger, which the page's content policy does not concern.
  await page.evaluate(await source);
  const violations = await page.evaluate(async () => {
    const results = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return results.violations;
  });
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")}: ${failureSummary}`),
  );
}
