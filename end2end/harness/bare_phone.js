// A phone without a browser, for what no screen would send.
import { randomUUID } from "node:crypto";
import { expect } from "@playwright/test";
import { demoPassword } from "./people.js";

/** Speaks the wire, keeps its outbox, knows what was acknowledged. */
export class BarePhone {
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

  /** What it would send now. */
  request() {
    return {
      protocol: 1,
      device: this.device,
      epoch: this.epoch,
      build: "test",
      cursor: this.cursor,
      device_time: Date.now(),
      waiting: { commands: this.outbox.length, orders: 0 },
      commands: this.outbox.slice(0, 100),
    };
  }

  /** Sends any text at all. */
  async post(body) {
    return fetch(`${this.url}/api/v1/sync`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.url, cookie: this.cookie },
      body,
    });
  }

  /** One exchange. Throws when the server is gone; nothing is lost by that. */
  async sync() {
    const answer = await this.post(JSON.stringify(this.request()));
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

/** Time first, then chance: as devices make them. */
function uuidV7() {
  const time = Date.now().toString(16).padStart(12, "0");
  const rest = randomUUID().slice(15);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${rest.slice(0, 3)}${rest.slice(3)}`.slice(0, 36);
}
