// A server of our own for each test: on a free port, with a database that is thrown away.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import readline from "node:readline";
import { promisify } from "node:util";
import { postgresUrl, serverProgram, site } from "./surroundings.js";

const execute = promisify(execFile);
// A debug build makes the demo company at leisure.
const DEMO_TIMEOUT_MS = 100_000;
const START_TIMEOUT_MS = 30_000;
export const DAY_MS = 86_400_000;

/**
 * Starts a server.
 *
 * @param {object} wish
 * @param {"sqlite" | "postgres"} [wish.database] which database holds its data
 * @param {false | { orders?: number, seed?: number, asOf?: string }} [wish.demo] the demo company, or
 *   false for an empty server
 * @param {string[]} [wish.options] more of the command line, such as `--test-clock`
 * @param {string} [wish.site] another build's folder
 * @param {Server} [wish.beside] another process of the same office, on the same database
 */
export async function startServer({
  database = "sqlite",
  demo = { orders: 60 },
  options = [],
  site: servedSite = site,
  beside,
} = {}) {
  const folder = await fs.mkdtemp(path.join(os.tmpdir(), "taswiq-server-"));
  const own = async () =>
    database === "postgres" ? await freshPostgres() : `sqlite://${folder}/taswiq.sqlite`;
  const url = beside?.databaseUrl ?? (await own());
  if (demo && !beside) {
    const { orders = 60, seed = 1, asOf } = demo;
    const asked = ["demo", "--database", url, "--seed", `${seed}`, "--orders", `${orders}`];
    if (asOf) asked.push("--as-of", asOf);
    await execute(serverProgram, asked, { timeout: DEMO_TIMEOUT_MS });
  }
  const server = new Server(folder, url, await freePort(), servedSite, options);
  await server.start();
  return server;
}

export class Server {
  #process = null;
  #lines = [];

  constructor(folder, databaseUrl, port, servedSite, options) {
    this.folder = folder;
    this.databaseUrl = databaseUrl;
    this.port = port;
    this.site = servedSite;
    this.options = options;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts it, or starts it again on the same port and database. */
  async start() {
    const listen = `127.0.0.1:${this.port}`;
    const asked = ["serve", "--database", this.databaseUrl, "--site", this.site, "--listen", listen];
    this.#process = spawn(serverProgram, [...asked, ...this.options], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      readline.createInterface({ input: stream }).on("line", (line) => this.#lines.push(line));
    }
    await this.#answers();
  }

  /** Everything it has printed. */
  get log() {
    return this.#lines.join("\n");
  }

  /** The path by which an empty server is taken into use, as it stands on the console. */
  get setUpPath() {
    return /\/setup\?token=[\w-]+/.exec(this.log)?.[0];
  }

  /** Lets time pass on a server that was started with `--test-clock`; gives the time it is then. */
  async advance(ms) {
    const answer = await fetch(`${this.url}/test/clock`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.url },
      body: JSON.stringify({ advance_ms: ms }),
    });
    if (!answer.ok) throw new Error(`the clock answers ${answer.status}`);
    const { now } = await answer.json();
    return now;
  }

  /** The day it is there, or so many days later: `2026-11-25`. */
  async day(daysLater = 0) {
    const moment = (await this.advance(0)) + daysLater * DAY_MS;
    // Morocco keeps universal time since September 2026; Node's own tables may be older than that.
    return new Date(moment).toISOString().slice(0, 10);
  }

  /** Asks its PostgreSQL as whoever holds the database could; gives the rows. */
  async rows(query) {
    const text = `SELECT coalesce(json_agg(found), '[]') FROM (${query}) AS found`;
    return JSON.parse(await this.#psql(text));
  }

  /** Changes its PostgreSQL behind the program's back, what protects the history taken away first. */
  async tamper(statement) {
    const unguarded = `SET session_replication_role = replica; ${statement}`;
    await this.#psql(unguarded);
  }

  async #psql(text) {
    const asked = [this.databaseUrl, "--quiet", "--tuples-only", "--no-align", "--command", text];
    return (await execute("psql", asked)).stdout;
  }

  /** Asks it to stop, as an operator would, and waits. */
  async stop() {
    await this.#end("SIGTERM");
  }

  /** As a power cut would end it: nothing is flushed, nobody is told. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** Stops it and removes its data. */
  async remove() {
    await this.stop();
    await fs.rm(this.folder, { recursive: true, force: true });
  }

  async #end(signal) {
    const process = this.#process;
    this.#process = null;
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const ended = once(process, "exit");
    process.kill(signal);
    await ended;
  }

  // Asks until it answers: it may be migrating its database, or have ended with a reason to show.
  async #answers() {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      if (this.#process.exitCode !== null) throw new Error(`the server ended:\n${this.log}`);
      try {
        const answer = await fetch(`${this.url}/shell.html`);
        await answer.arrayBuffer();
        if (answer.ok) return;
        throw new Error(`the server answers ${answer.status} for the shell:\n${this.log}`);
      } catch (error) {
        if (error.cause?.code !== "ECONNREFUSED") throw error;
        if (Date.now() > deadline) throw new Error(`the server does not answer:\n${this.log}`);
        await nextTurn();
      }
    }
  }
}

/** A database of its own on the tests' PostgreSQL. */
async function freshPostgres() {
  if (!postgresUrl) throw new Error("TASWIQ_TEST_POSTGRES_URL is not set: run `cargo xtask test`");
  const name = `browser_${process.pid}_${Math.random().toString(36).slice(2, 10)}`;
  await execute("psql", [postgresUrl, "--quiet", "--command", `CREATE DATABASE ${name}`]);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function freePort() {
  const listener = net.createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address();
  listener.close();
  await once(listener, "close");
  return port;
}

/** Lets the other side run: the next connection is tried after this process's own work. */
function nextTurn() {
  return new Promise((resolve) => setTimeout(resolve, 25));
}
