import { translate } from "./graph-parts.js";
import type { Making, NodeText } from "./graph-parts.js";

/** What `training` says. */
export interface Training {
  readonly adam: NonNullable<NodeText["params"]>;
  readonly batch: number;
  readonly seed: number;
  readonly steps: number;
  /** Steps of an epoch. */
  readonly epoch: number;
  /** Steps between checkpoints, and between samples. */
  readonly checkpoint: number;
  readonly sampleEvery: number;
}

/** Numbers that a trainer of the reference takes where its config is silent. */
export interface TrainingDefaults {
  readonly epochs: number;
  readonly batch: number;
  readonly ema: number;
  readonly sampleEvery: number;
}

/** Reads `training`, and the optimizer and scheduler in it or beside it; `images` is the size of the data set, by which epochs are counted. */
export function readTraining(making: Making, defaults: TrainingDefaults, images: number): Training {
  const { config } = making;
  const at = "training";
  const epochs = config.number(`${at}.epochs`) ?? defaults.epochs;
  const batch = config.number(`${at}.global_batch_size`, `${at}.batch_size`) ?? defaults.batch;
  const epoch = Math.max(1, Math.floor(images / batch));
  const accumulate = config.number(`${at}.grad_accum_steps`) ?? 1;
  for (const name of ["num_workers", "log_interval", "log_every"])
    if (config.has(`${at}.${name}`)) config.say("note", `${at}.${name}`, reasons[name] ?? "");
  if (config.has(`${at}.ckpt_every`))
    config.say("note", `${at}.ckpt_every`, "ignored there too; checkpoint_interval counts epochs");
  return {
    adam: {
      ...readAdam(making, { places: [at, ""], legacy: at }, epoch),
      clip: config.number(`${at}.clip_grad`) ?? 1,
      ema: config.number(`${at}.ema_decay`) ?? defaults.ema,
      ema_warmup: false,
      ...(accumulate > 1 ? { accumulate } : {}),
    },
    batch,
    seed: config.number(`${at}.global_seed`) ?? 0,
    steps: epochs * epoch,
    epoch,
    checkpoint: Math.max(1, Math.round((config.number(`${at}.checkpoint_interval`) ?? 4) * epoch)),
    sampleEvery: config.number(`${at}.sample_every`) ?? defaults.sampleEvery,
  };
}

const reasons: Readonly<Record<string, string>> = {
  num_workers: "images are decoded ahead by as many threads as there are cores; `workers` of the images decides otherwise",
  log_interval: "every step is in metrics.jsonl; --log-every chooses the seconds between progress lines",
  log_every: "ignored there too; every step is in metrics.jsonl",
};

/** Where an optimizer and its scheduler may stand, the first that is there; and below what key their older names. */
interface AdamPlaces {
  readonly places: readonly string[];
  readonly legacy?: string;
}

/** Reads an optimizer and its scheduler as params of train.adamw; `epoch` is how many steps one has. */
export function readAdam(making: Making, places: AdamPlaces, epoch: number): NonNullable<NodeText["params"]> {
  return { ...readOptimizer(making, places), ...readSchedule(making, places, epoch) };
}

/** The section of this name at the first place that has it, else where it would be. */
function sectionOf({ config }: Making, { places }: AdamPlaces, name: string): string {
  const keys = places.map((place) => (place === "" ? name : `${place}.${name}`));
  return keys.find((key) => config.has(key)) ?? keys.at(-1) ?? name;
}

function readOptimizer(making: Making, places: AdamPlaces): NonNullable<NodeText["params"]> {
  const { config } = making;
  const key = sectionOf(making, places, "optimizer");
  const old = (...names: readonly string[]): string[] =>
    places.legacy === undefined ? [] : names.map((name) => `${places.legacy ?? ""}.${name}`);
  translate(making, `${key}.type`, { AdamW: "adamw", adamw: "adamw" }, "AdamW");
  return {
    lr: config.number(`${key}.lr`, ...old("base_lr")) ?? 2e-4,
    betas: config.numbers(`${key}.betas`, `${key}.beta`, ...old("betas", "beta")) ?? [0.9, 0.95],
    weight_decay: config.number(`${key}.weight_decay`, `${key}.wd`, ...old("weight_decay", "wd")) ?? 0,
    eps: config.number(`${key}.eps`) ?? 1e-8,
  };
}

function readSchedule(making: Making, places: AdamPlaces, epoch: number): NonNullable<NodeText["params"]> {
  const { config } = making;
  const key = sectionOf(making, places, "scheduler");
  const { legacy } = places;
  if (!config.has(key)) {
    for (const name of ["schedule_type", "decay_end_epoch", "decay_start_epoch", "final_lr"])
      if (legacy !== undefined && config.has(`${legacy}.${name}`))
        config.say(
          "missing",
          `${legacy}.${name}`,
          "the reference makes no schedule of it and stops; here the rate stays constant: write a scheduler section",
        );
    return {};
  }
  const schedule = translate(making, `${key}.type`, { linear: "linear", cosine: "cosine" }, "linear");
  const steps = (name: string, more: readonly string[]): number => {
    const inSteps = config.number(`${key}.${name}_steps`);
    const inEpochs = config.number(...more.map((other) => other));
    return inSteps ?? Math.round((inEpochs ?? 0) * epoch);
  };
  config.number(`${key}.base_lr`);
  return {
    schedule,
    warmup: steps("warmup", [`${key}.warmup_epochs`, ...(legacy === undefined ? [] : [`${legacy}.decay_start_epoch`])]),
    warmup_from_zero: config.boolean(`${key}.warmup_from_zero`) ?? false,
    decay_end: steps("decay_end", [`${key}.decay_end_epoch`]),
    final_lr: config.number(`${key}.final_lr`) ?? 0,
  };
}
