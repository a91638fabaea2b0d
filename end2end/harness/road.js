// The road between a phone and its server, on which answers get lost and worse.
import { once } from "node:events";
import http from "node:http";

/** Opens a road to the server. Phones use `road.url` in place of the server's own. */
export async function openRoad(serverUrl) {
  const road = new Road(new URL(serverUrl));
  await road.open();
  return road;
}

class Road {
  #listener;
  #losing = [];
  #closed = null;
  #trouble = null;
  /** How many answers were lost so far. */
  lost = 0;

  constructor(server) {
    this.server = server;
  }

  async open() {
    this.#listener = http.createServer((request, response) => this.#pass(request, response));
    this.#listener.listen(0, "127.0.0.1");
    await once(this.#listener, "listening");
    this.url = `http://127.0.0.1:${this.#listener.address().port}`;
  }

  /**
   * The server will do what the next request to this path asks, and its answer will never arrive.
   *
   * @param {string} path
   * @param {(body: Buffer) => boolean} [which] only a request with such a body
   */
  loseTheAnswerTo(path, which = () => true) {
    this.#losing.push({ path, which });
  }

  /**
   * From now on every request to this path meets `trouble` (see `troubles.js`) in place of the server. Resolves
   * when that has happened once.
   */
  meet(path, trouble) {
    return new Promise((resolve, reject) => (this.#trouble = { path, trouble, resolve, reject }));
  }

  /** There is no trouble any more. */
  clear() {
    this.#trouble = null;
  }

  /** Lets nothing come from the server until what this gives is called: a road as slow as one likes. */
  hold() {
    let open;
    this.#closed = new Promise((resolve) => (open = resolve));
    return () => {
      this.#closed = null;
      open();
    };
  }

  async close() {
    this.#listener.closeAllConnections();
    this.#listener.close();
    await once(this.#listener, "close");
  }

  async #pass(request, response) {
    const body = Buffer.concat(await request.toArray());
    if (request.url === this.#trouble?.path) {
      const { trouble, resolve, reject } = this.#trouble;
      trouble(new Exchange(this.#onward(request), request, response, body)).then(resolve, reject);
      return;
    }
    const onward = this.#onward(request)();
    onward.on("error", () => response.destroy());
    onward.on("response", async (answer) => {
      await this.#closed;
      const index = this.#losing.findIndex(({ path, which }) => path === request.url && which(body));
      if (index >= 0) {
        await answer.toArray();
        this.#losing.splice(index, 1);
        this.lost += 1;
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
      // A stream of hints never ends: it is let go when either side goes.
      response.on("close", () => answer.destroy());
    });
    onward.end(body);
  }

  #onward({ method, url, headers }) {
    const { hostname, port } = this.server;
    return () => http.request({ hostname, port, method, path: url, headers, agent: false });
  }
}

/** A request that meets trouble, and all that can be done with it. */
class Exchange {
  #onward;

  constructor(onward, request, response, body) {
    this.#onward = onward;
    this.socket = request.socket;
    this.response = response;
    this.body = body;
  }

  /** Lets the server do what is asked. Its whole answer. */
  async ask() {
    const onward = this.#onward();
    onward.end(this.body);
    const [answer] = await once(onward, "response");
    return { status: answer.statusCode, headers: answer.rawHeaders, body: Buffer.concat(await answer.toArray()) };
  }

  /** The server gets this much of the request, and then nothing more. */
  async askHalf(bytes) {
    const onward = this.#onward();
    onward.on("error", () => {});
    await new Promise((resolve) => onward.write(this.body.subarray(0, bytes), resolve));
    onward.destroy();
  }

  /** The phone's connection breaks. */
  cut() {
    this.socket.destroy();
  }

  /** The phone gets exactly these bytes, and then the connection ends. */
  async sayRaw(...pieces) {
    for (const piece of pieces) await new Promise((resolve) => this.socket.write(piece, resolve));
    this.socket.end();
  }

  say(status, headers, body) {
    this.response.writeHead(status, { connection: "close", ...headers });
    this.response.end(body);
  }
}
