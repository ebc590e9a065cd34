import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors } from "../../../src/nodes/files/safetensors.js";
import { runGraph } from "../../../src/runtime/api.js";
import { availableBackends } from "../../acceptance/backends.js";
import { readMetrics } from "../../acceptance/metrics.js";
import { loadToy } from "../toy/run-toy.js";

/** The second model joins at step 3; `gap` is of its part of the step, `error` of the first one's, `noisy` of neither. */
const text = `name: logged
seed: 7
nodes:
  points: { type: toy.points, params: { batch: 6 } }
  noisy: { type: toy.jitter, in: { x: points.x } }
  first: { type: toy.linear, in: { x: noisy.x } }
  error: { type: flow.velocity_loss, in: { prediction: first.y, target: points.y } }
  adam: { type: train.adamw, params: { lr: 0.05, ema: 0 }, in: { loss: error.value, trains: first.weights } }
  again: { again: first, in: { x: points.x } }
  second: { type: toy.linear, in: { x: points.x } }
  gap: { type: flow.velocity_loss, in: { prediction: second.y, target: again.y } }
  follow: { type: train.adamw, from: 3, params: { lr: 0.05, ema: 0 }, in: { loss: gap.value, trains: second.weights } }
  kept: { type: out.tensor_file, params: { file: noisy.safetensors, key: x }, in: { tensor: noisy.x } }
phases:
  train: { run: [adam, follow, kept], steps: 8, log: [error.value, gap.value, noisy.x, points.y] }
`;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "log-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(await availableBackends())("the log on %s", (backend) => {
  const run = async (
    name: string,
    options: { overrides?: string[]; programs?: boolean; checkReplay?: number } = {},
  ): Promise<Map<string, number[]>> => {
    const { overrides = [], ...rest } = options;
    const runDir = join(folder, `${backend}-${name}`);
    const file = `kept.file=${join(runDir, "noisy.safetensors")}`;
    await runGraph(await loadToy([file, ...overrides], text), { backend, runDir, ...rest });
    const series = new Map<string, number[]>();
    for (const { name: metric, value } of await readMetrics(runDir)) series.set(metric, [...(series.get(metric) ?? []), value]);
    return series;
  };

  test("tells the mean of each output in every step that computes it", async () => {
    const series = await run("whole", { checkReplay: 1 });
    expect(series.get("train/error.value")).toEqual(series.get("train/adam/loss"));
    expect(series.get("train/gap.value")).toHaveLength(5);
    expect(series.get("train/gap.value")).toEqual(series.get("train/follow/loss"));
    // y counts 0 to 6 over and over, six at a time: 0 … 5 has the mean 2.5, then 6 0 1 2 3 4.
    expect(series.get("train/points.y")?.slice(0, 2)).toEqual([2.5, Math.fround(16 / 6)]);
    const file = join(folder, `${backend}-whole`, "noisy.safetensors");
    const noisy = [...(await readSafetensors(file)).values()][0];
    const means = Array.from({ length: 8 }, (_, i) =>
      [...(noisy?.data ?? [])].slice(12 * i, 12 * (i + 1)).reduce((sum, value) => sum + value / 12, 0),
    );
    for (const [i, mean] of (series.get("train/noisy.x") ?? []).entries()) expect(mean).toBeCloseTo(means[i] ?? NaN, 5);
    expect(series.get("train/noisy.x")).toHaveLength(8);
  });

  test("changes no other number, and is the same op by op", async () => {
    const plain = await run("plain", { programs: false });
    expect(plain).toEqual(await run("programs"));
    const silent = await run("silent", { overrides: ["~train.log"] });
    expect([...silent.keys()]).not.toContain("train/error.value");
    for (const [name, values] of silent) expect(values).toEqual(plain.get(name));
  });

  test("of a batch that is cut is that of the whole", async () => {
    const whole = await run("uncut");
    const cut = await run("cut", { overrides: ["+adam.params.accumulate=4", "+follow.params.accumulate=3"] });
    for (const name of ["train/error.value", "train/gap.value", "train/noisy.x", "train/points.y"]) {
      expect(cut.get(name)).toHaveLength(whole.get(name)?.length ?? -1);
      for (const [i, value] of (cut.get(name) ?? []).entries()) expect(value).toBeCloseTo(whole.get(name)?.[i] ?? NaN, 4);
    }
  });
});

test("the log goes to TensorBoard too", async () => {
  const runDir = join(folder, "board");
  await runGraph(await loadToy([`kept.file=${join(runDir, "noisy.safetensors")}`], text), { backend: "reference", runDir });
  const [events = ""] = await readdir(join(runDir, "tb"));
  expect((await readFile(join(runDir, "tb", events))).includes("train/gap.value")).toBe(true);
});
