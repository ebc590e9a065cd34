import { expect, test } from "@jest/globals";
import type { NodeDef } from "../../../src/core/define-node.js";
import type { Init } from "../../../src/core/weight-spec.js";
import { dit } from "../../../src/nodes/model/dit.js";
import { ditDh } from "../../../src/nodes/model/dit-dh.js";

const shared = { input_size: 2, in_channels: 6, num_classes: 4 };

/** How the weight of this name starts. */
function startOf(def: NodeDef, params: Record<string, unknown>): (name: string) => Init | undefined {
  if (def.kind !== "model") throw new Error("not a model");
  const specs = def.weights(def.params.parse({ ...shared, ...params }), {});
  return (name) => specs.find((spec) => spec.name === name)?.init;
}

test("LightningDiT starts as published: Glorot everywhere, biases 0", () => {
  const start = startOf(dit, { hidden_size: 8, depth: 1, num_heads: 2 });
  expect(start("blocks.0.attn.qkv.weight")).toEqual({ kind: "uniform", bound: Math.sqrt(6 / (8 + 24)) });
  expect(start("blocks.0.attn.qkv.bias")).toEqual({ kind: "zeros" });
  expect(start("x_embedder.proj.weight")).toEqual({ kind: "uniform", bound: Math.sqrt(6 / (6 + 8)) });
  expect(start("t_embedder.mlp.0.bias")).toEqual({ kind: "zeros" });
});

test("DiT-DH starts as published: PyTorch's own start but for the patches", () => {
  const start = startOf(ditDh, { hidden_size: [8, 16], depth: [1, 1], num_heads: 2 });
  expect(start("blocks.1.attn.qkv.weight")).toEqual({ kind: "uniform", bound: 1 / 4 });
  expect(start("blocks.1.attn.qkv.bias")).toEqual({ kind: "uniform", bound: 1 / 4 });
  expect(start("s_projector.weight")).toEqual({ kind: "uniform", bound: 1 / Math.sqrt(8) });
  expect(start("s_embedder.proj.weight")).toEqual({ kind: "uniform", bound: Math.sqrt(6 / (6 + 8)) });
  expect(start("s_embedder.proj.bias")).toEqual({ kind: "zeros" });
  expect(start("t_embedder.mlp.0.bias")).toEqual({ kind: "uniform", bound: 1 / Math.sqrt(512) });
});

test.each([
  ["LightningDiT", dit, { hidden_size: 8, depth: 1, num_heads: 2 }],
  ["DiT-DH", ditDh, { hidden_size: [8, 16], depth: [1, 1], num_heads: 2 }],
] as const)("%s: times and labels normal of 0.02, adaptive and last layers silent, gains 1", (_name, def, params) => {
  const start = startOf(def, params);
  for (const name of ["t_embedder.mlp.0.weight", "t_embedder.mlp.2.weight", "y_embedder.embedding_table.weight"])
    expect(start(name)).toEqual({ kind: "normal", std: 0.02 });
  expect(start("t_embedder.W")).toEqual({ kind: "normal", std: 1 });
  for (const name of ["blocks.0.adaLN_modulation.1", "final_layer.adaLN_modulation.1", "final_layer.linear"])
    expect([start(`${name}.weight`), start(`${name}.bias`)]).toEqual([{ kind: "zeros" }, { kind: "zeros" }]);
  expect(start("blocks.0.norm1.weight")).toEqual({ kind: "ones" });
});
