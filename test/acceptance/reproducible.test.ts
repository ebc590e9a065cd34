import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { loadGraph, runGraph } from "../../src/index.js";
import { availableBackends } from "./backends.js";
import { readLosses } from "./metrics.js";
import { tinyFolder } from "./tiny.js";

const backends = await availableBackends();
let folder = "";
let runs = 0;
/** Losses of 20 steps with a sampling phase inside, by backend. */
const whole = new Map<string, readonly number[]>();

beforeAll(async () => {
  folder = await tinyFolder();
  for (const backend of backends) whole.set(backend, await train(backend));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function train(backend: string, ...overrides: string[]): Promise<number[]> {
  const graph = await loadGraph(join(folder, "tiny.yaml"), { overrides });
  const runDir = join(folder, `run-${runs++}`);
  await runGraph(graph, { backend, runDir });
  return readLosses(runDir);
}

test("the reference, WebAssembly and, where it is built, the native backend are there", () => {
  expect(backends).toEqual(expect.arrayContaining(["reference", "wasm"]));
});

test("a run trains, and samples a grid after every tenth step", async () => {
  const losses = whole.get("wasm") ?? [];
  expect(losses).toHaveLength(20);
  expect(losses.every((loss) => loss > 0.1 && loss < 10)).toBe(true);
  expect(new Set(losses).size).toBe(20);
  expect(await readdir(join(folder, `run-${backends.indexOf("wasm")}`, "samples"))).toEqual([
    "step-00000010-grid.png",
    "step-00000020-grid.png",
  ]);
});

test.each(backends)("%s gives the same losses twice, bit for bit", async (backend) => {
  expect(await train(backend, "train.steps=6")).toEqual(whole.get(backend)?.slice(0, 6));
});

test.each(backends)("%s agrees with the reference to 1e-3 over 20 steps", (backend) => {
  const expected = whole.get("reference") ?? [];
  const off = (whole.get(backend) ?? []).map((loss, i) => Math.abs(loss / (expected[i] ?? NaN) - 1));
  expect(off).toHaveLength(20);
  expect(Math.max(...off)).toBeLessThan(1e-3);
});

test("nodes and phases added to the graph change no loss", async () => {
  const more = [
    "+nodes.extra_noise={ type: latent.noise, params: { tau: 0.5 }, in: { z: encoder.tokens } }",
    "+nodes.mean={ type: metric.mean, params: { name: other_loss }, in: { value: extra_loss.value } }",
    "+nodes.extra_loss={ type: flow.velocity_loss, in: { prediction: extra_noise.z, target: encoder.tokens } }",
    "+phases.look={ run: [mean], before: train, steps: 2 }",
  ];
  expect(await train("wasm", "train.steps=6", ...more)).toEqual(whole.get("wasm")?.slice(0, 6));
});

test("another seed gives other losses", async () => {
  const losses = await train("wasm", "train.steps=2", "seed=6");
  expect(losses).toHaveLength(2);
  for (const [i, loss] of losses.entries()) expect(loss).not.toBe(whole.get("wasm")?.[i]);
});
