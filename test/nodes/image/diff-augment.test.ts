import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import type { HostArray } from "../../../src/core/tensor.js";
import { diffAugment } from "../../../src/nodes/image/diff-augment.js";
import { quantize } from "../../../src/nodes/image/quantize.js";
import { runNode } from "../../../src/runtime/testing/index.js";
import { presentBackends } from "../../acceptance/backends.js";

interface Stored {
  readonly shape: number[];
  readonly data: number[];
}
const { diffaug_8x8: golden } = JSON.parse(await readFile("test/fixtures/golden.json", "utf8")) as {
  diffaug_8x8: { rand01: Stored; img: Stored; out_cutout0: Stored; "out_cutout0.5": Stored };
};
const backends = await presentBackends();

/** Channels last and in [0,1] instead of [-1,1]. */
function image({ shape, data }: Stored): HostArray {
  const [B = 0, C = 0, H = 0, W = 0] = shape;
  const out = new Float32Array(data.length);
  for (let b = 0; b < B; b++)
    for (let c = 0; c < C; c++)
      for (let i = 0; i < H * W; i++) out[(b * H * W + i) * C + c] = ((data[(b * C + c) * H * W + i] ?? 0) + 1) / 2;
  return { dtype: "f32", shape: [B, H, W, C], data: out };
}
/** The pinned draws, r0 … r6 of both samples. */
const noise = Array.from({ length: 7 }, (_, r) => [0, 1].map((b) => [[golden.rand01.data[2 * r + b] ?? 0]]));

test.each(backends.flatMap((backend) => [[backend, 0] as const, [backend, 0.5] as const]))(
  "gives the published images for given draws on %s, cutout %d",
  async (backend, cutout) => {
    const out = await runNode(diffAugment, { image: image(golden.img) }, { cutout }, { backend, noise });
    const expected = image(cutout === 0 ? golden.out_cutout0 : golden["out_cutout0.5"]).data;
    (out["image"] as number[][][][]).flat(3).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 5));
  },
);

test("at prob 0 leaves images as they are", async () => {
  const given = image(golden.img);
  const out = await runNode(diffAugment, { image: given }, { prob: 0 });
  expect((out["image"] as number[][][][]).flat(3)).toEqual([...given.data]);
});

test("eight bits: cut to [0,1], rounded to 255 steps", async () => {
  const out = await runNode(quantize, {
    image: [
      [
        [[-0.3], [0.5]],
        [[0.999], [1.2]],
      ],
    ],
  });
  expect((out["image"] as number[][][][]).flat(3).map((value) => Math.round(value * 25500) / 100)).toEqual([0, 128, 255, 255]);
});
