import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** A file of records, with its index beside it. */
export interface SegmentFile {
  readonly file: string;
  readonly bytes: number;
  /** When it was last used, in milliseconds. */
  readonly used: number;
}

/** Every segment below a cache's folder. */
export async function listSegments(root: string): Promise<SegmentFile[]> {
  const found: SegmentFile[] = [];
  for (const shelf of await readdir(root).catch(() => []))
    for (const name of await readdir(join(root, shelf)).catch(() => [])) {
      if (!name.endsWith(".bin")) continue;
      const file = join(root, shelf, name);
      const entry = await stat(file).catch(() => undefined);
      if (entry) found.push({ file, bytes: entry.size, used: entry.mtimeMs });
    }
  return found;
}

/**
 * Removes the segments that were used least recently until all of them together, and `more` bytes to come, are within the limit; those in
 * `keep` stay. True where that was possible.
 */
export async function makeRoom(root: string, limit: number, more: number, keep: ReadonlySet<string>): Promise<boolean> {
  const segments = (await listSegments(root)).sort((a, b) => a.used - b.used);
  let total = segments.reduce((sum, { bytes }) => sum + bytes, more);
  for (const { file, bytes } of segments) {
    if (total <= limit) break;
    if (keep.has(file)) continue;
    await rm(file, { force: true });
    await rm(indexOf(file), { force: true });
    total -= bytes;
  }
  return total <= limit;
}

/** The index of a segment. */
export function indexOf(file: string): string {
  return file.replace(/\.bin$/, ".idx");
}

/** Records of a shelf, by its indexes. */
export async function countRecords(folder: string): Promise<number> {
  let count = 0;
  for (const name of (await readdir(folder).catch(() => [])).filter((each) => each.endsWith(".idx")))
    count += (await readFile(join(folder, name), "utf8")).split("\n").filter((line) => line.endsWith(" .")).length;
  return count;
}
