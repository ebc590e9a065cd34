import { readModel } from "./diffusion.js";
import type { Transport } from "./diffusion.js";
import { translate } from "./graph-parts.js";
import type { Making, Nodes, NodeText } from "./graph-parts.js";

/** A sampler node without its inputs, and the weaker model of autoguidance. */
export interface Sampler {
  readonly node: NodeText;
  readonly guide?: NodeText;
}

const odeMethods = { euler: "euler", midpoint: "midpoint", heun2: "heun", heun3: "heun3", rk4: "rk4", dopri5: "dopri5" };
const diffusions = {
  SBDM: "sbdm",
  constant: "constant",
  sigma: "sigma",
  linear: "linear",
  decreasing: "decreasing",
  "increasing-decreasing": "increasing_decreasing",
  "inccreasing-decreasing": "increasing_decreasing",
};
const lastSteps = { Mean: "mean", Tweedie: "tweedie", Euler: "euler", null: "none" };

/** Reads `sampler` and `guidance`. */
export function readSampler(making: Making, transport: Transport): Sampler {
  const { path, prediction, shift, base } = transport;
  const mode = translate(making, "sampler.mode", { ODE: "flow.ode", SDE: "flow.sde" }, "ODE") ?? "flow.ode";
  const own = mode === "flow.ode" ? readOde(making) : readSde(making);
  const { params, guide } = readGuidance(making);
  const node = { type: mode, params: { ...own, shift, base, path, prediction, ...params } };
  return { node, ...(guide ? { guide } : {}) };
}

function readOde(making: Making): NonNullable<NodeText["params"]> {
  const { config } = making;
  const at = "sampler.params";
  if (config.boolean(`${at}.reverse`))
    config.say("missing", `${at}.reverse`, "stops the reference; flow.ode's `direction: to_noise` is what it means");
  const method = translate(making, `${at}.sampling_method`, odeMethods, "dopri5");
  const tolerances = { atol: config.number(`${at}.atol`) ?? 1e-6, rtol: config.number(`${at}.rtol`) ?? 1e-3 };
  return { method, steps: config.number(`${at}.num_steps`) ?? 50, ...(method === "dopri5" ? tolerances : {}) };
}

function readSde(making: Making): NonNullable<NodeText["params"]> {
  const { config } = making;
  const at = "sampler.params";
  // The class's own default, `Euler`, is a name that it does not know.
  const method = translate(making, `${at}.sampling_method`, { euler: "euler", Euler: "euler", heun: "heun" }, "euler");
  const diffusion = translate(making, `${at}.diffusion_form`, diffusions, "SBDM");
  const last = config.has(`${at}.last_step`) || config.take(`${at}.last_step`) !== undefined;
  return {
    method,
    steps: config.number(`${at}.num_steps`) ?? 250,
    diffusion,
    diffusion_norm: config.number(`${at}.diffusion_norm`) ?? 1,
    last_step: translate(making, `${at}.last_step`, lastSteps, last ? "null" : "Mean"),
    end: config.number(`${at}.last_step_size`) ?? 0.04,
  };
}

function readGuidance(making: Making): { params: NonNullable<NodeText["params"]>; guide?: NodeText } {
  const { config } = making;
  const method = translate(making, "guidance.method", { cfg: "cfg", autoguidance: "autoguidance" }, "cfg");
  const scale = config.number("guidance.scale") ?? 1;
  const from = config.number("guidance.t-min", "guidance.t_min") ?? 0;
  const to = config.number("guidance.t-max", "guidance.t_max") ?? 1;
  const wanted = method === "autoguidance" && scale > 1;
  const guide = config.has("guidance.guidance_model") ? readModel(making, "guidance.guidance_model") : undefined;
  if (wanted && !config.has("guidance.guidance_model"))
    config.say("error", "guidance.guidance_model", "is missing: the weaker model of autoguidance");
  const params = scale > 1 ? { guidance: scale, guidance_from: from, guidance_to: to } : {};
  return { params, ...(wanted && guide ? { guide } : {}) };
}

/** Nodes that draw latents for labels; gives their port. */
export function sampleNodes({ node, guide }: Sampler, nodes: Nodes, model: string, label: string): string {
  if (guide) nodes["guide"] = guide;
  nodes["drawn"] = { ...node, in: { model, label, ...(guide ? { guide: "guide.model" } : {}) } };
  return "drawn.z";
}
