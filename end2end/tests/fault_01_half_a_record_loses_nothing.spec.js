// A phone whose browser was killed in the middle of a record: it may write on behind the half record and then throw
// everything away at the start after next. Nothing that was saved may go that way.
import { argan, olive } from "../harness/demo.js";
import { Agent } from "../harness/people.js";
import { expect, test } from "../harness/test.js";

test("fault 1: half a record in the browser's log costs no order", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 60 } });
  const device = await phone({ url: office.url });
  const agent = new Agent(device);
  await agent.signIn("agent-01");
  await agent.sync();
  await office.stop();
  const take = async (firstName, product) => {
    await agent.writeDownCustomer({ firstName, place: "Lazaret" });
    await agent.choose(product, 2);
    return (await agent.sign()).code;
  };

  const codes = [await take("Yamna", argan.product)];
  await device.close();
  const isTorn = await device.tearLog();
  test.info().annotations.push({ type: "the log is torn", description: `${isTorn}` });
  await device.open();
  codes.push(await take("Hafida", olive.product));
  await device.kill();
  await device.open();
  for (const code of codes) await agent.expectOnce(code);
  expect(device.complaints).toEqual([]);
});
