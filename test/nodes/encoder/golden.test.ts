import { describe, expect, test } from "@jest/globals";
import type { NodeDef } from "../../../src/core/define-node.js";
import type { WeightSpec } from "../../../src/core/weight-spec.js";
import type { HostArray } from "../../../src/core/tensor.js";
import { dinov2 } from "../../../src/nodes/encoder/dinov2.js";
import { siglip2 } from "../../../src/nodes/encoder/siglip2.js";
import { vitMae } from "../../../src/nodes/encoder/vit-mae.js";
import { toHostArray } from "../../../src/runtime/testing/arrays.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";
import { presentBackends } from "../../acceptance/backends.js";
import { fixtureFolder, loadFixture } from "../../support/fixture.js";
import { channelsLast, goldenArray, golden, goldenWeights, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";

const raw = { image_mean: [0, 0, 0], image_std: [1, 1, 1] };
const tiny = { ...raw, hidden_size: 16, num_hidden_layers: 2, num_attention_heads: 2 };

const small = { ...tiny, intermediate_size: 32, patch_size: 8, image_size: 32 };

interface Case {
  readonly def: NodeDef;
  readonly params: Readonly<Record<string, unknown>>;
  /** Side of the image. */
  readonly side: number;
  readonly input: string;
  /** Before the key names from which weights are made, and what of ours stands before theirs. */
  readonly prefix: string;
  readonly root: string;
}

/** Of golden.json; images and weights are made from their names. */
const cases: readonly [name: string, output: string, made: Case][] = [
  [
    "dinov2_reg_tiny",
    "tokens_42(3x3)",
    { def: dinov2, params: { ...tiny, image_size: 70 }, side: 42, input: "dino.in.x", prefix: "dino.", root: "" },
  ],
  [
    "dinov2_reg_tiny",
    "tokens_70(5x5)",
    { def: dinov2, params: { ...tiny, image_size: 70 }, side: 70, input: "dino.in.x70", prefix: "dino.", root: "" },
  ],
  ["mae_tiny", "tokens_32", { def: vitMae, params: small, side: 32, input: "mae.in.x32", prefix: "mae.", root: "vit." }],
  [
    "mae_tiny",
    "tokens_40(5x5 interp)",
    { def: vitMae, params: small, side: 40, input: "mae.in.x40", prefix: "mae.", root: "vit." },
  ],
  [
    "siglip_tiny",
    "tokens_32",
    { def: siglip2, params: small, side: 32, input: "siglip.in.x32", prefix: "siglip.", root: "vision_model." },
  ],
];

/** Folders of the reference's files: the image and the tokens wanted. */
const folders: readonly [name: string, image: string, features: string, def: NodeDef][] = [
  ["dinov2", "image", "features", dinov2],
  ["dinov2", "image70", "features70", dinov2],
  ["siglip2", "image", "features", siglip2],
  ["mae", "image", "features", vitMae],
];

const backends = await presentBackends();

describe.each(backends)("encoders equal the reference implementation on %s", (backend) => {
  test.each(cases)("%s %s", async (name, output, { def, params, side, input, prefix, root }) => {
    if (def.kind !== "model") throw new Error("not a model");
    const wanted = (golden[name] as Record<string, Golden>)[output];
    // Here the position tables are filled like every weight.
    const filled = def
      .weights(def.params.parse(params), {})
      .map((spec): WeightSpec => (spec.init.kind === "table" ? { ...spec, init: { kind: "zeros" } } : spec));
    const image = last(goldenArray(input, [1, 3, side, side]));
    const { tokens } = await runNode(def, { image }, params, { backend, weights: goldenWeights(filled, prefix, root) });
    expect(worst(toHostArray(tokens ?? 0, "f32").data, wanted?.data ?? [])).toBeLessThan(2e-5);
  });

  test.each(folders)("fixture %s: %s", async (name, imageKey, key, def) => {
    const { weights, settings, get } = await loadFixture(fixtureFolder(name) ?? "");
    const image = last(get(imageKey));
    const own = Object.fromEntries(Object.entries(settings).filter(([param]) => param in def.params.shape));
    const { tokens } = await runNode(def, { image }, own, { backend, weights });
    expect(worst(toHostArray(tokens ?? 0, "f32").data, get(key).data)).toBeLessThan(2e-5);
  });
});

test("with normalize: false the published gain and bias end the encoder", async () => {
  const { weights, settings, get } = await loadFixture(fixtureFolder("dinov2") ?? "");
  const own = Object.fromEntries(Object.entries(settings).filter(([param]) => param in dinov2.params.shape));
  const { tokens } = await runNode(dinov2, { image: last(get("image")) }, { ...own, normalize: false }, { weights });
  // The fixture's hidden states begin with the class token and four registers.
  const patches = [0, 1].flatMap((b) => [...get("affine_hidden").data.slice((b * 21 + 5) * 32, (b + 1) * 21 * 32)]);
  expect(worst(toHostArray(tokens ?? 0, "f32").data, patches)).toBeLessThan(2e-5);
});

test("an image that the patch does not divide is refused with the near size", () => {
  const params = dinov2.params.parse({});
  expect(() => dinov2.dims?.(params, { H: 256, W: 256 })).toThrow(
    "images of 256x256 do not divide into patches of 14; resize them with image.resize, size: 252",
  );
});

function last({ shape, data }: HostArray): HostArray {
  return channelsLast({ shape, data: [...data] });
}
