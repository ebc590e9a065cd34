import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** Times between the two conventions, either way: 1 − t. Samplers have the param `convention` for models trained the other way round. */
export const flipTime = defineNode({
  kind: "map",
  type: "flow.flip_time",
  note: "Turns times of one convention (t = 1 is noise) into the other (t = 1 is data).",
  inputs: { t: tensor("f32[B]") },
  outputs: { t: tensor("f32[B]") },
  params: z.object({}),
  run: ({ t }) => ({ t: tf.sub(1, t) }),
});

/** Velocities between the two conventions, either way: a derivative by time changes its sign with time's direction. */
export const flipVelocity = defineNode({
  kind: "map",
  type: "flow.flip_velocity",
  note: "Turns velocities of one convention (toward noise) into the other (toward data).",
  inputs: { velocity: tensor("f32[B,...]") },
  outputs: { velocity: tensor("f32[B,...]") },
  params: z.object({}),
  run: ({ velocity }) => ({ velocity: tf.neg(velocity) }),
});
