import { z } from "zod";
import type { Model } from "../../core/define-node.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { gridParams } from "./grid.js";
import { guidanceParams, guided } from "./guidance.js";
import type { Guidance } from "./guidance.js";
import type { PathName } from "./paths.js";
import { coefficientsAt, predictionParams, velocityFrom } from "./prediction.js";
import type { Prediction } from "./prediction.js";
import type { Field } from "./runge-kutta.js";
import { shiftParams } from "./shift.js";

/** Params that every sampler has: its times, how to read the model, guidance. */
export const samplerParams = {
  ...shiftParams,
  ...gridParams,
  ...predictionParams,
  convention: z
    .enum(["noise_at_one", "data_at_one"])
    .default("noise_at_one")
    .describe("time of the model: 1 is noise, as here, or 1 is data, as in SD3, SiT and flow matching at large"),
  ...guidanceParams,
};

/** How to read a model. */
export interface Reading extends Guidance {
  readonly path: PathName;
  readonly prediction: Prediction;
  readonly convention: "noise_at_one" | "data_at_one";
}

/**
 * The velocity dx/dt, t = 1 at noise, that a model gives with guidance. A model whose time runs the other way is asked at 1 − t, and its
 * velocity, which points to data, is turned round. Guidance intervals are in the time of this package.
 */
export function modelField(model: Model, label: Tensor, p: Reading, guide?: Model): Field {
  const output = guided(turned(model, p), label, p, guide && turned(guide, p));
  return (x, t) => velocityFrom(p.prediction, output(x, t), x, coefficientsAt(p.path, t));
}

function turned(model: Model, { convention, prediction }: Reading): Model {
  if (convention === "noise_at_one") return model;
  return {
    ...model,
    velocity(x, t, label) {
      const given = model.velocity(x, tf.sub(1, t), label);
      return prediction === "velocity" ? tf.neg(given) : given;
    },
  };
}
