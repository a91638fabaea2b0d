// A phone asks for less where an answer broke off under way, and for as much as ever where it reached nobody.
import { Agent, signIn } from "../harness/people.js";
import { openRoad } from "../harness/road.js";
import { expect, test } from "../harness/test.js";
import { troubles } from "../harness/troubles.js";

const SYNC = "/api/v1/sync";
const CHANGES_PER_ANSWER = 2_000;

test("fault 19: only an answer that began and broke off makes the next one smaller", async ({ server, phone }) => {
  test.setTimeout(180_000);
  const office = await server({ demo: { orders: 60 } });
  const road = await openRoad(office.url);
  const agent = new Agent(await phone({ url: road.url }));
  const asked = [];
  agent.page.on("request", (request) => {
    if (request.url().endsWith(SYNC)) asked.push(request.postDataJSON().changes_max);
  });
  const lost = road.meet(SYNC, troubles["the answer is lost"]);
  await signIn(agent.page, road.url, "agent-01");
  await agent.phone.visit("/field");
  await lost;
  await expect.poll(() => asked.length, { timeout: 60_000 }).toBeGreaterThan(1);
  await road.meet(SYNC, troubles["the answer breaks off, and its length is known"]);
  road.clear();
  await expect.poll(() => asked.filter((changes) => changes), { timeout: 60_000 }).toEqual([CHANGES_PER_ANSWER / 2]);
  // One that reached nobody, the one whose answer broke off, and the one after that.
  expect(asked.length).toBeGreaterThan(2);
  await agent.sync();
  await road.close();
});
