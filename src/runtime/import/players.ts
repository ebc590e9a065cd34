import { translate } from "./graph-parts.js";
import type { Making, Nodes, NodeText } from "./graph-parts.js";
import { readAdam } from "./training.js";

type Params = NonNullable<NodeText["params"]>;

/** What `gan` says: the terms of the loss beside L1. */
export interface Players {
  /** LPIPS with its weight, from a training step on. */
  readonly perceptual?: { readonly weight: number; readonly from: number; readonly vgg16: string; readonly linear: string };
  readonly critic?: Critic;
}

/** The second player, and what the first one hears of it. */
interface Critic {
  readonly eye: NodeText;
  readonly heads: NodeText;
  readonly augment: Params;
  readonly loss: Params;
  readonly balance: Params;
  readonly adam: Params;
  /** Of the critic in a step. */
  readonly updates: number;
  /** Training steps after which the critic learns, and after which the decoder listens to it. */
  readonly learnsFrom: number;
  readonly heardFrom: number;
}

/** Side of the images that the critic's trunk takes, whatever the decoder gives. */
const criticSide = 224;
/** Blocks of every published trunk. */
const blocks = 12;

/** Files that the reference fetches by itself. */
const vgg16 = "models/vgg16-397923af.pth";
const lpips = "models/vgg.pth";

/** Reads `gan`; `epoch` is how many steps one has. */
export function readPlayers(making: Making, epoch: number): Players {
  const { config, locate } = making;
  const at = "gan.loss";
  const start = (name: string): number | undefined => {
    const epochs = config.number(`${at}.${name}`);
    return epochs === undefined ? undefined : Math.round(epochs * epoch);
  };
  const perceptual = config.number(`${at}.perceptual_weight`) ?? 0;
  const from = start("lpips_start") ?? 0;
  const force = config.number(`${at}.disc_weight`) ?? 0;
  const heardFrom = start("disc_start") ?? 0;
  const learnsFrom = start("disc_upd_start") ?? heardFrom;
  const kind = translate(making, `${at}.disc_loss`, { hinge: "hinge", vanilla: "vanilla" }, "hinge");
  translate(making, `${at}.gen_loss`, { vanilla: "linear" }, "vanilla");
  const balance = { at: "decoder_pred.weight", weight: force, most: config.number(`${at}.max_d_weight`) ?? 1e4 };
  const updates = config.number(`${at}.disc_updates`) ?? 1;
  const critic = readCritic(making, force > 0);
  const adam = { ...readAdam(making, { places: ["gan.disc"] }, epoch), clip: 0, ema: 0 };
  if (!(force > 0)) sayUnused(making);
  return {
    ...(perceptual > 0 ? { perceptual: { weight: perceptual, from, vgg16: locate(vgg16), linear: locate(lpips) } } : {}),
    ...(force > 0 ? { critic: { ...critic, loss: { kind }, balance, adam, updates, learnsFrom, heardFrom } } : {}),
  };
}

function readCritic(making: Making, wanted: boolean): Pick<Critic, "eye" | "heads" | "augment"> {
  const { config, locate } = making;
  const at = "gan.disc.arch";
  const trunk = config.string(`${at}.dino_ckpt_path`);
  if (trunk === undefined && wanted)
    config.say("error", `${at}.dino_ckpt_path`, "is missing: the weights of the critic's frozen trunk");
  const preset = translate(making, `${at}.recipe`, { S_8: "S_8", S_16: "S_16", B_16: "B_16" }, "S_8");
  // The last block's output stands before the others, and once more in its place.
  const taps = [blocks - 1, ...(config.numbers(`${at}.key_depths`) ?? [2, 5, 8, 11])];
  return {
    eye: { type: "encoder.dino", params: { weights: trunk === undefined || !wanted ? "" : locate(trunk), preset, taps } },
    heads: {
      type: "critic.heads",
      params: {
        ks: config.number(`${at}.ks`) ?? 3,
        norm_type: translate(making, `${at}.norm_type`, { bn: "bn", gn: "gn" }, "bn"),
        using_spec_norm: config.boolean(`${at}.using_spec_norm`) ?? true,
        norm_eps: config.number(`${at}.norm_eps`) ?? 1e-6,
      },
    },
    augment: {
      prob: config.number("gan.disc.augment.prob") ?? 1,
      cutout: config.number("gan.disc.augment.cutout") ?? 0,
    },
  };
}

