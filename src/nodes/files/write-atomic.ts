import { mkdir, open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { refusalOf } from "./error-text.js";

/**
 * Writes a file so that a reader sees the old one or all of the new one, even after a power cut: a temporary file in the same
 * folder, synced, then renamed. Makes missing folders. On failure the old file stays and nothing is left behind.
 */
export async function writeAtomic(file: string, chunks: Iterable<Uint8Array>): Promise<void> {
  // Loaded here: whoever only reads files starts without it.
  const { randomUUID } = await import("node:crypto");
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}.${randomUUID().slice(0, 8)}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeSynced(temporary, chunks);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new Error(`${file} could not be written: ${refusalOf(error)}`, { cause: error });
  }
  await syncFolder(folder);
}

async function writeSynced(file: string, chunks: Iterable<Uint8Array>): Promise<void> {
  const handle = await open(file, "w");
  try {
    for (const chunk of chunks) await writeAll(handle, chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.byteLength;) {
    const { bytesWritten } = await handle.write(chunk, done, Math.min(1 << 30, chunk.byteLength - done));
    done += bytesWritten;
  }
}

/** Makes the rename itself durable; some systems cannot open folders, and there it is left to them. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (!handle) return;
  try {
    await handle.sync().catch(() => undefined);
  } finally {
    await handle.close();
  }
}
