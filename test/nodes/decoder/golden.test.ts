import { expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { vitDecoder } from "../../../src/nodes/decoder/vit.js";
import { vitMae } from "../../../src/nodes/encoder/vit-mae.js";
import { readSafetensors } from "../../../src/nodes/files/safetensors.js";
import { denormalize } from "../../../src/nodes/latent/denormalize.js";
import { toHostArray } from "../../../src/runtime/testing/arrays.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";
import { channelsLast, worst } from "../../support/golden.js";
import type { HostArray } from "../../../src/core/tensor.js";

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

test.each(["reference", "wasm"])("the decoder's image equals the reference implementation on %s", async (backend) => {
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

test.each(["reference", "wasm"])("the MAE encoder's tokens equal the reference implementation on %s", async (backend) => {
  const { weights, io } = await load("mae");
  const params = {
    image_size: 32,
    patch_size: 8,
    hidden_size: 32,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 128,
  };
  const { tokens } = await runNode(vitMae, { image: last(io("image")) }, params, { backend, weights });
  expect(worst(toHostArray(tokens ?? 0, "f32").data, io("features").data)).toBeLessThan(2e-5);
});

test("a grid that is not square is refused with both sides", () => {
  expect(() => vitDecoder.dims?.(vitDecoder.params.parse({}), { h: 4, w: 3 })).toThrow(
    "the decoder's grid must be square, not 4x3",
  );
});
