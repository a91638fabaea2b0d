// What happens to a request on a bad road. Each is given to `road.meet`; none is an answer to
// what was asked. A bit that falls over is none of them: TLS tells.

const json = { "content-type": "application/json" };
const html = { "content-type": "text/html; charset=utf-8" };
const portal = "<!doctype html><title>Wifi</title><h1>Acceptez les conditions</h1>";

/** The lines before a body, as they go over the wire. */
function head({ status, headers }, changed = {}) {
  const lines = [`HTTP/1.1 ${status} OK`];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index].toLowerCase();
    const value = name in changed ? changed[name] : headers[index + 1];
    if (value !== null) lines.push(`${name}: ${value}`);
  }
  return `${lines.join("\r\n")}\r\n\r\n`;
}

const half = (bytes) => bytes.subarray(0, Math.floor(bytes.length / 2));

/** By name. */
export const troubles = {
  "nothing gets through": async (exchange) => exchange.cut(),
  "the request breaks off": async (exchange) => {
    await exchange.askHalf(Math.floor(exchange.body.length / 2));
    exchange.cut();
  },
  "the answer is lost": async (exchange) => {
    await exchange.ask();
    exchange.cut();
  },
  "the answer breaks off among its headers": async (exchange) => {
    const answer = await exchange.ask();
    await exchange.sayRaw(head(answer).slice(0, 40));
  },
  "the answer breaks off, and its length is known": async (exchange) => {
    const answer = await exchange.ask();
    await exchange.sayRaw(head(answer, { "content-length": answer.body.length }), half(answer.body));
  },
  "the answer breaks off, and nobody knows its length": async (exchange) => {
    const answer = await exchange.ask();
    await exchange.sayRaw(head(answer, { "content-length": null, connection: "close" }), half(answer.body));
  },
  "the answer breaks off between two pieces": async (exchange) => {
    const answer = await exchange.ask();
    const part = half(answer.body);
    const lines = head(answer, { "content-length": null }).replace(/\r\n$/, "transfer-encoding: chunked\r\n\r\n");
    await exchange.sayRaw(lines, `${part.length.toString(16)}\r\n`, part, "\r\n");
  },
  "a page of a wireless network stands in for the answer": async (exchange) => exchange.say(200, html, portal),
  "a wireless network sends elsewhere": async (exchange) => exchange.say(302, { location: "/portal" }, ""),
  "a wireless network forbids": async (exchange) => exchange.say(403, html, portal),
  "a wireless network wants to know who it is": async (exchange) => exchange.say(401, html, portal),
  "a wireless network says what it wants": async (exchange) => exchange.say(511, html, portal),
  "somebody in between has no such page": async (exchange) => exchange.say(404, html, portal),
  "somebody in between says yes to everything": async (exchange) => exchange.say(200, json, '{"ok":true}'),
  "somebody in between says nothing": async (exchange) => exchange.say(200, json, ""),
  "somebody in between says nothing, and means it": async (exchange) => exchange.say(204, {}, ""),
  "somebody in between finds it too long": async (exchange) => exchange.say(413, html, portal),
  "somebody in between does not reach the server": async (exchange) => exchange.say(502, html, portal),
  "somebody in between waits too long for the server": async (exchange) => {
    await exchange.ask();
    exchange.say(504, html, portal);
  },
  "the server has no time": async (exchange) => exchange.say(503, html, portal),
};
