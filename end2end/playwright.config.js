// Run by `cargo xtask test --only browser`, which builds first and says where everything lies.
import { defineConfig } from "@playwright/test";
import { chromium, reportFile, resultsFolder } from "./harness/surroundings.js";

export default defineConfig({
  testDir: "tests",
  outputDir: resultsFolder,
  // Two cores: each test has a browser and a server of its own.
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  // A test that passes the second time has failed.
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: reportFile }]],
  use: {
    launchOptions: chromium,
    viewport: { width: 360, height: 800 },
    locale: "fr-MA",
    timezoneId: "Africa/Casablanca",
    // A screen that does not answer a tap within this is broken, however busy the machine.
    actionTimeout: 30_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
});
