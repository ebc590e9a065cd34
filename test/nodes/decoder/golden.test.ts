import { expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { vitDecoder } from "../../../src/nodes/decoder/vit.js";
import { readSafetensors } from "../../../src/nodes/files/safetensors.js";
import { denormalize } from "../../../src/nodes/latent/denormalize.js";
import { toHostArray } from "../../../src/runtime/testing/arrays.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";
import { presentBackends } from "../../acceptance/backends.js";
import { channelsLast, golden, goldenWeights, worst } from "../../support/golden.js";
import type { Golden } from "../../support/golden.js";
import type { HostArray } from "../../../src/core/tensor.js";

const backends = await presentBackends();
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

async function load(name: string): Promise<{ weights: ReadonlyMap<string, HostArray>; io: (key: string) => HostArray }> {
  const io = await readSafetensors(fixture(`${name}/io.safetensors`));
  const get = (key: string): HostArray => {
    const found = io.get(key);
    if (!found) throw new Error(`no array ${key}`);
    return found;
  };
  return { weights: await readSafetensors(fixture(`${name}/weights.safetensors`)), io: get };
}

const last = (array: HostArray): HostArray => channelsLast({ shape: array.shape, data: [...array.data] });

test.each(backends)("the decoder's image equals the reference implementation on %s", async (backend) => {
  const { weights, io } = await load("decoder");
  const stats = new Map([
    ["mean", io("stat_mean")],
    ["var", io("stat_var")],
  ]);
  const raw = await runNode(
    denormalize,
    { z: last(io("latent")) },
    { weights: "-" },
    { backend, weights: stats, dims: { h: 4, w: 4, C: 32 } },
  );
  const params = {
    hidden_size: 32,
    patch_size: 4,
    decoder_hidden_size: 48,
    decoder_intermediate_size: 96,
    decoder_num_attention_heads: 4,
    decoder_num_hidden_layers: 2,
  };
  const { image } = await runNode(vitDecoder, { z: raw["z"] ?? 0 }, params, { backend, weights, dims: { h: 4, w: 4 } });
  expect(worst(toHostArray(image ?? 0, "f32").data, last(io("decoded")).data)).toBeLessThan(2e-5);
});

const tiny = {
  hidden_size: 6,
  patch_size: 4,
  decoder_hidden_size: 16,
  decoder_intermediate_size: 32,
  decoder_num_attention_heads: 2,
  decoder_num_hidden_layers: 2,
};
const specs = vitDecoder.kind === "model" ? vitDecoder.weights(vitDecoder.params.parse(tiny), { h: 3, w: 3 }) : [];
const made = goldenWeights(specs, "dec.");
const wanted = golden["decoder"] as Readonly<Record<"z_tokens" | "logits" | "pixels" | "pixels_before_denorm", Golden>> & {
  readonly interp_from_4_tokens: Readonly<Record<"z" | "logits", Golden>>;
  readonly keys: Readonly<Record<string, unknown>>;
};

/** Tokens `[B,N,C]` as a square grid. */
function gridOf({ shape: [B = 0, N = 0, C = 0], data }: Golden): HostArray {
  return { dtype: "f32", shape: [B, Math.sqrt(N), Math.sqrt(N), C], data: Float32Array.from(data) };
}

test.each(backends)("the golden decoder: logits, pixels, and four tokens stretched to nine, on %s", async (backend) => {
  const dims = { h: 3, w: 3 };
  const nine = { z: gridOf(wanted.z_tokens) };
  const { logits, image } = await runNode(vitDecoder, nine, tiny, { backend, weights: made, dims });
  expect(worst(toHostArray(logits ?? 0, "f32").data, wanted.logits.data)).toBeLessThan(2e-5);
  expect(worst(toHostArray(image ?? 0, "f32").data, channelsLast(wanted.pixels).data)).toBeLessThan(2e-5);
  const plain = { ...tiny, image_mean: [0, 0, 0], image_std: [1, 1, 1] };
  const before = await runNode(vitDecoder, nine, plain, { backend, weights: made, dims });
  expect(worst(toHostArray(before["image"] ?? 0, "f32").data, channelsLast(wanted.pixels_before_denorm).data)).toBeLessThan(2e-5);
  const four = { z: gridOf(wanted.interp_from_4_tokens.z) };
  const given = { ...tiny, num_patches: 9 };
  const stretched = await runNode(vitDecoder, four, given, { backend, weights: made, dims: { h: 2, w: 2 } });
  expect(worst(toHostArray(stretched["logits"] ?? 0, "f32").data, wanted.interp_from_4_tokens.logits.data)).toBeLessThan(2e-5);
});

test("the decoder's weights have the published names", () => {
  expect(specs.map(({ name }) => name).sort()).toEqual(Object.keys(wanted.keys).sort());
});

test("num_patches that make no square are refused", () => {
  expect(() => vitDecoder.dims?.(vitDecoder.params.parse({ num_patches: 8 }), {})).toThrow("num_patches 8 is no square number");
});

test("a grid that is not square is refused with both sides", () => {
  expect(() => vitDecoder.dims?.(vitDecoder.params.parse({}), { h: 4, w: 3 })).toThrow(
    "the decoder's grid must be square, not 4x3",
  );
});
