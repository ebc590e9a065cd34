import type { HostArray } from "../../core/tensor.js";
import { fromHalves } from "./half.js";
import { fromFloat8 } from "./float8.js";

/** Bytes per element of every dtype of the format whose elements fill whole bytes. */
export const dtypeBytes: ReadonlyMap<string, number> = new Map([
  ["F64", 8],
  ["F32", 4],
  ["F16", 2],
  ["BF16", 2],
  ["F8_E4M3", 1],
  ["F8_E5M2", 1],
  ["I64", 8],
  ["I32", 4],
  ["I16", 2],
  ["I8", 1],
  ["U64", 8],
  ["U32", 4],
  ["U16", 2],
  ["U8", 1],
  ["BOOL", 1],
  ["C64", 8],
]);

/** Numbers as they are stored, in the narrowest typed array that holds each of them. */
export type StoredNumbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** Little-endian bytes, at offset 0 of a buffer of their own, as numbers. F32, F64 and I32 are views, the others copies. */
const decoders: Readonly<Record<string, (buffer: ArrayBuffer) => StoredNumbers>> = {
  F32: (buffer) => new Float32Array(buffer),
  I32: (buffer) => new Int32Array(buffer),
  F64: (buffer) => new Float64Array(buffer),
  F16: (buffer) => fromHalves(new Uint16Array(buffer)),
  BF16: (buffer) => fromBrain(new Uint16Array(buffer)),
  F8_E4M3: (buffer) => fromFloat8(new Uint8Array(buffer), "E4M3"),
  F8_E5M2: (buffer) => fromFloat8(new Uint8Array(buffer), "E5M2"),
  I64: (buffer) => fromWide(new BigInt64Array(buffer)),
  U64: (buffer) => fromWide(new BigUint64Array(buffer)),
  U32: (buffer) => Float64Array.from(new Uint32Array(buffer)),
  I16: (buffer) => Int32Array.from(new Int16Array(buffer)),
  U16: (buffer) => Int32Array.from(new Uint16Array(buffer)),
  I8: (buffer) => Int32Array.from(new Int8Array(buffer)),
  U8: (buffer) => Int32Array.from(new Uint8Array(buffer)),
  BOOL: (buffer) => Int32Array.from(new Uint8Array(buffer), truth),
};

/** Whether an array of this dtype is read as f32 or i32; undefined where it cannot be read. */
export function readAs(dtype: string): HostArray["dtype"] | undefined {
  if (!(dtype in decoders)) return undefined;
  return dtype.startsWith("F") || dtype === "BF16" ? "f32" : "i32";
}

/** Numbers of any dtype, none rounded but whole ones beyond 2^53. Throws an Error for a dtype that has no numbers here. */
export function decodeNumbers(dtype: string, buffer: ArrayBuffer): StoredNumbers {
  const decode = decoders[dtype];
  if (!decode) throw new Error(`dtype ${dtype} cannot be read; convert it to F32 or I32`);
  return decode(buffer);
}

/**
 * An array from its little-endian bytes, which it may take over. Throws an Error for a dtype that cannot be read and for
 * numbers that f32 or i32 cannot hold.
 */
export function decodeArray(dtype: string, shape: readonly number[], buffer: ArrayBuffer): HostArray {
  const numbers = decodeNumbers(dtype, buffer);
  if (readAs(dtype) === "f32")
    return { dtype: "f32", shape, data: numbers instanceof Float32Array ? numbers : Float32Array.from(numbers, narrow) };
  return { dtype: "i32", shape, data: numbers instanceof Int32Array ? numbers : Int32Array.from(numbers, inRange) };
}

/** A bf16 number is the upper half of an f32 one. */
function fromBrain(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const out = new Uint32Array(bits.length);
  for (let i = 0; i < out.length; i++) out[i] = (bits[i] ?? 0) << 16;
  return new Float32Array(out.buffer);
}

function narrow(value: number): number {
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) throw new Error(`the number ${value} does not fit in f32`);
  return value;
}

function fromWide(values: BigInt64Array | BigUint64Array): Float64Array<ArrayBuffer> {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Number(values[i] ?? 0n);
  return out;
}

function inRange(value: number): number {
  if (value > 0x7fffffff || value < -0x80000000) throw new Error(`the number ${value} does not fit in i32`);
  return value;
}

function truth(value: number): number {
  if (value > 1) throw new Error(`a BOOL is 0 or 1, got ${value}`);
  return value;
}
