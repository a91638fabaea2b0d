// Where the things under test lie. `cargo xtask test` says it in the environment; run by hand, the
// places are those of a plain checkout.
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const target = process.env.TASWIQ_TARGET ?? path.join(root, "target");

/** The server's program. */
export const serverProgram = process.env.TASWIQ_SERVER ?? path.join(target, "debug/taswiq");
/** What `cargo xtask build` made. */
export const site = process.env.TASWIQ_SITE ?? path.join(target, "site");
/** Pictures of screens, for people to look at. */
export const picturesFolder = path.join(target, "pictures");
/** Traces of tests that failed. */
export const resultsFolder = path.join(target, "browser-results");
export const reportFile =
  process.env.TASWIQ_BROWSER_REPORT ?? path.join(target, "xtask/browser-report.json");
/** The wasm of `offline` that checks the browser's store, with the script that loads it. */
export const conformanceFolder = process.env.TASWIQ_CONFORMANCE ?? path.join(target, "xtask/bound/conformance");
/** Whether there is time for the many repetitions: `cargo xtask test --long`. */
export const isLong = process.env.TASWIQ_TEST_LONG === "yes";
/** A PostgreSQL of the tests' own, or nothing when a person runs them by hand without one. */
export const postgresUrl = process.env.TASWIQ_TEST_POSTGRES_URL;

/** How Chromium is started: the system's own, with nothing that talks to the outside. */
export const chromium = {
  executablePath: process.env.TASWIQ_CHROMIUM ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
