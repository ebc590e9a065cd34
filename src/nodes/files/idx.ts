import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { ZlibOptions } from "node:zlib";
import { codeOf, messageOf } from "./error-text.js";
import { readAt, withFile } from "./open-file.js";

/** Unsigned bytes of an IDX file (the format of MNIST), row-major. */
export interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Sizes in the header of an IDX file, plain or gzip, without reading its data. Throws an Error that names the file and the fault. */
export async function readIdxShape(file: string): Promise<readonly number[]> {
  return withFile(file, what, async (handle, bytes) => {
    const first = new Uint8Array(Math.min(largestHeader, bytes));
    await readAt(handle, first, 0);
    const shape = parseShape(file, isGzip(first) ? await unzipStart(file, handle, bytes) : first);
    if (!isGzip(first)) checkLength(file, shape, bytes - headerBytes(shape));
    return shape;
  });
}

/** An IDX file of unsigned bytes, plain or gzip. Throws an Error that names the file and the fault. */
export async function readIdx(file: string): Promise<Idx> {
  const shape = await readIdxShape(file);
  const stored = await readFile(file);
  const expected = headerBytes(shape) + elements(shape);
  // One byte more than expected is allowed out, so that a surplus shows without unpacking all of it.
  const bytes = isGzip(stored) ? await unzip(stored, { maxOutputLength: expected + 1 }).catch(refuse(file)) : stored;
  checkLength(file, shape, bytes.byteLength - headerBytes(shape));
  return { shape, data: bytes.subarray(headerBytes(shape)) };
}

const what = "an IDX file, plain or gzip";
const largestDimensions = 8;
const largestHeader = 4 + 4 * largestDimensions;
const unsignedByte = 8;
/** Stored bytes that surely hold the header's, whatever a gzip file says about itself before. */
const gzipStart = 4096;

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Two zero bytes, a byte for the dtype, one for the number of dimensions, then a big-endian u32 per dimension. */
function parseShape(file: string, bytes: Uint8Array): number[] {
  const [zero, zeroToo, dtype, dimensions = 0] = bytes;
  if (bytes.byteLength < 4 || zero !== 0 || zeroToo !== 0 || dimensions === 0 || dimensions > largestDimensions)
    throw new Error(`${file}: not an IDX file: it starts with ${hex(bytes)}, expected 00 00 08 and a number of dimensions`);
  if (dtype !== unsignedByte)
    throw new Error(
      `${file}: the numbers have type 0x${hex(bytes.subarray(2, 3))}, expected 0x08 (unsigned bytes); convert the file`,
    );
  if (bytes.byteLength < 4 + 4 * dimensions) throw new Error(`${file}: the file is cut off in its header; download it again`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
}

function checkLength(file: string, shape: readonly number[], bytes: number): void {
  const expected = elements(shape);
  if (bytes < expected) throw new Error(`${file}: the file is cut off: ${expected - bytes} bytes are missing; download it again`);
  if (bytes > expected) throw new Error(`${file}: ${bytes - expected} bytes more than its header [${shape.join()}] announces`);
}

/** The first bytes of a gzip file's content. */
async function unzipStart(file: string, handle: Parameters<typeof readAt>[0], bytes: number): Promise<Uint8Array> {
  const { constants } = await import("node:zlib");
  const start = new Uint8Array(Math.min(gzipStart, bytes));
  await readAt(handle, start, 0);
  // A file that goes on may be cut anywhere; one that is whole must end as gzip does.
  const finishFlush = start.byteLength < bytes ? constants.Z_SYNC_FLUSH : constants.Z_FINISH;
  return unzip(start, { finishFlush }).catch(refuse(file));
}

/** Loads zlib on first use: a graph without such files is checked without it. */
async function unzip(bytes: Uint8Array, options: ZlibOptions): Promise<Uint8Array> {
  const { gunzip } = await import("node:zlib");
  return promisify<Uint8Array, ZlibOptions, Uint8Array>(gunzip)(bytes, options);
}

function refuse(file: string): (error: unknown) => never {
  return (error) => {
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE") throw new Error(`${file}: more data than its header announces`);
    throw new Error(`${file}: the gzip data is damaged or cut off (${messageOf(error)}); download it again`, { cause: error });
  };
}

function headerBytes(shape: readonly number[]): number {
  return 4 + 4 * shape.length;
}

function elements(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

function hex(bytes: Uint8Array): string {
  return [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}
