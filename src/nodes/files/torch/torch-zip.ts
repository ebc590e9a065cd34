import type { FileHandle } from "node:fs/promises";
import { readAt } from "../open-file.js";
import type { ArrayList } from "../stored-array.js";
import { dataOffset, readZipDirectory } from "../zip-directory.js";
import type { ZipEntry } from "../zip-directory.js";
import { findTensors } from "./find-tensors.js";
import { bytesOf, placeTensors } from "./place-tensors.js";
import type { StoragePlace } from "./place-tensors.js";
import { unpickle } from "./unpickle.js";

/**
 * The tensors of a `.pt` or `.pth` of PyTorch 1.6 or newer: a zip archive with `<root>/data.pkl`, a storage of raw numbers in each
 * `<root>/data/<key>`, and `<root>/byteorder`. Throws an Error that says what is wrong.
 */
export async function readTorchZip(file: string, handle: FileHandle, bytes: number): Promise<ArrayList> {
  const entries = await readZipDirectory(handle, bytes);
  const pickle = [...entries.values()].find(({ name }) => /^([^/]+\/)?data\.pkl$/.test(name));
  if (!pickle)
    throw new Error("a zip archive without data.pkl: not written by torch.save; expected a PyTorch or safetensors file");
  const root = pickle.name.slice(0, -"data.pkl".length);
  if (entries.has(`${root}constants.pkl`))
    throw new Error("a TorchScript program, whose code is not run here; save the module's state_dict() with torch.save");
  const order = entries.get(`${root}byteorder`);
  const bigEndian = order !== undefined && (await readText(handle, order, bytes)) === "big";
  const { value } = unpickle(await readEntry(handle, pickle, bytes));
  const places = new Map<string, StoragePlace>();
  const tensors = await placeTensors(file, findTensors(value, pickle.bytes), bigEndian, async (storage) => {
    const entry = entries.get(`${root}data/${storage.key}`);
    if (!entry) throw new Error(`the archive lacks its storage "data/${storage.key}"; download the file again`);
    if (entry.bytes !== bytesOf(storage))
      throw new Error(`its storage "data/${storage.key}" has ${entry.bytes} bytes, expected ${bytesOf(storage)}`);
    const known = places.get(storage.key) ?? { begin: await dataOffset(handle, entry, bytes), bytes: entry.bytes };
    places.set(storage.key, known);
    return known;
  });
  return { format: "PyTorch (zip)", tensors, metadata: {} };
}

async function readEntry(handle: FileHandle, entry: ZipEntry, bytes: number): Promise<Uint8Array> {
  const begin = await dataOffset(handle, entry, bytes);
  const data = new Uint8Array(entry.bytes);
  await readAt(handle, data, begin);
  return data;
}

async function readText(handle: FileHandle, entry: ZipEntry, bytes: number): Promise<string> {
  if (entry.bytes > 16) throw new Error(`"${entry.name}" has ${entry.bytes} bytes, expected the word little or big`);
  return new TextDecoder().decode(await readEntry(handle, entry, bytes)).trim();
}
