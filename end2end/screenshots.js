// Makes `public/screenshots`, the pictures that a browser shows when it offers to install: real
// screens of the demo company, in each language. By hand, whenever a screen has changed its face:
//
//   cargo xtask build --release && cargo build --release --package taswiq-server
//   cd end2end && TASWIQ_SERVER=../target/release/taswiq node screenshots.js
import fs from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Agent, Cooperative } from "./harness/people.js";
import { newPhone } from "./harness/phone.js";
import { startServer } from "./harness/server.js";

const folder = fileURLToPath(new URL("../public/screenshots", import.meta.url));
/** Enough for a day with orders in it. */
const ORDERS = 20_000;
/** A picture is downloaded by whoever thinks about installing. */
const BYTES_MAX = 60_000;
const QUALITY = 72;
const narrow = { form: "narrow", screen: { width: 360, height: 800 }, scale: 2 };
const wide = { form: "wide", screen: { width: 1280, height: 800 }, scale: 1 };

await fs.rm(folder, { recursive: true, force: true });
await fs.mkdir(folder, { recursive: true });
const office = await startServer({ demo: { orders: ORDERS } });
try {
  for (const language of ["fr", "ar"]) {
    await withPhone(narrow, language, async (phone) => {
      const agent = new Agent(phone);
      const known = allIsKnown(phone);
      await agent.signIn("agent-01");
      await known;
      await take(phone, narrow, `field-${language}-narrow-today`);
      await agent.open("/field/earnings");
      await take(phone, narrow, `field-${language}-narrow-earnings`);
      await agent.open("/field/new");
      await agent.page.locator("button.list-row").first().click();
      const add = agent.page.locator(".product-tile button.product-act");
      await add.nth(2).click();
      await add.first().click();
      await take(phone, narrow, `field-${language}-narrow-products`);
    });
    for (const device of [narrow, wide]) {
      await withPhone(device, language, async (phone) => {
        const cooperative = new Cooperative(phone);
        const known = allIsKnown(phone);
        await cooperative.signIn("argan-mesti");
        await known;
        await cooperative.page.locator(".confirm-row").first().waitFor();
        await take(phone, device, `coop-${language}-${device.form}-confirm`);
      });
    }
  }
} finally {
  await office.remove();
}

async function withPhone({ screen }, language, use) {
  const phone = await newPhone({ url: office.url, language, screen });
  // Whoever looks at these is already asked whether to install.
  await phone.context.addCookies([{ name: "install_later", value: "1", url: office.url }]);
  try {
    await use(phone);
  } finally {
    await phone.remove();
  }
}

/** Comes once the phone has heard everything that the office has to tell. */
function allIsKnown({ page }) {
  return page.waitForResponse(async (answer) => {
    const isSync = new URL(answer.url()).pathname === "/api/v1/sync";
    return isSync && answer.ok() && !(await answer.json()).more;
  });
}

/** As a person sees the screen, in as many points as their glass has. */
async function take(phone, { screen, scale }, name) {
  await phone.page.evaluate(async () => {
    window.scrollTo(0, 0);
    await document.fonts.ready;
  });
  const browser = await phone.context.newCDPSession(phone.page);
  await browser.send("Emulation.setDeviceMetricsOverride", { ...screen, deviceScaleFactor: scale, mobile: true });
  const { data } = await browser.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  await browser.detach();
  const bytes = Buffer.from(data, "base64");
  const file = `${name}-${screen.width * scale}x${screen.height * scale}.webp`;
  if (bytes.length > BYTES_MAX) throw new Error(`${file} has ${bytes.length} bytes`);
  await fs.writeFile(path.join(folder, file), bytes);
  console.log(`${bytes.length} B  ${file}`);
}
