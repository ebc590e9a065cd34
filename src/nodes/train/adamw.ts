import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { Optimizer, WeightSet } from "../../core/define-node.js";
import { adamwStep } from "../../core/ops/adamw.js";
import type { AdamWSettings } from "../../core/ops/adamw.js";
import type { PerStep } from "../../core/per-step.js";
import { tensor, weights } from "../../core/port.js";
import { learningRate } from "../../core/schedule.js";
import { tf } from "../../core/tensor.js";
import type { Tensor, Variable } from "../../core/tensor.js";

const params = z.object({
  lr: z.number().positive().default(2e-4).describe("learning rate at its highest"),
  betas: z
    .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
    .default([0.9, 0.95])
    .describe("decays of the two moments"),
  weight_decay: z.number().min(0).default(0).describe("decoupled weight decay"),
  eps: z.number().positive().default(1e-8).describe("added to the root of the second moment"),
  clip: z.number().min(0).default(1).describe("largest global gradient norm; 0 is off"),
  ema: z.number().min(0).lt(1).default(0.9995).describe("decay of the averaged weights; 0 keeps no average"),
  ema_warmup: z.boolean().default(true).describe("start the average faster: decay at most (1 + step) / (10 + step)"),
  accumulate: z
    .number()
    .int()
    .min(1)
    .default(1)
    .describe("micro-batches that each batch is cut into: their gradients are averaged into one update, with less memory"),
  on_nonfinite: z
    .enum(["stop", "skip"])
    .default("stop")
    .describe("a loss or gradient that is NaN or infinite changes no weight: then stop the run, or go on with the next batch"),
  schedule: z.enum(["constant", "linear", "cosine"]).default("constant").describe("how the rate falls after the warm-up"),
  warmup: z.number().int().min(0).default(0).describe("steps before the rate falls, in which it rises from zero or is held"),
  warmup_from_zero: z
    .boolean()
    .default(true)
    .describe("rise to the highest rate during the warm-up; false holds it from the start"),
  decay_end: z.number().int().min(0).default(0).describe("step at which the rate reaches its lowest"),
  final_lr: z.number().min(0).default(0).describe("learning rate at its lowest"),
  only: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("train only weights whose names start with one of these, e.g. decoder_pred; default all"),
});
type Params = z.output<typeof params>;

/**
 * AdamW (arXiv 1711.05101) as PyTorch computes it, with clipping of the global norm and a moving average of the weights. Steps of the
 * schedules are updates: a step that is skipped counts for none of them. With `accumulate` the loss must be a mean over the batch.
 */
export const adamw = defineNode({
  kind: "optimizer",
  type: "train.adamw",
  note: "Trains a model by AdamW, with gradient clipping, schedule and averaged weights.",
  inputs: { loss: tensor("f32[]"), trains: weights("of the model to train") },
  outputs: {},
  params,
  create: (p, trains) => new AdamW(p, trains),
});

class AdamW implements Optimizer {
  private readonly parameters: readonly Variable[];
  private readonly first: ReadonlyMap<string, Variable>;
  private readonly second: ReadonlyMap<string, Variable>;
  private readonly averaged: ReadonlyMap<string, Variable> | undefined;
  readonly average: ((name: string) => Tensor) | undefined;
  readonly accumulate: number;
  readonly onNonfinite: "stop" | "skip";
  readonly trains: WeightSet;

  constructor(
    private readonly p: Params,
    model: WeightSet,
  ) {
    this.accumulate = p.accumulate;
    this.onNonfinite = p.on_nonfinite;
    const trains = narrow(model, p.only);
    this.trains = trains;
    const trained = trains.specs.filter((spec) => spec.trainable);
    this.parameters = trained.map((spec) => trains.get(spec.name) as Variable);
    const moments = (): Map<string, Variable> =>
      new Map(trained.map((spec) => [spec.name, tf.variable(tf.zeros([...spec.shape]), false)]));
    this.first = moments();
    this.second = moments();
    if (p.ema > 0) {
      const copies = new Map(trained.map((spec) => [spec.name, copyOf(trains.get(spec.name))]));
      this.averaged = copies;
      this.average = (name) => copies.get(name) ?? trains.get(name);
    }
  }

  apply(gradients: readonly Tensor[], step: PerStep): Record<string, Tensor> {
    const norm = adamwStep(
      {
        parameters: this.parameters,
        gradients,
        first: [...this.first.values()],
        second: [...this.second.values()],
        ...(this.averaged ? { average: [...this.averaged.values()] } : {}),
      },
      () => this.settings(step()),
    );
    return { grad_norm: norm };
  }

  schedule(step: number): { lr: number } {
    const { schedule, lr: base, final_lr: final, warmup, decay_end: decayEnd, warmup_from_zero: warmupFromZero } = this.p;
    return { lr: learningRate(schedule, { step, base, final, warmup, decayEnd, warmupFromZero }) };
  }

  private settings(step: number): AdamWSettings {
    const { p } = this;
    return {
      ...this.schedule(step),
      beta1: p.betas[0],
      beta2: p.betas[1],
      epsilon: p.eps,
      weightDecay: p.weight_decay,
      step: step + 1,
      clip: p.clip,
      averageDecay: p.ema_warmup ? Math.min(p.ema, (1 + step) / (10 + step)) : p.ema,
    };
  }

  state(): ReadonlyMap<string, Variable> {
    const named = (prefix: string, map: ReadonlyMap<string, Variable>): [string, Variable][] =>
      [...map].map(([name, value]) => [`${prefix}.${name}`, value]);
    return new Map([...named("first", this.first), ...named("second", this.second)]);
  }

  dispose(): void {
    for (const variable of [...this.first.values(), ...this.second.values(), ...(this.averaged?.values() ?? [])])
      variable.dispose();
  }
}

/** The same weights, of which only those whose names start so are trained. Throws an Error for a start that no trained weight has. */
function narrow(model: WeightSet, only: readonly string[] | undefined): WeightSet {
  if (!only) return model;
  const names = model.specs.filter((spec) => spec.trainable).map(({ name }) => name);
  const idle = only.find((start) => !names.some((name) => name.startsWith(start)));
  if (idle !== undefined)
    throw new Error(
      `only: no weight of "${model.node}" starts with "${idle}"; its parts are ${[...new Set(names.map((name) => name.split(".")[0]))].join(", ")}`,
    );
  return {
    ...model,
    specs: model.specs.map((spec) => ({
      ...spec,
      trainable: spec.trainable && only.some((start) => spec.name.startsWith(start)),
    })),
  };
}

/** A variable with its own memory: a clone would share the parameter's, which is updated in place. */
function copyOf(tensor: Tensor): Variable {
  return tf.tidy(() => tf.variable(tf.mul(tensor, 1), false));
}
