// `kill -9` in the middle of syncing: every acknowledged order is there afterwards, once.
import { randomBytes, randomUUID } from "node:crypto";
import { demoPassword } from "../harness/people.js";
import { expect, test } from "../harness/test.js";

const AGENTS = 4;
const ROUNDS = 3;
const ACKNOWLEDGED_BEFORE_A_KILL = 12;

/** A phone without a browser: speaks the wire, keeps its outbox, knows what was acknowledged. */
class BarePhone {
  constructor(url, name) {
    this.url = url;
    this.name = name;
    this.device = uuidV7();
    this.seq = 0;
    this.cursor = 0;
    this.epoch = "";
    this.outbox = [];
    this.acknowledged = [];
  }

  async signIn() {
    const answer = await fetch(`${this.url}/api/v1/sign-in`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.url },
      body: JSON.stringify({ name: this.name, password: demoPassword }),
    });
    expect(answer.status, await answer.clone().text()).toBeLessThan(300);
    this.cookie = answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
  }

  save(kind, body) {
    this.seq += 1;
    const command = { id: uuidV7(), seq: this.seq, made_at: Date.now(), kind, body };
    this.outbox.push(command);
    return command.id;
  }

  /** One exchange. Throws when the server is gone; nothing is lost by that. */
  async sync() {
    const commands = this.outbox.slice(0, 100);
    const answer = await fetch(`${this.url}/api/v1/sync`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.url, cookie: this.cookie },
      body: JSON.stringify({
        protocol: 1,
        device: this.device,
        epoch: this.epoch,
        build: "test",
        cursor: this.cursor,
        device_time: Date.now(),
        waiting: { commands: this.outbox.length, orders: 0 },
        commands,
      }),
    });
    expect(answer.status, await answer.clone().text()).toBe(200);
    const { results, changes, cursor, epoch } = await answer.json();
    const decided = new Set();
    for (const { id, status, refusal } of results) {
      if (status === "retry_after") continue;
      expect(status, JSON.stringify(refusal)).toMatch(/applied/);
      decided.add(id);
      this.acknowledged.push(id);
    }
    this.outbox = this.outbox.filter(({ id }) => !decided.has(id));
    this.cursor = cursor;
    this.epoch = epoch;
    return changes;
  }

  async everything() {
    const changes = [];
    this.cursor = 0;
    for (;;) {
      const more = await this.sync();
      changes.push(...more);
      if (more.length === 0) return changes;
    }
  }
}

/** Saves and syncs until no answer comes. */
async function untilTheServerIsGone(phone, tell) {
  for (;;) {
    for (let few = 0; few < 3; few += 1) {
      const firstName = `C${randomBytes(4).toString("hex")}`;
      phone.save("register_customer", { first_name: firstName, place: "Oujda" });
    }
    const before = phone.acknowledged.length;
    try {
      await phone.sync();
    } catch (error) {
      if (isGone(error)) return;
      throw error;
    }
    tell(phone.acknowledged.length - before);
  }
}

/** Whether the connection broke, as opposed to an answer that is wrong. */
function isGone(error) {
  return error instanceof TypeError || error.cause !== undefined;
}

/** Time first, then chance: as devices make them. */
function uuidV7() {
  const time = Date.now().toString(16).padStart(12, "0");
  const rest = randomUUID().slice(15);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}${rest.slice(3)}`.slice(0, 36);
}

for (const database of ["sqlite", "postgres"]) {
  test(`fault 14: kill -9 under load loses no acknowledged command, on ${database}`, async ({ server }) => {
    test.setTimeout(180_000);
    const office = await server({ database, demo: { orders: 60 } });
    const phones = Array.from({ length: AGENTS }, (_, index) =>
      new BarePhone(office.url, `agent-0${index + 1}`),
    );
    for (const phone of phones) await phone.signIn();
    for (let round = 0; round < ROUNDS; round += 1) {
      let acknowledged = 0;
      const work = phones.map((phone) => untilTheServerIsGone(phone, (more) => (acknowledged += more)));
      // The kill comes while the others are in the middle of theirs.
      await expect.poll(() => acknowledged, { intervals: [5] }).toBeGreaterThan(ACKNOWLEDGED_BEFORE_A_KILL);
      await office.kill();
      await Promise.all(work);
      await office.start();
    }
    for (const phone of phones) {
      while (phone.outbox.length > 0) await phone.sync();
      const customers = (await phone.everything()).filter(({ kind }) => kind === "customer");
      const known = customers.map(({ body }) => body.id);
      expect(new Set(known).size).toBe(known.length);
      expect(known).toEqual(expect.arrayContaining(phone.acknowledged));
      expect(phone.acknowledged.length).toBe(phone.seq);
    }
  });
}
