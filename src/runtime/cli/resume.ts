import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { exitCodes } from "./exit-codes.js";
import { runVerb } from "./run.js";
import type { RunFlags } from "./run.js";

/** `graph resume`: goes on with a run, from the graph that it stored; gives the exit code. */
export async function resumeVerb(run: string, overrides: readonly string[], flags: Omit<RunFlags, "resume">): Promise<number> {
  const folder = basename(dirname(run)) === "checkpoints" ? dirname(dirname(run)) : run;
  const graph = join(folder, "resolved.yaml");
  if (!(await stat(graph).catch(() => undefined))?.isFile()) {
    process.stderr.write(`graph: ${run} is no run folder: it has no resolved.yaml; give runs/<graph>/<run>\n`);
    return exitCodes.usage;
  }
  return runVerb(graph, overrides, { ...flags, resume: run });
}