function sayUnused({ config }: Making): void {
  if (config.has("gan.disc"))
    config.say("note", "gan.loss.disc_weight", "no critic takes part, so what gan.disc says of it is without effect");
}

/** What the nodes of both players are made of. */
interface Stage {
  /** Ports of the images that go in and of latents without noise. */
  readonly images: string;
  readonly clean: string;
  readonly imageSide: number;
  /** The optimizer of the node `decoder`. */
  readonly adam: Params;
}

/** Nodes from the node `decoder`'s images to the losses and optimizers; gives the optimizers, in the order of their turns. */
export function playerNodes({ perceptual, critic }: Players, stage: Stage, nodes: Nodes): readonly string[] {
  const { images } = stage;
  nodes["l1"] = { type: "loss.l1", in: { image: "decoder.image", reference: images } };
  let loss = "l1.value";
  if (perceptual) {
    nodes["vgg16"] = {
      type: "loss.vgg16_difference",
      params: { weights: perceptual.vgg16 },
      in: { image: "decoder.image", reference: images },
    };
    nodes["lpips"] = {
      type: "loss.lpips",
      ...later(perceptual.from),
      params: { weights: perceptual.linear },
      in: { difference: "vgg16.difference" },
    };
    nodes["restoring"] = {
      type: "loss.weighted_sum",
      params: { weights: [1, perceptual.weight] },
      in: { a: loss, b: "lpips.value" },
    };
    loss = "restoring.value";
  }
  if (critic) {
    judge(critic, stage, nodes, "fooling", "decoder.image", { eye: critic.eye, heads: critic.heads });
    nodes["fooling"] = { type: "loss.adversarial", ...later(critic.heardFrom), in: { score: "heads.score" } };
    nodes["total"] = {
      type: "loss.balanced_sum",
      params: critic.balance,
      in: { loss, adversarial: "fooling.value", trains: "decoder.weights" },
    };
    loss = "total.value";
  }
  nodes["generator"] = { type: "train.adamw", params: stage.adam, in: { loss, trains: "decoder.weights" } };
  if (!critic) return ["generator"];
  // The critic's turn: images of the decoder as it is then, of latents without noise, at 8 bits.
  nodes["clean"] = { again: "decoder", in: { z: stage.clean } };
  nodes["made"] = { type: "image.quantize", in: { image: "clean.image" } };
  const fake = judge(critic, stage, nodes, "made", "made.image");
  const real = judge(critic, stage, nodes, "real", images);
  nodes["judging"] = { type: "loss.critic", params: critic.loss, in: { real, fake } };
  nodes["critic_adam"] = {
    type: "train.adamw",
    ...later(critic.learnsFrom),
    ...(critic.updates > 1 ? { updates: critic.updates } : {}),
    params: critic.adam,
    in: { loss: "judging.value", trains: "heads.weights" },
  };
  return ["generator", "critic_adam"];
}

/** From images to the critic's scores, by nodes that begin with `name`; the first time with `first`, then by the same weights again. */
function judge(
  { augment }: Critic,
  { imageSide }: Stage,
  nodes: Nodes,
  name: string,
  image: string,
  first?: { readonly eye: NodeText; readonly heads: NodeText },
): string {
  let seen = image;
  nodes[`${name}_shown`] = { type: "image.diff_augment", params: augment, in: { image: seen } };
  seen = `${name}_shown.image`;
  if (imageSide !== criticSide) {
    nodes[`${name}_resized`] = { type: "image.resize", params: { size: criticSide, method: "bilinear" }, in: { image: seen } };
    seen = `${name}_resized.image`;
  }
  const [eye, heads] = first ? ["eye", "heads"] : [`${name}_eye`, `${name}_heads`];
  nodes[eye] = first ? { ...first.eye, in: { image: seen } } : { again: "eye", in: { image: seen } };
  nodes[heads] = first ? { ...first.heads, in: { features: "eye.taps" } } : { again: "heads", in: { features: `${eye}.taps` } };
  return `${heads}.score`;
}

function later(step: number): { from?: number } {
  return step > 0 ? { from: step } : {};
}
