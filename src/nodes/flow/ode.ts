import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { model, optional, tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { guidanceParams, guided } from "./guidance.js";
import { shiftFactor, shiftParams, shiftTime } from "./shift.js";
import { lastTime } from "./shifted-time.js";

const params = z.object({
  method: z.enum(["euler", "heun"]).default("euler").describe("euler: one evaluation a step; heun: two (explicit trapezoid)"),
  steps: z.number().int().min(2).default(50).describe("points of time; a model is asked between them, so one time less"),
  ...shiftParams,
  ...guidanceParams,
});

/** Follows the model's velocity from noise (t = 1) to data, on the published grid of shifted times. */
export const ode = defineNode({
  kind: "map",
  type: "flow.ode",
  note: "Samples latents by integrating a velocity model from noise to data.",
  inputs: {
    model: model("[h,w,C]"),
    label: tensor("i32[B]"),
    noise: optional(tensor("f32[B,h,w,C]", "the state at t = 1; drawn where unconnected")),
  },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params,
  evaluations: (p) => (p.steps - 1) * (p.method === "heun" ? 2 : 1) * (p.guidance > 1 ? 2 : 1),
  run({ model: net, label, noise }, p, { random }) {
    const [h, w, C] = net.latent;
    const times = timeGrid(p.steps, shiftFactor(p, h * w * C));
    let x = noise ?? random.normal([label.shape[0] ?? 0, h, w, C]);
    const velocity = guided(net, label, p);
    for (const [i, t] of times.slice(0, -1).entries()) {
      const next = times[i + 1] ?? t;
      x = advance(x, t, next, velocity, p.method);
    }
    return { z: x };
  },
});

/** Points 1 − 0.999·i/(n−1), shifted; the last lies just short of data (0.001 before the shift). */
export function timeGrid(points: number, factor: number): number[] {
  return Array.from({ length: points }, (_, i) => shiftTime(1 - (lastTime * i) / (points - 1), factor));
}

function advance(
  x: Tensor,
  t: number,
  next: number,
  velocity: (x: Tensor, t: number) => Tensor,
  method: "euler" | "heun",
): Tensor {
  return tf.tidy(() => {
    const here = velocity(x, t);
    const straight = tf.add(x, tf.mul(here, next - t));
    if (method === "euler") return straight;
    return tf.add(x, tf.mul(tf.add(here, velocity(straight, next)), (next - t) / 2));
  });
}
