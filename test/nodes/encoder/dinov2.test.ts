import { expect, test } from "@jest/globals";
import type { HostArray } from "../../../src/core/tensor.js";
import { dinov2 } from "../../../src/nodes/encoder/dinov2.js";
import { vitMae } from "../../../src/nodes/encoder/vit-mae.js";
import { toHostArray } from "../../../src/runtime/testing/arrays.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";
import { goldenArray, goldenWeights, worst } from "../../support/golden.js";

type Named = ReadonlyMap<string, HostArray>;

async function tokens(def: typeof dinov2, params: Record<string, unknown>, weights: Named, image: HostArray): Promise<HostArray> {
  return toHostArray((await runNode(def, { image }, params, { weights }))["tokens"] ?? 0, "f32");
}

function made(params: Record<string, unknown>): Map<string, HostArray> {
  if (dinov2.kind !== "model") throw new Error("not a model");
  return new Map(goldenWeights(dinov2.weights(dinov2.params.parse(params), {}), "dino."));
}

const sizes = { hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2, patch_size: 4, image_size: 12 };
const bare = { ...sizes, num_register_tokens: 0, layer_norm_eps: 1e-12 };

/** The keys of a block's layers in the files of DINOv2 and of ViT-MAE. */
const pairs: readonly [dino: string, mae: string][] = [
  ["norm1", "layernorm_before"],
  ["norm2", "layernorm_after"],
  ["mlp.fc1", "intermediate.dense"],
  ["mlp.fc2", "output.dense"],
];

test.each([12, 20])("without registers and scales it is a ViT-MAE of other key names, side %i", async (side) => {
  const own = made(bare);
  for (const [name, array] of own)
    if (name.endsWith("lambda1")) own.set(name, { ...array, data: array.data.map(() => 1) as Float32Array });
  const renamed = new Map(
    [...own]
      .filter(([name]) => !/lambda1|mask_token/.test(name))
      .map(([name, array]): [string, HostArray] => [
        `vit.${pairs.reduce((key, [dino, mae]) => key.replace(`.${dino}.`, `.${mae}.`), name)}`,
        array,
      ]),
  );
  const image = goldenArray("image", [1, side, side, 3]);
  const wanted = await tokens(vitMae, { ...sizes, intermediate_size: 64 }, renamed, image);
  expect(worst((await tokens(dinov2, bare, own, image)).data, wanted.data)).toBeLessThan(1e-5);
});

test("registers change the interpolation to the antialiased one, as published", async () => {
  const image = goldenArray("image", [1, 8, 8, 3]);
  const weights = made(sizes);
  const both = await Promise.all(
    [undefined, true, false].map((on) =>
      tokens(dinov2, on === undefined ? sizes : { ...sizes, interpolate_antialias: on }, weights, image),
    ),
  );
  expect(worst(both[0]?.data ?? [], both[1]?.data ?? [])).toBe(0);
  expect(worst(both[0]?.data ?? [], both[2]?.data ?? [])).toBeGreaterThan(1e-3);
});

test("the gated MLP of the giant: half a gates half b, then the branch's scale", async () => {
  const params = { hidden_size: 4, num_hidden_layers: 1, num_attention_heads: 1, patch_size: 1, image_size: 1, num_channels: 1 };
  const given = {
    ...params,
    image_mean: [0],
    image_std: [1],
    use_swiglu_ffn: true,
    num_register_tokens: 0,
    layer_norm_eps: 1e-12,
  };
  // Inner width ((4·4·2/3 truncated) + 7) / 8 · 8 = 16.
  const zero = new Map(
    [...made(given)].map(([name, { shape, data }]) => [
      name,
      { dtype: "f32" as const, shape, data: new Float32Array(data.length) },
    ]),
  );
  const set = (name: string, values: readonly number[]): void => void zero.get(name)?.data.set(values);
  expect(zero.get("encoder.layer.0.mlp.weights_in.bias")?.shape).toEqual([32]);
  set("embeddings.patch_embeddings.projection.bias", [1, -1, 1, -1]);
  set("encoder.layer.0.norm2.weight", [1, 1, 1, 1]);
  set("encoder.layer.0.mlp.weights_in.bias", [2]); // a = 2 for the first inner number
  zero.get("encoder.layer.0.mlp.weights_in.weight")?.data.set([3], 16 * 4); // b = 3·x0 = 3
  set("encoder.layer.0.mlp.weights_out.weight", [1]); // to the first channel
  set("encoder.layer.0.layer_scale2.lambda1", [0.5, 1, 1, 1]);
  const got = await tokens(dinov2, given, zero, { dtype: "f32", shape: [1, 1, 1, 1], data: Float32Array.of(7) });
  const first = 1 + 0.5 * (2 / (1 + Math.exp(-2))) * 3;
  const raw = [first, -1, 1, -1];
  const mean = raw.reduce((a, b) => a + b) / 4;
  const deviation = Math.sqrt(raw.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4);
  expect(
    worst(
      got.data,
      raw.map((x) => (x - mean) / deviation),
    ),
  ).toBeLessThan(1e-6);
});
