// A phone: a Chromium with a profile that survives being closed, killed and opened again.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { chromium as playwrightChromium } from "@playwright/test";
import { chromium } from "./surroundings.js";

const execute = promisify(execFile);

/** A small Android, held upright. */
const SCREEN = { width: 360, height: 800 };

/**
 * Makes a phone that nobody has used.
 *
 * @param {object} [wish]
 * @param {"fr" | "ar"} [wish.language] asked for by cookie, as the sign-in page does
 * @param {"light" | "dark"} [wish.theme]
 * @param {string} wish.url address of its server
 */
export async function newPhone(wish) {
  const profile = await fs.mkdtemp(path.join(os.tmpdir(), "taswiq-phone-"));
  const phone = new Phone(profile, wish);
  await phone.open();
  return phone;
}

export class Phone {
  constructor(profile, { url, language = "fr", theme = "light", screen = SCREEN }) {
    this.profile = profile;
    this.url = url;
    this.language = language;
    this.theme = theme;
    this.screen = screen;
    this.complaints = [];
  }

  /** Opens the browser on the profile. `this.page` is its first page. */
  async open() {
    const start = () =>
      playwrightChromium.launchPersistentContext(this.profile, {
        ...chromium,
        baseURL: this.url,
        viewport: this.screen,
        hasTouch: true,
        isMobile: true,
        colorScheme: this.theme,
        reducedMotion: "reduce",
        locale: "fr-MA",
        timezoneId: "Africa/Casablanca",
      });
    // The browser itself may fall over as it starts; nothing of ours has run by then.
    this.context = await start().catch(() => start());
    this.context.setDefaultTimeout(30_000);
    await this.context.addCookies([{ name: "lang", value: this.language, url: this.url }]);
    this.page = this.context.pages()[0] ?? (await this.context.newPage());
    this.context.on("page", (page) => this.#listen(page));
    this.#listen(this.page);
  }

  /** Goes to an address of the server. */
  async visit(address) {
    return this.page.goto(new URL(address, this.url).href);
  }

  /** Closes the browser as a person does. */
  async close() {
    await this.context?.close();
    this.context = null;
  }

  /** Ends the browser as a phone does whose battery falls out: nothing is flushed. */
  async kill() {
    const strike = await this.aim();
    await strike();
  }

  /** Finds beforehand what `kill` ends, so that `await strike()` takes no time of its own. */
  async aim() {
    const pids = await this.#processes();
    const closed = new Promise((resolve) => this.context.once("close", resolve));
    return async () => {
      // The whole group: the browser with every process it has started, those that write included.
      for (const pid of pids) process.kill(-pid, "SIGKILL");
      await closed;
      this.context = null;
    };
  }

  /**
   * Leaves behind what a kill in the middle of a record leaves: half of it at the end of the log of the browser's
   * store. The browser is closed. False when it keeps its store in another way.
   */
  async tearLog() {
    const stores = path.join(this.profile, "Default", "IndexedDB");
    const store = (await fs.readdir(stores)).find((name) => name.endsWith(".leveldb"));
    if (!store) return false;
    const logs = (await fs.readdir(path.join(stores, store))).filter((name) => name.endsWith(".log"));
    // A checksum, a length of 100 bytes, "whole", and none of the bytes.
    const head = Buffer.from([0xde, 0xad, 0xbe, 0xef, 100, 0, 1]);
    await fs.appendFile(path.join(stores, store, logs.sort().at(-1)), head);
    return true;
  }

  /** A second page of the same browser, as when a link opens another tab. */
  async secondPage() {
    const page = await this.context.newPage();
    return { url: this.url, page, visit: (address) => page.goto(new URL(address, this.url).href) };
  }

  /** Switches the network of every page and worker off. Stop the server too for the full picture. */
  async goOffline() {
    await this.context.setOffline(true);
  }

  async goOnline() {
    await this.context.setOffline(false);
  }

  /**
   * The open page asks the server, as it does every minute, and what comes is stored and shown. Resolves
   * when the page is at rest again.
   */
  async hear() {
    await this.page.evaluate(async () => {
      const databases = await indexedDB.databases();
      const stored = databases.map(({ name }) => new Promise((resolve) => {
        new BroadcastChannel(name).addEventListener("message", resolve, { once: true });
      }));
      dispatchEvent(new Event("taswiq:sync"));
      await Promise.race(stored);
      for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame);
    });
  }

  /** Waits until the service worker answers for the page and holds the whole list. */
  async ready() {
    const isAnswered = () =>
      this.page.evaluate(async () => {
        await navigator.serviceWorker.ready;
        return navigator.serviceWorker.controller !== null;
      });
    // A page that was itself loading when the worker took over is answered by it from the next load on.
    if (!(await isAnswered())) await this.page.reload();
    if (!(await isAnswered())) throw new Error("the worker does not answer for the page");
  }

  /** Closes it and throws it away. */
  async remove() {
    await this.close();
    await fs.rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }

  // What a page breaks or its policy forbids; a test asserts that there is nothing.
  #listen(page) {
    page.on("pageerror", (error) => this.complaints.push(`${error}`));
    page.on("dialog", (dialog) => {
      this.complaints.push(`a dialog: ${dialog.message()}`);
      return dialog.dismiss();
    });
    page.on("console", (message) => {
      if (message.type() === "error" && /Content Security Policy|Trusted/i.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
  }

  // Only the browser that runs on this profile, found by its folder on the command line.
  async #processes() {
    const { stdout } = await execute("ps", ["-e", "-ww", "-o", "pid=,args="]);
    return stdout
      .split("\n")
      .filter((line) => line.includes(`--user-data-dir=${this.profile}`) && !line.includes("--type="))
      .map((line) => Number.parseInt(line, 10));
  }
}
