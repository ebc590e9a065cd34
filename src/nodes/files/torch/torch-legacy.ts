import type { FileHandle } from "node:fs/promises";
import { readAt } from "../open-file.js";
import { dtypeBytes } from "../safetensors-dtype.js";
import type { ArrayList } from "../stored-array.js";
import { CutOffError } from "./byte-reader.js";
import { findTensors } from "./find-tensors.js";
import { PickleDict, describeValue } from "./pickle-value.js";
import type { PickleStorage, PickleValue } from "./pickle-value.js";
import { placeTensors } from "./place-tensors.js";
import type { StoragePlace } from "./place-tensors.js";
import { unpickle } from "./unpickle.js";

/** 0x1950a86a20f9469cfc6c, the first pickle of every such file. */
const magic = 119547037146038801333356n;
const protocol = 1001;
const firstPart = 1 << 16;

/**
 * The tensors of a `.pth` of PyTorch before 1.6: pickles of a magic number, a protocol, the system, the object and the storages' keys;
 * then each storage in the order of the keys, a count of eight bytes before its numbers. Throws an Error that says what is wrong.
 */
export async function readTorchLegacy(file: string, handle: FileHandle, bytes: number): Promise<ArrayList> {
  const { values, storages, end } = await readPickles(handle, bytes, 5);
  const [first, version, system, root = null, keys] = values;
  if (first !== magic) throw new Error("a pickle that torch.save has not written; only PyTorch and safetensors files are read");
  if (version !== protocol) throw new Error(`a PyTorch file of protocol ${describeValue(version)}, expected ${protocol}`);
  const bigEndian = system instanceof PickleDict && system.entries.get("little_endian") === false;
  const tensors = findTensors(root, end);
  const places = await placeStorages(handle, bytes, end, namesOf(keys), storages, bigEndian);
  const arrays = await placeTensors(file, tensors, bigEndian, async (storage) => window(storage, places.get(storage.key)));
  return { format: "PyTorch (legacy)", tensors: arrays, metadata: {} };
}

/** A view's part of its storage, by the oldest form; for all others the whole. */
function window(storage: PickleStorage, whole: StoragePlace | undefined): StoragePlace {
  if (!whole) throw new Error(`the file lacks its storage "${storage.key}"; download it again`);
  const size = dtypeBytes.get(storage.dtype ?? "U8") ?? 1;
  const [from, length] = [storage.offset * size, storage.size * size];
  if (from + length > whole.bytes)
    throw new Error(`its storage "${storage.key}" has ${whole.bytes} bytes, expected ${from + length}`);
  return { begin: whole.begin + from, bytes: length };
}

/** What stands before the numbers. */
interface Pickles {
  readonly values: readonly PickleValue[];
  readonly storages: readonly PickleStorage[];
  readonly end: number;
}

/** Reads more and more of the file until the pickles at its start are whole: their length stands nowhere. */
async function readPickles(handle: FileHandle, bytes: number, count: number): Promise<Pickles> {
  for (let length = Math.min(firstPart, bytes); ; length = Math.min(4 * length, bytes)) {
    const part = new Uint8Array(length);
    await readAt(handle, part, 0);
    try {
      const values: PickleValue[] = [];
      const storages: PickleStorage[] = [];
      let end = 0;
      for (let i = 0; i < count; i++) {
        const pickle = unpickle(part.subarray(end));
        values.push(pickle.value);
        storages.push(...pickle.storages);
        end += pickle.length;
      }
      return { values, storages, end };
    } catch (error) {
      if (!(error instanceof CutOffError) || length === bytes) throw error;
    }
  }
}

async function placeStorages(
  handle: FileHandle,
  bytes: number,
  begin: number,
  keys: readonly string[],
  used: readonly PickleStorage[],
  bigEndian: boolean,
): Promise<ReadonlyMap<string, StoragePlace>> {
  const sizes = new Map(used.map(({ key, dtype }) => [key, dtypeBytes.get(dtype ?? "U8") ?? 1]));
  const places = new Map<string, StoragePlace>();
  let at = begin;
  for (const key of keys) {
    const size = sizes.get(key);
    if (size === undefined) throw new Error(`storage "${key}" is listed but never used; save the file again`);
    const count = new Uint8Array(8);
    if ((await readAt(handle, count, at)) < 8) throw new Error("the file is cut off; copy or download it again");
    const length = Number(new DataView(count.buffer).getBigInt64(0, !bigEndian)) * size;
    if (length < 0 || at + 8 + length > bytes)
      throw new Error(
        `storage "${key}" of ${length} bytes does not fit in the rest of the file: it is cut off; copy or download it again`,
      );
    places.set(key, { begin: at + 8, bytes: length });
    at += 8 + length;
  }
  return places;
}

function namesOf(keys: PickleValue | undefined): string[] {
  if (!Array.isArray(keys)) throw new Error(`expected the list of storages, got ${describeValue(keys)}`);
  return keys.map((key) => {
    if (typeof key !== "string") throw new Error(`a storage's key is ${describeValue(key)}, expected text`);
    return key;
  });
}
