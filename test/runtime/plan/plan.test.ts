import { rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { parts, runContainer } from "../../../src/runtime/container.js";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { planRun } from "../../../src/runtime/plan/plan-run.js";
import { writePlan } from "../../../src/runtime/plan/write-plan.js";
import { quietProgress } from "../../../src/runtime/progress/quiet.js";
import { runInContainer } from "../../../src/runtime/run-in-container.js";
import { tinyFolder } from "../../acceptance/tiny.js";

let folder = "";
beforeAll(async () => {
  folder = await tinyFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const load = () => loadGraph(join(folder, "tiny.yaml"));

test("a plan says what each phase reads, runs, trains and keeps, and which files are read", async () => {
  const { phases, files, resumes } = await planRun(await load(), {}, join(folder, "nowhere"));
  expect(phases).toMatchObject([
    {
      name: "train",
      steps: 20,
      batch: 4,
      sources: ["images"],
      runs: ["encoder", "time", "noisy"],
      trains: ["dit", "loss"],
      targets: ["adam"],
    },
    {
      name: "sample",
      when: "after every 10 steps of train, and its last",
      sources: ["classes"],
      runs: ["drawn", "picture"],
      trains: [],
    },
  ]);
  expect(phases[0]?.flops).toBeGreaterThan(1000);
  expect(phases[0]?.checkpointBytes).toBeGreaterThan(1000);
  expect(files).toMatchObject([
    { node: "images", file: resolve(folder, "images.idx"), bytes: 16 + 64 * 64 },
    { node: "images", file: resolve(folder, "labels.idx"), bytes: 8 + 64 },
  ]);
  expect(resumes).toBeUndefined();
});

test("it knows the checkpoint that the run would go on from, and the time by the newest run", async () => {
  const graph = await load();
  const stop = new AbortController();
  const base = join(folder, "runs");
  const container = runContainer(graph, { backend: "reference", signal: stop.signal });
  container.rebind(parts.runsFolder).toConstantValue(base);
  container.rebind(parts.progress).toConstantValue({
    ...quietProgress(),
    step: ({ phase, step }) => void (phase === "train" && step === 12 && stop.abort()),
  });
  expect(await runInContainer(container)).toMatchObject({ state: "interrupted", steps: 12 });
  const { resumes, phases } = await planRun(graph, { resume: "auto" }, base);
  expect(resumes).toMatchObject({ step: 12, done: [] });
  expect(phases.map(({ name, stepsDone }) => [name, stepsDone])).toEqual([
    ["train", 12],
    ["sample", 0],
  ]);
  const [train, sample] = phases;
  expect(train?.pace).toBeUndefined();
  expect(sample?.pace?.folder).toBe(resumes?.folder);
  expect(sample?.pace?.seconds).toBeGreaterThan(0);
  expect((await planRun(graph, {}, base)).resumes).toBeUndefined();
});

test("as text it is what a person reads", async () => {
  expect(await writePlan(await load(), {}, false)).toMatch(
    /^tiny would start anew\n\ntrain: 20 steps of 4 samples\n {2}reads +images\n {2}runs +encoder, time, noisy\n {2}trains +dit, loss\n {2}for +adam\n {2}costs +760 kFLOP a step, 15\.2 MFLOP in all/,
  );
});

test("it names the nodes that keep their results on disk", async () => {
  const graph = await loadGraph(join(folder, "tiny.yaml"), { overrides: ["+encoder.cache=disk"] });
  const { phases } = await planRun(graph, {}, join(folder, "nowhere"));
  expect(phases.map(({ cached }) => cached)).toEqual([["encoder"], []]);
  expect(await writePlan(graph, {}, false)).toMatch(/^ {2}cached +encoder$/m);
});
