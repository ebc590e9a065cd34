import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { messageOf } from "../run/failure.js";

/** A file of the hub as its server describes it. */
export interface RemoteBlob {
  readonly url: string;
  readonly bytes: number;
  /** SHA-256 of the file, or what git calls it: SHA-1 of `blob <bytes>\0` and the file. */
  readonly hash: { readonly kind: "sha256" | "git"; readonly hex: string };
}

/** How to fetch. */
export interface FetchOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Called now and then with the bytes that are there. */
  readonly progress: (bytes: number) => void;
  /** What an answer that is none means; gives the Error to throw. */
  readonly refused: (status: number) => Error;
}

/** Tries without a single new byte after which it gives up. */
const patience = 5;

/**
 * Fetches a file to `target`, through `target.incomplete` beside it: what an earlier try left there is gone on from, also after a dropped
 * connection. Throws an Error where the server refuses, the connection keeps breaking (the part stays for the next time) or the bytes are
 * not those that were promised (the part is removed).
 */
export async function fetchBlob(blob: RemoteBlob, target: string, options: FetchOptions): Promise<void> {
  const part = `${target}.incomplete`;
  await mkdir(dirname(target), { recursive: true });
  for (let vain = 0; ;) {
    const before = await sizeOf(part);
    if (before === blob.bytes) break;
    try {
      await fetchRest(blob, part, before > blob.bytes ? 0 : before, options);
      if ((await sizeOf(part)) === blob.bytes) break;
      throw new Error("the connection ended early");
    } catch (error) {
      if (error instanceof Refused) throw error.reason;
      const now = await sizeOf(part);
      vain = now > before ? 0 : vain + 1;
      if (vain >= patience)
        throw new Error(
          `${blob.url}: broke off after ${now} of ${blob.bytes} bytes (${messageOf(error)}); they are kept, pull again to go on`,
          { cause: error },
        );
      await wait(50 * 2 ** vain);
    }
  }
  const found = await hashOf(part, blob);
  if (found !== blob.hash.hex) {
    await rm(part, { force: true });
    throw new Error(`${blob.url}: its checksum is ${found}, ${blob.hash.hex} was promised; the download is removed, pull again`);
  }
  await rename(part, target);
}

/** An answer that trying again does not change. */
class Refused extends Error {
  constructor(readonly reason: Error) {
    super(reason.message);
  }
}

async function fetchRest(blob: RemoteBlob, part: string, from: number, options: FetchOptions): Promise<void> {
  const range = from > 0 ? { Range: `bytes=${from}-` } : {};
  const response = await fetch(blob.url, { headers: { ...options.headers, ...range } });
  const goesOn = response.status === 206 && (response.headers.get("content-range") ?? "").startsWith(`bytes ${from}-`);
  // A server that cannot go on sends all of it; what cannot be gone on from is forgotten.
  if (response.status === 416) return void (await rm(part, { force: true }));
  if (response.status >= 500 || response.status === 429) throw new Error(`the server answered ${response.status}`);
  if (!response.ok || !response.body) throw new Refused(options.refused(response.status));
  const handle = await open(part, goesOn ? "a" : "w");
  let bytes = goesOn ? from : 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > blob.bytes) throw new Refused(new Error(`${blob.url}: more than the ${blob.bytes} bytes that were promised`));
      await handle.writeFile(chunk);
      options.progress(bytes);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function hashOf(file: string, { bytes, hash }: RemoteBlob): Promise<string> {
  const sum: Hash = hash.kind === "sha256" ? createHash("sha256") : createHash("sha1").update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) sum.update(chunk as Uint8Array);
  return sum.digest("hex");
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}
