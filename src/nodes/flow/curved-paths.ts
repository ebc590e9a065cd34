import { z } from "zod";
import { defineNode } from "../../core/define-node.js";
import type { NodeDef } from "../../core/define-node.js";
import { optional, tensor } from "../../core/port.js";
import { tf } from "../../core/tensor.js";
import { tensors } from "./arithmetic.js";
import { paths } from "./paths.js";
import type { Path } from "./paths.js";
import { perSample } from "./per-sample.js";

/** The quarter circle between data and noise (GVP). */
export const gvpPath = curved("flow.gvp_path", "Mixes data with noise on a quarter circle, which keeps the variance.", paths.gvp);

/** The variance-preserving path of diffusion models; its velocity grows without bound toward t = 1. */
export const vpPath = curved("flow.vp_path", "Mixes data with noise on the variance-preserving path of diffusion.", paths.vp);

function curved(type: string, note: string, path: Path): NodeDef {
  return defineNode({
    kind: "map",
    type,
    note,
    inputs: {
      data: tensor("f32[B,...]"),
      t: tensor("f32[B]"),
      noise: optional(tensor("f32[B,...]", "drawn where unconnected")),
    },
    outputs: {
      x: tensor("f32[B,...]"),
      velocity: tensor("f32[B,...]"),
      noise: tensor("f32[B,...]", "the noise that was mixed in"),
    },
    params: z.object({}),
    run({ data, t, noise: given }, _params, { random }) {
      const noise = given ?? random.normal(data.shape);
      const at = path(perSample(t, data), tensors);
      const mix = (clean: typeof data, noisy: typeof data) => tf.add(tf.mul(clean, data), tf.mul(noisy, noise));
      return { x: mix(at.alpha, at.sigma), velocity: mix(at.alphaRate, at.sigmaRate), noise };
    },
  });
}
