import type { KernelConfig } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import { activationKernels } from "./activations.js";
import { adamwKernels } from "./adamw.js";
import { attentionKernels } from "./attention.js";
import { conditionKernels } from "./condition.js";
import { lossKernels } from "./loss.js";
import { matMulKernels } from "./mat-mul.js";
import { normKernels } from "./norm.js";
import { randomKernels } from "./random.js";
import { rowKernels } from "./rows.js";

/** Every kernel of ours; `product` is tfjs's own product of batches, for shapes that ours does not serve. */
export function webgpuKernels(product: KernelConfig["kernelFunc"]): KernelTable {
  return {
    ...activationKernels,
    ...adamwKernels,
    ...attentionKernels,
    ...conditionKernels,
    ...lossKernels,
    ...matMulKernels(product),
    ...normKernels,
    ...randomKernels,
    ...rowKernels,
  };
}
