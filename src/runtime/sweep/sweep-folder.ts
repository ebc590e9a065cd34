import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Json } from "../../core/define-node.js";
import { writeAtomic } from "../../nodes/files/write-atomic.js";
import { listRunFolders } from "../record/run-folder.js";
import { readStatus } from "../record/status-file.js";

/** Whatever a JSON text holds is such a value. */
const json = z.custom<Json>();

const schema = z.object({
  format: z.literal(1),
  file: z.string(),
  overrides: z.array(z.string()),
  overlays: z.array(z.string()),
  plugins: z.array(z.string()),
  sweep: z.object({
    axes: z.array(
      z.object({ path: z.string(), values: z.array(json), sets: z.record(z.string(), z.record(z.string(), json)).optional() }),
    ),
    seeds: z.number().int().min(1),
  }),
  /** Names of the runs' folders, in their order. */
  children: z.array(z.string()),
});

/** What sweep.json says: enough to go on with the sweep in its folder. */
export type SweepFile = z.output<typeof schema>;

/** The folder of one run of a sweep. */
export function childFolder(folder: string, name: string): string {
  return join(folder, "runs", name);
}

/** Writes sweep.json of a sweep's folder. */
export async function writeSweepFile(folder: string, sweep: SweepFile): Promise<void> {
  await writeAtomic(join(folder, "sweep.json"), [new TextEncoder().encode(`${JSON.stringify(sweep, undefined, 2)}\n`)]);
}

/** Reads sweep.json of a folder; undefined where it has none that can be read. */
export async function readSweepFile(folder: string): Promise<SweepFile | undefined> {
  const text = await readFile(join(folder, "sweep.json"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The newest folder below `base` that holds this very sweep with runs still to do; undefined if there is none. */
export async function findSweep(base: string, graph: string, sweep: SweepFile): Promise<string | undefined> {
  for (const folder of await listRunFolders(base, graph)) {
    const found = await readSweepFile(folder);
    if (!found || JSON.stringify(found) !== JSON.stringify(sweep)) continue;
    for (const name of found.children) if (!(await isFinished(folder, name))) return folder;
  }
  return undefined;
}

/** True where a run of the sweep is over and went well. */
export async function isFinished(folder: string, name: string): Promise<boolean> {
  return (await readStatus(childFolder(folder, name)))?.state === "finished";
}
