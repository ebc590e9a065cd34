import { CudaError } from "./driver.js";
import type { Driver } from "./driver.js";
import { sizeClass } from "../shared/size-class.js";

/** A piece of device memory; `copy` holds the same numbers as bf16, where some product has needed them. */
export interface Block {
  readonly address: number;
  readonly bytes: number;
  copy?: Block;
}

/**
 * Device memory that is used again. All work runs in one stream, so a block may be given out again at once: what still reads it comes
 * first. Blocks up to a megabyte are rounded up by a quarter at most, larger ones by a sixteenth.
 */
export interface Allocator {
  take(bytes: number): Block;
  give(block: Block): void;
  /** Gives all free blocks back to the device. */
  trim(): void;
  /** Bytes in use, and bytes taken from the device. */
  readonly used: number;
  readonly held: number;
}

export function makeAllocator(driver: Driver): Allocator {
  const free = new Map<number, Block[]>();
  let used = 0;
  let held = 0;
  const trim = (): void => {
    for (const list of free.values())
      for (const { address, bytes } of list) {
        driver.call("cuMemFree_v2", address);
        held -= bytes;
      }
    free.clear();
  };
  const allocate = (bytes: number): Block => {
    const block = { address: driver.make("cuMemAlloc_v2", bytes), bytes };
    held += bytes;
    return block;
  };
  return {
    take(wanted) {
      const bytes = roundUp(wanted);
      let block = free.get(bytes)?.pop();
      try {
        block ??= allocate(bytes);
      } catch (error) {
        if (!(error instanceof CudaError) || !error.outOfMemory) throw error;
        trim();
        block = afterTrim(allocate, bytes, used);
      }
      used += bytes;
      return block;
    },
    give(block) {
      used -= block.bytes;
      const list = free.get(block.bytes);
      if (list) list.push(block);
      else free.set(block.bytes, [block]);
    },
    trim,
    get used() {
      return used;
    },
    get held() {
      return held;
    },
  };
}

function afterTrim(allocate: (bytes: number) => Block, bytes: number, used: number): Block {
  try {
    return allocate(bytes);
  } catch (error) {
    if (!(error instanceof CudaError) || !error.outOfMemory) throw error;
    const size = (count: number): string => `${(count / 1e6).toFixed(1)} MB`;
    throw new Error(
      `cuda: the GPU has no ${size(bytes)} left beside the ${size(used)} in use; make the batch or the model smaller, or run with --precision bf16`,
      { cause: error },
    );
  }
}

function roundUp(bytes: number): number {
  if (bytes <= 2 ** 20) return sizeClass(bytes);
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 4);
  return Math.ceil(bytes / step) * step;
}
