import { defineOp } from "../define-op.js";
import { tf } from "../tensor.js";
import { sumTo } from "./sum-to.js";

/** A gated residual: x + gate · y. x, y `[B,N,D]`; gate `[B,T,D]` with T = 1 or N. */
export const gate = defineOp<"x" | "y" | "gate", never, Record<never, never>>({
  kernel: "Gate",
  inputs: ["x", "y", "gate"],
  expand: ({ x, y, gate: g }) => tf.add(x, tf.mul(g, y)),
  grad: (dy, { y, gate: g }) => ({
    x: () => dy.clone(),
    y: () => tf.mul(dy, g),
    gate: () => sumTo(tf.mul(dy, y), g.shape),
  }),
});
