import { mkdir, watch } from "node:fs/promises";
import { runNode } from "./graph-command.js";
import type { Ended } from "./graph-command.js";
import { readMetrics } from "./metrics.js";

/** Runs the command in a folder; killed as soon as the metrics of its run folder have so many lines, if a number is given. */
export async function runUntilKilled(args: readonly string[], cwd: string, run: string, killAt?: number): Promise<Ended> {
  await mkdir(run, { recursive: true });
  const over = new AbortController();
  let watching: Promise<void> | undefined;
  const ended = await runNode(args, cwd, (child) => {
    if (killAt !== undefined)
      watching = whenWritten(run, killAt, over.signal).then((written) => void (written && child.kill("SIGKILL")));
  });
  over.abort();
  await watching;
  return ended;
}

/** Waits until a run's metrics have so many lines; false if the signal comes first. */
async function whenWritten(run: string, lines: number, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const { filename } of watch(run, { signal }))
      if (filename === "metrics.jsonl" && (await readMetrics(run)).length >= lines) return true;
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return false;
}
