import type { Storage } from "./numbers.js";

export type HostValues = Float32Array | Int32Array | Uint8Array;

/** How numbers of a tfjs type are kept where nothing else is said. */
export function storageOf(dtype: string): Storage {
  return dtype === "int32" ? "i32" : dtype === "bool" ? "u8" : "f32";
}

/** Numbers as the typed array of a tfjs type. */
export function typed(values: ArrayLike<number>, dtype: string): HostValues {
  if (dtype === "int32") return values instanceof Int32Array ? values : Int32Array.from(values);
  if (dtype === "bool") return values instanceof Uint8Array ? values : Uint8Array.from(values);
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** A tensor of the bytes that came from the device. */
export function hostValues(bytes: Uint8Array, storage: Storage): HostValues {
  const { buffer, byteOffset, byteLength } = bytes;
  if (storage === "u8") return bytes;
  if (storage === "i32") return new Int32Array(buffer, byteOffset, byteLength / 4);
  if (storage === "f32") return new Float32Array(buffer, byteOffset, byteLength / 4);
  const words = Uint32Array.from(new Uint16Array(buffer, byteOffset, byteLength / 2), (half) => half << 16);
  return new Float32Array(words.buffer);
}
