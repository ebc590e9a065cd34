import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import { tensor } from "../../../src/core/port.js";
import { tf } from "../../../src/core/tensor.js";
import { readSafetensors } from "../../../src/nodes/files/safetensors.js";
import { loadGraph, runGraph } from "../../../src/runtime/api.js";
import { availableBackends } from "../../acceptance/backends.js";
import { readMetrics } from "../../acceptance/metrics.js";
import { toyNodes } from "../toy/toy-nodes.js";

/** Times the two nodes below were computed. */
const calls = { shift: 0, shake: 0 };

const shift = defineNode({
  kind: "map",
  type: "toy.shift",
  note: "Adds 1.",
  pure: "sample",
  inputs: { x: tensor("f32[B,D]") },
  outputs: { x: tensor("f32[B,D]") },
  params: z.object({}),
  run({ x }) {
    calls.shift++;
    return { x: tf.add(x, 1) };
  },
});

const shake = defineNode({
  kind: "map",
  type: "toy.shake",
  note: "Adds noise.",
  inputs: { x: tensor("f32[B,D]") },
  outputs: { x: tensor("f32[B,D]") },
  params: z.object({}),
  run({ x }, _params, { random }) {
    calls.shake++;
    return { x: tf.add(x, random.normal(x.shape)) };
  },
});

/** Seven points are the same batch in every step, for y counts 0 to 6 over and over. The critic-like `follow` joins at step 2. */
const text = `name: updates
seed: 7
nodes:
  points: { type: toy.points, params: { batch: 7 } }
  first: { type: toy.linear, in: { x: points.x } }
  error: { type: flow.velocity_loss, in: { prediction: first.y, target: points.y } }
  adam:
    type: train.adamw
    params: { lr: 0.05, ema: 0.9, schedule: cosine, warmup: 3, decay_end: 15, final_lr: 1.0e-3 }
    in: { loss: error.value, trains: first.weights }
  shifted: { type: toy.shift, in: { x: points.x } }
  shaken: { type: toy.shake, in: { x: shifted.x } }
  again: { again: first, in: { x: points.x } }
  second: { type: toy.linear, in: { x: shaken.x } }
  gap: { type: flow.velocity_loss, in: { prediction: second.y, target: again.y } }
  follow:
    type: train.adamw
    from: 2
    updates: 3
    params: { lr: 0.05, ema: 0, schedule: linear, warmup: 4, warmup_from_zero: true, decay_end: 30 }
    in: { loss: gap.value, trains: second.weights }
phases:
  both: { run: [adam, follow], log: [error.value, gap.value], steps: 6, checkpoint: 3, keep: 9 }
`;

