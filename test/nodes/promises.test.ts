import { expect, test } from "@jest/globals";
import { nativeBackend } from "../../src/backends/native/index.js";
import { philoxNormal, philoxUniform } from "../../src/core/philox.js";
import type { HostArray } from "../../src/core/tensor.js";
import { builtinNodes, nodeRegistry } from "../../src/nodes/index.js";
import { checkNode } from "../../src/runtime/testing/index.js";
import type { NodeExample } from "../../src/runtime/testing/node-example.js";

/** The backends that most machines have. */
const backends = (await nativeBackend.probe()).available ? ["native", "wasm"] : ["wasm"];
const registry = nodeRegistry(builtinNodes);
const array = (draw: typeof philoxNormal, place: number, shape: readonly number[]): HostArray => ({
  dtype: "f32",
  shape,
  data: draw(
    [1, 2],
    place,
    0,
    shape.reduce((a, b) => a * b, 1),
  ),
});
const normal = (...shape: number[]): HostArray => array(philoxNormal, shape.length, shape);
const other = (...shape: number[]): HostArray => array(philoxNormal, 9, shape);
const image = (...shape: number[]): HostArray => array(philoxUniform, 1, shape);
const latent = normal(2, 2, 2, 3);

/** A small case for each of these node types. */
const examples: Readonly<Record<string, NodeExample>> = {
  "batch.cycle": { inputs: { like: latent }, params: { values: [0.5, 2] } },
  "batch.repeat": { inputs: { x: latent }, params: { each: 3 } },
  "data.labels": { params: { labels: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], each: 1, batch: 2 } },
  // A norm over five tokens and two kinks leave finite differences no room; its gradients are held to PyTorch's in critic/heads.test.ts.
  "critic.heads": { inputs: { features: normal(2, 2, 5, 4) }, params: { using_spec_norm: false }, gradient: false },
  "image.diff_augment": { inputs: { image: image(2, 8, 8, 3) }, params: { cutout: 0.5 } },
  "image.quantize": { inputs: { image: image(2, 4, 4, 1) }, gradient: false },
  "loss.adversarial": { inputs: { score: normal(2, 5) }, params: { kind: "softplus" } },
  "loss.critic": { inputs: { real: normal(2, 5), fake: other(2, 5) }, params: { kind: "vanilla" } },
  "loss.feature_distance": { inputs: { a: normal(2, 3, 4, 5), b: other(2, 3, 4, 5) } },
  "loss.weighted_sum": { inputs: { a: 0.4, b: 2 }, params: { weights: [1, 0.5] } },
  "flow.linear_path": { inputs: { data: latent, t: [0.2, 0.7] } },
  "flow.shifted_time": { inputs: { like: latent }, params: { distribution: "logit_normal", shift: 3 } },
  "flow.velocity_loss": { inputs: { prediction: latent, target: other(2, 2, 2, 3) } },
  "image.resize": { inputs: { image: image(2, 4, 4, 3) }, params: { size: 8 } },
  "latent.grid": { inputs: { tokens: normal(2, 4, 3) } },
  "latent.noise": { inputs: { z: latent }, training: true },
  "latent.normalize_with": { inputs: { z: latent, mean: normal(3, 2, 2), var: image(3, 2, 2) } },
  "latent.pool": { inputs: { z: latent } },
  "latent.tokens": { inputs: { z: latent } },
  "loss.l1": { inputs: { image: image(2, 4, 4, 1), reference: other(2, 4, 4, 1) } },
  "loss.sample_mse": { inputs: { prediction: latent, target: other(2, 2, 2, 3) } },
  "metric.by": { batches: [{ value: [1, 2], by: [0, 1] }] },
  "metric.fid": { params: { extractor: "pixels" }, batches: [{ real: normal(8, 2), fake: other(8, 2) }] },
  "metric.mean": { batches: [{ value: 1 }, { value: 4 }] },
  "metric.psnr": { batches: [{ image: image(2, 4, 4, 1), reference: array(philoxUniform, 2, [2, 4, 4, 1]) }] },
  "model.dit_dh": {
    inputs: { x: normal(2, 2, 2, 4), t: [0.3, 0.6], label: [0, 1] },
    params: { input_size: 2, in_channels: 4, hidden_size: [8, 8], depth: [1, 1], num_heads: [2, 2], num_classes: 2 },
  },
  "out.image_grid": { batches: [{ image: image(2, 4, 4, 3) }] },
};

test.each(Object.entries(examples))("%s keeps the promises of every node", async (type, example) => {
  const def = registry.get(type);
  if (!def) throw new Error(`there is no ${type}`);
  const { checked } = await checkNode(def, { backends, ...example });
  expect(checked.length).toBeGreaterThan(2);
});
