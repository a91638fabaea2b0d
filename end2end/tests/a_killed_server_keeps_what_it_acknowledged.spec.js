// `kill -9` in the middle of syncing: every acknowledged order is there afterwards, once.
import { randomBytes } from "node:crypto";
import { BarePhone } from "../harness/bare_phone.js";
import { expect, test } from "../harness/test.js";

const AGENTS = 4;
const ROUNDS = 3;
const ACKNOWLEDGED_BEFORE_A_KILL = 12;

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
