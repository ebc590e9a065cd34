import { expect, test } from "@jest/globals";
import type { NodeDef } from "../../../src/core/define-node.js";
import { vitDecoder } from "../../../src/nodes/decoder/vit.js";
import { dit } from "../../../src/nodes/model/dit.js";
import { ditDh } from "../../../src/nodes/model/dit-dh.js";
import { countWeights } from "../../../src/nodes/parts/weight-specs.js";

const large = { input_size: 16, hidden_size: 1152, depth: 28, num_heads: 18 };
const xl = { input_size: 16, hidden_size: [1152, 2048], depth: [28, 2], num_heads: [16, 16] };

/** Trainable and total parameters, counted from the declarations without making any array. */
function count(
  def: NodeDef,
  given: Record<string, unknown>,
  dims: Record<string, number> = {},
): [trainable: number, total: number] {
  if (def.kind !== "model") throw new Error("not a model");
  const specs = def.weights(def.params.parse(given), dims);
  return [countWeights(specs, "trainable"), countWeights(specs)];
}

test.each<[string, NodeDef, Record<string, unknown>, number, number]>([
  ["LightningDiT 1152x28", dit, large, 676_953_216, 677_248_384],
  ["the same with layer norm", dit, { ...large, use_rmsnorm: false }, 676_887_552, 677_182_720],
  ["the same with a GELU MLP", dit, { ...large, use_swiglu: false }, 676_910_208, 677_205_376],
  ["the same with qk-norm", dit, { ...large, use_qknorm: true }, 676_956_800, 677_251_968],
  ["the same without shift", dit, { ...large, wo_shift: true }, 602_570_880, 602_866_048],
  ["LightningDiT 384x12", dit, { input_size: 16, hidden_size: 384, depth: 12, num_heads: 6 }, 33_551_232, 33_649_792],
  [
    "DiT-DH 768x28 + 1152x2",
    ditDh,
    { input_size: 16, hidden_size: [768, 1152], depth: [28, 2], num_heads: [12, 18] },
    353_142_400,
    353_339_264,
  ],
  ["DiT-DH-XL", ditDh, xl, 838_380_628, 838_675_796],
  ["DiT-DH-S", ditDh, { ...xl, hidden_size: [384, 2048], depth: [12, 2], num_heads: [6, 16] }, 196_357_204, 196_455_764],
])("%s has the published number of parameters", (_name, def, params, trainable, total) => {
  expect(count(def, params)).toEqual([trainable, total]);
});

test("the decoder ViT-XL has the published number of parameters", () => {
  expect(count(vitDecoder, {}, { h: 16, w: 16 })).toEqual([415_056_640, 415_352_704]);
});

test("a width that the heads do not divide is refused with both numbers", () => {
  const params = dit.params.parse({ ...large, num_heads: 5 });
  expect(() => dit.dims?.(params, {})).toThrow("hidden_size 1152 is not a multiple of num_heads 5");
});
