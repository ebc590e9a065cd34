import type { KernelConfig } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import { activationKernels } from "./activations.js";
import { addNKernels } from "./add-n.js";
import { adamwKernels } from "./adamw.js";
import { attentionKernels } from "./attention.js";
import { castKernels } from "./cast.js";
import { conditionKernels } from "./condition.js";
import { lossKernels } from "./loss.js";
import { matMulKernels } from "./mat-mul.js";
import { normKernels } from "./norm.js";
import { randomKernels } from "./random.js";
import { rowKernels } from "./rows.js";
import { trigonometryKernels } from "./trigonometry.js";

/** Every kernel of ours; `stock` gives tfjs's own of a name, for what ours leave to them. */
export function webgpuKernels(stock: (name: string) => KernelConfig["kernelFunc"]): KernelTable {
  return {
    ...activationKernels,
    ...adamwKernels,
    ...attentionKernels,
    ...conditionKernels,
    ...lossKernels,
    ...addNKernels(stock("AddN")),
    ...castKernels(stock("Cast")),
    ...matMulKernels(stock("BatchMatMul")),
    ...normKernels,
    ...randomKernels,
    ...rowKernels,
    ...trigonometryKernels(stock),
  };
}
