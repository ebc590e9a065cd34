import { elementsOf, rowMajor, spanOf } from "./stored-array.js";

/** The elements of a strided array, row-major, from the bytes of its span. Each element has `size` bytes, copied as they are. */
export function gather(
  span: ArrayBuffer,
  shape: readonly number[],
  strides: readonly number[],
  size: 1 | 2 | 4 | 8,
): ArrayBuffer {
  const out = new ArrayBuffer(elementsOf(shape) * size);
  if (size === 1) copy(new Uint8Array(span), new Uint8Array(out), shape, strides);
  else if (size === 2) copy(new Uint16Array(span), new Uint16Array(out), shape, strides);
  else if (size === 4) copy(new Uint32Array(span), new Uint32Array(out), shape, strides);
  else copy(new BigUint64Array(span), new BigUint64Array(out), shape, strides);
  return out;
}

/** True where elements lie one after the other in row-major order, so that nothing need be moved. */
export function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  const plain = rowMajor(shape);
  return spanOf(shape, strides) === elementsOf(shape) && shape.every((size, axis) => size <= 1 || strides[axis] === plain[axis]);
}

/** Turns big-endian elements of `size` bytes into little-endian ones, in place. */
export function swapBytes(buffer: ArrayBuffer, size: number): void {
  const bytes = new Uint8Array(buffer);
  for (let at = 0; size > 1 && at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

function copy<T extends number | bigint>(
  from: { readonly [index: number]: T },
  to: { [index: number]: T },
  shape: readonly number[],
  strides: readonly number[],
): void {
  const count = elementsOf(shape);
  const at = shape.map(() => 0);
  let source = 0;
  for (let i = 0; i < count; i++) {
    to[i] = from[source] as T;
    // Counts one up, last axis first, and keeps the offset in the storage in step.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (at[axis] ?? 0) + 1;
      const stride = strides[axis] ?? 0;
      if (next < (shape[axis] ?? 0)) {
        at[axis] = next;
        source += stride;
        break;
      }
      at[axis] = 0;
      source -= stride * (next - 1);
    }
  }
}
