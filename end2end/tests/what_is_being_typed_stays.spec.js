// Whatever the phone stores or hears while somebody types, the field stays, and so does what stands in it.
import { argan } from "../harness/demo.js";
import { Agent } from "../harness/people.js";
import { expect, test } from "../harness/test.js";

/** Has the phone ask for news, as a hint of the server does; over when the office answers. */
const hearNews = (page) => Promise.all([
  page.waitForResponse((response) => response.url().endsWith("/api/v1/sync") && response.ok()),
  page.evaluate(() => window.dispatchEvent(new Event("taswiq:sync"))),
]);

test("a quantity that is half typed outlives the draft that is saved and the news that comes", async ({ server, phone }) => {
  const office = await server();
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  await agent.writeDownCustomer({ firstName: "Izza", place: "Lazaret" });
  const { page } = agent;
  await page.getByPlaceholder(/Chercher/).fill(argan.product);
  const tile = page.locator(".product-tile").filter({ hasText: argan.product }).first();
  await tile.getByRole("button", { name: /Ajouter/ }).click();
  const field = tile.locator("input");
  await field.focus();
  await field.pressSequentially("1");
  // The second is asked for when what the first brought is stored.
  await hearNews(page);
  await hearNews(page);
  await expect(field).toBeFocused();
  await field.pressSequentially("2");
  await field.blur();
  await expect(field).toHaveValue("12");
  await agent.follow("/field/new/review");
  await expect(page.locator(".basket-line .times").first()).toHaveText(/12/);
  expect(agent.phone.complaints).toEqual([]);
});
