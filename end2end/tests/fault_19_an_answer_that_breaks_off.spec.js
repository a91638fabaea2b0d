// A phone asks for less where an answer broke off under way, and for as much as ever where it reached nobody.
import { Agent } from "../harness/people.js";
import { openRoad } from "../harness/road.js";
import { expect, test } from "../harness/test.js";

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
  // The browser itself asks once more where a connection that it kept is gone.
  for (let lost = 0; lost < 4; lost += 1) road.loseTheAnswerTo(SYNC);
  road.breakTheAnswerTo(SYNC);
  await agent.signIn("agent-01");
  await expect.poll(() => road.lost, { timeout: 60_000 }).toBe(5);
  await expect.poll(() => asked.filter((changes) => changes), { timeout: 60_000 }).toEqual([CHANGES_PER_ANSWER / 2]);
  // One that reached nobody, the one whose answer broke off, and the one after that.
  expect(asked.length).toBeGreaterThan(2);
  await agent.sync();
  await road.close();
});
