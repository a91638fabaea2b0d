// Accounts beside those of the demo company, made as whoever holds the database makes them.
import { execFile } from "node:child_process";
import { serverProgram } from "./surroundings.js";

/**
 * Gives somebody an account on a server: nobody has taken an order with it yet.
 *
 * @param {import("./server.js").Server} server
 * @param {{ role: string, name: string, login: string, password: string }} who
 */
export async function hire(server, { role, name, login, password }) {
  const asked = ["user", "create", "--database", server.databaseUrl, "--role", role, "--name", name];
  asked.push("--login", login, "--password-from-stdin");
  await new Promise((resolve, reject) => {
    const program = execFile(serverProgram, asked, (error, out, complaint) => {
      if (error) reject(new Error(`${login} got no account: ${complaint || error.message}`));
      else resolve(out);
    });
    program.stdin.end(`${password}\n`);
  });
}
