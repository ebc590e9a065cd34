import { printYaml } from "../../core/language/print.js";
import { nearNames } from "../../core/near-names.js";
import { decodeNodes, encodeNodes, readAutoencoder } from "./autoencoder.js";
import type { Autoencoder } from "./autoencoder.js";
import { lossNodes, readModel, readTransport } from "./diffusion.js";
import type { Making, Nodes } from "./graph-parts.js";
import { Config } from "./read-config.js";
import type { Remark } from "./read-config.js";
import { readSampler, sampleNodes } from "./sampling.js";
import { readTraining } from "./training.js";
import { playerNodes, readPlayers } from "./players.js";

/** A config of the reference as a graph. */
export interface Imported {
  /** YAML; undefined where a remark is an error. */
  readonly graph: string | undefined;
  readonly remarks: readonly Remark[];
}

/** What a config does not say. */
export interface ImportOptions {
  /** Name of the graph. */
  readonly name: string;
  /** The config's own name, for places in remarks. */
  readonly file: string;
  /** Folder of images, as the graph shall write it. */
  readonly data: string;
  /** Images in it: the reference counts in epochs, a graph in steps. */
  readonly images: number;
  /** How the graph shall write the path of a file or model that the config names. */
  readonly locate: (path: string) => string;
}

/**
 * Turns a YAML config of the RAE reference implementation into a graph: stage 1 (`gan` or `training` without `stage_2`), stage 2
 * (`training`), sampling (`stage_2` without `training`) or reconstruction (`stage_1` alone). Every key is taken over or has a remark.
 * Throws a GraphError for what is no YAML.
 */
export function importConfig(text: string, options: ImportOptions): Imported {
  const config = Config.read(text, options.file);
  const making = { config, locate: options.locate };
  const rae = readAutoencoder(making);
  const training = config.has("training");
  const graph = rae && (config.has("stage_2") ? stage2(making, rae, training, options) : stage1(making, rae, training, options));
  for (const key of config.rest()) remarkOnRest(config, key);
  const failed = config.remarks.some(({ kind }) => kind === "error");
  if (failed || !graph) return { graph: undefined, remarks: config.remarks };
  return {
    graph: `${heading(options.file, config.remarks)}${printYaml({ name: options.name, ...graph, ...(isEmpty(graph.vars) ? { vars: undefined } : {}) })}`,
    remarks: config.remarks,
  };
}

function isEmpty(vars: object): boolean {
  return Object.keys(vars).length === 0;
}

/** Where the graph comes from, and what is not in it. */
function heading(file: string, remarks: readonly Remark[]): string {
  const left = remarks.filter(({ kind }) => kind === "missing").map(({ key, value }) => `#   ${key}: ${JSON.stringify(value)}\n`);
  return `# Imported from ${JSON.stringify(file)} by graph import.\n${left.length > 0 ? `# Not taken over:\n${left.join("")}` : ""}`;
}

interface GraphText {
  readonly seed: number;
  readonly vars: Readonly<Record<string, string | number>>;
  readonly nodes: Nodes;
  readonly phases: Readonly<Record<string, object>>;
}

