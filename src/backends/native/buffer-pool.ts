import { sizeClass } from "../shared/size-class.js";

/** Blocks of memory that are used again, so that a training step neither asks the system for pages nor waits for zeros. */
export interface BufferPool {
  /** A block of at least `bytes` bytes with undefined contents. */
  take(bytes: number): ArrayBuffer;
  /** Takes a block back; anything else is ignored. The caller must hold no view of it any more. */
  give(buffer: ArrayBufferLike): void;
  /** Forgets a block that has become visible elsewhere: the garbage collector frees it. */
  disown(buffer: ArrayBufferLike): void;
  /** Gives all free blocks back to the system. */
  clear(): void;
  /** True for a block of this pool that is in use. */
  owns(buffer: ArrayBufferLike): boolean;
}

/** Makes a pool over an allocator. Sizes are rounded up by a quarter at most, so a block fits many shapes. */
export function makeBufferPool(allocate: (bytes: number) => ArrayBuffer, release: (buffer: ArrayBuffer) => void): BufferPool {
  const free = new Map<number, ArrayBuffer[]>();
  const used = new WeakSet<ArrayBufferLike>();
  return {
    take(bytes) {
      const size = sizeClass(bytes);
      const buffer = free.get(size)?.pop() ?? allocate(size);
      used.add(buffer);
      return buffer;
    },
    give(buffer) {
      if (!used.delete(buffer)) return;
      const list = free.get(buffer.byteLength);
      if (list) list.push(buffer as ArrayBuffer);
      else free.set(buffer.byteLength, [buffer as ArrayBuffer]);
    },
    disown: (buffer) => void used.delete(buffer),
    clear() {
      for (const list of free.values()) list.forEach(release);
      free.clear();
    },
    owns: (buffer) => used.has(buffer),
  };
}
