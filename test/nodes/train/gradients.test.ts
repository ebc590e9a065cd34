import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSafetensors, writeSafetensors } from "../../../src/nodes/files/safetensors.js";
import { checkGraph, loadGraph, runGraph } from "../../../src/runtime/api.js";
import { availableBackends } from "../../acceptance/backends.js";

const backends = await availableBackends();
let folder = "";

/** A model of one position and two channels at its silent start. */
const graph = (steps: number): string => `name: gradients
nodes:
  x: { type: data.tensor_file, params: { file: data.safetensors, key: x, repeat: true } }
  t: { type: data.tensor_file, params: { file: data.safetensors, key: t, repeat: true } }
  y: { type: data.label_file, params: { file: data.safetensors, key: y, repeat: true } }
  dit:
    type: model.dit
    params: { input_size: 1, in_channels: 2, hidden_size: 4, depth: 1, num_heads: 1, num_classes: 2, use_rope: true }
    in: { x: x.tensor, t: t.tensor, label: y.label }
  loss: { type: flow.velocity_loss, in: { prediction: dit.velocity, target: x.tensor } }
  gradients: { type: train.gradients, in: { loss: loss.value, trains: dit.weights } }
phases: { measure: { run: [gradients], steps: ${steps} } }
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "raegraph-"));
  await writeSafetensors(
    join(folder, "data.safetensors"),
    new Map([
      ["x", { dtype: "f32", shape: [2, 1, 1, 2], data: Float32Array.of(1, 2, 3, -4) }],
      ["t", { dtype: "f32", shape: [2], data: Float32Array.of(0.5, 0.5) }],
      ["y", { dtype: "i32", shape: [2], data: Int32Array.of(0, 1) }],
    ]),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(backends)("gradients go into the checkpoint and weights stay, in recorded steps too, on %s", async (backend) => {
  const file = join(folder, "graph.yaml");
  const runs = await Promise.all(
    [1, 5].map(async (steps) => {
      await writeFile(`${file}.${steps}.yaml`, graph(steps));
      return loadGraph(`${file}.${steps}.yaml`);
    }),
  );
  const read = async (i: number, name: string): Promise<Awaited<ReturnType<typeof readSafetensors>>> =>
    readSafetensors(join(folder, `${backend}-${i}`, `checkpoints/step-0000000${i === 0 ? 1 : 5}`, name));
  for (const [i, run] of runs.entries()) await runGraph(run, { backend, runDir: join(folder, `${backend}-${i}`) });
  const found = await read(1, "optimizer.safetensors");
  // At its start the model gives 0, so the gradient of mean (0 − x)² by the last bias is −2·sum over the batch / 4 numbers.
  expect([...(found.get("gradient.final_layer.linear.bias")?.data ?? [])]).toEqual([-2, 1]);
  expect([...(await read(0, "model.safetensors"))]).toEqual([...(await read(1, "model.safetensors"))]);
});

test("a loss that is no single number is refused", async () => {
  const file = join(folder, "wrong.yaml");
  await writeFile(file, graph(1).replace("loss: loss.value", "loss: dit.velocity"));
  const { problems } = await checkGraph(file);
  expect(problems.map(({ code }) => code)).toEqual(["G305"]);
});
