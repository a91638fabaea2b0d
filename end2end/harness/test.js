// What every test file imports: a server and a phone on demand, both gone afterwards.
import { test as base } from "@playwright/test";
import { newPhone } from "./phone.js";
import { startServer } from "./server.js";

export { expect } from "@playwright/test";
export { faults } from "./accessibility.js";
export { picture } from "./pictures.js";
export { DAY_MS } from "./server.js";

export const test = base.extend({
  /** `await server({ demo: false })` starts a server; several may run. */
  server: async ({}, use) => {
    const started = [];
    await use(async (wish) => {
      const server = await startServer(wish);
      started.push(server);
      return server;
    });
    await Promise.all(started.map((server) => server.remove()));
  },
  /** `await phone({ url: server.url })` makes a phone; several may be used. */
  phone: async ({}, use) => {
    const made = [];
    await use(async (wish) => {
      const phone = await newPhone(wish);
      made.push(phone);
      return phone;
    });
    await Promise.all(made.map((phone) => phone.remove()));
  },
});
