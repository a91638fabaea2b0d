// An agent disputes an amount without a network, with a photo; the office answers; the agent reads it.
import { Agent, Manager, centimes, figures } from "../harness/people.js";
import { expect, faults, picture, test } from "../harness/test.js";

/** A picture as a camera makes them: larger than what may leave a phone. */
async function cameraPicture(page) {
  const address = await page.evaluate(() => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2400, 1800];
    const pen = canvas.getContext("2d");
    const dots = pen.createImageData(canvas.width, canvas.height);
    // What repeats would compress to nothing.
    let seed = 7;
    for (let place = 0; place < dots.data.length; place += 1) {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      dots.data[place] = place % 4 === 3 ? 255 : seed % 256;
    }
    pen.putImageData(dots, 0, 0);
    return canvas.toDataURL("image/jpeg", 0.9);
  });
  return Buffer.from(address.split(",")[1], "base64");
}

test("an amount is disputed offline with a photo, answered in part, and the answer read offline", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ demo: { orders: 60 }, options: ["--test-clock"] });
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  await agent.sync();
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");

  // From an entry to its explanation, computed again, and from there to the form. No network.
  await agent.phone.goOffline();
  await agent.open("/field/earnings/earned");
  const entry = agent.page.locator("details.ledger-entry").filter({ hasText: "Gagné", has: agent.page.locator("a[href^=\"/field/orders/\"]") }).first();
  await entry.locator("summary").click();
  await expect(entry.getByText(/^Recalculé devant vous/)).toBeVisible();
  await expect(entry.getByText(/^Le grand livre dit la même chose/)).toBeVisible();
  await picture(agent.page, "disputes/explained");
  await entry.getByRole("link", { name: "Contester ce montant" }).click();
  await agent.page.getByRole("radio", { name: "Le taux n’est pas le bon" }).check();
  await agent.page.getByLabel("Combien devriez-vous recevoir en plus ?").fill("2,00");
  await agent.page.getByLabel("Expliquez").fill("On m’avait dit plus");
  const photo = await cameraPicture(agent.page);
  expect(photo.length).toBeGreaterThan(150 * 1024);
  await agent.page.locator("#photo").setInputFiles({ name: "bon.jpg", mimeType: "image/jpeg", buffer: photo });
  await expect(agent.page.getByAltText("Photo jointe")).toBeVisible();
  await picture(agent.page, "disputes/form", { fullPage: true });
  await agent.page.getByRole("button", { name: "Envoyer la contestation" }).click();
  await expect(agent.page.getByText("Ouverte").first()).toBeVisible();
  const address = new URL(agent.page.url()).pathname;

  // It outlives the browser, and leaves when there is a network.
  await agent.phone.close();
  await agent.phone.open();
  await agent.phone.goOffline();
  await agent.open(address);
  await expect(agent.page.getByAltText("Photo jointe")).toBeVisible();
  // Nothing is held yet, and nobody's time to answer has begun.
  const sums = agent.page.locator("dl.sums");
  await expect(sums.getByText("À retenir, une fois reçu")).toBeVisible();
  await expect(agent.page.getByText(/^Pas encore envoyée/)).toBeVisible();
  await picture(agent.page, "disputes/waiting", { fullPage: true });
  await agent.phone.goOnline();
  await agent.sync();
  await agent.open(address);
  await expect(sums.getByText("Retenu en attendant")).toBeVisible();
  await expect(agent.page.getByText(/^Réponse attendue au plus tard/)).toBeVisible();
  const before = await agent.earnings();

  // The office reads it, with the photo and the entry computed again, takes it and grants a part.
  await manager.open("/office/disputes");
  await picture(manager.page, "disputes/queue");
  await manager.page.locator("tbody th a").first().click();
  await expect(manager.page.getByText("On m’avait dit plus")).toBeVisible();
  const shown = manager.page.getByAltText("Photo jointe");
  await expect(shown).toBeVisible();
  expect(await shown.evaluate((image) => image.complete && image.naturalWidth > 0)).toBe(true);
  const sent = await manager.page.request.get(new URL(await shown.getAttribute("src"), office.url).href);
  expect(sent.headers()["content-type"]).toBe("image/jpeg");
  expect((await sent.body()).length).toBeLessThanOrEqual(150 * 1024);
  await expect(manager.page.getByText(/Chaque écriture de cette commande a été recalculée/)).toBeVisible();
  await picture(manager.page, "disputes/office", { fullPage: true });
  await manager.page.getByRole("button", { name: "Prendre à l’étude" }).click();
  await manager.page.getByRole("radio", { name: "Accorder une partie" }).check();
  await manager.page.getByLabel(/Montant accordé/).fill("0,50");
  await manager.page.getByLabel(/Raison, pour l’agent/).fill("Le taux était le bon pour onze pots");
  await manager.page.getByRole("button", { name: "Répondre" }).click();
  await expect(manager.page.getByRole("status").getByText("Réponse envoyée")).toBeVisible();

  // The agent hears of it at the next contact and reads it without a network.
  await agent.sync();
  await agent.phone.goOffline();
  expect((await agent.earnings()).earned).toBe(before.earned + 50);
  await agent.open(address);
  await expect(agent.page.getByText("Le taux était le bon pour onze pots")).toBeVisible();
  await expect(agent.page.getByText("Acceptée en partie").first()).toBeVisible();
  expect(centimes(await agent.page.locator("dl.sums .amount").nth(1).innerText())).toBe(50);
  await picture(agent.page, "disputes/answered", { fullPage: true });
  await expect(agent.page.getByRole("button", { name: "Demander une autre décision" })).toBeVisible();
  expect(agent.phone.complaints).toEqual([]);
});

