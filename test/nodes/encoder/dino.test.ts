import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { nativeBackend } from "../../../src/backends/native/index.js";
import type { ModelNode } from "../../../src/core/define-node.js";
import type { HostArray } from "../../../src/core/tensor.js";
import { dino } from "../../../src/nodes/encoder/dino.js";
import { loadWeights } from "../../../src/runtime/run/load-weights.js";
import { runNode } from "../../../src/runtime/testing/index.js";

const backends = ["reference", "wasm", ...((await nativeBackend.probe()).available ? ["native"] : [])];
const params = {
  weights: "test/fixtures/stage1/dino-tiny.pth",
  image_size: 8,
  patch_size: 4,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  taps: [1, 0],
};

test.each(backends)("gives the taps of the published critic's trunk, from a file of its keys, on %s", async (backend) => {
  const golden = JSON.parse(await readFile("test/fixtures/stage1/dino-tiny.json", "utf8")) as { image: number[]; taps: number[] };
  const weights = new Map<string, HostArray>();
  const parsed = dino.params.parse(params);
  const node = { name: "trunk", def: dino, params: parsed, inputs: {}, dims: {}, at: { file: "", start: 0, end: 0 } };
  const specs = (dino as ModelNode).weights(parsed, {});
  await loadWeights(node, async (name, fill) => {
    const shape = specs.find((spec) => spec.name === name)?.shape ?? [];
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    await fill(data);
    weights.set(name, { dtype: "f32", shape, data });
  });
  const image: HostArray = { dtype: "f32", shape: [2, 8, 8, 3], data: Float32Array.from(golden.image) };
  const { taps } = await runNode(dino, { image }, params, { backend, weights });
  const found = (taps as number[][][][]).flat(3);
  expect(found).toHaveLength(golden.taps.length);
  found.forEach((value, i) => expect(value).toBeCloseTo(golden.taps[i] ?? NaN, 4));
});

test("has no block behind its last", async () => {
  const image: HostArray = { dtype: "f32", shape: [1, 8, 8, 3], data: new Float32Array(192) };
  await expect(runNode(dino, { image }, { ...params, taps: [2] })).rejects.toThrow(
    "there is no block 2; the 2 blocks are 0 to 1",
  );
});