const alone = text.replace("run: [adam, follow], log: [error.value, gap.value]", "run: [adam], log: [error.value]");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "updates-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(await availableBackends())("several updates in a step on %s", (backend) => {
  const run = async (
    name: string,
    of = text,
    overrides: readonly string[] = [],
    options: { resume?: string; programs?: boolean; checkReplay?: number } = {},
  ): Promise<string> => {
    const file = join(folder, "updates.yaml");
    await writeFile(file, of);
    const runDir = join(folder, `${backend}-${name}`);
    await runGraph(await loadGraph(file, { overrides, nodes: [...toyNodes, shift, shake] }), {
      backend,
      ...(options.resume ? {} : { runDir }),
      ...options,
    });
    return runDir;
  };
  const series = async (runDir: string, name: string): Promise<number[]> =>
    (await readMetrics(runDir)).filter((metric) => metric.name === `both/${name}`).map(({ value }) => value);
  /** All numbers of a checkpoint, by file and name. */
  const arrays = async (runDir: string, step: number): Promise<[string, readonly number[]][]> => {
    const at = join(runDir, "checkpoints", `step-${String(step).padStart(8, "0")}`);
    const files = (await readdir(at)).filter((file) => file.endsWith(".safetensors")).sort();
    const read = files.map(async (file) =>
      [...(await readSafetensors(join(at, file)))].map(([name, { data }]): [string, number[]] => [`${file} ${name}`, [...data]]),
    );
    return (await Promise.all(read)).flat();
  };

  test("are as many steps of the same batch: weights, moments, average and schedule count them all", async () => {
    const three = await run("three", alone, ["both.steps=5", "+nodes.adam.updates=3"], { checkReplay: 1 });
    const one = await run("one", alone, ["both.steps=15"], { checkReplay: 1 });
    expect(await arrays(three, 5)).toEqual(await arrays(one, 15));
    const [lr, losses] = [await series(one, "lr"), await series(one, "loss")];
    expect(await series(three, "lr")).toEqual([0, 3, 6, 9, 12].map((i) => lr[i]));
    for (const name of ["loss", "error.value"])
      for (const [i, mean] of (await series(three, name)).entries())
        expect(mean).toBeCloseTo((losses.slice(3 * i, 3 * i + 3) as [number, number, number]).reduce((a, b) => a + b) / 3, 4);
  });

  test("of one player leave the other as it is, and its own steps count from where it joins", async () => {
    const both = await run("both");
    expect(await series(both, "adam/loss")).toEqual(await series(await run("alone", alone), "loss"));
    expect(await series(both, "adam/lr")).toHaveLength(6);
    // Warm-up over four updates, then down over 26: updates 0, 3, 6 and 9.
    const decayed = (k: number): number => 0.05 * (1 - ((k - 4) / 26) * (1 - 2e-6 / 0.05));
    const lr = await series(both, "follow/lr");
    expect(lr).toHaveLength(4);
    expect(lr.slice(0, 2)).toEqual([0.0125, 0.05]);
    expect(lr[2]).toBeGreaterThan(lr[3] ?? NaN);
    expect(lr[3]).toBeLessThan(decayed(6));
  });

  test("draw new numbers each, and compute again only what depends on them", async () => {
    Object.assign(calls, { shift: 0, shake: 0 });
    const three = await run("drawn", text, ["follow.lr=1e-30"], { programs: false });
    expect(calls).toEqual({ shift: 4, shake: 12 });
    const one = await run("drawn-once", text, ["follow.lr=1e-30", "follow.updates=1"], { programs: false });
    const [means, firsts] = [await series(three, "gap.value"), await series(one, "gap.value")];
    expect(firsts).toHaveLength(4);
    // Weights stand still, so losses of equal numbers would be equal too.
    expect(means.every((mean, i) => Math.abs(mean - (firsts[i] ?? NaN)) > 1e-3)).toBe(true);
  });

  test("go on after a resume as if it had not been, as programs or op by op, in parts too", async () => {
    for (const overrides of [[], ["+nodes.follow.params.accumulate=2"]]) {
      const name = `resumed-${overrides.length}`;
      const whole = await run(`${name}-whole`, text, overrides, { programs: false });
      const half = await run(name, text, [...overrides, "both.steps=3"]);
      const resumed = await run(name, text, overrides, { resume: half });
      const told = async (runDir: string): Promise<[string, number[]][]> =>
        (await readMetrics(runDir)).map(({ step, name: metric, value }) => [`${step} ${metric}`, [value]]);
      expect(await told(resumed)).toEqual(await told(whole));
      expect(await arrays(resumed, 6)).toEqual(await arrays(whole, 6));
    }
  });

  test("that are not finite are skipped one by one and counted", async () => {
    const broken = text.replace("batch: 7 }", "batch: 7, nan: 25 }").replaceAll(/(ema: 0(?:\.9)?),/g, "$1, on_nonfinite: skip,");
    const skipped = await run("skipped", broken);
    // Point 25 is in the fourth step, the second of `follow`; its own loss does not see y.
    expect(await series(skipped, "adam/skipped")).toEqual([1]);
    expect(await series(skipped, "follow/skipped")).toEqual([]);
    const late = broken.replace("target: again.y", "target: points.y");
    const missed = await run("missed", late);
    expect(await series(missed, "follow/skipped")).toEqual([3]);
    const lr = await series(await run("not-missed", late.replace(", nan: 25", "")), "follow/lr");
    expect(await series(missed, "follow/lr")).toEqual([lr[0], lr[1], lr[2]]);
  });
});
