import { expect, test } from "@jest/globals";

import { attention } from "../../../src/core/ops/attention.js";
import { gelu } from "../../../src/core/ops/gelu.js";
import { layerNorm } from "../../../src/core/ops/layer-norm.js";
import { linear } from "../../../src/core/ops/linear.js";
import { modulate } from "../../../src/core/ops/modulate.js";
import { rmsNorm } from "../../../src/core/ops/rms-norm.js";
import { swiglu } from "../../../src/core/ops/swiglu.js";
import { velocityLoss } from "../../../src/core/ops/velocity-loss.js";
import { tf } from "../../../src/core/tensor.js";
import type { Tensor } from "../../../src/core/tensor.js";
import { withNative } from "./with-native.js";

type Image = ReturnType<typeof tf.tensor4d>;
const none = (...shape: number[]): Tensor => tf.zeros(shape);

/** Ops on a batch of no samples, or over an axis of no numbers. */
const calls: Readonly<Record<string, () => Tensor | Tensor[]>> = {
  add: () => tf.add(none(0, 3), none(3)),
  exp: () => tf.exp(none(0, 3)),
  sum: () => tf.sum(none(0, 3), 1),
  "sum of nothing": () => tf.sum(none(2, 0), 1),
  "mean of nothing": () => tf.mean(none(2, 0), 1),
  "max of a batch": () => tf.max(none(0, 3), 1),
  softmax: () => tf.softmax(none(0, 3)),
  matMul: () => tf.matMul(none(0, 3), none(3, 2)),
  "matMul of batches": () => tf.matMul(none(0, 2, 3), none(0, 3, 2)),
  "matMul over nothing": () => tf.matMul(none(2, 0), none(0, 3)),
  transpose: () => tf.transpose(none(0, 3, 2), [2, 0, 1]),
  concat: () => tf.concat([none(0, 3), tf.ones([2, 3])], 0),
  "concat of nothing": () => tf.concat([none(0, 3), none(0, 3)], 0),
  slice: () => tf.slice(tf.ones([4, 3]), [2, 0], [0, 3]),
  split: () => tf.split(none(0, 4), 2, 1),
  pad: () => tf.pad(none(0, 3), [[0, 0], [1, 1]]),
  "pad of nothing": () => tf.pad(none(0), [[2, 1]], 5),
  tile: () => tf.tile(none(0, 3), [2, 2]),
  gather: () => tf.gather(tf.ones([3, 2]), tf.tensor1d([], "int32")),
  oneHot: () => tf.oneHot(tf.tensor1d([], "int32"), 4),
  reverse: () => tf.reverse(none(0, 3), 1),
  stack: () => tf.stack([none(0, 3), none(0, 3)]),
  unstack: () => tf.unstack(none(0, 3), 1),
  where: () => tf.where(tf.zeros([0, 3], "bool"), none(0, 3), none(0, 3)),
  greater: () => tf.greater(none(0, 3), tf.scalar(1)),
  cumsum: () => tf.cumsum(none(0, 3), 1),
  conv2d: () => tf.conv2d(none(0, 5, 5, 2) as Image, tf.ones([3, 3, 2, 4]) as Image, 1, "same"),
  avgPool: () => tf.avgPool(none(0, 4, 4, 2) as Image, 2, 2, "valid"),
  resizeBilinear: () => tf.image.resizeBilinear(none(0, 4, 4, 2) as Image, [2, 2]),
  cast: () => tf.cast(none(0, 3), "int32"),
  linear: () => linear({ x: none(0, 3), weight: tf.ones([2, 3]), bias: tf.ones([2]) }, { activation: "none" }),
  attention: () => attention({ qkv: none(0, 4, 12) }, { heads: 2 }),
  gelu: () => gelu({ x: none(0, 3) }, { form: "erf" }),
  swiglu: () => swiglu({ u: none(0, 4) }, {}),
  layerNorm: () => layerNorm({ x: none(0, 4) }, { epsilon: 1e-6 }),
  rmsNorm: () => rmsNorm({ x: none(0, 4), weight: tf.ones([4]) }, { epsilon: 1e-6 }),
  modulate: () => modulate({ x: none(0, 2, 4), scale: none(0, 1, 4), shift: none(0, 1, 4) }, {}),
  "velocity loss": () => velocityLoss({ prediction: none(0, 3), target: none(0, 3) }, {}),
}; // prettier-ignore

/** Shapes and numbers, or that it was refused. */
function outcome(backend: string, call: () => Tensor | Tensor[]): unknown {
  tf.setBackend(backend);
  try {
    return tf.tidy(() =>
      [call()].flat().map(({ shape, dtype, dataSync }, i, all) => ({ shape, dtype, values: [...dataSync.call(all[i])] })),
    );
  } catch {
    return "refused";
  }
}

withNative(() => {
  test.each(Object.entries(calls))("%s of nothing does as tfjs", (_name, call) => {
    expect(outcome("native", call)).toEqual(outcome("cpu", call));
  });

  test("the gradient over a batch of nothing is zero for the weights", () => {
    tf.setBackend("native");
    const pull = tf.tidy(() => {
      const loss = (weight: Tensor): Tensor => tf.sum(linear({ x: none(0, 3), weight }, { activation: "none" }));
      return tf
        .grad(loss)(tf.ones([2, 3]))
        .dataSync();
    });
    expect([...pull]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
