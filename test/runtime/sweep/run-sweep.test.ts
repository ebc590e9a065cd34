import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { GraphError } from "../../../src/core/problem.js";
import { runContainer } from "../../../src/runtime/container.js";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { runInContainer } from "../../../src/runtime/run-in-container.js";
import { runSweep } from "../../../src/runtime/sweep/run-sweep.js";
import type { SweepResult } from "../../../src/runtime/sweep/run-sweep.js";
import { childFolder } from "../../../src/runtime/sweep/sweep-folder.js";
import { UsageError } from "../../../src/runtime/usage-error.js";
import { toyGraph, toyNodes } from "../toy/toy-nodes.js";

const text = `${toyGraph}sweep: { over: { adam.lr: [0.001, 0.1] }, seeds: 2 }
report:
  title: Rates
  measures: [{ name: loss, from: score/loss }]
  claims: [{ text: faster learns more, measure: loss, of: "0.1", against: "0.001", expect: lower }]
`;
let base = "";
let notes: string[] = [];

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "sweep-"));
  notes = [];
  await writeFile(join(base, "toy.yaml"), text);
});
afterEach(() => rm(base, { recursive: true, force: true }));

interface Settings {
  readonly resume?: string;
  readonly overrides?: readonly string[];
  readonly seeds?: number;
  readonly values?: readonly number[];
  /** Ends the sweep in this run, counted from 0. */
  readonly stopIn?: number;
}

async function sweep({ resume = "never", overrides = [], seeds, values, stopIn }: Settings = {}): Promise<SweepResult> {
  const file = join(base, "toy.yaml");
  const load = { nodes: toyNodes, overrides };
  const graph = await loadGraph(file, load);
  const planned = graph.sweep ?? { axes: [], seeds: 1 };
  const stop = new AbortController();
  let runs = 0;
  return runSweep({
    file,
    load,
    graph,
    sweep: {
      axes: values ? [{ path: "adam.lr", values }] : planned.axes,
      seeds: seeds ?? planned.seeds,
    },
    resume,
    base: join(base, "runs"),
    now: () => new Date("2026-01-01T00:00:00Z"),
    signal: stop.signal,
    note: (line) => void notes.push(line),
    async runOne(child, runDir) {
      if (runs++ === stopIn) stop.abort();
      const options = { backend: "reference", resume: "auto", runDir, signal: stop.signal };
      const { state, results } = await runInContainer(runContainer(child, options));
      return { finished: state === "finished", results };
    },
  });
}

const metrics = (folder: string, child: string): Promise<string[]> =>
  readFile(join(childFolder(folder, child), "metrics.jsonl"), "utf8").then((lines) =>
    lines.replaceAll(/"t":[\d.]+,/g, "").split("\n"),
  );

test("every setting runs with every seed in a folder of its own; one report judges them", async () => {
  const result = await sweep();
  expect(result).toMatchObject({ state: "finished", done: 4, total: 4 });
  expect((await readdir(join(result.folder, "runs"))).sort()).toEqual([
    "1_adam.lr=0.001_seed=7",
    "1_adam.lr=0.001_seed=8",
    "2_adam.lr=0.1_seed=7",
    "2_adam.lr=0.1_seed=8",
  ]);
  expect(result.verdicts[0]?.difference).toMatchObject({ count: 2, mean: expect.any(Number) });
  expect(result.verdicts[0]?.difference.mean).toBeLessThan(0);
  expect(await readFile(result.report ?? "", "utf8")).toContain("| 0.1 |");
  // A child is a plain run: it can be resumed and printed by itself.
  const child = await readFile(join(childFolder(result.folder, "2_adam.lr=0.1_seed=8"), "resolved.yaml"), "utf8");
  expect(child).toMatch(/^seed: 8$/m);
  expect(child).not.toContain("sweep:");
});

test("a stopped sweep goes on in the run where it stopped, and gives the same numbers", async () => {
  const whole = await sweep({ seeds: 1 });
  const stopped = await sweep({ seeds: 1, stopIn: 1 });
  expect(stopped).toMatchObject({ state: "interrupted", done: 1, total: 2 });
  expect(await readFile(stopped.report ?? "", "utf8")).toContain("**Not complete:**");
  notes = [];
  const resumed = await sweep({ seeds: 1, resume: "auto" });
  expect(resumed).toMatchObject({ state: "finished", folder: stopped.folder, done: 2 });
  expect(notes).toEqual(["run 1 of 2: 0.001, seed 7: finished before", "run 2 of 2: 0.1, seed 7"]);
  for (const child of await readdir(join(whole.folder, "runs")))
    expect(await metrics(resumed.folder, child)).toEqual(await metrics(whole.folder, child));
});

test("a run that fails is told, the others go on, and resuming tries it again", async () => {
  await writeFile(join(base, "toy.yaml"), text.replace("{ lr: 0.05, ema: 0.9 }", "{ lr: 0.05, ema: 0.9, clip: 1 }"));
  const failed = await sweep({ values: [1e30, 0.1], seeds: 1, overrides: ["points.nan=5"] });
  expect(failed).toMatchObject({ state: "failed", done: 0, total: 2 });
  expect(notes.filter((line) => line.includes("failed"))).toHaveLength(2);
  notes = [];
  const again = await sweep({ values: [1e30, 0.1], seeds: 1, overrides: ["points.nan=5"], resume: failed.folder });
  expect(again.folder).toBe(failed.folder);
  expect(notes.filter((line) => line.includes("failed"))).toHaveLength(2);
});

test("nothing runs where one setting is wrong", async () => {
  await expect(sweep({ values: [0.1, -1] })).rejects.toThrow(GraphError);
  expect(await readdir(base)).toEqual(["toy.yaml"]);
});

test("a folder with another sweep is refused, as is going on where there is nothing", async () => {
  await expect(sweep({ resume: "must" })).rejects.toThrow(UsageError);
  const { folder } = await sweep({ seeds: 1, values: [0.1] });
  await expect(sweep({ resume: folder, seeds: 2 })).rejects.toThrow("it holds another sweep");
});
