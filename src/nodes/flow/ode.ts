import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { Model, StepContext } from "../../core/define-node.js";
import { model, optional, tensor } from "../../core/port.js";
import { readNow } from "../../core/reading.js";
import type { Reading } from "../../core/reading.js";
import type { Tensor } from "../../core/tensor.js";
import { integrateAdaptive } from "./adaptive.js";
import { gridStart, timeGrid } from "./grid.js";
import { modelField, samplerParams } from "./model-field.js";
import { fixedStep } from "./runge-kutta.js";
import type { Field } from "./runge-kutta.js";
import { shiftFactor } from "./shift.js";
import { adaptiveTableaus, fixedTableaus } from "./tableau.js";

const params = z.object({
  method: z
    .enum(["euler", "midpoint", "heun", "heun3", "rk4", "dopri5"])
    .default("euler")
    .describe("how steps are taken; evaluations a step: 1, 2, 2, 3, 4; dopri5 chooses its own steps"),
  steps: z.number().int().min(2).default(50).describe("points of time; a model is asked between them, so one time less"),
  rtol: z.number().positive().default(1e-3).describe("relative tolerance of dopri5"),
  atol: z.number().positive().default(1e-6).describe("absolute tolerance of dopri5"),
  direction: z.enum(["to_data", "to_noise"]).default("to_data").describe("to_noise finds the noise that a latent comes from"),
  ...samplerParams,
});
type Params = z.output<typeof params>;

/** Follows the model's velocity from noise (t = 1) to data, on the published grid of shifted times, or back. */
export const ode = defineNode({
  kind: "map",
  type: "flow.ode",
  note: "Samples latents by integrating a model's velocity from noise to data.",
  inputs: {
    model: model("[h,w,C]"),
    label: tensor("i32[B]"),
    noise: optional(tensor("f32[B,h,w,C]", "the state to start from; drawn where unconnected")),
    guide: optional(model("[h,w,C]", "a weaker model, for autoguidance")),
  },
  outputs: { z: tensor("f32[B,h,w,C]") },
  params,
  evaluations: (p) => (p.steps - 1) * stages(p.method) * (p.guidance > 1 ? 2 : 1),
  run(inputs, p, context) {
    const { method } = p;
    if (isAdaptive(method)) return readNow(adaptive(method, p)(inputs, context));
    const { field, start, times } = problemOf(inputs, p, context);
    const tableau = fixedTableaus[method];
    let x = start;
    times.slice(1).forEach((next, i) => {
      const t = times[i] ?? next;
      x = fixedStep(field, tableau, x, t, next - t);
    });
    return { z: x };
  },
  reading: (p) => (isAdaptive(p.method) ? adaptive(p.method, p) : undefined),
});

interface Inputs {
  readonly model: Model;
  readonly label: Tensor;
  readonly noise: Tensor | undefined;
  readonly guide: Model | undefined;
}

/** Sampling by a method that chooses its own steps. */
function adaptive(
  method: keyof typeof adaptiveTableaus,
  p: Params,
): (inputs: Inputs, context: StepContext) => Reading<{ readonly z: Tensor }> {
  return function* (inputs, context) {
    const { field, start, times } = problemOf(inputs, p, context);
    const [from = 1, to = 0] = [times[0], times.at(-1)];
    return { z: yield* integrateAdaptive(field, adaptiveTableaus[method], start, { from, to }, p) };
  };
}

/** Where to start, what to follow, and the times to pass. Throws an Error where the way back has no latent to start from. */
function problemOf(
  { model: net, label, noise, guide }: Inputs,
  p: Params,
  { random }: StepContext,
): { readonly field: Field; readonly start: Tensor; readonly times: readonly number[] } {
  const [h, w, C] = net.latent;
  if (p.direction === "to_noise" && !noise)
    throw new Error(`direction: to_noise starts from a latent; connect it to the input "noise"`);
  const falling = timeGrid(p.steps, shiftFactor(p, h * w * C), { from: gridStart(p), end: p.end });
  return {
    field: modelField(net, label, p, guide),
    start: noise ?? random.normal([label.shape[0] ?? 0, h, w, C]),
    times: p.direction === "to_data" ? falling : falling.reverse(),
  };
}

function isAdaptive(method: Params["method"]): method is keyof typeof adaptiveTableaus {
  return method in adaptiveTableaus;
}

/** Of an adaptive method about as many as steps of its length would take. */
function stages(method: Params["method"]): number {
  return isAdaptive(method) ? adaptiveTableaus[method].stages.length : fixedTableaus[method].weights.length;
}
