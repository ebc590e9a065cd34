import type { FileHandle } from "node:fs/promises";
import { nearNames } from "../../core/near-names.js";
import type { HostArray } from "../../core/tensor.js";
import { messageOf, within } from "./error-text.js";
import { gather, isRowMajor, swapBytes } from "./gather.js";
import { readAt, withFile } from "./open-file.js";
import { decodeArray, decodeNumbers, dtypeBytes } from "./safetensors-dtype.js";
import type { StoredNumbers } from "./safetensors-dtype.js";
import { listArraysIn } from "./list-arrays.js";
import { elementsOf, spanOf } from "./stored-array.js";
import type { ArrayList, StoredArray } from "./stored-array.js";

/** An open weights file of any format: safetensors, alone or sharded by an index, and PyTorch files. */
export interface ArrayFile extends ArrayList {
  /** One array whole: floats as f32, whole numbers as i32. Throws an Error where a number does not fit. */
  read(array: StoredArray): Promise<HostArray>;
  /** Floats of one array from element `from` on, as f32, into memory of the caller's. Floats that lie in the file as they are needed are copied once. */
  readInto(array: StoredArray, from: number, target: Float32Array): Promise<void>;
  /** One array's numbers in pieces of at most 4 Mi elements, for what looks at files larger than memory; any order. */
  pieces(array: StoredArray): AsyncGenerator<StoredNumbers>;
}

/** Calls `use` with an open weights file, and closes it. Throws an Error that names the file, the fault and the cure. */
export async function withArrays<T>(file: string, use: (arrays: ArrayFile) => Promise<T>): Promise<T> {
  return withFile(file, what, async (handle, bytes) => {
    const list = await listArraysIn(file, handle, bytes);
    return within(file, () => use(openArrays(list, file, handle)));
  });
}

/** Names, dtypes and shapes of a weights file of any format, without its numbers. */
export async function listArrays(file: string): Promise<ArrayList> {
  return withFile(file, what, (handle, bytes) => listArraysIn(file, handle, bytes));
}

/** Arrays of a weights file of any format by name: all, or those asked for. Throws an Error that names near names where one is missing. */
export async function readArrays(file: string, names?: readonly string[]): Promise<ReadonlyMap<string, HostArray>> {
  return withArrays(file, async (arrays) => {
    const found = new Map<string, HostArray>();
    for (const array of names ? names.map((name) => findArray(arrays, name)) : arrays.tensors)
      found.set(array.name, await arrays.read(array));
    return found;
  });
}

/** The array of this name. Throws an Error that names near ones, or those that there are. */
export function findArray({ tensors }: ArrayList, name: string): StoredArray {
  const found = tensors.find((array) => array.name === name);
  if (found) return found;
  const known = tensors.map((array) => array.name);
  const near = nearNames(name, known).map((other) => `"${other}"`);
  const few = known.slice(0, 8).map((other) => `"${other}"`);
  const rest = known.length > few.length ? ", …" : "";
  throw new Error(
    `no array "${name}"; ${near.length > 0 ? `did you mean ${near.join(" or ")}?` : `it holds ${few.join(", ") || "none"}${rest}`}`,
  );
}

const what = "a weights file (safetensors, its index or PyTorch)";
const pieceElements = 1 << 22;

function openArrays(list: ArrayList, file: string, handle: FileHandle): ArrayFile {
  const inFile = <T>(array: StoredArray, read: (own: FileHandle) => Promise<T>): Promise<T> =>
    array.file === file ? read(handle) : withFile(array.file, what, read);
  const bytesOf = async (array: StoredArray, from: number, elements: number): Promise<ArrayBuffer> => {
    const size = dtypeBytes.get(array.dtype) ?? 0;
    const buffer = new ArrayBuffer(elements * size);
    await inFile(array, (own) => readBytes(own, array, array.begin + from * size, new Uint8Array(buffer)));
    if (array.bigEndian) swapBytes(buffer, size);
    return buffer;
  };
  const named = <T>(array: StoredArray, use: () => T): T => {
    try {
      return use();
    } catch (error) {
      throw new Error(`array "${array.name}": ${messageOf(error)}`, { cause: error });
    }
  };
  return {
    ...list,
    async read(array) {
      const { dtype, shape, strides } = array;
      const span = strides ? spanOf(shape, strides) : elementsOf(shape);
      const buffer = await bytesOf(array, 0, span);
      const size = (dtypeBytes.get(dtype) ?? 1) as 1 | 2 | 4 | 8;
      const plain = !strides || isRowMajor(shape, strides);
      return named(array, () => decodeArray(dtype, shape, plain ? buffer : gather(buffer, shape, strides, size)));
    },
    async readInto(array, from, target) {
      const { dtype, strides, bigEndian } = array;
      if (dtype === "F32" && !strides && !bigEndian) {
        const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
        return inFile(array, (own) => readBytes(own, array, array.begin + 4 * from, bytes));
      }
      if (strides) {
        target.set((await this.read(array)).data.subarray(from, from + target.length));
        return;
      }
      for (let at = 0; at < target.length; at += pieceElements) {
        const count = Math.min(pieceElements, target.length - at);
        const buffer = await bytesOf(array, from + at, count);
        target.set(named(array, () => decodeArray(dtype, [count], buffer)).data, at);
      }
    },
    async *pieces(array) {
      const { dtype, shape, strides } = array;
      const count = elementsOf(shape);
      // A transposed array has the same elements in another order; one with gaps is gathered first.
      if (strides && spanOf(shape, strides) !== count) {
        yield (await this.read(array)).data as StoredNumbers;
        return;
      }
      for (let from = 0; from < count; from += pieceElements) {
        const buffer = await bytesOf(array, from, Math.min(pieceElements, count - from));
        yield named(array, () => decodeNumbers(dtype, buffer));
      }
    },
  };
}

async function readBytes(handle: FileHandle, array: StoredArray, begin: number, target: Uint8Array): Promise<void> {
  const filled = await readAt(handle, target, begin);
  if (filled < target.byteLength) throw new Error(`the file shrank while "${array.name}" was read`);
}
