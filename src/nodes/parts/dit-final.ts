import type { Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { modulate } from "../../core/ops/modulate.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { dense, norm } from "./dit-block.js";
import { linearSpecs, normSpecs, scope, silent } from "./weight-specs.js";

/** Weights of the last layer: norm, adaptive shift and scale, and the projection to `out` numbers per token. */
export function ditFinalSpecs(width: number, out: number, rms: boolean): WeightSpec[] {
  return [
    ...(rms ? normSpecs("norm_final", width, false) : []),
    ...linearSpecs("linear", width, out, silent),
    ...linearSpecs("adaLN_modulation.1", width, 2 * width, silent),
  ];
}

/** x `[B,N,D]`, `condition` SiLU of the conditioning `[B,1,D]` or `[B,N,D]` -> `[B,N,out]`. It starts at zero. */
export function ditFinal(x: Tensor, condition: Tensor, weights: Weights, rms: boolean): Tensor {
  const [shift, scale] = tf.split(dense(condition, scope(weights, "adaLN_modulation.1")), 2, -1);
  if (!scale) throw new Error("adaLN gave too few parts");
  return dense(modulate({ x: norm(x, weights, "norm_final", rms), shift, scale }, {}), scope(weights, "linear"));
}
