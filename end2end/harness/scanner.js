// A camera that reads codes from a screen.
import fs from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";

// Of its own accord the reader would fetch its program from the network.
prepareZXingModule({
  overrides: {
    wasmBinary: await fs.readFile(fileURLToPath(import.meta.resolve("zxing-wasm/reader/zxing_reader.wasm"))),
  },
});

/** What the one code says that a screen shows in this place. */
export async function scan(locator) {
  const codes = await readBarcodes(new Uint8Array(await locator.screenshot()), { formats: ["QRCode"] });
  if (codes.length !== 1) throw new Error(`${codes.length} codes can be read`);
  return codes[0].text;
}
