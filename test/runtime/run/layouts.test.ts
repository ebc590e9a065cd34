import { describe, expect, test } from "@jest/globals";
import type { WeightSpec } from "../../../src/core/weight-spec.js";
import type { KeyLayout } from "../../../src/core/key-layout.js";
import { dinov2Layouts } from "../../../src/nodes/files/layouts/dinov2.js";
import { ditLayouts } from "../../../src/nodes/files/layouts/dit.js";
import { latentStatisticsLayouts } from "../../../src/nodes/files/layouts/latent-statistics.js";
import { vitMaeLayouts } from "../../../src/nodes/files/layouts/vit-mae.js";
import { matchWeights } from "../../../src/runtime/run/match-weights.js";
import type { Piece } from "../../../src/runtime/run/match-weights.js";

type Shapes = Readonly<Record<string, readonly number[]>>;
const specs = (shapes: Shapes, optional = false): WeightSpec[] =>
  Object.entries(shapes).map(([name, shape]) => ({ name, shape, init: { kind: "zeros" }, trainable: true, optional }));
const arrays = (shapes: Shapes): { name: string; shape: readonly number[] }[] =>
  Object.entries(shapes).map(([name, shape]) => ({ name, shape }));
const match = (model: Shapes, file: Shapes, layouts: readonly KeyLayout[], part?: string): Record<string, readonly Piece[]> =>
  Object.fromEntries(matchWeights(specs(model), arrays(file), layouts, part));
const plain = [{ name: "" }];

describe("names of other publications", () => {
  test("one array of Facebook's DINOv2 is cut into query, key and value", () => {
    const attention = "encoder.layer.3.attention.attention";
    const model = {
      [`${attention}.query.weight`]: [4, 4],
      [`${attention}.key.weight`]: [4, 4],
      [`${attention}.value.weight`]: [4, 4],
      "layernorm.weight": [4],
    };
    const file = { "blocks.3.attn.qkv.weight": [12, 4], "norm.weight": [4] };
    const key = "blocks.3.attn.qkv.weight";
    expect(match(model, file, dinov2Layouts)).toEqual({
      [`${attention}.query.weight`]: [{ key, rows: [0, 4] }],
      [`${attention}.key.weight`]: [{ key, rows: [4, 8] }],
      [`${attention}.value.weight`]: [{ key, rows: [8, 12] }],
      "layernorm.weight": [{ key: "norm.weight" }],
    });
  });

  test("Facebook's other names, giant's SwiGLU among them", () => {
    const model = {
      "embeddings.cls_token": [1, 1, 4],
      "encoder.layer.0.norm1.weight": [4],
      "encoder.layer.0.layer_scale2.lambda1": [4],
      "encoder.layer.0.mlp.weights_in.bias": [8],
      "layernorm.bias": [4],
    };
    const file = {
      cls_token: [1, 1, 4],
      "blocks.0.norm1.weight": [4],
      "blocks.0.ls2.gamma": [4],
      "blocks.0.mlp.w12.bias": [8],
      "norm.bias": [4],
    };
    const found = match(model, file, dinov2Layouts);
    expect(Object.values(found).map(([piece]) => piece?.key)).toEqual(Object.keys(file));
    expect(Object.keys(found)).toEqual(Object.keys(model));
  });

  test("Diffusers' halves of the gated MLP change places, its q, k and v join", () => {
    const model = { "blocks.0.mlp.w12.weight": [6, 4], "blocks.0.attn.qkv.bias": [12] };
    const file = {
      "blocks.0.mlp.net.0.proj.weight": [6, 4],
      "blocks.0.attn.to_k.bias": [4],
      "blocks.0.attn.to_q.bias": [4],
      "blocks.0.attn.to_v.bias": [4],
    };
    const key = "blocks.0.mlp.net.0.proj.weight";
    expect(match(model, file, ditLayouts)).toEqual({
      "blocks.0.mlp.w12.weight": [
        { key, rows: [3, 6] },
        { key, rows: [0, 3] },
      ],
      "blocks.0.attn.qkv.bias": ["to_q", "to_k", "to_v"].map((part) => ({ key: `blocks.0.attn.${part}.bias` })),
    });
    const less = Object.fromEntries(Object.entries(file).filter(([name]) => !name.includes("to_v")));
    expect(() => match(model, less, ditLayouts)).toThrow(
      'unexpected blocks.0.attn.to_q.bias (without its "blocks.0.attn.to_v.bias")',
    );
  });

  test("deviations of AutoencoderRAE become variances", () => {
    const file = { _latents_mean: [2, 1, 1], _latents_std: [2, 1, 1], "decoder.x": [3], encoder_mean: [3] };
    expect(match({ mean: [2, 1, 1], var: [2, 1, 1] }, file, latentStatisticsLayouts)["var"]).toEqual([
      { key: "_latents_std", convert: "std_to_var" },
    ]);
  });

  test("a masked autoencoder without its head lacks the vit. of its names", () => {
    const found = match({ "vit.encoder.layer.0.x": [1] }, { "encoder.layer.0.x": [1] }, vitMaeLayouts);
    expect(found).toEqual({ "vit.encoder.layer.0.x": [{ key: "encoder.layer.0.x" }] });
  });
});

describe("parts of a checkpoint", () => {
  const model = { "head.weight": [2], "head.bias": [2] };
  const under = (...prefixes: string[]): Shapes =>
    Object.fromEntries(prefixes.flatMap((prefix) => Object.entries(model).map(([key, shape]) => [`${prefix}${key}`, shape])));
  const taken = (file: Shapes, part?: string): string | undefined => match(model, file, plain, part)["head.bias"]?.[0]?.key;

  test("wrappers are seen through; what lies elsewhere is left alone", () => {
    expect(taken({ ...under("model._orig_mod.module.decoder."), "optimizer.0.exp_avg": [2] })).toBe(
      "model._orig_mod.module.decoder.head.bias",
    );
  });

  test("averaged weights go before trained ones, unless the path says which", () => {
    expect(taken(under("model.", "ema."))).toBe("ema.head.bias");
    expect(taken(under("model.", "ema."), "model")).toBe("model.head.bias");
  });

  test("two parts that fit are an open question", () => {
    expect(() => taken(under("teacher.", "student."))).toThrow(
      'both "teacher" and "student" of the file fit; say which: add #teacher or #student to its path',
    );
  });

  test("a part that there is not is named, with near ones", () => {
    expect(() => taken(under("model.", "ema."), "emma")).toThrow('the file holds nothing in "emma"; did you mean "ema"?');
  });

  test("faults are told of the part that fits best", () => {
    const file = { ...under("ema."), "ema.tail": [1] };
    expect(() => taken(file)).toThrow('the file holds another model in "ema":\n  unexpected ema.tail');
  });

  test("whole numbers and an empty file are no weights", () => {
    const counts = [
      { name: "head.weight", shape: [2], dtype: "I64" },
      { name: "head.bias", shape: [2], dtype: "F16" },
    ];
    expect(() => matchWeights(specs(model), counts, plain)).toThrow(
      "wrong shape head.weight: I64 in the file, floats in the model",
    );
    expect(() => matchWeights(specs({ mean: [1] }, true), [], plain)).toThrow("the file holds no array");
  });
});
