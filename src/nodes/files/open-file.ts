import { open, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { refusalOf } from "./error-text.js";

/** Most bytes that one call of the operating system moves; larger ones fail on some systems. */
const largestCall = 1 << 30;

/** Calls `use` with an open file and its size in bytes, and closes it. `what` is named where the path is no file, e.g. `an IDX file`. */
export async function withFile<T>(
  file: string,
  what: string,
  use: (handle: FileHandle, bytes: number) => Promise<T>,
): Promise<T> {
  const refuse = (error: unknown): never => {
    throw new Error(`${file}: ${refusalOf(error)}; expected ${what}, its path counted from the graph file`, { cause: error });
  };
  const found = await stat(file).catch(refuse);
  if (!found.isFile()) throw new Error(`${file}: is no file but a folder or device; expected ${what}`);
  const handle = await open(file, "r").catch(refuse);
  try {
    return await use(handle, found.size);
  } finally {
    await handle.close();
  }
}

/** Fills `target` from `position` on; gives the bytes that were there, fewer only at the end of the file. */
export async function readAt(handle: FileHandle, target: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < target.byteLength) {
    const length = Math.min(largestCall, target.byteLength - filled);
    const { bytesRead } = await handle.read(target, filled, length, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
