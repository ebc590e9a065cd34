import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { crc32 } from "./crc32.js";
import { npyHeader } from "./npy.js";

/** A pack of bytes `[N,...]` that grows on disk. */
export interface PackWriter {
  /** Adds rows. */
  add(rows: Uint8Array, count: number): Promise<void>;
  /** Writes what stands at the end, moves the file to its place and gives the number of rows. */
  finish(): Promise<number>;
  /** Removes what was written; an older file stays. */
  abandon(): Promise<void>;
}

/**
 * Starts an `.npz` archive with the one array `arr_0`, uint8 `[N, ...row]`, as numpy.savez writes it and the ADM evaluation suite reads
 * it. Rows go to a temporary file beside it as they come, so any number of images needs the memory of one batch; archives above 4 GB get
 * zip64 fields (PKWARE APPNOTE 4.5.3).
 */
export async function packWriter(file: string, row: readonly number[]): Promise<PackWriter> {
  // Loaded here: whoever only reads files starts without it.
  const { randomUUID } = await import("node:crypto");
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID().slice(0, 8)}.tmp`);
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(temporary, "w");
  const start = localHeader(0, 0).byteLength;
  const headerBytes = npyHeader("|u1", [0, ...row]).byteLength;
  let count = 0;
  let at = start + headerBytes;
  let crc = 0;
  const write = async (bytes: Uint8Array, position: number): Promise<void> => {
    for (let done = 0; done < bytes.byteLength;)
      done += (await handle.write(bytes, done, bytes.byteLength - done, position + done)).bytesWritten;
  };
  return {
    async add(rows, more) {
      await write(rows, at);
      crc = crc32(crc, rows);
      at += rows.byteLength;
      count += more;
    },
    async finish() {
      const header = npyHeader("|u1", [count, ...row]);
      const whole = combine(crc32(0, header), crc, at - start - headerBytes);
      const size = at - start;
      await write(localHeader(whole, size), 0);
      await write(header, start);
      await write(directory(whole, size, at), at);
      await handle.sync();
      await handle.close();
      await rename(temporary, file);
      return count;
    },
    async abandon() {
      await handle.close();
      await rm(temporary, { force: true });
    },
  };
}

const name = new TextEncoder().encode("arr_0.npy");
/** 1 January 1980, the first date that a zip file can hold. */
const date = 0x21;

/** With a zip64 field always, so that its length does not depend on the size. */
function localHeader(crc: number, size: number): Uint8Array {
  return fields([0x04034b50, 4], [45, 2], [0, 2], [0, 2], [0, 2], [date, 2], [crc, 4], [0xffffffff, 4], [0xffffffff, 4], [name.length, 2], [20, 2], name, [1, 2], [16, 2], [size, 8], [size, 8]); // prettier-ignore
}

/** The central directory of one file at 0, its zip64 end, locator and end. */
function directory(crc: number, size: number, at: number): Uint8Array {
  const central = fields([0x02014b50, 4], [45, 2], [45, 2], [0, 2], [0, 2], [0, 2], [date, 2], [crc, 4], [0xffffffff, 4], [0xffffffff, 4], [name.length, 2], [20, 2], [0, 2], [0, 2], [0, 2], [0, 4], [0, 4], name, [1, 2], [16, 2], [size, 8], [size, 8]); // prettier-ignore
  const end = fields([0x06064b50, 4], [44, 8], [45, 2], [45, 2], [0, 4], [0, 4], [1, 8], [1, 8], [central.length, 8], [at, 8], [0x07064b50, 4], [0, 4], [at + central.length, 8], [1, 4], [0x06054b50, 4], [0, 2], [0, 2], [1, 2], [1, 2], [central.length, 4], [Math.min(at, 0xffffffff), 4], [0, 2]); // prettier-ignore
  return fields(central, end);
}

/** Little-endian numbers of so many bytes, and bytes. */
function fields(...parts: readonly (Uint8Array | readonly [value: number, bytes: number])[]): Uint8Array {
  const bytes = parts.flatMap((part) => {
    if (part instanceof Uint8Array) return [...part];
    const [value, length] = part;
    return Array.from({ length }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256);
  });
  return Uint8Array.from(bytes);
}

/** The CRC-32 of two texts in a row, from their own and the second's length in bytes: the first is carried over so many zero bytes. */
function combine(first: number, second: number, length: number): number {
  const times = (matrix: readonly number[], vector: number): number =>
    matrix.reduce((sum, row, bit) => ((vector >>> bit) & 1 ? sum ^ row : sum), 0) >>> 0;
  const square = (matrix: readonly number[]): number[] => matrix.map((row) => times(matrix, row));
  // One zero bit: the polynomial, then a shift; squared three times it is one zero byte.
  let step: number[] = Array.from({ length: 32 }, (_, bit) => (bit === 0 ? 0xedb88320 : 2 ** (bit - 1)));
  for (let i = 0; i < 3; i++) step = square(step);
  let crc = first;
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) crc = times(step, crc);
    step = square(step);
  }
  return (crc ^ second) >>> 0;
}
