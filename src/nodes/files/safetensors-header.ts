import { messageOf } from "./error-text.js";
import { dtypeBytes } from "./safetensors-dtype.js";

/** Where one array lies in a file; `begin` and `end` are byte offsets from the start of the file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** All that a safetensors file says before its data, arrays in the order of the data. */
export interface SafetensorsHeader {
  readonly tensors: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes before the header: its length, a little-endian u64. */
export const lengthBytes = 8;

const largestHeader = 100_000_000;

/** The length of the header in bytes, from a file's first eight. Throws an Error where it cannot be one. */
export function headerLength(first: Uint8Array, fileBytes: number): number {
  if (first.byteLength < lengthBytes)
    throw new Error(`not a safetensors file: expected at least ${lengthBytes} bytes, got ${first.byteLength}`);
  const length = Number(new DataView(first.buffer, first.byteOffset, lengthBytes).getBigUint64(0, true));
  if (length > largestHeader)
    throw new Error(
      `not a safetensors file: its first 8 bytes announce a header of ${length} bytes, at most ${largestHeader} are allowed; convert other formats to safetensors`,
    );
  if (lengthBytes + length > fileBytes) throw truncated(lengthBytes + length - fileBytes);
  return length;
}

/**
 * Parses a header and holds it to the format: known dtypes, shape times dtype equals bytes, and data that fills the rest of the
 * file without holes or overlap. Throws an Error that says what is wrong.
 */
export function parseHeader(header: Uint8Array, fileBytes: number): SafetensorsHeader {
  const { __metadata__: metadata, ...entries } = parseObject(header);
  const start = lengthBytes + header.byteLength;
  const tensors = Object.entries(entries)
    .map(([name, entry]) => parseEntry(name, entry, start))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  const last = tensors.reduce((end, tensor) => Math.max(end, tensor.end), start);
  if (last > fileBytes) throw truncated(last - fileBytes);
  let end = start;
  for (const { name, begin, end: next } of tensors) {
    if (begin !== end)
      throw new Error(`array "${name}" starts at byte ${begin - start} of the data, expected ${end - start}: ${gap(begin, end)}`);
    end = next;
  }
  if (end !== fileBytes) throw new Error(`${fileBytes - end} bytes after the last array belong to none; write the file again`);
  return { tensors, metadata: parseMetadata(metadata) };
}

function parseObject(header: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header));
    if (isObject(value)) return value;
  } catch (error) {
    throw new Error(`not a safetensors file: its header is no JSON (${messageOf(error)})`, {
      cause: error,
    });
  }
  throw new Error("not a safetensors file: its header is no JSON object");
}

function parseEntry(name: string, entry: unknown, start: number): SafetensorsEntry {
  if (!isObject(entry)) throw new Error(`array "${name}": expected {dtype, shape, data_offsets}, got ${told(entry)}`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const size = typeof dtype === "string" ? dtypeBytes.get(dtype) : undefined;
  if (typeof dtype !== "string" || size === undefined)
    throw new Error(
      `array "${name}": ${dtype === undefined ? "no dtype" : `unknown dtype ${JSON.stringify(dtype)}`}; known are ${[...dtypeBytes.keys()].join(", ")}`,
    );
  if (!isSizes(shape)) throw new Error(`array "${name}": expected a shape of whole numbers, got ${told(shape)}`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw new Error(`array "${name}": expected data_offsets [begin, end], got ${told(offsets)}`);
  const [begin = 0, end = 0] = offsets;
  const bytes = shape.reduce((a, b) => a * b, size);
  if (end - begin !== bytes)
    throw new Error(`array "${name}": ${dtype} [${shape.join()}] takes ${bytes} bytes, its data_offsets give ${end - begin}`);
  return { name, dtype, shape, begin: start + begin, end: start + end };
}

function parseMetadata(metadata: unknown): Readonly<Record<string, string>> {
  if (metadata === undefined) return {};
  if (isObject(metadata) && Object.values(metadata).every((value) => typeof value === "string"))
    return metadata as Record<string, string>;
  throw new Error("__metadata__ must be an object of strings");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function gap(begin: number, end: number): string {
  return begin < end ? "it overlaps the array before it" : `${begin - end} bytes between two arrays belong to none`;
}

function truncated(missing: number): Error {
  return new Error(`the file is cut off: ${missing} bytes are missing; copy or download it again`);
}

/** A value of the header as it stands there, cut short. */
function told(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value).slice(0, 80);
}
