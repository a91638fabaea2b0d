// What a manager tries before anybody is paid by it: a sample basket that follows the typing, and a
// scenario that begins with the company's own rules.
import { readFile } from "node:fs/promises";
import { Manager } from "../harness/people.js";
import { expect, picture, test } from "../harness/test.js";

const laptop = { width: 1280, height: 800 };

test("a sample basket and each rule's sentence follow what is typed, and say when nobody answers", async ({ server, phone }) => {
  const office = await server();
  const device = await phone({ url: office.url, screen: laptop });
  const hind = new Manager(device);
  await hind.signIn("manager-01");
  await hind.open("/office/plan/new");
  const { page } = hind;
  const product = await page.locator("#products option").first().getAttribute("value");
  const earns = page.locator("#sample tfoot td").last();

  // No button is pressed.
  await page.locator("#s0_product").fill(product);
  await page.locator("#s0_units").fill("10");
  await expect(earns).toBeVisible();
  const before = await earns.innerText();
  await page.locator("#r0_value").fill("42");
  await expect(page.locator("#r0_told")).toContainText("42 %");
  await expect(earns).not.toHaveText(before);
  await expect(page.locator("#r0_value")).toBeFocused();

  // A discount makes the base smaller; a rule that is not used says that it will not be published.
  const base = page.locator("#sample tfoot td").nth(1);
  const whole = await base.innerText();
  await page.locator("#s_discount").fill("50");
  await expect(base).not.toHaveText(whole);
  await page.locator("#r1_by").selectOption("");
  await expect(page.locator("#r1_told")).toContainText("ne sera pas publié");
  await picture(page, "plan/tried", { fullPage: true });

  // What no server has reckoned does not look as though it had; what was typed is still there.
  await device.goOffline();
  await page.locator("#r0_value").fill("43");
  await expect(page.locator("[data-unheard]")).toBeVisible();
  await device.goOnline();
  await page.locator("#r0_value").fill("44");
  await expect(page.locator("#r0_told")).toContainText("44 %");
  await expect(page.locator("[data-unheard]")).toBeHidden();
  await expect(page.locator("#s0_units")).toHaveValue("10");
});

test("a scenario begins with the company's own rules, is changed, played, mended and taken away", async ({ server, phone }) => {
  const office = await server();
  const hind = new Manager(await phone({ url: office.url, screen: laptop }));
  await hind.signIn("manager-01");
  await hind.open("/office/plan");
  const { page } = hind;
  await page.getByRole("link", { name: "Jouer un scénario" }).click();
  await page.getByRole("link", { name: "Partir de nos règles" }).click();
  const field = page.locator("#text");
  const ours = await field.inputValue();
  const play = () => page.getByRole("button", { name: "Jouer", exact: true }).click();
  await play();
  await expect(page.getByRole("heading", { name: "Les relevés" })).toBeVisible();
  await picture(page, "plan/scenario", { fullPage: true });

  await field.fill(ours.replace('"kind":"packed"', '"kind":"pakced"'));
  await play();
  await expect(page.locator("#text-error")).toContainText("events[2].event.kind");
  await expect(field).toHaveValue(/pakced/);
  await picture(page, "plan/scenario-wrong", { fullPage: true });

  await field.fill(ours);
  await play();
  const taken = page.waitForEvent("download");
  await page.getByRole("button", { name: "Télécharger le résultat (JSON)" }).click();
  const outcome = JSON.parse(await readFile(await (await taken).path(), "utf8"));
  expect(outcome.orders).toHaveLength(1);
  expect(outcome.balances.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
});
