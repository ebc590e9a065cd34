import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/**
 * What a critic minimises. hinge: ½·(mean relu(1 − real) + mean relu(1 + fake)); vanilla: ½·(mean softplus(−real) + mean softplus(fake)), the
 * cross-entropy of arXiv 1406.2661.
 */
export const criticLoss = defineNode({
  kind: "map",
  type: "loss.critic",
  version: 1,
  note: "Loss of a critic that tells real images from made ones.",
  inputs: { real: tensor("f32[B,L]", "scores of real images"), fake: tensor("f32[B,L]", "scores of made ones") },
  outputs: {
    value: tensor("f32[]"),
    accuracy: tensor("f32[]", "share of scores at which the real image is above the made one"),
    real_score: tensor("f32[]", "mean"),
    fake_score: tensor("f32[]", "mean"),
  },
  params: z.object({ kind: z.enum(["hinge", "vanilla"]).default("hinge") }),
  run({ real, fake }, { kind }) {
    const [above, below] =
      kind === "hinge" ? [tf.relu(tf.sub(1, real)), tf.relu(tf.add(1, fake))] : [tf.softplus(tf.neg(real)), tf.softplus(fake)];
    return {
      value: tf.mul(tf.add(tf.mean(above), tf.mean(below)), 0.5),
      accuracy: tf.mean(tf.cast(tf.greater(real, fake), "float32")),
      real_score: tf.mean(real),
      fake_score: tf.mean(fake),
    };
  },
});
