import type { FileHandle } from "node:fs/promises";
import { readAt } from "./open-file.js";
import { headerLength, lengthBytes, parseHeader } from "./safetensors-header.js";
import type { ArrayList } from "./stored-array.js";

/** Names, dtypes and shapes of a safetensors file. Throws an Error that says what is wrong with its header. */
export async function readSafetensorsList(file: string, handle: FileHandle, bytes: number): Promise<ArrayList> {
  const first = new Uint8Array(Math.min(lengthBytes, bytes));
  await readAt(handle, first, 0);
  const header = new Uint8Array(headerLength(first, bytes));
  await readAt(handle, header, lengthBytes);
  const { tensors, metadata } = parseHeader(header, bytes);
  return {
    format: "safetensors",
    metadata,
    tensors: tensors.map(({ name, dtype, shape, begin }) => ({ name, dtype, shape, begin, file })),
  };
}
