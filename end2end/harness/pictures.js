// Pictures of screens, kept out of the repository, for people to look at.
import fs from "node:fs/promises";
import path from "node:path";
import { picturesFolder } from "./surroundings.js";

/** Writes `target/pictures/<name>.png`; a name may hold folders. */
export async function picture(page, name, options = {}) {
  const file = path.join(picturesFolder, `${name}.png`);
  await fs.mkdir(path.dirname(file), { recursive: true });
  await page.screenshot({ path: file, animations: "disabled", ...options });
  return file;
}
