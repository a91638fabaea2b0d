// A road to a server on which the bytes of every answer are counted, whoever in the browser asked:
// a page, its worker, or the browser itself.
import { once } from "node:events";
import net from "node:net";

export async function openCountedRoad(serverUrl) {
  const { hostname, port } = new URL(serverUrl);
  const road = { bytes: 0 };
  const sockets = new Set();
  const listener = net.createServer((phone) => {
    const server = net.connect(Number(port), hostname);
    for (const socket of [phone, server]) {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      // Either end may go at any time; the other follows.
      socket.on("error", () => {
        phone.destroy();
        server.destroy();
      });
    }
    server.on("data", (chunk) => (road.bytes += chunk.length));
    phone.pipe(server);
    server.pipe(phone);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  road.url = `http://127.0.0.1:${listener.address().port}`;
  road.close = async () => {
    for (const socket of sockets) socket.destroy();
    listener.close();
    await once(listener, "close");
  };
  return road;
}
