import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import { tensor } from "../../../src/core/port.js";
import { tf } from "../../../src/core/tensor.js";
import type { HostArray } from "../../../src/core/tensor.js";
import { readSafetensors, writeSafetensors } from "../../../src/nodes/files/safetensors.js";
import { loadGraph, runGraph } from "../../../src/runtime/api.js";
import { availableBackends } from "../../acceptance/backends.js";
import { readMetrics } from "../../acceptance/metrics.js";
import { toyNodes } from "../toy/toy-nodes.js";

/** Breaks where a sample's flag is 0: forwards, or only on the way back. */
const bend = defineNode({
  kind: "map",
  type: "toy.bend",
  note: "Divides by a flag, or takes the root of what it is multiplied by.",
  inputs: { y: tensor("f32[B,1]"), flag: tensor("f32[B,1]") },
  outputs: { y: tensor("f32[B,1]") },
  params: z.object({ root: z.boolean() }),
  run: ({ y, flag }, { root }) => ({ y: root ? tf.sqrt(tf.mul(tf.square(y), flag)) : tf.div(y, flag) }),
});

const graph = `name: toy
vars: { file: all.safetensors }
nodes:
  x: { type: data.tensor_file, params: { file: "\${vars.file}", key: x, batch: 2 } }
  flag: { type: data.tensor_file, params: { file: "\${vars.file}", key: flag, batch: 2 } }
  net: { type: toy.linear, in: { x: x.tensor } }
  bend: { type: toy.bend, params: { root: false }, in: { y: net.y, flag: flag.tensor } }
  error: { type: flow.velocity_loss, in: { prediction: bend.y, target: flag.tensor } }
  adam:
    type: train.adamw
    params: { lr: 0.05, ema: 0.9, schedule: linear, warmup: 2, decay_end: 20 }
    in: { loss: error.value, trains: net.weights }
phases: { train: { run: [adam] } }
`;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nonfinite-"));
  await writeFile(join(folder, "toy.yaml"), graph);
  const data = (rows: readonly number[], bad: Readonly<Record<number, number>> = {}): Map<string, HostArray> =>
    new Map([
      [
        "x",
        { dtype: "f32", shape: [rows.length, 2], data: Float32Array.from(rows.flatMap((i) => [(i % 5) - 2.5, bad[i] ?? 1])) },
      ],
      ["flag", { dtype: "f32", shape: [rows.length, 1], data: Float32Array.from(rows, (i) => (i === 13 ? 0 : 1)) }],
    ]);
  const all = Array.from({ length: 16 }, (_, i) => i);
  await writeSafetensors(join(folder, "all.safetensors"), data(all));
  await writeSafetensors(join(folder, "nan.safetensors"), data(all, { 4: NaN }));
  await writeSafetensors(join(folder, "huge.safetensors"), data(all, { 2: 3e38, 3: 3e38 }));
  await writeSafetensors(join(folder, "good.safetensors"), data(all.filter((i) => i !== 12 && i !== 13)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function train(name: string, backend: string, ...overrides: readonly string[]): Promise<string> {
  const runDir = join(folder, `${backend}-${name}`);
  const placed = overrides.map((text) => text.replace("vars.file=", `vars.file=${folder}/`));
  const loaded = await loadGraph(join(folder, "toy.yaml"), { overrides: placed, nodes: [...toyNodes, bend] });
  await runGraph(loaded, { backend, runDir });
  return runDir;
}

describe.each(await availableBackends())("numbers that are not finite on %s", (backend) => {
  // Step 7 is replayed as a program where the backend makes programs.
  test.each([
    ["an output", ["bend.root=false"], /^node "bend" .* failed at step 7 .*: the loss is Infinity, and its output "y" is the first such number, samples 13 of "x", samples 13 of "flag"; lower/],
    ["a gradient", ["bend.root=true"], /^node "bend" .* failed at step 7 .*: the norm of the gradients is NaN, and a gradient that it passes back \(op \w+\) is the first such number, samples 13 of/],
    ["data", ["vars.file=nan.safetensors"], /^node "x" .* failed at step 3 .*: the loss is NaN, and its output "tensor" is the first such number, samples 4 of/],
    ["a norm of finite gradients", ["vars.file=huge.safetensors"], /failed at step 2 .* is (Infinity|NaN)/],
  ])("%s stops the run with step, node and samples", async (name, overrides, message) => {
    await expect(train(name, backend, ...overrides)).rejects.toThrow(message);
  }); // prettier-ignore

  test("or are skipped, as if their batch had not been", async () => {
    const skipping = await train("skipping", backend, "+nodes.adam.params.on_nonfinite=skip", "+phases.train.checkpoint=7");
    const without = await train("without", backend, "vars.file=good.safetensors");
    const metrics = await readMetrics(skipping);
    expect(metrics.filter(({ name }) => name === "train/skipped")).toEqual([
      { step: 7, phase: "train", node: "adam", name: "train/skipped", value: 1 },
    ]);
    expect(await readFile(join(skipping, "log.jsonl"), "utf8")).toMatch(/"level":40.*bend.*samples 13 of.*Skipped, 1 so far/);
    const kept = (run: string): Promise<string> => readFile(join(run, "metrics.jsonl"), "utf8");
    const values = async (run: string): Promise<number[]> =>
      [...(await kept(run)).matchAll(/"train\/(?:loss|lr|grad_norm)","value":([^}]*)/g)].map(([, value]) => Number(value));
    expect(await values(skipping)).toEqual(await values(without));
    for (const file of ["model", "ema", "optimizer"]) {
      const read = (run: string, step: string): Promise<ReadonlyMap<string, HostArray>> =>
        readSafetensors(join(run, `checkpoints/step-0000000${step}`, `${file}.safetensors`));
      expect([...(await read(skipping, "8"))]).toEqual([...(await read(without, "7"))]);
      expect([...(await read(skipping, "7"))]).not.toEqual([...(await read(skipping, "8"))]);
    }
    const state = JSON.parse(await readFile(join(skipping, "checkpoints/step-00000008/state.json"), "utf8")) as {
      state: { skipped: unknown };
    };
    expect(state.state.skipped).toEqual({ adam: 1 });
  });
});
