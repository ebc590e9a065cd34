import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomic } from "../../nodes/files/write-atomic.js";
import type { Status } from "../run/recorder.js";
import type { ProcessMark } from "./process-mark.js";

const schema = z.object({
  state: z.enum(["running", "finished", "failed", "interrupted"]),
  step: z.number(),
  exitCode: z.number().optional(),
  message: z.string().optional(),
  graph: z.string(),
  file: z.string(),
  started: z.string(),
  updated: z.string(),
  /** The command to go on with. */
  next: z.string().optional(),
  process: z.object({ pid: z.number(), host: z.string(), started: z.string() }),
});

/** What status.json says of a run. */
export type StatusFile = z.output<typeof schema>;

/** What stays the same over a run's status files. */
export interface StatusBase {
  readonly graph: string;
  readonly file: string;
  readonly started: string;
  readonly next: string;
  readonly process: ProcessMark;
}

/** Writes status.json of a run folder. */
export async function writeStatus(run: string, base: StatusBase, status: Status, now: Date): Promise<void> {
  const { next, ...rest } = base;
  const whole = { ...status, ...rest, updated: now.toISOString(), ...(status.state === "finished" ? {} : { next }) };
  await writeAtomic(join(run, "status.json"), [new TextEncoder().encode(`${JSON.stringify(whole, undefined, 2)}\n`)]);
}

/** Reads status.json of a run folder; undefined if it has none that can be read. */
export async function readStatus(run: string): Promise<StatusFile | undefined> {
  const text = await readFile(join(run, "status.json"), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
