import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomic } from "../../nodes/files/write-atomic.js";

const schema = z.object({
  format: z.literal(1),
  graph: z.string(),
  node: z.string(),
  /** Parts of the key by name. */
  parts: z.record(z.string(), z.string()),
  /** Shape of each port for one record. */
  shapes: z.record(z.string(), z.array(z.number().int())),
});

/** What a shelf holds, and for which key. */
export type ShelfCard = z.output<typeof schema>;

/** Writes key.json of a shelf. */
export async function writeCard(folder: string, card: ShelfCard): Promise<void> {
  await writeAtomic(join(folder, "key.json"), [new TextEncoder().encode(`${JSON.stringify(card, undefined, 2)}\n`)]);
}

/** Reads it; undefined where there is none that can be read. */
export async function readCard(folder: string): Promise<ShelfCard | undefined> {
  const text = await readFile(join(folder, "key.json"), "utf8").catch(() => undefined);
  try {
    return text === undefined ? undefined : schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** All shelves of a cache, the newest first. */
export async function listCards(root: string): Promise<{ readonly name: string; readonly card: ShelfCard }[]> {
  const found: { name: string; card: ShelfCard; written: number }[] = [];
  for (const name of await readdir(root).catch(() => [])) {
    const card = await readCard(join(root, name));
    const entry = await stat(join(root, name, "key.json")).catch(() => undefined);
    if (card && entry) found.push({ name, card, written: entry.mtimeMs });
  }
  return found.sort((a, b) => b.written - a.written);
}
