// What a phone keeps, opened as only that phone can: its browser unwraps the keys, and the records are
// opened here, by another program than the one that sealed them.
import { createCipheriv, createDecipheriv, createHmac } from "node:crypto";

const MARK = "~";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const COPIES = ["documents", "customers", "orders", "entries", "disputes"];

/** A keyed hash of parts, each with its length before it. */
function keyedHash(secret, ...parts) {
  const hash = createHmac("sha256", secret);
  for (const part of parts) {
    hash.update(lengthOf(part));
    hash.update(part);
  }
  return hash.digest();
}

function lengthOf(part) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(part)));
  return length;
}

class RecordKey {
  constructor(secret) {
    this.records = keyedHash(secret, "records");
    this.nonces = keyedHash(secret, "nonces");
  }

  seal(place, text) {
    const hash = createHmac("sha256", this.nonces).update(lengthOf(place)).update(place).update(text);
    const nonce = hash.digest().subarray(0, NONCE_BYTES);
    const cipher = createCipheriv("chacha20-poly1305", this.records, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(place), { plaintextLength: Buffer.byteLength(text) });
    const sealed = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
    return MARK + sealed.toString("base64").replaceAll("=", "");
  }

  open(place, sealed) {
    if (!sealed.startsWith(MARK)) throw new Error(`${place} is not sealed`);
    const bytes = Buffer.from(sealed.slice(1), "base64");
    const text = bytes.subarray(NONCE_BYTES, -TAG_BYTES);
    const decipher = createDecipheriv("chacha20-poly1305", this.records, bytes.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(place), { plaintextLength: text.length });
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(text), decipher.final()]).toString();
  }
}

/** The store of whoever holds the phone of an open page, and has set no PIN. */
export async function openStore(page) {
  const secrets = await page.evaluate(async () => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const { name } = (await indexedDB.databases()).find(({ name }) => /-\d+$/.test(name));
    const database = await done(indexedDB.open(name));
    const seal = JSON.parse(await done(database.transaction("meta").objectStore("meta").get("seal")));
    const { wrap } = await done(database.transaction("keys").objectStore("keys").get(seal.phone_key));
    database.close();
    const unwrap = async (what) => {
      const bytes = Uint8Array.from(atob(seal[what]), (letter) => letter.charCodeAt(0));
      const how = { name: "AES-GCM", iv: bytes.slice(0, 12), additionalData: new TextEncoder().encode(`${name}/${what}`) };
      return new TextDecoder().decode(await crypto.subtle.decrypt(how, wrap, bytes.slice(12)));
    };
    return { acts: await unwrap("acts"), copies: await unwrap("copies") };
  });
  const [acts, copies] = [secrets.acts, secrets.copies].map((secret) => new RecordKey(Buffer.from(secret, "base64")));
  return new OpenedStore(page, (table) => (COPIES.includes(table) ? copies : acts));
}

class OpenedStore {
  constructor(page, keyOf) {
    this.page = page;
    this.keyOf = keyOf;
  }

  /** Every key and text of a table. */
  async read(table) {
    const records = await this.page.evaluate(async (table) => {
      const done = (request) =>
        new Promise((resolve, reject) => {
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
      const { name } = (await indexedDB.databases()).find(({ name }) => /-\d+$/.test(name));
      const database = await done(indexedDB.open(name));
      const store = database.transaction(table).objectStore(table);
      const [keys, texts] = [await done(store.getAllKeys()), await done(store.getAll())];
      database.close();
      return keys.map((key, place) => [key, texts[place]]);
    }, table);
    return records
      .filter(([key]) => table !== "meta" || key !== "seal")
      .map(([key, sealed]) => [key, this.keyOf(table).open(`${table}/${key}`, sealed)]);
  }

  /** Writes texts, each with its table and key before it, as the phone itself would. */
  async write(changes) {
    const sealed = changes.map(([table, key, text]) => [table, key, this.keyOf(table).seal(`${table}/${key}`, text)]);
    await this.page.evaluate(async (changes) => {
      const { name } = (await indexedDB.databases()).find(({ name }) => /-\d+$/.test(name));
      await new Promise((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const change = database.transaction([...new Set(changes.map(([table]) => table))], "readwrite");
          for (const [table, key, text] of changes) change.objectStore(table).put(text, key);
          change.onabort = () => reject(change.error);
          change.oncomplete = () => {
            database.close();
            resolve();
          };
        };
      });
    }, sealed);
  }
}
