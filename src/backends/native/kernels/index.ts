import type { KernelTable } from "../../shared/open-device.js";
import { attentionKernels } from "./attention.js";
import { binaryKernels } from "./binary.js";
import { conditionKernels } from "./condition.js";
import { unaryKernels } from "./elementwise.js";
import { matMulKernels } from "./mat-mul.js";
import { moveKernels } from "./move.js";
import { normKernels } from "./norm.js";
import { reduceKernels } from "./reduce.js";
import { rowKernels } from "./rows.js";
import { trainingKernels } from "./training.js";

const { RmsNormGrad, LayerNormGrad, ...norms } = normKernels;
const { ModulateGrad, GateGrad, ...conditions } = conditionKernels;
const { VelocityLossGrad, ...training } = trainingKernels;

/** All kernels that stand before tfjs's cpu kernels, or that those lack, but for `jointGradientKernels`. */
export const nativeKernels: KernelTable = {
  ...matMulKernels,
  ...unaryKernels,
  ...binaryKernels,
  ...reduceKernels,
  ...moveKernels,
  ...rowKernels,
  ...norms,
  ...conditions,
  ...attentionKernels,
  ...training,
};

/**
 * Gradients by several inputs in one call. Add them to `nativeKernels` once `defineOp` keeps all results of a gradient kernel: while it
 * computes them inside tfjs's tidy for the first input, the others are freed too early.
 */
export const jointGradientKernels: KernelTable = Object.fromEntries(
  Object.entries({ RmsNormGrad, LayerNormGrad, ModulateGrad, GateGrad, VelocityLossGrad }).flatMap(([name, kernel]) =>
    kernel ? [[name, kernel]] : [],
  ),
);
