import { describe, expect, test } from "@jest/globals";
import { fileURLToPath } from "node:url";
import { tf } from "../../../src/core/tensor.js";
import type { HostArray, Tensor } from "../../../src/core/tensor.js";
import { inceptionV3 } from "../../../src/nodes/encoder/inception-v3.js";
import { readSafetensors } from "../../../src/nodes/files/safetensors.js";
import { lpips } from "../../../src/nodes/loss/lpips.js";
import { vgg16Difference } from "../../../src/nodes/loss/vgg16-difference.js";
import { nodeFunction } from "../../../src/runtime/testing/node-function.js";
import { onBackend } from "../../../src/runtime/testing/run-node.js";
import { availableBackends } from "../../acceptance/backends.js";
import { distance, worst } from "../../support/golden.js";
import { fill } from "./fill.js";
import { filled } from "./filled.js";

/** Outputs of PyTorch 1.13 for weights that are filled from their names: see make.py beside it. */
const wanted = await readSafetensors(fileURLToPath(new URL("../../fixtures/metrics/networks.safetensors", import.meta.url)));
const get = (key: string): HostArray["data"] => wanted.get(key)?.data ?? new Float32Array(0);

const array = (shape: readonly number[], data: Float32Array): HostArray => ({ dtype: "f32", shape, data });
const image = (name: string, ...shape: number[]): HostArray =>
  array(
    shape,
    fill(
      name,
      shape.reduce((a, b) => a * b, 1),
      0.5,
      0.5,
    ),
  );

const read = async (value: unknown): Promise<Float32Array> => (await (value as Tensor).data()) as Float32Array;
const backends = await availableBackends();

const cases = [
  ["fidelity", { preprocess: "fidelity" }, image("inception.image", 1, 40, 48, 3)],
  ["pytorch_fid", { preprocess: "pytorch_fid" }, image("inception.image", 1, 40, 48, 3)],
  ["torchvision", { variant: "torchvision", preprocess: "none", quantize: false }, image("inception.small", 2, 79, 83, 3)],
  ["tensorflow", { preprocess: "none" }, image("inception.small", 1, 79, 83, 3)],
] as const;
/** Plain loops take minutes for an image of 299x299, and for LPIPS of 35x48. */
const small = cases.filter(([name]) => name === "tensorflow");

describe.each(backends)("networks of metrics on %s, against PyTorch", (backend) => {
  test.each(backend === "reference" ? small : cases)("Inception-v3, %s", async (name, params, pixels) => {
    await onBackend(backend, async () => {
      const node = nodeFunction(inceptionV3, { image: pixels }, params, { weights: filled(inceptionV3, params) });
      const { features, logits, spatial } = node.call();
      expect(worst(await read(features), get(`${name}.features`))).toBeLessThan(2e-5);
      const rows = pixels.shape[0] ?? 1;
      const firsts = (data: Float32Array, count: number): number[] =>
        Array.from({ length: rows }, (_, i) => [...data.slice((i * data.length) / rows, (i * data.length) / rows + count)]).flat();
      expect(worst(firsts(await read(logits), 16), get(`${name}.logits`))).toBeLessThan(2e-5);
      expect(worst(firsts(await read(spatial), get(`${name}.spatial`).length / rows), get(`${name}.spatial`))).toBeLessThan(2e-5);
      node.dispose();
    });
  }, 240_000); // prettier-ignore

  test("LPIPS and its gradient by the image", async () => {
    await onBackend(backend, async () => {
      const [name, ...size] = backend === "reference" ? (["lpips_small", 1, 17, 19] as const) : (["lpips", 2, 35, 48] as const);
      const [a, b] = [image("lpips.a", ...size, 3), image("lpips.b", ...size, 3)];
      const trunk = nodeFunction(vgg16Difference, { image: a, reference: b }, {}, { weights: filled(vgg16Difference, {}) });
      const { difference } = trunk.call() as { difference: Tensor };
      const head = nodeFunction(lpips, { difference: array([size[0], 1472], await read(difference)) }, {}, { weights: filled(lpips, {}) });
      const { each, value } = head.call();
      expect(worst(await read(each), get(`${name}.each`))).toBeLessThan(2e-6);
      const mean = Array.from(get(`${name}.each`)).reduce((sum, one) => sum + one / size[0], 0);
      expect((await read(value))[0]).toBeCloseTo(mean, 6);
      const gradient = tf.grad((x) => (head.call({ difference: trunk.call({ image: x })["difference"] as Tensor })["value"] as Tensor))(
        trunk.tensors["image"] as Tensor,
      );
      expect(distance(await read(gradient), get(`${name}.gradient`))).toBeLessThan(1e-4);
      trunk.dispose();
      head.dispose();
    });
  }, 240_000); // prettier-ignore
});

test("images too small for VGG16 are refused", () => {
  expect(() => vgg16Difference.dims?.({}, { H: 8, W: 32 })).toThrow("8x32 is smaller than 16x16");
});
