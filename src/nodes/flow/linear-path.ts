import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { optional, tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";

/** Data at t = 0, noise at t = 1, a straight line between; the model learns the line's direction. */
export const linearPath = defineNode({
  kind: "map",
  type: "flow.linear_path",
  note: "Mixes clean data with noise and gives the velocity to learn.",
  inputs: {
    data: tensor("f32[B,...]"),
    t: tensor("f32[B]"),
    noise: optional(tensor("f32[B,...]", "drawn where unconnected")),
  },
  outputs: {
    x: tensor("f32[B,...]"),
    velocity: tensor("f32[B,...]"),
    noise: tensor("f32[B,...]", "the noise that was mixed in"),
  },
  params: z.object({}),
  run({ data, t, noise: given }, _params, { random }) {
    const noise = given ?? random.normal(data.shape);
    const time = tf.reshape(t, [data.shape[0] ?? 0, ...data.shape.slice(1).map(() => 1)]);
    const velocity = tf.sub(noise, data);
    return { x: tf.add(data, tf.mul(time, velocity)), velocity, noise };
  },
});
