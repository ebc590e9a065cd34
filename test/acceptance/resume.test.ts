import { mkdir, readdir, readFile, rm, watch } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { bundle, runNode } from "./graph-command.js";
import type { Ended } from "./graph-command.js";
import { readMetrics } from "./metrics.js";
import { tinyFolder } from "./tiny.js";

let folder = "";
let command = "";
let whole = "";

beforeAll(async () => {
  folder = await tinyFolder();
  command = await bundle("src/runtime/cli/main.ts", "resume");
  whole = join(folder, "whole");
  expect((await graph("whole")).code).toBe(0);
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** `graph run tiny.yaml --resume auto`; killed as soon as its metrics have so many lines, if a number is given. */
async function graph(runDir: string, killAt?: number): Promise<Ended> {
  await mkdir(join(folder, runDir), { recursive: true });
  const over = new AbortController();
  const args = [command, "run", "tiny.yaml", "--resume", "auto", "--run-dir", runDir];
  let watching: Promise<void> | undefined;
  const ended = await runNode(args, folder, (child) => {
    if (killAt !== undefined)
      watching = whenWritten(join(folder, runDir), killAt, over.signal).then(
        (written) => void (written && child.kill("SIGKILL")),
      );
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

test("a run that is killed at random moments ends bit for bit like one that is not", async () => {
  // Three metrics a step, a checkpoint after every fifth of 20 steps. The moments change from run to run; a failure shows them.
  const seed = Date.now();
  const early = 1 + (seed % 12);
  const late = 18 + (seed % 39);
  const run = join(folder, "killed");
  expect({ seed, ...(await graph("killed", early)) }).toMatchObject({ seed, code: "SIGKILL" });
  expect({ seed, ...(await graph("killed", late)) }).toMatchObject({ seed, code: "SIGKILL" });
  const status = JSON.parse(await readFile(join(run, "status.json"), "utf8")) as object;
  expect(status).toMatchObject({ state: "running" });
  expect({ seed, ...(await graph("killed")) }).toMatchObject({ seed, code: 0 });

  const metrics = await readMetrics(run);
  expect(metrics.filter(({ name }) => name === "train/loss")).toHaveLength(20);
  expect({ seed, metrics }).toEqual({ seed, metrics: await readMetrics(whole) });
  for (const name of ["model", "ema", "optimizer"].map((file) => `checkpoints/step-00000020/${file}.safetensors`))
    expect(await readFile(join(run, name))).toEqual(await readFile(join(whole, name)));
  for (const name of await readdir(join(whole, "samples")))
    expect(await readFile(join(run, "samples", name))).toEqual(await readFile(join(whole, "samples", name)));

  const events = (await readFile(join(run, "events.jsonl"), "utf8")).trimEnd().split("\n");
  const resumes = events
    .map((line) => JSON.parse(line) as { event: string; step: number })
    .filter(({ event }) => event === "resume");
  expect(resumes).toHaveLength(2);
  expect(resumes[1]?.step).toBeGreaterThanOrEqual(5); // it went on from a checkpoint, not from the start
}, 300_000);
