import { z } from "zod";
import type { Model } from "../../core/define-node.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** Params of classifier-free guidance. */
export const guidanceParams = {
  guidance: z.number().min(1).default(1).describe("classifier-free guidance scale; 1 is off"),
  guidance_from: z.number().min(0).max(1).default(0).describe("smallest time with guidance"),
  guidance_to: z.number().min(0).max(1).default(1).describe("largest time with guidance"),
};

/**
 * The velocity at x `[B,h,w,C]` and one time for all. With guidance g inside its interval: u + g·(c − u), c for the labels and u
 * for "no class" (classifier-free guidance, arXiv 2207.12598; interval, arXiv 2404.07724). Both run as one batch of 2B.
 */
export function guided(
  model: Model,
  label: Tensor,
  params: { guidance: number; guidance_from: number; guidance_to: number },
): (x: Tensor, t: number) => Tensor {
  const batch = label.shape[0] ?? 0;
  const both = params.guidance > 1 ? tf.concat([label, tf.fill([batch], model.nullLabel, "int32")]) : label;
  return (x, t) => {
    if (params.guidance <= 1 || t < params.guidance_from || t > params.guidance_to)
      return model.velocity(x, tf.fill([batch], t), label);
    const [conditional, free] = tf.split(model.velocity(tf.concat([x, x]), tf.fill([2 * batch], t), both), 2);
    if (!conditional || !free) throw new Error("the guided batch did not split in two");
    return tf.add(free, tf.mul(tf.sub(conditional, free), params.guidance));
  };
}
