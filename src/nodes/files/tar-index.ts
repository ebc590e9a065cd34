import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { checkArchiveName } from "./archive-name.js";
import { messageOf, refusalOf, within } from "./error-text.js";
import { writeAtomic } from "./write-atomic.js";

/** A file inside a tar archive: its bytes lie at `offset` of the archive. */
export interface TarEntry {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** Where indexes of archives are kept: `$XDG_CACHE_HOME/raegraph/tar`, or below the home folder. */
export function tarIndexFolder(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "raegraph", "tar");
}

/**
 * The files of a tar archive with their places. The first call reads the archive once through; later ones, also of other processes,
 * take the index that it left in `cache`, as long as path, size and time of the archive are the same. Throws an Error where
 * the archive cannot be read, and for names that lead out of its folder.
 */
export async function tarIndex(archive: string, cache: string = tarIndexFolder()): Promise<readonly TarEntry[]> {
  const entry = await stat(archive).catch((error: unknown) => {
    throw new Error(`${archive}: ${refusalOf(error)}; expected a tar archive, its path counted from the graph file`);
  });
  const identity = JSON.stringify([resolve(archive), entry.size, entry.mtimeMs]);
  const stored = join(cache, `${createHash("sha256").update(identity).digest("hex").slice(0, 32)}.json`);
  const known = await readFile(stored, "utf8").then(parseIndex, () => undefined);
  if (known) return known;
  const entries = await scan(archive);
  // A folder that cannot be written costs the next start some time, nothing else.
  await writeAtomic(stored, [new TextEncoder().encode(JSON.stringify(entries))]).catch(() => undefined);
  return entries;
}

async function scan(archive: string): Promise<TarEntry[]> {
  const { extract } = await import("tar-stream");
  const entries: TarEntry[] = [];
  const reader = extract();
  reader.on("entry", (header, stream, next) => {
    const { name, size, type } = header;
    if (type === "file" || type === "contiguous-file") entries.push({ name, offset: offsetOf(header), size: size ?? 0 });
    stream.on("end", () => next());
    stream.resume();
  });
  try {
    await pipeline(createReadStream(archive, { highWaterMark: 1 << 20 }), reader);
  } catch (error) {
    throw new Error(`${archive}: is no whole tar archive (${messageOf(error)}); fetch it again`, { cause: error });
  }
  await within(archive, async () => entries.forEach(({ name }) => checkArchiveName(name)));
  return entries;
}

/** The library counts the bytes before each file's contents, though its types do not say so. */
function offsetOf(header: object): number {
  const offset = "byteOffset" in header ? header.byteOffset : undefined;
  if (typeof offset !== "number") throw new Error("the tar library gives no places of files");
  return offset;
}

function parseIndex(text: string): TarEntry[] | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return Array.isArray(found) && found.every(isEntry) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is TarEntry {
  if (typeof value !== "object" || value === null) return false;
  const { name, offset, size } = value as Record<string, unknown>;
  return typeof name === "string" && Number.isSafeInteger(offset) && Number.isSafeInteger(size);
}
