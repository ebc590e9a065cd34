import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { bundle } from "./graph-command.js";
import type { Ended } from "./graph-command.js";
import { runUntilKilled } from "./killed-run.js";
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
function graph(runDir: string, killAt?: number): Promise<Ended> {
  const args = [command, "run", "tiny.yaml", "--resume", "auto", "--run-dir", runDir];
  return runUntilKilled(args, folder, join(folder, runDir), killAt);
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
