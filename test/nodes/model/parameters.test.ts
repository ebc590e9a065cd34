import { expect, test } from "@jest/globals";
import type { NodeDef } from "../../../src/core/define-node.js";
import { vitDecoder } from "../../../src/nodes/decoder/vit.js";
import { dinov2 } from "../../../src/nodes/encoder/dinov2.js";
import { siglip2 } from "../../../src/nodes/encoder/siglip2.js";
import { vitMae } from "../../../src/nodes/encoder/vit-mae.js";
import { dit } from "../../../src/nodes/model/dit.js";
import { ditDh } from "../../../src/nodes/model/dit-dh.js";
import { countWeights } from "../../../src/nodes/parts/weight-specs.js";

const large = { input_size: 16, hidden_size: 1152, depth: 28, num_heads: 18 };

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
  ["DiT-DH-XL", ditDh, { input_size: 16 }, 838_380_628, 838_675_796],
  ["DiT-DH-L", ditDh, { input_size: 16, preset: "L" }, 621_482_036, 621_744_436],
  ["DiT-DH-B", ditDh, { input_size: 16, preset: "B" }, 294_099_028, 294_295_892],
  ["DiT-DH-S", ditDh, { input_size: 16, preset: "S" }, 196_357_204, 196_455_764],
  ["LightningDiT-XL", dit, { input_size: 16, preset: "XL" }, 676_953_216, 677_248_384],
  ["LightningDiT-XL on DINOv2-S", dit, { input_size: 16, in_channels: 384 }, 676_068_096, 676_363_264],
  ["LightningDiT-B", dit, { input_size: 16, preset: "B" }, 131_687_424, 131_884_288],
  ["LightningDiT-S", dit, { input_size: 16, preset: "S" }, 33_551_232, 33_649_792],
  ["LightningDiT 512x12", dit, { input_size: 16, hidden_size: 512, depth: 12, num_heads: 8 }, 59_080_952, 59_212_280],
  ["LightningDiT 640x12", dit, { input_size: 16, hidden_size: 640, depth: 12, num_heads: 10 }, 91_783_792, 91_947_888],
  ["LightningDiT 896x12", dit, { input_size: 16, hidden_size: 896, depth: 12, num_heads: 14 }, 178_741_112, 178_970_744],
  ["LightningDiT-B, 10 classes", dit, { input_size: 16, preset: "B", num_classes: 10 }, 130_927_104, 131_123_968],
  ["LightningDiT-XL, no null class", dit, { input_size: 16, class_dropout_prob: 0 }, 676_952_064, 677_247_232],
])("%s has the published number of parameters", (_name, def, params, trainable, total) => {
  expect(count(def, params)).toEqual([trainable, total]);
});

test.each<[string, number, number, number]>([
  ["B", 16, 86_237_952, 86_435_328],
  ["L", 16, 303_887_104, 304_150_272],
  ["XL", 16, 415_056_640, 415_352_704],
  ["XL", 32, 415_056_640, 416_237_440],
])("the decoder ViT-%s on %i tokens a side has the published number of parameters", (preset, side, trainable, total) => {
  expect(count(vitDecoder, { preset }, { h: side, w: side })).toEqual([trainable, total]);
});

test("the encoders have the published number of parameters", () => {
  expect(count(dinov2, {})[1]).toBe(86_583_552);
  // One register token is one width less.
  expect(count(dinov2, { num_register_tokens: 0 })[1]).toBe(86_583_552 - 4 * 768);
  // Summed by hand from the sizes of the published configurations.
  expect(count(dinov2, { preset: "giant" })[1]).toBe(giant);
  expect(count(siglip2, {})[1]).toBe(768 * (3 * 256 + 1) + 256 * 768 + 12 * block(768, 3072) + 2 * 768);
  expect(count(vitMae, {})[1]).toBe(768 * (3 * 256 + 1) + 198 * 768 + 12 * block(768, 3072) + 2 * 768);
});

/** A plain transformer block: four square layers, two of the MLP, two norms. */
function block(width: number, inner: number): number {
  return 4 * (width ** 2 + width) + 2 * width * inner + inner + width + 4 * width;
}

/** DINOv2 giant: patch 14, 1370 positions, 4 registers, mask and class token, 40 gated blocks of inner width 4096 with two scales. */
const giant = 1536 * (3 * 196 + 1) + (1370 + 6) * 1536 + 2 * 1536 + 40 * (block(1536, 4096) + 1536 * 4096 + 4096 + 2 * 1536);

test("a width that the heads do not divide is refused with both numbers", () => {
  const params = dit.params.parse({ ...large, num_heads: 5 });
  expect(() => dit.dims?.(params, {})).toThrow("hidden_size 1152 is not a multiple of num_heads 5");
});
