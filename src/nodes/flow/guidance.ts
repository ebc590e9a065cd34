import { z } from "zod";
import type { Model } from "../../core/define-node.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** Params of guidance, classifier-free or by a second model. */
export const guidanceParams = {
  guidance: z.number().min(1).default(1).describe("guidance scale, classifier-free or, with a guide, autoguidance; 1 is off"),
  guidance_from: z.number().min(0).max(1).default(0).describe("smallest time with guidance"),
  guidance_to: z.number().min(0).max(1).default(1).describe("largest time with guidance"),
};

export interface Guidance {
  readonly guidance: number;
  readonly guidance_from: number;
  readonly guidance_to: number;
}

/**
 * What the model gives at x `[B,h,w,C]` and one time for all. With scale g, for times within the interval, both ends included: u + g·(c − u),
 * c for the labels and u for "no class" in one batch of 2B (classifier-free guidance, arXiv 2207.12598; interval, arXiv 2404.07724), or,
 * with a weaker model as guide, w + g·(c − w), w the guide's for the same labels (autoguidance, arXiv 2406.02507). Outside of it c.
 */
export function guided(model: Model, label: Tensor, params: Guidance, guide?: Model): (x: Tensor, t: number) => Tensor {
  const batch = label.shape[0] ?? 0;
  const on = (t: number): boolean => params.guidance > 1 && t >= params.guidance_from && t <= params.guidance_to;
  const conditional = (net: Model, x: Tensor, t: number): Tensor => net.velocity(x, tf.fill([batch], t), label);
  const away = (from: Tensor, to: Tensor): Tensor => tf.add(from, tf.mul(tf.sub(to, from), params.guidance));
  if (guide) {
    checkGuide(model, guide);
    return (x, t) => (on(t) ? away(conditional(guide, x, t), conditional(model, x, t)) : conditional(model, x, t));
  }
  const both = params.guidance > 1 ? tf.concat([label, tf.fill([batch], model.nullLabel, "int32")]) : label;
  return (x, t) => {
    if (!on(t)) return conditional(model, x, t);
    const [named, free] = tf.split(model.velocity(tf.concat([x, x]), tf.fill([2 * batch], t), both), 2);
    if (!named || !free) throw new Error("the guided batch did not split in two");
    return away(free, named);
  };
}

function checkGuide(model: Model, guide: Model): void {
  if (model.latent.join() === guide.latent.join()) return;
  throw new Error(
    `the guide works on latents [${guide.latent.join()}], the model on [${model.latent.join()}]; take a guide of the same latents`,
  );
}
