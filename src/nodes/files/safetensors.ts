import { nearNames } from "../../core/near-names.js";
import type { HostArray } from "../../core/tensor.js";
import { messageOf, within } from "./error-text.js";
import { toHalf } from "./half.js";
import { readAt, withFile } from "./open-file.js";
import { decodeArray } from "./safetensors-dtype.js";
import { headerLength, lengthBytes, parseHeader } from "./safetensors-header.js";
import type { SafetensorsEntry, SafetensorsHeader } from "./safetensors-header.js";
import { writeAtomic } from "./write-atomic.js";

/** What a file may say about itself, strings by name. */
export type SafetensorsMetadata = Readonly<Record<string, string>>;

/** Names, dtypes and shapes of a file, without reading its data. Throws an Error that names the file, the fault and the cure. */
export async function readSafetensorsHeader(file: string): Promise<SafetensorsHeader> {
  return withFile(file, what, (handle, bytes) => within(file, () => readHeader(handle, bytes)));
}

/**
 * Arrays of a file by name: all, or those asked for. Floats become f32, whole numbers i32. Throws an Error where a name is
 * missing, the file is malformed, or a number does not fit.
 */
export async function readSafetensors(file: string, names?: readonly string[]): Promise<ReadonlyMap<string, HostArray>> {
  return withFile(file, what, (handle, bytes) =>
    within(file, async () => {
      const { tensors } = await readHeader(handle, bytes);
      const arrays = new Map<string, HostArray>();
      for (const entry of select(tensors, names)) {
        const buffer = new ArrayBuffer(entry.end - entry.begin);
        const filled = await readAt(handle, new Uint8Array(buffer), entry.begin);
        if (filled < buffer.byteLength) throw new Error(`the file shrank while "${entry.name}" was read`);
        arrays.set(entry.name, decode(entry, buffer));
      }
      return arrays;
    }),
  );
}

/** Where an array of this name lies. Throws an Error that names near ones, or those that there are. */
export function findEntry({ tensors }: SafetensorsHeader, name: string): SafetensorsEntry {
  return (
    tensors.find((entry) => entry.name === name) ??
    missing(
      name,
      tensors.map((entry) => entry.name),
    )
  );
}

/** Writes arrays to a file, whole or not at all; makes missing folders. */
export async function writeSafetensors(
  file: string,
  arrays: ReadonlyMap<string, HostArray>,
  options: { readonly metadata?: SafetensorsMetadata } = {},
): Promise<void> {
  const chunks = await within(file, async () => [...encodeChunks(arrays, options.metadata)]);
  await writeAtomic(file, chunks);
}

/** The bytes of a safetensors file, f32 stored as F32 or rounded to F16. Throws an Error where an array's shape and data disagree. */
export function encodeSafetensors(
  arrays: ReadonlyMap<string, HostArray>,
  options: { readonly metadata?: SafetensorsMetadata; readonly floats?: "F32" | "F16" } = {},
): Uint8Array {
  const chunks = [...encodeChunks(arrays, options.metadata, options.floats)];
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** The arrays in the bytes of a safetensors file, in memory of their own. */
export function decodeSafetensors(bytes: Uint8Array): ReadonlyMap<string, HostArray> {
  const length = headerLength(bytes.subarray(0, lengthBytes), bytes.byteLength);
  const { tensors } = parseHeader(bytes.subarray(lengthBytes, lengthBytes + length), bytes.byteLength);
  return new Map(
    tensors.map((entry) => [entry.name, decode(entry, new Uint8Array(bytes.subarray(entry.begin, entry.end)).buffer)]),
  );
}

const what = "a safetensors file";

async function readHeader(handle: Parameters<typeof readAt>[0], bytes: number): Promise<SafetensorsHeader> {
  const first = new Uint8Array(Math.min(lengthBytes, bytes));
  await readAt(handle, first, 0);
  const header = new Uint8Array(headerLength(first, bytes));
  await readAt(handle, header, lengthBytes);
  return parseHeader(header, bytes);
}

function select(tensors: readonly SafetensorsEntry[], names: readonly string[] | undefined): readonly SafetensorsEntry[] {
  if (!names) return tensors;
  const known = new Map(tensors.map((entry) => [entry.name, entry]));
  return names.map((name) => known.get(name) ?? missing(name, [...known.keys()]));
}

function missing(name: string, known: readonly string[]): never {
  const near = nearNames(name, known);
  const few = known.slice(0, 8).map((other) => `"${other}"`);
  const cure =
    near.length > 0
      ? `did you mean ${near.map((other) => `"${other}"`).join(" or ")}?`
      : `it holds ${few.join(", ") || "none"}${known.length > few.length ? ", …" : ""}`;
  throw new Error(`no array "${name}"; ${cure}`);
}

function decode(entry: SafetensorsEntry, buffer: ArrayBuffer): HostArray {
  try {
    return decodeArray(entry.dtype, entry.shape, buffer);
  } catch (error) {
    throw new Error(`array "${entry.name}": ${messageOf(error)}`, { cause: error });
  }
}

/** Header, then each array. The header's end is a multiple of eight, so views on f32 data work. */
function* encodeChunks(
  arrays: ReadonlyMap<string, HostArray>,
  metadata: SafetensorsMetadata | undefined,
  floats: "F32" | "F16" = "F32",
): Generator<Uint8Array> {
  const entries: [string, object][] = metadata ? [["__metadata__", metadata]] : [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of arrays) {
    if (name === "__metadata__") throw new Error(`an array may not be called "__metadata__"; choose another name`);
    const size = shape.reduce((a, b) => a * b, 1);
    if (size !== data.length)
      throw new Error(`array "${name}": shape [${shape.join()}] needs ${size} numbers, got ${data.length}`);
    if ((dtype === "f32") !== isFloats(data))
      throw new Error(`array "${name}" is marked ${dtype}, its data is a ${data.constructor.name}`);
    const stored = dtype === "f32" ? floats : "I32";
    const end = offset + (stored === "F16" ? 2 : 4) * size;
    entries.push([name, { dtype: stored, shape, data_offsets: [offset, end] }]);
    offset = end;
  }
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = new Uint8Array(Math.ceil(header.byteLength / 8) * 8).fill(0x20);
  padded.set(header);
  const length = new Uint8Array(lengthBytes);
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.byteLength), true);
  yield length;
  yield padded;
  for (const { dtype, data } of arrays.values()) {
    const stored = dtype === "f32" && floats === "F16" ? Uint16Array.from(data, toHalf) : data;
    yield new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
  }
}

/** By name: an array of another realm is no instance of this one's class. */
function isFloats(data: HostArray["data"]): boolean {
  return Object.prototype.toString.call(data) === "[object Float32Array]";
}
