// Whatever is sent, by a phone or by a stranger: the answer says clearly what it was, nothing of what
// could be read is lost, and the log holds nothing of a person.
import { BarePhone } from "../harness/bare_phone.js";
import { Manager } from "../harness/people.js";
import { expect, test } from "../harness/test.js";

const NAME = "Mahjouba";
const NUMBER = "0661234567";
const customer = { first_name: NAME, family_name: NAME, place: NAME, phone: NUMBER };

test("what is refused is refused clearly, and neither it nor what is taken leaves a name in the log", async ({ server, phone }) => {
  const office = await server({ demo: { orders: 60 } });
  const agent = new BarePhone(office.url, "agent-01");
  await agent.signIn();
  const whole = () => JSON.stringify(agent.request());
  const answered = async (body) => {
    const answer = await agent.post(body);
    const { error } = await answer.json();
    return `${answer.status} ${error}`;
  };

  agent.save("register_customer", customer);
  expect(await answered(whole().slice(0, -5))).toBe("400 unreadable");
  expect(await answered(`<html>${NAME} ${NUMBER}</html>`)).toBe("400 unreadable");
  expect(await answered(whole().replace('"protocol":1', '"protocol":2'))).toBe("400 wrong_protocol");
  expect(await answered(whole().replace('"commands":[', `"commands":["${NAME}",`))).toBe("400 unreadable");
  expect(await answered(NAME.repeat(10 * 1024 * 1024 / NAME.length))).toBe("413 too_large");
  // None of that cost the phone anything: what it wanted to say is taken.
  await agent.sync();
  expect(agent.outbox).toEqual([]);

  // A kind that this server does not know and a field that no customer has park alone, whole.
  agent.save("sing_a_song", customer);
  agent.save("register_customer", { ...customer, shoe_size: NUMBER });
  agent.save("register_customer", { ...customer, phone: null });
  const { results } = await (await agent.post(whole())).json();
  expect(results.map(({ status, refusal }) => refusal?.code ?? status)).toEqual(["unknown_kind", "unreadable_body", "applied"]);
  const manager = new Manager(await phone({ url: office.url, screen: { width: 1280, height: 800 } }));
  await manager.signIn("manager-01");
  await manager.open("/office/parked");
  await expect(manager.page.getByText(NAME).first()).toBeAttached();
  await expect(manager.page.getByText("sing_a_song")).toHaveCount(1);

  // A stranger at the door, and a search for her.
  const knock = (path, fields) => fetch(`${office.url}${path}`, {
    method: "POST",
    redirect: "manual",
    headers: { origin: office.url },
    body: new URLSearchParams(fields),
  });
  expect((await knock("/sign-in", { name: NUMBER, password: NAME, next: `/${NAME}` })).status).toBe(401);
  expect((await knock(`/join/${NAME}`, { password: NAME, again: NAME })).status).toBe(410);
  expect((await fetch(`${office.url}/${NAME}?q=${NUMBER}`)).status).toBe(404);
  expect(await manager.ordersFor(NAME)).toEqual([]);

  await office.stop();
  expect(office.log).toMatch(/unreadable/);
  expect(office.log).toMatch(/synced/);
  expect(office.log).not.toMatch(new RegExp(`${NAME}|${NUMBER.slice(1)}`, "i"));
});
