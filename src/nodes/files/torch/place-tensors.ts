import { dtypeBytes } from "../safetensors-dtype.js";
import { elementsOf, rowMajor, spanOf } from "../stored-array.js";
import type { StoredArray } from "../stored-array.js";
import type { PickleStorage, PickleTensor } from "./pickle-value.js";

/** Where a storage's bytes lie in the file. */
export interface StoragePlace {
  readonly begin: number;
  readonly bytes: number;
}

/**
 * Tensors as places in the file. Throws an Error for a tensor that reaches out of its storage, a storage that the file lacks or holds in
 * another size, and a tensor of more elements than its storage has (an expanded one): reading must take no more than the file holds.
 */
export async function placeTensors(
  file: string,
  tensors: ReadonlyMap<string, PickleTensor>,
  bigEndian: boolean,
  placeOf: (storage: PickleStorage) => Promise<StoragePlace>,
): Promise<StoredArray[]> {
  const arrays: StoredArray[] = [];
  for (const [name, tensor] of tensors) {
    try {
      arrays.push(place(name, tensor, file, bigEndian, await placeOf(tensor.storage)));
    } catch (error) {
      throw new Error(`tensor "${name}": ${(error as Error).message}`, { cause: error });
    }
  }
  return arrays;
}

/** Bytes of a storage by its own word. */
export function bytesOf(storage: PickleStorage): number {
  return storage.size * (storage.dtype === undefined ? 1 : (dtypeBytes.get(storage.dtype) ?? 1));
}

function place(name: string, tensor: PickleTensor, file: string, bigEndian: boolean, storage: StoragePlace): StoredArray {
  const { dtype, shape, strides, offset } = tensor;
  const size = dtypeBytes.get(dtype) ?? 1;
  const elements = elementsOf(shape);
  const held = storage.bytes / size;
  const end = offset + spanOf(shape, strides);
  if (!(end <= held))
    throw new Error(`[${shape.join()}] from element ${offset} on reaches element ${end} of a storage of ${held}`);
  if (!(elements <= held))
    throw new Error(`[${shape.join()}] repeats a storage of ${held} elements; save a contiguous copy of it`);
  const plain = rowMajor(shape);
  const isPlain = elements === 0 || shape.every((length, axis) => length === 1 || strides[axis] === plain[axis]);
  return {
    name,
    dtype,
    shape,
    file,
    begin: storage.begin + offset * size,
    ...(isPlain ? {} : { strides }),
    ...(bigEndian ? { bigEndian } : {}),
  };
}