function stage2(making: Making, rae: Autoencoder, training: boolean, options: ImportOptions): GraphText | undefined {
  const { config } = making;
  const latent = rae.channels * rae.grid ** 2;
  const model = readModel(making, "stage_2");
  const transport = readTransport(making, checkLatent(making, rae) ?? latent);
  const sampler = readSampler(making, transport);
  if (!model) return undefined;
  const side = model.params?.["input_size"];
  if (side !== rae.grid)
    config.say(
      "error",
      "stage_2.params.input_size",
      `${String(side)} does not fit the encoder, whose latents are ${rae.grid}x${rae.grid}`,
    );
  const classes = Number(model.params?.["num_classes"] ?? 1000);
  checkClasses(making, classes);
  const nodes: Nodes = {};
  if (!training) {
    const labels = classes === 1000 ? [207, 360] : Array.from({ length: Math.min(classes, 10) }, (_, i) => i);
    nodes["classes"] = { type: "data.labels", params: { labels } };
    nodes["dit"] = model;
    const z = sampleNodes(sampler, nodes, "dit.model", "classes.label");
    nodes["grid"] = { type: "out.image_grid", params: { columns: 4 }, in: { image: decodeNodes(rae, nodes, z) } };
    return { seed: 0, vars: {}, nodes, phases: { sample: { run: ["grid"], steps: 1 } } };
  }
  const { adam, batch, seed, steps, checkpoint, sampleEvery } = readTraining(
    making,
    { epochs: 1400, batch: 16, ema: 0.9995, sampleEvery: 2500 },
    options.images,
  );
  if (rae.tau > 0 && config.has("stage_1.params.noise_tau"))
    config.say("note", "stage_1.params.noise_tau", "without effect in stage 2: the autoencoder is not in training");
  nodes["images"] = {
    type: "data.image_folder",
    params: { folder: "${vars.data}", size: rae.imageSide, batch: "${vars.batch}", flip: true, shuffle: true },
  };
  lossNodes(transport, model, nodes, encodeNodes(rae, nodes, "images.image"));
  nodes["adam"] = { type: "train.adamw", params: adam, in: { loss: "loss.value", trains: "dit.weights" } };
  nodes["classes"] = { type: "data.labels", params: { labels: Array.from({ length: Math.min(classes, 8) }, (_, i) => i) } };
  const z = sampleNodes(sampler, nodes, "dit.model@ema", "classes.label");
  nodes["grid"] = { type: "out.image_grid", params: { columns: 4 }, in: { image: decodeNodes(rae, nodes, z) } };
  return {
    seed,
    vars: { data: options.data, batch, steps },
    nodes,
    phases: {
      train: { run: ["adam"], steps: "${vars.steps}", checkpoint },
      sample: { run: ["grid"], of: "train", every: sampleEvery, steps: 1 },
    },
  };
}

/** How many numbers a latent has by `misc.latent_size`. */
function checkLatent({ config }: Making, rae: Autoencoder): number | undefined {
  const size = config.numbers("misc.latent_size");
  if (!size) return undefined;
  const wanted = [rae.channels, rae.grid, rae.grid];
  if (size.join() !== wanted.join())
    config.say("error", "misc.latent_size", `does not fit the encoder, whose latents are [${wanted.join(", ")}]`);
  return size.reduce((a, b) => a * b, 1);
}

function checkClasses({ config }: Making, classes: number): void {
  const given = config.number("misc.num_classes");
  if (given !== undefined && given !== classes) config.say("error", "misc.num_classes", `the model has ${classes} classes`);
  const none = config.number("misc.null_label");
  if (none !== undefined && none !== classes)
    config.say("missing", "misc.null_label", `no class is always label ${classes} here, the number of classes`);
}

