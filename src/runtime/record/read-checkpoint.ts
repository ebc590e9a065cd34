import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Json } from "../../core/define-node.js";
import { readSafetensors } from "../../nodes/files/safetensors.js";
import { messageOf } from "../run/failure.js";
import type { Checkpoint } from "../run/recorder.js";
import { UsageError } from "../usage-error.js";
import { checkpointName, markFile, stepOf } from "./checkpoint-files.js";

/** A checkpoint as read back, and what was passed over on the way to it. */
export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly metricsBytes: number;
  readonly folder: string;
  /** One line for each newer checkpoint that cannot be used. */
  readonly warnings: readonly string[];
}

/**
 * The newest checkpoint of a run folder that is whole. Undefined if the folder has none; throws a UsageError where it has some and all are damaged.
 */
export async function findCheckpoint(run: string): Promise<FoundCheckpoint | undefined> {
  const parent = join(run, "checkpoints");
  const steps = await candidates(parent);
  const warnings: string[] = [];
  for (const step of steps) {
    const folder = join(parent, checkpointName(step));
    try {
      return { ...(await readCheckpoint(folder)), folder, warnings };
    } catch (error) {
      warnings.push(`checkpoint ${folder} cannot be used: ${messageOf(error)}`);
    }
  }
  if (steps.length === 0) return undefined;
  throw new UsageError(`no checkpoint of ${run} is whole:\n${warnings.map((line) => `  ${line}`).join("\n")}\nstart a new run`);
}

/** A checkpoint's arrays and state. Throws an Error where a file is missing, cut short or changed. */
export async function readCheckpoint(folder: string): Promise<Omit<FoundCheckpoint, "warnings" | "folder">> {
  const { files, state, metricsBytes, step } = await readState(folder);
  const arrays = new Map<string, Awaited<ReturnType<typeof readSafetensors>>>();
  for (const [name, mark] of Object.entries(files)) {
    const found = await markFile(join(folder, name));
    if (found.bytes !== mark.bytes) throw new Error(`${name} has ${found.bytes} bytes, ${mark.bytes} were written`);
    if (found.sha256 !== mark.sha256) throw new Error(`${name} is damaged: its SHA-256 is not the one that was written`);
    arrays.set(name, await readSafetensors(join(folder, name)));
  }
  return { checkpoint: { step, files: arrays, state }, metricsBytes };
}

/** Steps to try, newest first. */
async function candidates(parent: string): Promise<number[]> {
  const names = await readdir(parent).catch(() => []);
  return names.flatMap((name) => stepOf(name) ?? []).sort((a, b) => b - a);
}

const json: z.ZodType<Json> = z.json();
const stateFile = z.object({
  format: z.literal(1),
  files: z.record(z.string().regex(/^[\w.-]+$/), z.object({ bytes: z.number(), sha256: z.string() })),
  metricsBytes: z.number(),
  step: z.number().int(),
  state: z.object({
    phase: z.string(),
    step: z.number().int(),
    seed: z.number(),
    done: z.array(z.string()),
    pending: z.array(z.string()),
    results: z.record(
      z.string(),
      z.record(
        z.string(),
        z
          .number()
          .nullable()
          .transform((value) => value ?? NaN),
      ),
    ),
    sources: z.record(z.string(), json),
    skipped: z.record(z.string(), z.number()).default({}),
  }),
});

async function readState(folder: string): Promise<z.output<typeof stateFile>> {
  const text = await readFile(join(folder, "state.json"), "utf8");
  const parsed = stateFile.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`state.json is no checkpoint's state: ${parsed.error.issues[0]?.message ?? "unknown"}`);
  return parsed.data;
}
