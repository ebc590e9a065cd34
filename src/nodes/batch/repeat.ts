import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** Every sample `each` times in a row, `[B,...]` to `[B·each,...]`: to look at one sample under several noises, times or strengths. */
export const repeat = defineNode({
  kind: "map",
  type: "batch.repeat",
  version: 1,
  note: "Gives every sample of a batch several times in a row.",
  pure: "batch",
  inputs: { x: tensor("f32[B,...]") },
  outputs: { x: tensor("f32[M,...]") },
  params: z.object({ each: z.number().int().min(1).describe("how often each sample stands in a row") }),
  dims: ({ each }, { B }) => (B === undefined ? {} : { M: B * each }),
  run({ x }, { each }) {
    const [batch = 0, ...rest] = x.shape;
    const rows = tf.tile(tf.reshape(x, [batch, 1, -1]), [1, each, 1]);
    return { x: tf.reshape(rows, [batch * each, ...rest]) };
  },
});
