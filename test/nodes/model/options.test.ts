import { expect, test } from "@jest/globals";
import type { NodeDef } from "../../../src/core/define-node.js";
import type { HostArray } from "../../../src/core/tensor.js";
import { dit } from "../../../src/nodes/model/dit.js";
import { ditDh } from "../../../src/nodes/model/dit-dh.js";
import { permute } from "../../../src/nodes/files/permute.js";
import { toHostArray } from "../../../src/runtime/testing/arrays.js";
import { runNode } from "../../../src/runtime/testing/run-node.js";
import { goldenArray, goldenWeights, worst } from "../../support/golden.js";

const shared = { input_size: 4, in_channels: 3, num_classes: 4 };
const oneWidth = { ...shared, hidden_size: 8, depth: 1, num_heads: 2 };
const twoWidths = { ...shared, hidden_size: [8, 16], depth: [1, 1], num_heads: 2 };
const inputs = { x: goldenArray("x", [2, 4, 4, 3]), t: [0.2, 0.7], label: [1, 4] };

type Named = ReadonlyMap<string, HostArray>;

function made(def: NodeDef, params: Record<string, unknown>): Named {
  if (def.kind !== "model") throw new Error("not a model");
  return goldenWeights(def.weights(def.params.parse(params), {}), "options.");
}

async function velocity(def: NodeDef, params: Record<string, unknown>, weights: Named, x = inputs.x): Promise<HostArray> {
  const { velocity: got } = await runNode(def, { ...inputs, x }, params, { weights });
  return toHostArray(got ?? 0, "f32");
}

test.each([
  ["LightningDiT", dit, oneWidth],
  ["DiT-DH", ditDh, twoWidths],
] as const)("%s without shift is the model whose shifts are zero", async (_name, def, params) => {
  const scaled = { ...params, wo_shift: true };
  const weights = made(def, scaled);
  // Four parts (scale, gate, scale, gate) become six with zeros in the places of the shifts.
  const full = new Map(
    [...weights].map(([name, array]): [string, HostArray] => {
      if (!/blocks.*adaLN/.test(name)) return [name, array];
      const [rows = 0, ...rest] = array.shape;
      const part = array.data.length / 4;
      const data = new Float32Array(6 * part);
      [1, 2, 4, 5].forEach((to, from) => data.set(array.data.slice(from * part, (from + 1) * part), to * part));
      return [name, { dtype: "f32", shape: [(rows / 4) * 6, ...rest], data }];
    }),
  );
  const wanted = await velocity(def, params, full);
  expect(worst((await velocity(def, scaled, weights)).data, wanted.data)).toBeLessThan(1e-6);
});

/** Blocks of 2x2 positions as channels, in the order row, column, channel. */
function blocks({ shape, data }: HostArray): HostArray {
  const [B = 0, H = 0, W = 0, C = 0] = shape;
  const cut = permute({ dtype: "f32", shape: [B, H / 2, 2, W / 2, 2, C], data }, [0, 1, 3, 2, 4, 5]);
  return { ...cut, shape: [B, H / 2, W / 2, 4 * C] };
}

test.each([
  ["LightningDiT", dit, oneWidth],
  ["DiT-DH", ditDh, twoWidths],
] as const)("%s of patch 2 is the model of patch 1 on blocks of four positions", async (_name, def, params) => {
  const coarse = { ...params, patch_size: 2 };
  const weights = made(def, coarse);
  const flat = new Map(
    [...weights].map(([name, array]): [string, HostArray] => {
      if (!name.endsWith("embedder.proj.weight")) return [name, array];
      const last = permute(array, [0, 2, 3, 1]);
      return [name, { ...last, shape: [array.shape[0] ?? 0, 4 * 3, 1, 1] }];
    }),
  );
  const wanted = await velocity(def, { ...params, input_size: 2, in_channels: 12 }, flat, blocks(inputs.x));
  expect(worst(blocks(await velocity(def, coarse, weights)).data, wanted.data)).toBeLessThan(1e-6);
});

test("a body of larger patches conditions the head's tokens by place, or in a row as the reference does", async () => {
  const coarse = { ...twoWidths, patch_size: [2, 1] };
  const weights = made(ditDh, coarse);
  const results = await Promise.all(["consecutive", "grid"].map((spread) => velocity(ditDh, { ...coarse, spread }, weights)));
  expect(results[0]?.shape).toEqual([2, 4, 4, 3]);
  expect(worst(results[0]?.data ?? [], results[1]?.data ?? [])).toBeGreaterThan(1e-4);
  // Without positions and turns a plain picture looks the same everywhere, so both agree.
  const blind = { ...coarse, use_pos_embed: false, use_rope: false };
  const plain = { ...inputs.x, data: new Float32Array(inputs.x.data.length).fill(0.5) };
  const [a, b] = await Promise.all(
    ["consecutive", "grid"].map((spread) => velocity(ditDh, { ...blind, spread }, made(ditDh, blind), plain)),
  );
  expect(worst(a?.data ?? [], b?.data ?? [])).toBeLessThan(1e-6);
});

test("a model starts silent: at its start the velocity is exactly zero", async () => {
  for (const [def, params] of [
    [dit, oneWidth],
    [ditDh, twoWidths],
  ] as const)
    expect((await velocity(def, params, new Map())).data.every((value) => value === 0)).toBe(true);
});

test("patches that do not nest are refused", () => {
  const params = ditDh.params.parse({ ...twoWidths, patch_size: [1, 2] });
  expect(() => ditDh.dims?.(params, {})).toThrow("patch_size [1, 2]: the body's must be a multiple of the head's");
});

test("in training a label is dropped with the given chance, otherwise never", async () => {
  const params = { ...oneWidth, class_dropout_prob: 1 };
  const weights = made(dit, params);
  const run = async (label: number[], training: boolean): Promise<HostArray> =>
    toHostArray((await runNode(dit, { ...inputs, label }, params, { weights, training }))["velocity"] ?? 0, "f32");
  const none = await run([4, 4], false);
  expect(worst((await run([1, 2], true)).data, none.data)).toBe(0);
  expect(worst((await run([1, 2], false)).data, none.data)).toBeGreaterThan(1e-4);
});
