import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import { model, optional, tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { checkDiffusion, diffusion, diffusionParams } from "./diffusion.js";
import { gridStart, timeGrid } from "./grid.js";
import { modelField, samplerParams } from "./model-field.js";
import type { PathName } from "./paths.js";
import { coefficientsAt, scoreFromVelocity } from "./prediction.js";
import type { Field } from "./runge-kutta.js";
import { shiftFactor } from "./shift.js";

const params = z.object({
  method: z.enum(["euler", "heun"]).default("euler").describe("euler: Euler-Maruyama; heun: noise first, then a trapezoid"),
  steps: z.number().int().min(2).default(250).describe("points of time; noise is added between them, so one time less"),
  ...diffusionParams,
  last_step: z
    .enum(["mean", "tweedie", "euler", "none"])
    .default("mean")
    .describe(
      "how the rest to t = 0 is gone without noise: by the SDE's drift, at once to the expected data, by the velocity, or not",
    ),
  ...samplerParams,
  end: z.number().positive().lt(1).default(0.04).describe("time before the shift from which the last step goes to t = 0"),
});
type Params = z.output<typeof params>;

/**
 * Samples by a stochastic equation with the marginals of the path: x ← x − (v − w·score)·Δ + √(2w·Δ)·n from one time to the next (SiT,
 * arXiv 2401.08740). The last step starts where the grid really ends, after the shift.
 */
export const sde = defineNode({
  kind: "map",
  type: "flow.sde",
  note: "Samples latents by a stochastic equation: a model's velocity plus noise and its counterweight.",
  inputs: {
    model: model("[h,w,C]"),
    label: tensor("i32[B]"),
    noise: optional(tensor("f32[B,h,w,C]", "the state at t = 1; drawn where unconnected")),
    step_noise: optional(tensor("f32[S,B,h,w,C]", "noise of each step, steps - 1 in a row; drawn where unconnected")),
    guide: optional(model("[h,w,C]", "a weaker model, for autoguidance")),
  },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params,
  evaluations: (p) =>
    ((p.steps - 1) * (p.method === "heun" ? 2 : 1) + (p.last_step === "none" ? 0 : 1)) * (p.guidance > 1 ? 2 : 1),
  run({ model: net, label, noise, step_noise: given, guide }, p, { random }) {
    checkDiffusion(p.diffusion, p.path);
    const [h, w, C] = net.latent;
    const shape = [label.shape[0] ?? 0, h, w, C];
    const times = timeGrid(p.steps, shiftFactor(p, h * w * C), { from: gridStart(p), end: p.end });
    const draw = stepNoise(given, times.length - 1, (i) => random.normal(shape, `step/${i}`));
    const field = modelField(net, label, p, guide);
    let x = noise ?? random.normal(shape);
    times.slice(1).forEach((next, i) => {
      const t = times[i] ?? next;
      x = tf.tidy(() => advance(field, p, x, t, next, draw(i)));
    });
    return { z: lastStep(field, p, x, times.at(-1) ?? 0) };
  },
});

function stepNoise(given: Tensor | undefined, steps: number, draw: (i: number) => Tensor): (i: number) => Tensor {
  if (!given) return draw;
  if (given.shape[0] !== steps)
    throw new Error(`step_noise holds noise of ${given.shape[0]} steps, this sampler makes ${steps}; give one less than "steps"`);
  return (i) => tf.squeeze(tf.slice(given, i, 1), [0]);
}

/** Drift of the equation at (x, t): v − w·score. */
function drift(field: Field, p: Params, x: Tensor, t: number): Tensor {
  const velocity = field(x, t);
  const strength = diffusion(p.diffusion, p.diffusion_norm, p.path, t);
  return tf.sub(velocity, tf.mul(scoreFromVelocity(velocity, x, coefficientsAt(p.path, t)), strength));
}

function advance(field: Field, p: Params, x: Tensor, t: number, next: number, n: Tensor): Tensor {
  const step = t - next;
  const kick = tf.mul(n, Math.sqrt(2 * diffusion(p.diffusion, p.diffusion_norm, p.path, t) * step));
  if (p.method === "euler") return tf.add(tf.sub(x, tf.mul(drift(field, p, x, t), step)), kick);
  const moved = tf.add(x, kick);
  const first = drift(field, p, moved, t);
  const second = drift(field, p, tf.sub(moved, tf.mul(first, step)), next);
  return tf.sub(moved, tf.mul(tf.add(first, second), step / 2));
}

/** From t to data, without noise. */
function lastStep(field: Field, p: Params, x: Tensor, t: number): Tensor {
  if (p.last_step === "none" || t === 0) return x;
  if (p.last_step === "tweedie") return expectedData(field(x, t), x, p.path, t);
  return tf.sub(x, tf.mul(p.last_step === "mean" ? drift(field, p, x, t) : field(x, t), t));
}

/** Tweedie's formula: x/alpha + sigma²/alpha·score. */
function expectedData(velocity: Tensor, x: Tensor, path: PathName, t: number): Tensor {
  const at = coefficientsAt(path, t);
  return tf.add(tf.div(x, at.alpha), tf.mul(scoreFromVelocity(velocity, x, at), at.sigma ** 2 / at.alpha));
}
