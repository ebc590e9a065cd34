import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { listRunFolders } from "../record/run-folder.js";

/** Seconds of a phase's step in the newest run of a graph that ended the phase; undefined where there is none. */
export async function readPace(
  base: string,
  graph: string,
  phase: string,
): Promise<{ readonly seconds: number; readonly folder: string } | undefined> {
  for (const folder of await listRunFolders(base, graph)) {
    const text = await readFile(join(folder, "events.jsonl"), "utf8").catch(() => "");
    const ends = text.split("\n").flatMap((line) => {
      const end = parse(line);
      return end?.event === "phase-end" && end.phase === phase && end.steps !== undefined && end.steps > 0 ? [end] : [];
    });
    const seconds = ends.reduce((sum, end) => sum + (end.seconds ?? 0), 0);
    const steps = ends.reduce((sum, end) => sum + (end.steps ?? 0), 0);
    if (steps > 0) return { seconds: seconds / steps, folder };
  }
  return undefined;
}

interface Event {
  readonly event?: string;
  readonly phase?: string;
  readonly steps?: number;
  readonly seconds?: number;
}

/** A line that was cut while it was written counts as none. */
function parse(line: string): Event | undefined {
  try {
    return JSON.parse(line) as Event;
  } catch {
    return undefined;
  }
}
