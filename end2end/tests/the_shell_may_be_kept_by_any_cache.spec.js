import { expect, test } from "../harness/test.js";

test("the shell says nothing of anybody and asks for nothing from other hosts", async ({ server }) => {
  const office = await server({ demo: { orders: 20 } });
  const answer = await fetch(`${office.url}/field/orders`, { headers: { cookie: "lang=ar" } });
  const other = await fetch(`${office.url}/coop`);

  expect(answer.status).toBe(200);
  expect(answer.headers.get("set-cookie")).toBeNull();
  const shell = await answer.text();
  expect(await other.text()).toBe(shell);
  expect(shell.match(/https?:\/\//g)).toBeNull();
});

test("the shell's policy names what stands inline by hash and allows nothing else", async ({
  server,
}) => {
  const office = await server({ demo: false });
  const answer = await fetch(`${office.url}/field`);
  const policy = answer.headers.get("content-security-policy");

  expect(policy).toMatch(/script-src[^;]*'sha256-/);
  expect(policy).toMatch(/style-src[^;]*'sha256-/);
  expect(policy).not.toContain("unsafe-inline");
  expect(policy).not.toContain("'unsafe-eval'");
});

test("hashed files are kept for ever, the worker and the shell are asked for again", async ({
  server,
}) => {
  const office = await server({ demo: false });
  const shell = await fetch(`${office.url}/shell.html`);
  const [, script] = /modulepreload" href="([^"]+)"/.exec(await shell.text());

  expect((await fetch(office.url + script)).headers.get("cache-control")).toContain("immutable");
  for (const address of ["/shell.html", "/sw.js"]) {
    const answer = await fetch(office.url + address);
    expect(answer.headers.get("cache-control"), address).toBe("no-cache");
  }
});
