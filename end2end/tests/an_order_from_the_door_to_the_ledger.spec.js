// The whole path through the product, in the demo company, on both databases.
import { Agent, Cooperative, Manager } from "../harness/people.js";
import { openRoad } from "../harness/road.js";
import { fromTheDoorToTheLedger } from "../harness/story.js";
import { argan, olive } from "../harness/demo.js";
import { test } from "../harness/test.js";

for (const database of ["sqlite", "postgres"]) {
  test(`an order taken offline earns a commission that everyone sees, on ${database}`, async ({
    server,
    phone,
  }) => {
    test.setTimeout(300_000);
    const office = await server({ database, demo: { orders: 60 }, options: ["--test-clock"] });
    const road = await openRoad(office.url);
    const agent = new Agent(await phone({ url: road.url }));
    await agent.signIn("agent-01");
    const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
    await manager.signIn("manager-01");
    const of = async ({ login, product }) => {
      const people = new Cooperative(await phone({ url: office.url }));
      await people.signIn(login);
      return { product, people };
    };
    await fromTheDoorToTheLedger({
      office, road, agent, manager, argan: await of(argan), olive: await of(olive),
    });
    await road.close();
  });
}
