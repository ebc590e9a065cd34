import { translate } from "./graph-parts.js";
import type { Making, Nodes, NodeText } from "./graph-parts.js";

/** What the other parts need to know of the autoencoder. */
export interface Autoencoder {
  readonly encoder: NodeText;
  /** Side of the images that the encoder takes. */
  readonly encoderSide: number;
  /** Side of the images that the decoder gives, and that go in. */
  readonly imageSide: number;
  /** Tokens along one side. */
  readonly grid: number;
  readonly channels: number;
  readonly statistics?: { readonly weights: string; readonly eps: number };
  readonly decoder: NodeText;
  /** Latent noise of stage 1. */
  readonly tau: number;
}

interface Family {
  readonly type: string;
  /** Key that names the published model. */
  readonly key: string;
  readonly published: string;
  readonly patch: number;
  readonly sizes: readonly (readonly [name: string, preset: string, width: number])[];
  readonly normalised: readonly [mean: readonly number[], std: readonly number[]] | undefined;
}

const families: Readonly<Record<string, Family>> = {
  Dinov2withNorm: {
    type: "encoder.dinov2",
    key: "dinov2_path",
    published: "facebook/dinov2-with-registers-base",
    patch: 14,
    sizes: [
      ["small", "small", 384],
      ["base", "base", 768],
      ["large", "large", 1024],
      ["giant", "giant", 1536],
    ],
    normalised: undefined,
  },
  SigLIP2wNorm: {
    type: "encoder.siglip2",
    key: "model_name",
    published: "google/siglip2-base-patch16-256",
    patch: 16,
    sizes: [
      ["base", "base", 768],
      ["large", "large", 1024],
    ],
    normalised: [
      [0.5, 0.5, 0.5],
      [0.5, 0.5, 0.5],
    ],
  },
  MAEwNorm: {
    type: "encoder.vit_mae",
    key: "model_name",
    published: "facebook/vit-mae-base",
    patch: 16,
    sizes: [
      ["base", "base", 768],
      ["large", "large", 1024],
    ],
    normalised: undefined,
  },
};

const at = "stage_1.params";

/** Reads `stage_1`: encoder, statistics, decoder. Undefined where a part has no counterpart; the config then has a remark on it. */
export function readAutoencoder(making: Making): Autoencoder | undefined {
  const { config, locate } = making;
  const target = config.string("stage_1.target") ?? "stage1.RAE";
  if (!/(^|\.)RAE$/.test(target)) {
    config.say("error", "stage_1.target", `"${target}" has no counterpart; there is stage1.RAE`);
    return undefined;
  }
  const name = translate(making, `${at}.encoder_cls`, { Dinov2withNorm: "Dinov2withNorm", SigLIP2wNorm: "SigLIP2wNorm", MAEwNorm: "MAEwNorm" }, "Dinov2withNorm"); // prettier-ignore
  const family = name && families[name];
  if (!family) return undefined;
  const model = config.string(`${at}.encoder_params.${family.key}`) ?? family.published;
  config.take(`${at}.encoder_config_path`);
  const size = family.sizes.find(([word]) => model.includes(word));
  if (!size) {
    config.say("error", `${at}.encoder_params.${family.key}`, `"${model}" has no counterpart; there are ${family.sizes.map(([word]) => word).join(", ")}`); // prettier-ignore
    return undefined;
  }
  const [, preset, channels] = size;
  const encoderSide = config.number(`${at}.encoder_input_size`) ?? 224;
  const grid = encoderSide / family.patch;
  if (!Number.isInteger(grid))
    config.say("error", `${at}.encoder_input_size`, `${encoderSide} is no multiple of the encoder's patch, ${family.patch}`);
  const patch = config.number(`${at}.decoder_patch_size`) ?? 16;
  if (config.boolean(`${at}.reshape_to_2d`) === false)
    config.say(
      "missing",
      `${at}.reshape_to_2d`,
      "latents are grids here; latent.tokens lists their tokens where a list is wanted",
    );
  const statistics = config.string(`${at}.normalization_stat_path`);
  const eps = config.number(`${at}.eps`) ?? 1e-5;
  const plain = family.type === "encoder.dinov2" && !model.includes("registers");
  const normalize = config.boolean(`${at}.encoder_params.normalize`);
  const encoder = {
    type: family.type,
    params: {
      preset,
      weights: locate(model),
      ...(plain ? { num_register_tokens: 0 } : {}),
      ...(normalize === false ? { normalize } : {}),
    },
  };
  return {
    encoder,
    encoderSide,
    imageSide: patch * grid,
    grid,
    channels,
    ...(statistics === undefined ? {} : { statistics: { weights: locate(statistics), eps } }),
    decoder: readDecoder(making, family, channels, patch),
    tau: config.number(`${at}.noise_tau`) ?? 0.8,
  };
}

function readDecoder({ config, locate }: Making, family: Family, channels: number, patch: number): NodeText {
  const from = config.string(`${at}.decoder_config_path`);
  const preset = /ViT(B|L|XL)(\/|$)/.exec(from ?? "")?.[1];
  const weights = config.string(`${at}.pretrained_decoder_path`) ?? config.string("stage_1.ckpt");
  config.take("stage_1.ckpt");
  const shape = preset ? { preset } : from === undefined ? { preset: "B" } : { config: locate(`${from}/config.json`) };
  const [image_mean, image_std] = family.normalised ?? [];
  const params = {
    ...shape,
    hidden_size: channels,
    patch_size: patch,
    ...(weights === undefined ? {} : { weights: locate(weights) }),
    ...(image_mean && image_std ? { image_mean, image_std } : {}),
  };
  return { type: "decoder.vit", params };
}

/** Nodes from images to latents, normalised where there are statistics; gives the port with the latents. */
export function encodeNodes(rae: Autoencoder, nodes: Nodes, images: string): string {
  let image = images;
  if (rae.encoderSide !== rae.imageSide) {
    nodes["resized"] = { type: "image.resize", params: { size: rae.encoderSide }, in: { image } };
    image = "resized.image";
  }
  nodes["encoder"] = { ...rae.encoder, in: { image } };
  if (!rae.statistics) return "encoder.tokens";
  nodes["latent"] = { type: "latent.normalize", params: rae.statistics, in: { z: "encoder.tokens" } };
  return "latent.z";
}

/** Nodes from latents to images; gives the port with the images. */
export function decodeNodes(rae: Autoencoder, nodes: Nodes, latents: string): string {
  let z = latents;
  if (rae.statistics) {
    nodes["raw"] = { type: "latent.denormalize", params: rae.statistics, in: { z } };
    z = "raw.z";
  }
  nodes["decoder"] = { ...rae.decoder, in: { z } };
  return "decoder.image";
}
