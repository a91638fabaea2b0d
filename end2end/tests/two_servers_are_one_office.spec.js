// Two processes serve one database, as behind a proxy: an order that is sent to both at once, again and
// again, is one order.
import zlib from "node:zlib";
import { argan, olive } from "../harness/demo.js";
import { Agent, Manager } from "../harness/people.js";
import { expect, test } from "../harness/test.js";

const COPIES = 50;

for (const database of ["sqlite", "postgres"]) {
  test(`the same command sent ${COPIES} times at once to two servers posts one order, on ${database}`, async ({ server, phone }) => {
    test.setTimeout(180_000);
    const office = await server({ database, demo: { orders: 60 } });
    const twin = await server({ beside: office });
    const device = await phone({ url: office.url });
    const agent = new Agent(device);
    await agent.signIn("agent-01");
    await agent.sync();

    // What the phone sends with the order is kept on its way, and nothing arrives.
    const kept = [];
    await device.context.route("**/api/v1/sync", async (route) => {
      kept.push(route.request().postDataBuffer());
      await route.abort();
    });
    await agent.writeDownCustomer({ firstName: "Rabha", place: "Lazaret" });
    await agent.choose(argan.product, 12);
    await agent.choose(olive.product, 2);
    const order = await agent.sign();
    const withTheOrder = () => kept.map(readable).find(({ commands }) => commands.length > 0);
    await expect.poll(withTheOrder).toBeTruthy();
    const request = withTheOrder();
    expect(request.commands.map(({ kind }) => kind)).toEqual(["register_customer", "place_order"]);

    const cookies = await device.context.cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
    const answers = await Promise.all(Array.from({ length: COPIES }, async (_, index) => {
      const { url } = index % 2 === 0 ? office : twin;
      const answer = await fetch(`${url}/api/v1/sync`, {
        method: "POST",
        headers: { "content-type": "application/json", origin: url, cookie },
        body: JSON.stringify(request),
      });
      expect(answer.status, await answer.clone().text()).toBe(200);
      return answer.json();
    }));
    for (const { id } of request.commands) {
      const said = answers.map(({ results }) => results.find((result) => result.id === id).status).sort();
      expect(said).toEqual([...Array(COPIES - 1).fill("already_applied"), "applied"]);
    }

    // The phone hears the same answer, and both servers know one order.
    await device.context.unroute("**/api/v1/sync");
    await agent.sync();
    await agent.expectOnce(order.code);
    for (const { url } of [office, twin]) {
      const manager = new Manager(await phone({ url, screen: { width: 1280, height: 800 } }));
      await manager.signIn("manager-01");
      expect(await manager.ordersFor(order.code)).toEqual([order.code]);
      expect(await manager.historyOf(order.order)).toHaveLength(1);
    }
  });
}

/** A request's body, compressed or not. */
function readable(body) {
  const isCompressed = body[0] === 0x1f && body[1] === 0x8b;
  return JSON.parse(isCompressed ? zlib.gunzipSync(body) : body);
}
