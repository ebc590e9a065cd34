import { engine } from "./engine.js";
import { openKernels } from "./kernels.js";
import type { Kernels } from "./kernels.js";

/** A row-major matrix of doubles in a room. Rows and columns beyond its own, up to a multiple of 4, are zero and stay so. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Numbers from one row to the next. */
  readonly stride: number;
  /** Where it begins, in bytes. */
  readonly at: number;
  readonly data: Float64Array;
}

/** Memory for matrices that kernels reach; it has its size from the start. */
export interface Room {
  readonly kernels: Kernels;
  /** A matrix of zeros. Throws a RangeError where the room is full. */
  matrix(rows: number, columns: number): Matrix;
}

export const upToFour = (count: number): number => Math.ceil(count / 4) * 4;

/** An odd number of cache lines: rows a power of two apart would fall on each other in the cache. */
function strideFor(columns: number): number {
  const lines = Math.ceil(columns / 8);
  return 8 * (lines + 1 - (lines % 2));
}

/** Numbers that a matrix takes. */
export function numbersOf(rows: number, columns: number): number {
  return upToFour(rows) * strideFor(columns);
}

const page = 65_536;
/** What one memory of WebAssembly can hold. */
const mostBytes = page * 65_536;

/** Opens a room for so many numbers (see `numbersOf`). Throws an Error where no memory is that large. */
export function openRoom(numbers: number): Room {
  const bytes = 8 * numbers;
  if (bytes > mostBytes)
    throw new Error(`matrices of ${(bytes / 1e9).toFixed(1)} GB are more than the 4 GB that fit; use features of fewer numbers`);
  const pages = Math.ceil(bytes / page);
  const memory = new engine.Memory({ initial: pages, maximum: pages });
  let used = 0;
  return {
    kernels: openKernels(memory),
    matrix(rows, columns) {
      const [at, count] = [8 * used, numbersOf(rows, columns)];
      used += count;
      return { rows, columns, stride: strideFor(columns), at, data: new Float64Array(memory.buffer, at, count) };
    },
  };
}