function stage1(making: Making, rae: Autoencoder, training: boolean, options: ImportOptions): GraphText {
  const { config } = making;
  const nodes: Nodes = {};
  const images = (batch: string | number, more: object): void => {
    nodes["images"] = { type: "data.image_folder", params: { folder: "${vars.data}", size: rae.imageSide, batch, ...more } };
  };
  if (!training) {
    images(8, { repeat: false });
    const z = encodeNodes(rae, nodes, "images.image");
    const image = decodeNodes(rae, nodes, z);
    nodes["psnr"] = { type: "metric.psnr", in: { image, reference: "images.image" } };
    nodes["grid"] = { type: "out.image_grid", params: { columns: 4 }, in: { image: "images.image", beside: image } };
    return { seed: 0, vars: { data: options.data }, nodes, phases: { measure: { run: ["psnr", "grid"] } } };
  }
  const { adam, batch, seed, steps, epoch, checkpoint, sampleEvery } = readTraining(
    making,
    { epochs: 200, batch: 16, ema: 0.9999, sampleEvery: 1250 },
    options.images,
  );
  const players = readPlayers(making, epoch);
  images("${vars.batch}", { crop: "random", shuffle: true });
  const { statistics, ...bare } = rae;
  const clean = encodeNodes(bare, nodes, "images.image");
  let z = clean;
  if (statistics)
    config.say(
      "note",
      "stage_1.params.normalization_stat_path",
      "normalising and its undoing cancel in an autoencoder, so both are left out",
    );
  if (rae.tau > 0) {
    nodes["noisy"] = { type: "latent.noise", params: { tau: rae.tau }, in: { z } };
    z = "noisy.z";
  }
  nodes["decoder"] = { ...rae.decoder, in: { z } };
  const run = playerNodes(players, { images: "images.image", clean, imageSide: rae.imageSide, adam }, nodes);
  nodes["restored"] = { again: "decoder@ema", in: { z: clean } };
  nodes["grid"] = { type: "out.image_grid", params: { columns: 4 }, in: { image: "images.image", beside: "restored.image" } };
  nodes["weights"] = { type: "out.weights", params: { name: "decoder" }, in: { weights: "decoder.weights@ema" } };
  return {
    seed,
    vars: { data: options.data, batch, steps },
    nodes,
    phases: {
      train: { run, steps: "${vars.steps}", checkpoint },
      show: { run: ["grid"], of: "train", every: sampleEvery, steps: 1 },
      export: { run: ["weights"], after: "train" },
    },
  };
}

/** Sections whose meaning is known and has no place in the graph. */
const sections: readonly (readonly [prefix: string, says: string])[] = [
  ["eval.", "evaluation while training is left out; add metric nodes and a phase `of: train` with `every`"],
  ["stage_1.params.encoder_params.num_tokens", "unused there too"],
];

/** Keys of the reference that are read above, for near names. */
const known = [
  "stage_1.target",
  ..."encoder_cls encoder_config_path encoder_input_size encoder_params decoder_config_path decoder_patch_size pretrained_decoder_path noise_tau reshape_to_2d normalization_stat_path eps"
    .split(" ")
    .map((name) => `stage_1.params.${name}`),
  ..."path_type prediction loss_weight time_dist_type".split(" ").map((name) => `transport.params.${name}`),
  "sampler.mode",
  ..."sampling_method num_steps atol rtol reverse diffusion_form diffusion_norm last_step last_step_size"
    .split(" ")
    .map((name) => `sampler.params.${name}`),
  ..."method scale t_min t_max guidance_model".split(" ").map((name) => `guidance.${name}`),
  ..."latent_size num_classes null_label time_dist_shift_dim time_dist_shift_base".split(" ").map((name) => `misc.${name}`),
  ..."epochs global_batch_size grad_accum_steps ema_decay num_workers log_interval checkpoint_interval sample_every clip_grad global_seed optimizer scheduler"
    .split(" ")
    .map((name) => `training.${name}`),
  ..."dino_ckpt_path recipe key_depths ks norm_type using_spec_norm norm_eps".split(" ").map((name) => `gan.disc.arch.${name}`),
  ..."augment.prob augment.cutout optimizer scheduler".split(" ").map((name) => `gan.disc.${name}`),
  ..."perceptual_weight lpips_start disc_weight disc_start disc_upd_start disc_loss gen_loss max_d_weight disc_updates"
    .split(" ")
    .map((name) => `gan.loss.${name}`),
];

function remarkOnRest(config: Config, key: string): void {
  const section = sections.find(([prefix]) => key.startsWith(prefix));
  if (section) return config.say("missing", key, section[1]);
  if (known.includes(key)) return config.say("note", key, "without effect in a config of this kind");
  const near = nearNames(key, known);
  config.say("missing", key, `no key of the reference's that is known here${near[0] ? `; did you mean ${near[0]}?` : ""}`);
}
