import { stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readSweepFile } from "../sweep/sweep-folder.js";
import { exitCodes } from "./exit-codes.js";
import { runVerb } from "./run.js";
import type { RunFlags } from "./run.js";

/** `graph resume`: goes on with a run, from the graph that it stored; gives the exit code. */
export async function resumeVerb(run: string, overrides: readonly string[], flags: Omit<RunFlags, "resume">): Promise<number> {
  const sweep = await readSweepFile(run);
  if (sweep) {
    const { axes, seeds } = sweep.sweep;
    const values = axes.map(({ path, values }) => `${path}=${values.map((value) => JSON.stringify(value)).join(",")}`);
    const load = { overlay: sweep.overlays, plugin: sweep.plugins };
    // Without a flag the axes are the graph's own, which may be none; only a graph can name settings.
    const varied = values.length > 0 && !axes.some(({ sets }) => sets) ? { sweep: values } : {};
    return runVerb(sweep.file, [...sweep.overrides, ...overrides], { ...flags, ...load, ...varied, seeds, resume: run });
  }
  const folder = basename(dirname(run)) === "checkpoints" ? dirname(dirname(run)) : run;
  const graph = join(folder, "resolved.yaml");
  if (!(await stat(graph).catch(() => undefined))?.isFile()) {
    process.stderr.write(`graph: ${run} is no run folder: it has no resolved.yaml; give runs/<graph>/<run>\n`);
    return exitCodes.usage;
  }
  return runVerb(graph, overrides, { ...flags, resume: run });
}
