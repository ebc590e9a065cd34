import type { Op } from "../define-op.js";
import { attention } from "./attention.js";
import { embedding } from "./embedding.js";
import { gate } from "./gate.js";
import { gelu } from "./gelu.js";
import { layerNorm } from "./layer-norm.js";
import { linear } from "./linear.js";
import { modulate } from "./modulate.js";
import { rmsNorm } from "./rms-norm.js";
import { silu } from "./silu.js";
import { swiglu } from "./swiglu.js";
import { velocityLoss } from "./velocity-loss.js";

/** Every op that a backend may serve by a kernel of its own, by kernel name. */
export const fusedOps: ReadonlyMap<string, Op["def"]> = new Map(
  [attention, embedding, gate, gelu, layerNorm, linear, modulate, rmsNorm, silu, swiglu, velocityLoss].map(({ def }) => [
    def.kernel,
    // Definitions of different input names share this map only to be listed and tested by their own names.
    def as unknown as Op["def"],
  ]),
);
