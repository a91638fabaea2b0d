// The road between a phone and its server, on which answers get lost.
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
   * The answer to the next request to this path will begin and break off in its middle.
   *
   * @param {string} path
   */
  breakTheAnswerTo(path) {
    this.#losing.push({ path, which: () => true, begins: true });
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
    const { hostname, port } = this.server;
    const { method, url, headers } = request;
    const onward = http.request({ hostname, port, method, path: url, headers, agent: false });
    onward.on("error", () => response.destroy());
    onward.on("response", async (answer) => {
      await this.#closed;
      const index = this.#losing.findIndex(({ path, which }) => path === url && which(body));
      if (index >= 0) {
        const whole = Buffer.concat(await answer.toArray());
        const [{ begins }] = this.#losing.splice(index, 1);
        this.lost += 1;
        if (!begins) return request.socket.destroy();
        response.writeHead(answer.statusCode, answer.rawHeaders);
        return response.write(whole.subarray(0, whole.length / 2), () => request.socket.end());
      }
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
      // A stream of hints never ends: it is let go when either side goes.
      response.on("close", () => answer.destroy());
    });
    onward.end(body);
  }
}
