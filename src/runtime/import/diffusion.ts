import { className, translate } from "./graph-parts.js";
import type { Making, Nodes, NodeText } from "./graph-parts.js";

const models: Readonly<Record<string, string>> = { DiTwDDTHead: "model.dit_dh", LightningDiT: "model.dit" };

/** Params that are called the same here. */
const same = [
  "input_size",
  "patch_size",
  "in_channels",
  "hidden_size",
  "depth",
  "num_heads",
  "mlp_ratio",
  "class_dropout_prob",
  "num_classes",
  "use_qknorm",
  "use_swiglu",
  "use_rope",
  "use_rmsnorm",
  "wo_shift",
  "use_pos_embed",
  "learn_sigma",
];

/** Defaults of the reference's classes where ours are others. */
const defaults: Readonly<Record<string, Readonly<Record<string, number | readonly number[]>>>> = {
  "model.dit": { input_size: 16, hidden_size: 1152, depth: 28, num_heads: 16 },
  "model.dit_dh": { hidden_size: [1152, 2048], depth: [28, 2], num_heads: [16, 16] },
};

/** Reads a model from `target`, `params` and `ckpt` below a key. Undefined where it has no counterpart. */
export function readModel({ config, locate }: Making, key: string): NodeText | undefined {
  const target = config.string(`${key}.target`) ?? "";
  const type = models[className(target)];
  if (type === undefined) {
    config.say("error", `${key}.target`, `"${target}" has no counterpart; there are ${Object.keys(models).join(", ")}`);
    return undefined;
  }
  const given = Object.fromEntries(same.map((name) => [name, config.take(`${key}.params.${name}`)]));
  const params = { ...defaults[type], ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
  if (config.has(`${key}.params.use_gembed`))
    config.say("note", `${key}.params.use_gembed`, "ignored there too: times are always Gaussian Fourier features");
  if (!("input_size" in params)) config.say("error", `${key}.params.input_size`, "is missing: the side of the latent grid");
  const weights = config.string(`${key}.ckpt`);
  return { type, params: { ...params, ...(weights === undefined ? {} : { weights: locate(weights) }) } };
}

/** How data and noise are mixed, and what the model learns. */
export interface Transport {
  readonly path: "linear" | "gvp" | "vp";
  readonly prediction: "velocity" | "noise" | "score";
  readonly weighting: "none" | "velocity" | "likelihood";
  readonly time: Readonly<Record<string, string | number>>;
  readonly shift: number | "auto";
  readonly base: number;
}

/** Reads `transport` and the shift in `misc`; `latent` is how many numbers a latent has. */
export function readTransport(making: Making, latent: number): Transport {
  const { config } = making;
  const at = "transport.params";
  const path = translate(making, `${at}.path_type`, { Linear: "linear", GVP: "gvp", VP: "vp" }, "Linear") ?? "linear";
  const prediction =
    translate(making, `${at}.prediction`, { velocity: "velocity", noise: "noise", score: "score" }, "velocity") ?? "velocity";
  const weighting =
    translate(making, `${at}.loss_weight`, { null: "none", velocity: "velocity", likelihood: "likelihood" }, "null") ?? "none";
  if (prediction === "velocity" && weighting !== "none")
    config.say("note", `${at}.loss_weight`, "has no effect where the velocity is predicted, there and here");
  for (const name of ["train_eps", "sample_eps"])
    if (config.has(`${at}.${name}`))
      config.say(
        "missing",
        `${at}.${name}`,
        "times end where the sampler's `from` and `end` say; 0.999 and 0.001 before the shift",
      );
  if (config.has(`${at}.time_dist_shift`))
    config.say(
      "missing",
      `${at}.time_dist_shift`,
      "the reference discards it in training and stops at it in sampling; misc.time_dist_shift_dim decides",
    );
  const dim = config.number("misc.time_dist_shift_dim") ?? latent;
  const base = config.number("misc.time_dist_shift_base") ?? 4096;
  return {
    path,
    prediction,
    weighting,
    time: readTimes(making),
    shift: dim === latent ? "auto" : Math.max(1, Math.sqrt(dim / base)),
    base,
  };
}

function readTimes({ config }: Making): Transport["time"] {
  const key = "transport.params.time_dist_type";
  const text = config.string(key) ?? "uniform";
  const [, mean, std] = /^logit-normal_(-?[\d.]+)_([\d.]+)$/.exec(text) ?? [];
  if (text === "uniform") return { distribution: "uniform" };
  if (mean !== undefined && std !== undefined) return { distribution: "logit_normal", mean: Number(mean), std: Number(std) };
  config.say("error", key, `"${text}" has no counterpart; there are uniform and logit-normal_<mean>_<std>`);
  return { distribution: "uniform" };
}

/** Nodes from latents and labels to the loss of the model `dit`. */
export function lossNodes(
  { path, prediction, weighting, time, shift, base }: Transport,
  model: NodeText,
  nodes: Nodes,
  latents: string,
): void {
  nodes["time"] = { type: "flow.shifted_time", params: { ...time, shift, base }, in: { like: latents } };
  nodes["noisy"] = { type: `flow.${path}_path`, in: { data: latents, t: "time.t" } };
  nodes["dit"] = { ...model, in: { x: "noisy.x", t: "time.t", label: "images.label" } };
  nodes["loss"] =
    prediction === "velocity"
      ? { type: "flow.velocity_loss", in: { prediction: "dit.velocity", target: "noisy.velocity" } }
      : {
          type: `flow.${prediction}_loss`,
          params: { path, weighting },
          in: { prediction: "dit.velocity", noise: "noisy.noise", t: "time.t" },
        };
}
