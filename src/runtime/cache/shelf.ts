import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { mkdir, open, readdir, readFile, utimes } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { wordSum } from "./content-hash.js";
import { indexOf, makeRoom } from "./segments.js";

/** Bytes of a segment at most; a quarter of the limit where that is less, so that old ones can go one by one. */
const segmentBytes = 64 * 2 ** 20;

/** The records of one key: samples by the hash of their content. All records of a shelf have the same length. */
export interface Shelf {
  readonly count: number;
  has(sample: string): boolean;
  /** Reads a record into `bytes`; false where it is not there whole. */
  read(sample: string, bytes: Uint8Array): boolean;
  /** Keeps records; does nothing once the limit leaves no room. What it is given must not change until it is done. */
  write(records: readonly { readonly sample: string; readonly bytes: Uint8Array }[]): Promise<void>;
  close(): Promise<void>;
}

interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly sum: number;
}

/** Opens the shelf in a folder of a cache. `full` is called once where there is no room for more. */
export async function openShelf(root: string, name: string, limit: number, full: () => void): Promise<Shelf> {
  const folder = join(root, name);
  await mkdir(folder, { recursive: true });
  const places = new Map<string, Place>();
  const files: { file: string; descriptor: number | undefined }[] = [];
  for (const entry of (await readdir(folder)).filter((each) => each.endsWith(".bin")).sort()) {
    const file = join(folder, entry);
    const now = new Date();
    await utimes(file, now, now).catch(() => undefined);
    for (const line of (await readFile(indexOf(file), "utf8").catch(() => "")).split("\n")) {
      const [sample, offset, sum, end] = line.split(" ");
      // A line without its end was not written whole.
      if (sample?.length === 32 && end === ".")
        places.set(sample, { segment: files.length, offset: Number(offset), sum: Number(sum) });
    }
    files.push({ file, descriptor: undefined });
  }
  const segment = Math.min(segmentBytes, limit / 4);
  let writer: Writer | undefined;
  let isFull = false;
  const descriptorOf = (at: number): number | undefined => {
    const known = files[at];
    if (!known) return undefined;
    try {
      return (known.descriptor ??= openSync(known.file, "r"));
    } catch {
      return undefined;
    }
  };
  const writerFor = async (bytes: number): Promise<Writer | undefined> => {
    if (writer && writer.size + bytes <= segment) return writer;
    await writer?.close();
    writer = undefined;
    const own = new Set(files.map(({ file }) => file));
    if (!(await makeRoom(root, limit, Math.max(bytes, segment), own))) {
      isFull = true;
      full();
      return undefined;
    }
    const file = join(folder, `${Date.now().toString(36)}-${process.pid}-${randomBytes(4).toString("hex")}.bin`);
    files.push({ file, descriptor: undefined });
    return (writer = await openWriter(file, files.length - 1));
  };
  return {
    get count() {
      return places.size;
    },
    has: (sample) => places.has(sample),
    read(sample, bytes) {
      const place = places.get(sample);
      const descriptor = place && descriptorOf(place.segment);
      if (!place || descriptor === undefined) return false;
      const whole =
        readSync(descriptor, bytes, 0, bytes.byteLength, place.offset) === bytes.byteLength && wordSum(bytes) === place.sum;
      if (!whole) places.delete(sample);
      return whole;
    },
    async write(records) {
      const fresh = records.filter(
        ({ sample }, i) => !places.has(sample) && records.findIndex((other) => other.sample === sample) === i,
      );
      if (fresh.length === 0 || isFull) return;
      const to = await writerFor(fresh.reduce((sum, { bytes }) => sum + bytes.byteLength, 0));
      if (!to) return;
      for (const [sample, place] of await to.append(fresh)) places.set(sample, place);
    },
    async close() {
      await writer?.close();
      for (const { descriptor } of files) if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}

/** Appends to a segment of this process alone: first the data, then the index that speaks of it. */
interface Writer {
  readonly size: number;
  append(records: readonly { readonly sample: string; readonly bytes: Uint8Array }[]): Promise<[string, Place][]>;
  close(): Promise<void>;
}

async function openWriter(file: string, segment: number): Promise<Writer> {
  const data: FileHandle = await open(file, "ax");
  const index: FileHandle = await open(indexOf(file), "ax");
  let size = 0;
  return {
    get size() {
      return size;
    },
    async append(records) {
      const placed = records.map(({ sample, bytes }): [string, Place] => {
        const place = { segment, offset: size, sum: wordSum(bytes) };
        size += bytes.byteLength;
        return [sample, place];
      });
      await data.appendFile(Buffer.concat(records.map(({ bytes }) => bytes)));
      await index.appendFile(placed.map(([sample, { offset, sum }]) => `${sample} ${offset} ${sum} .\n`).join(""));
      return placed;
    },
    async close() {
      await data.close();
      await index.close();
    },
  };
}