test("more than the line can bring is granted only by somebody who says to know it, and the audit has it", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ demo: { orders: 60 } });
  const agent = new Agent(await phone({ url: office.url }));
  await agent.signIn("agent-01");
  await agent.sync();
  await agent.open("/field/orders?show=delivered");
  await agent.page.locator("a.list-row").first().click();
  await agent.page.getByText("Comment elle se calcule").first().click();
  await agent.page.getByRole("link", { name: "Contester ce montant" }).first().click();
  await agent.page.getByRole("radio", { name: "Le taux n’est pas le bon" }).check();
  // As much as may be claimed: what the goods cost, which is far more than their commission.
  const hint = await agent.page.getByText(/^Au plus \d/).first().innerText();
  const claimed = centimes(/[\d\s]+,\d\d/.exec(hint)[0]);
  await agent.page.getByLabel("Combien devriez-vous recevoir en plus ?").fill(figures(claimed));
  await agent.page.getByRole("button", { name: "Envoyer la contestation" }).click();
  await expect(agent.page.getByText("Ouverte").first()).toBeVisible();
  const address = new URL(agent.page.url()).pathname;
  await agent.sync();
  const before = await agent.earnings();

  const laptop = await phone({ url: office.url, screen: { width: 1280, height: 800 } });
  const admin = new Manager(laptop);
  await admin.signIn("admin");
  const { page } = admin;
  await admin.open("/office/disputes");
  await page.locator("tbody th a").first().click();
  await page.getByRole("button", { name: "Prendre à l’étude" }).click();
  // Nobody is asked what is not needed.
  const knows = page.getByRole("checkbox", { name: /^Je sais que c’est plus/ });
  await expect(knows).toHaveCount(0);
  const part = page.getByRole("radio", { name: "Accorder une partie" });
  const amount = page.getByLabel(/Montant accordé/);
  const reason = page.getByLabel(/Raison, pour l’agent/);
  const answer = page.getByRole("button", { name: "Répondre" });
  const granted = figures(claimed - 10);
  await part.check();
  await amount.fill(granted);
  await reason.fill("Le taux promis était de moitié");
  await answer.click();

  // It says what the line can bring, and nothing that was typed is lost; to insist changes nothing.
  for (const name of ["said", "insisted"]) {
    await expect(page.locator(".error-summary").getByText(/^La ligne peut rapporter \d+,\d\d\sDH en tout : ce serait plus\./)).toBeVisible();
    await expect(part).toBeChecked();
    await expect(amount).toHaveValue(granted);
    await expect(reason).toHaveValue("Le taux promis était de moitié");
    await expect(knows).not.toBeChecked();
    expect(await faults(page)).toEqual([]);
    await picture(page, `disputes/beyond-${name}`, { fullPage: true });
    if (name === "said") await answer.click();
  }
  await knows.check();
  await answer.click();
  await expect(page.getByRole("status").getByText("Réponse envoyée")).toBeVisible();
  await picture(page, "disputes/beyond-answered", { fullPage: true });

  await admin.open("/office/audit");
  const told = page.getByRole("row").filter({ hasText: "Contestation répondue" });
  await expect(told).toHaveCount(1);
  await expect(told).toContainText(`Accordé en partie : ${granted}`);
  await expect(told).toContainText("en sachant que c’est plus que ce que la ligne peut rapporter");
  await picture(page, "disputes/beyond-audit");

  // The agent has it.
  await agent.sync();
  expect((await agent.earnings()).earned).toBe(before.earned + claimed - 10);
  await agent.open(address);
  await expect(agent.page.getByText("Le taux promis était de moitié")).toBeVisible();
  for (const { complaints } of [agent.phone, laptop]) expect(complaints).toEqual([]);
});
