import type { KernelTable } from "../../shared/open-device.js";
import { aliasKernels } from "./alias.js";
import { arrangeKernels } from "./arrange.js";
import { attentionKernels } from "./attention.js";
import { binaryKernels } from "./binary.js";
import { compareKernels } from "./compare.js";
import { conditionKernels } from "./condition.js";
import { unaryKernels } from "./elementwise.js";
import { imageKernels } from "./image.js";
import { matMulKernels } from "./mat-mul.js";
import { moveKernels } from "./move.js";
import { normKernels } from "./norm.js";
import { reduceKernels } from "./reduce.js";
import { rowKernels } from "./rows.js";
import { trainingKernels } from "./training.js";

/** All kernels that stand before tfjs's cpu kernels, or that those lack. */
export const nativeKernels: KernelTable = {
  ...matMulKernels,
  ...unaryKernels,
  ...binaryKernels,
  ...compareKernels,
  ...reduceKernels,
  ...moveKernels,
  ...arrangeKernels,
  ...rowKernels,
  ...aliasKernels,
  ...normKernels,
  ...conditionKernels,
  ...attentionKernels,
  ...imageKernels,
  ...trainingKernels,
};
